/* Targets and the links to them (R34, R36; rows B7, E9, E10, F2, H2, H11 of the attack checklist), over a transport
 * that only pretends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka wants the four above */
#include <cmocka.h>
#include <netinet/in.h>

#include "router/address.h"
#include "router/pool.h"

/* ---- the transport that pretends: stands in the place of transport.c, link*.c and tls.c ---- */

#define DIALS 64

static struct pretended {
  struct dial dial;
  struct hanse_link *link;
  bool ended; /* done was called */
} dials[DIALS];
static size_t dial_count;
static bool no_descriptor;
static size_t links_alive;

struct hanse_link *link_hold(struct hanse_link *link) {
  link->holds++;
  return link;
}

void link_release(struct hanse_link *link) {
  assert_true(link->holds > 0);
  if (--link->holds) return;
  links_alive--;
  free(link);
}

void link_abort(struct hanse_link *link, enum hanse_failure failure, const char *text) {
  link->state = LINK_CLOSED;
  link->failure = failure;
  link->reason = text;
}

struct tls_profile *tls_profile_hold(struct tls_profile *profile) {
  profile->holds++;
  return profile;
}

void tls_profile_release(struct tls_profile *profile) { profile->holds--; }

static struct hanse_link *make_link(enum hanse_side side, const char *protocol) {
  struct hanse_link *link = calloc(1, sizeof *link);
  link->holds = 1;
  link->side = side;
  link->protocol = hanse_text(protocol);
  link->state = LINK_CONNECTING;
  links_alive++;
  return link;
}

struct hanse_link *transport_dial(struct transport *transport, const struct dial *dial) {
  (void)transport;
  if (no_descriptor) return NULL;
  assert_true(dial_count < DIALS);
  struct pretended *one = &dials[dial_count++];
  one->dial = *dial;
  one->ended = false;
  one->link = make_link(dial->side, "sip");
  link_hold(one->link); /* the transport's own */
  one->link->outbound = true;
  one->link->target = dial->target;
  return one->link;
}

/* ---- the setting ---- */

static hanse_time test_now;
static hanse_time test_clock(void) { return test_now; }

static struct setting {
  struct loop *loop;
  struct timers *timers;
  struct dns *dns;
  struct pool *pool;
  struct tls_profile tls;
} s;

static const char hosts[] =
    "192.0.2.1 one.test two.test three.test\n192.0.2.2 two.test three.test\n2001:db8::3 three.test\n"
    "127.0.0.1 home.test mixed.test\n8.8.8.8 mixed.test\n10.0.0.1 inside.test\n";
static const struct hanse_slice nobody[] = {{"127.0.0.1@9", 11}};

static struct dns *make_dns(void) {
  struct hanse_problem problem = {0};
  struct dns_settings settings = {.forwarders = nobody,
                                  .forwarder_count = 1,
                                  .allow_loopback = true,
                                  .hosts = HANSE_LIT(hosts),
                                  .hosts_where = {"own.hosts", 1}};
  struct dns *dns = dns_new(s.loop, &settings, &problem);
  if (!dns) fail_msg("%s", problem.text);
  return dns;
}

static int begin(void **state) {
  (void)state;
  s = (struct setting){.tls = {.name = HANSE_LIT("own")}};
  test_now = 1000 * HANSE_SECOND;
  dial_count = links_alive = 0;
  no_descriptor = false;
  s.loop = loop_new();
  loop_clock_source(s.loop, test_clock);
  s.timers = timers_new(s.loop);
  s.dns = make_dns();
  s.pool = pool_new(s.loop, s.timers, NULL, &s.dns);
  return s.pool ? 0 : -1;
}

static int end(void **state) {
  (void)state;
  pool_free(s.pool);
  for (size_t i = 0; i < dial_count; i++) {
    if (!dials[i].ended && dials[i].dial.done) /* as transport_free does */
      dials[i].dial.done(dials[i].dial.argument, dials[i].link, HANSE_F_DRAINING, "the end");
    link_release(dials[i].link);
  }
  dns_free(s.dns);
  timers_free(s.timers);
  loop_free(s.loop);
  return links_alive == 0 && s.tls.holds == 0 ? 0 : -1;
}

static void turns(void) {
  for (int i = 0; i < 6; i++) loop_turn(s.loop, false);
}

static void pass(hanse_time time) {
  test_now += time;
  loop_clock_update(s.loop);
  timers_due(s.timers);
  turns();
}

static struct target_settings place(const char *host) {
  return (struct target_settings){.key = {.protocol = HANSE_LIT("sip"),
                                          .host = hanse_text(host),
                                          .prove = hanse_text(host),
                                          .port = 5061,
                                          .side = HANSE_SIDE_PARTNER,
                                          .tls = &s.tls},
                                  .rule = HANSE_IDENTITY_SIP,
                                  .links = 1,
                                  .local = HANSE_LIT("edge.test:5061")};
}

static struct hanse_target *get(const char *host, unsigned links) {
  struct target_settings settings = place(host);
  settings.links = links;
  struct hanse_target *target = target_get(s.pool, &settings);
  assert_non_null(target);
  return target;
}

/* ---- what waits ---- */

struct waiter {
  struct pool_wait wait; /* first */
  unsigned calls, order;
  struct hanse_link *link;
  enum hanse_failure failure;
  char text[256];
  struct waiter *kills;
};
static unsigned order;
static bool within_want;

static void ready(struct pool_wait *wait, struct hanse_link *link, enum hanse_failure failure, const char *text) {
  struct waiter *waiter = (struct waiter *)wait;
  assert_false(within_want);
  assert_true((link != NULL) == (failure == HANSE_F_NONE));
  assert_null(wait->target);
  waiter->calls++;
  waiter->order = ++order;
  waiter->link = link;
  waiter->failure = failure;
  snprintf(waiter->text, sizeof waiter->text, "%s", text);
  if (waiter->kills) pool_wait_cancel(&waiter->kills->wait);
}

static int want(struct hanse_target *target, struct waiter *waiter) {
  struct waiter *kills = waiter->kills;
  size_t bytes = waiter->wait.bytes;
  *waiter = (struct waiter){.kills = kills};
  waiter->wait.ready = ready;
  waiter->wait.bytes = bytes;
  within_want = true;
  int status = pool_want(s.pool, target, &waiter->wait, &waiter->link);
  within_want = false;
  assert_true((status == HANSE_OK) == (waiter->link != NULL));
  assert_true((status == HANSE_SKIP) == (waiter->wait.target == target));
  return status;
}

static const char *dialled(size_t i) {
  static char buf[ADDRESS_TEXT];
  assert_true(i < dial_count);
  return address_text((const struct sockaddr *)&dials[i].dial.address, buf);
}

/* The dial ends well: done, then what the layer above does at link_events.open. */
static struct hanse_link *opens(size_t i) {
  struct hanse_link *link = dials[i].link;
  assert_false(dials[i].ended);
  dials[i].ended = true;
  link->state = LINK_OPEN;
  link->opened = test_now;
  dials[i].dial.done(dials[i].dial.argument, link, HANSE_F_NONE, "");
  pool_link_opened(s.pool, link);
  turns();
  return link;
}

static void fails(size_t i, enum hanse_failure failure, const char *text) {
  assert_false(dials[i].ended);
  dials[i].ended = true;
  dials[i].link->state = LINK_CLOSED;
  dials[i].dial.done(dials[i].dial.argument, dials[i].link, failure, text);
  turns();
}

static void closes(struct hanse_link *link) {
  link->state = LINK_CLOSED;
  pool_link_closed(s.pool, link);
  turns();
}

/* ---- targets ---- */

static void interned(void **state) {
  (void)state;
  struct target_settings settings = place("one.test"), other;
  struct hanse_target *first = target_get(s.pool, &settings);
  assert_ptr_equal(target_get(s.pool, &settings), first);
  assert_int_equal(s.tls.holds, 1);
  assert_true(hanse_same(target_text(first), HANSE_LIT("one.test:5061")));
  assert_true(hanse_same(target_key(first)->host, HANSE_LIT("one.test")));
#define OTHER(change)                                        \
  do {                                                       \
    other = settings;                                        \
    change;                                                  \
    struct hanse_target *found = target_get(s.pool, &other); \
    assert_ptr_not_equal(found, first);                      \
    target_release(found);                                   \
  } while (0)
  OTHER(other.key.host = HANSE_LIT("two.test"));
  OTHER(other.key.prove = HANSE_LIT("two.test"));
  OTHER(other.key.protocol = HANSE_LIT("xmpp"));
  OTHER(other.key.port = 5062);
  OTHER(other.key.wire_type = HANSE_WIRE_AUTO_FEDERATION);
  OTHER(other.key.side = HANSE_SIDE_HOME);
  OTHER(other.key.tls = NULL);
  OTHER(other.rule = HANSE_IDENTITY_XMPP);
  OTHER(other.may_be_private = true);
  OTHER(other.accept_cn = true);
  OTHER(other.wildcards = true);
  OTHER(other.local = HANSE_LIT("edge.test:5062"));
  OTHER(((struct sockaddr_in *)&other.key.source)->sin_family = AF_INET);
  other = settings; /* text that slides from one field to the next is another text */
  other.key.host = HANSE_LIT("one.testo");
  other.key.prove = HANSE_LIT("ne.test");
  struct hanse_target *slid = target_get(s.pool, &other);
  assert_ptr_not_equal(slid, first);
  target_release(slid);
  other = settings;
  struct tls_profile renewed = {.name = HANSE_LIT("own")};
  other = settings;
  other.key.tls = &renewed;
  assert_ptr_equal(target_get(s.pool, &other), first); /* a reload brings another certificate, and may still fail */
  assert_int_equal(renewed.holds, 0);
  target_renew(first, &renewed, 2);
  assert_int_equal(renewed.holds, 1);
  assert_ptr_equal(target_get(s.pool, &settings), first);
  target_renew(first, settings.key.tls, settings.links);
  assert_int_equal(renewed.holds, 0);
  target_release(first);
  target_release(first);
  other.key.tls = NULL;
  other.key.host = HANSE_LIT("");
  assert_null(target_get(s.pool, &other));
  other.key.host = HANSE_LIT("2001:db8::1");
  struct hanse_target *v6 = target_get(s.pool, &other);
  assert_true(hanse_same(target_text(v6), HANSE_LIT("[2001:db8::1]:5061")));
  target_release(v6);
  target_release(first);
  target_release(first);
  target_release(NULL);
  assert_ptr_equal(target_get(s.pool, &settings), first); /* remembered for a while */
  target_release(first);
  pass(TARGET_IDLE + HANSE_SECOND);
  assert_int_equal(s.tls.holds, 0);
}

/* H11: targets that nobody wants any more. */
static void idle_are_bounded(void **state) {
  (void)state;
  for (unsigned i = 0; i < TARGET_IDLE_MAX + 500; i++) {
    char host[64];
    snprintf(host, sizeof host, "h%u.test", i);
    target_release(get(host, 1));
  }
  assert_int_equal(s.tls.holds, TARGET_IDLE_MAX);
}

/* H11: several have something to be done in the same turn; each is forgotten like any other. */
static void several_in_one_turn(void **state) {
  (void)state;
  static struct waiter waiters[4];
  struct hanse_target *targets[4];
  for (uint16_t i = 0; i < 4; i++) {
    struct target_settings settings = place("one.test");
    settings.key.port = (uint16_t)(5061 + i);
    assert_non_null(targets[i] = target_get(s.pool, &settings));
    waiters[i] = (struct waiter){.calls = 0};
    assert_int_equal(want(targets[i], &waiters[i]), HANSE_SKIP);
  }
  turns();
  assert_int_equal(dial_count, 4);
  for (size_t i = 0; i < 4; i++) {
    dials[i].ended = true;
    dials[i].link->state = LINK_CLOSED;
    dials[i].dial.done(dials[i].dial.argument, dials[i].link, HANSE_F_CONNECT, "refused");
  }
  turns();
  for (size_t i = 0; i < 4; i++) {
    assert_int_equal(waiters[i].calls, 1);
    target_release(targets[i]);
  }
  assert_int_equal(s.tls.holds, 4);
  pass(TARGET_IDLE + HANSE_SECOND);
  assert_int_equal(s.tls.holds, 0);
}

/* ---- links ---- */

static void opened_on_demand(void **state) {
  (void)state;
  struct hanse_target *target = get("one.test", 1);
  static struct waiter a = {0}, b = {0}, c = {0};
  turns();
  assert_int_equal(dial_count, 0);
  assert_int_equal(want(target, &a), HANSE_SKIP);
  assert_int_equal(want(target, &b), HANSE_SKIP);
  turns();
  assert_int_equal(dial_count, 1);
  assert_string_equal(dialled(0), "192.0.2.1:5061");
  assert_true(hanse_same(dials[0].dial.prove, HANSE_LIT("one.test")));
  assert_true(hanse_same(dials[0].dial.local, HANSE_LIT("edge.test:5061")));
  assert_ptr_equal(dials[0].dial.tls, &s.tls);
  assert_ptr_equal(dials[0].dial.target, target);
  assert_int_equal(a.calls, 0);
  struct hanse_link *link = opens(0);
  assert_ptr_equal(a.link, link);
  assert_ptr_equal(b.link, link);
  assert_true(a.order < b.order);
  assert_int_equal(want(target, &c), HANSE_OK);
  assert_ptr_equal(c.link, link);
  target_release(target);
}

/* Two names at one address: the link that proved the one does not serve the other (E9). */
static void one_address_two_names(void **state) {
  (void)state;
  struct hanse_target *one = get("one.test", 1), *two = get("two.test", 1);
  static struct waiter a = {0}, b = {0};
  assert_int_equal(want(one, &a), HANSE_SKIP);
  turns();
  opens(0);
  assert_ptr_equal(a.link, dials[0].link);
  assert_int_equal(want(two, &b), HANSE_SKIP);
  turns();
  assert_int_equal(dial_count, 2);
  assert_string_equal(dialled(1), "192.0.2.1:5061");
  assert_true(hanse_same(dials[1].dial.prove, HANSE_LIT("two.test")));
  opens(1);
  assert_ptr_equal(b.link, dials[1].link);
  assert_int_equal(want(one, &a), HANSE_OK);
  assert_ptr_equal(a.link, dials[0].link);
  target_release(one);
  target_release(two);
}

static void only_after_the_protocol_took_it(void **state) {
  (void)state;
  struct hanse_target *target = get("one.test", 4);
  static struct waiter a = {0}, b = {0};
  want(target, &a);
  turns();
  dials[0].ended = true;
  dials[0].link->state = LINK_OPEN;
  dials[0].dial.done(dials[0].dial.argument, dials[0].link, HANSE_F_NONE, "");
  assert_int_equal(want(target, &b), HANSE_SKIP);
  turns();
  assert_int_equal(a.calls + b.calls, 0);
  assert_int_equal(dial_count, 1);
  pool_link_opened(s.pool, dials[0].link);
  assert_int_equal(a.calls, 0); /* not from within the transport */
  turns();
  assert_int_equal(a.calls + b.calls, 2);
  target_release(target);
}

static void next_address(void **state) {
  (void)state;
  struct hanse_target *target = get("three.test", 1);
  static struct waiter a = {0}, b = {0};
  want(target, &a);
  turns();
  assert_string_equal(dialled(0), "192.0.2.1:5061");
  fails(0, HANSE_F_CONNECT, "refused");
  assert_string_equal(dialled(1), "192.0.2.2:5061");
  fails(1, HANSE_F_TLS_NAME, "proved other.test");
  assert_string_equal(dialled(2), "[2001:db8::3]:5061");
  assert_int_equal(a.calls, 0);
  struct hanse_link *link = opens(2);
  assert_ptr_equal(a.link, link);
  link->bytes_in = 100;
  closes(link);
  assert_int_equal(want(target, &b), HANSE_SKIP); /* what worked is tried first */
  turns();
  assert_string_equal(dialled(3), "[2001:db8::3]:5061");
  fails(3, HANSE_F_CONNECT, "refused");
  assert_string_equal(dialled(4), "192.0.2.1:5061");
  target_release(target);
}

static void all_fail(void **state) {
  (void)state;
  struct hanse_target *target = get("two.test", 1);
  static struct waiter a = {0}, b = {0};
  const char *text;
  want(target, &a);
  want(target, &b);
  turns();
  fails(0, HANSE_F_TLS_NAME, "proved other.test");
  fails(1, HANSE_F_CONNECT, "refused");
  assert_int_equal(dial_count, 2);
  assert_int_equal(a.failure, HANSE_F_TLS_NAME); /* the one that tells most */
  assert_string_equal(a.text, "192.0.2.1:5061: proved other.test");
  assert_int_equal(b.calls, 1);
  assert_int_equal(pool_failure(target, &text), HANSE_F_TLS_NAME);
  assert_string_equal(text, a.text);
  assert_int_equal(want(target, &a), HANSE_GONE);
  pass(HANSE_SECOND / 2);
  assert_int_equal(want(target, &a), HANSE_GONE);
  pass(HANSE_SECOND);
  assert_int_equal(want(target, &a), HANSE_SKIP); /* its time is over: tried again */
  turns();
  struct hanse_link *link = opens(2);
  assert_ptr_equal(a.link, link);
  link->bytes_in = 1;
  closes(link);
  assert_int_equal(pool_failure(target, &text), HANSE_F_NONE);
  assert_string_equal(text, "");
  target_release(target);
}

static void backs_off(void **state) {
  (void)state;
  static const unsigned want_seconds[] = {1, 2, 4, 8, 16, 24, 24, 24};
  struct hanse_target *target = get("one.test", 1);
  static struct waiter a = {0};
  for (size_t i = 0; i < sizeof want_seconds / sizeof *want_seconds; i++) {
    hanse_time base = want_seconds[i] * HANSE_SECOND;
    assert_int_equal(want(target, &a), HANSE_SKIP);
    turns();
    fails(i, HANSE_F_CONNECT, "refused");
    assert_int_equal(a.calls, 1);
    pass(base * 3 / 4 - HANSE_MSEC);
    assert_int_equal(want(target, &a), HANSE_GONE);
    pass(base / 2 + 2 * HANSE_MSEC);
  }
  target_release(target);
}

/* A reload may have put right what was wrong. */
static void tried_after_a_reload(void **state) {
  (void)state;
  static struct waiter a, b;
  a = b = (struct waiter){0};
  struct hanse_target *target = get("one.test", 1);
  assert_int_equal(want(target, &a), HANSE_SKIP);
  turns();
  fails(0, HANSE_F_TLS_NAME, "another name");
  turns();
  assert_int_equal(want(target, &b), HANSE_GONE);
  pool_settled(s.pool);
  assert_int_equal(want(target, &b), HANSE_SKIP);
  turns();
  assert_int_equal(dial_count, 2);
  target_release(target);
}

static void forbidden_addresses(void **state) {
  (void)state;
  struct hanse_target *target = get("home.test", 1), *mixed = get("mixed.test", 1);
  static struct waiter a = {0}, b = {0}, c = {0};
  want(target, &a);
  turns();
  assert_int_equal(dial_count, 0);
  assert_int_equal(a.failure, HANSE_F_ADDRESS);
  assert_non_null(strstr(a.text, "127.0.0.1:5061: a loopback address"));
  want(mixed, &b);
  turns();
  assert_int_equal(dial_count, 1);
  assert_string_equal(dialled(0), "8.8.8.8:5061");
  struct target_settings settings = place("home.test");
  settings.may_be_private = true;
  settings.key.tls = NULL;
  struct hanse_target *home = target_get(s.pool, &settings);
  want(home, &c);
  turns();
  assert_string_equal(dialled(1), "127.0.0.1:5061");
  assert_null(dials[1].dial.tls);
  target_release(home);
  target_release(target);
  target_release(mixed);
}

static void source_address(void **state) {
  (void)state;
  struct target_settings settings = place("three.test");
  struct sockaddr_in6 *source = (struct sockaddr_in6 *)&settings.key.source;
  source->sin6_family = AF_INET6;
  struct hanse_target *target = target_get(s.pool, &settings);
  static struct waiter a = {0};
  want(target, &a);
  turns();
  assert_int_equal(dial_count, 1);
  assert_string_equal(dialled(0), "[2001:db8::3]:5061");
  assert_int_equal(dials[0].dial.source.ss_family, AF_INET6);
  static struct waiter b;
  settings.any_family = true;
  struct hanse_target *any = target_get(s.pool, &settings);
  want(any, &b);
  turns();
  assert_string_equal(dialled(1), "192.0.2.1:5061");
  assert_int_equal(dials[1].dial.source.ss_family, 0);
  target_release(any);
  target_release(target);
}

static void names_that_fail(void **state) {
  (void)state;
  struct hanse_target *none = get("no name", 1), *literal = get("192.0.2.9", 1);
  static struct waiter a = {0}, b = {0};
  want(none, &a);
  want(literal, &b);
  turns();
  assert_int_equal(a.failure, HANSE_F_DNS_NONE);
  assert_string_equal(dialled(0), "192.0.2.9:5061");
  target_release(none);
  target_release(literal);
}

static void no_resolver_yet(void **state) {
  (void)state;
  struct dns *dns = s.dns;
  struct hanse_target *target = get("one.test", 1);
  static struct waiter a = {0};
  s.dns = NULL;
  assert_int_equal(want(target, &a), HANSE_SKIP);
  turns();
  assert_int_equal(a.failure, HANSE_F_DNS);
  s.dns = dns;
  target_release(target);
}

/* However long the resolver failed: it is asked again a second later, and says nothing about the target (F7). */
static void resolver_fails_for_long(void **state) {
  (void)state;
  struct dns *dns = s.dns;
  struct hanse_target *target = get("one.test", 1);
  static struct waiter a = {0};
  s.dns = NULL;
  for (unsigned i = 0; i < 12; i++) {
    assert_int_equal(want(target, &a), HANSE_SKIP);
    turns();
    assert_int_equal(a.failure, HANSE_F_DNS);
    pass(HANSE_SECOND * 3 / 4 - HANSE_MSEC);
    assert_int_equal(want(target, &a), HANSE_GONE);
    pass(HANSE_SECOND / 2 + 2 * HANSE_MSEC);
  }
  s.dns = dns;
  assert_int_equal(want(target, &a), HANSE_SKIP);
  turns();
  fails(0, HANSE_F_CONNECT, "refused");
  pass(HANSE_SECOND * 5 / 4 + HANSE_MSEC);
  assert_int_equal(want(target, &a), HANSE_SKIP);
  turns();
  assert_ptr_equal(a.link, opens(1));
  target_release(target);
}

static void resolver_replaced(void **state) {
  (void)state;
  struct hanse_target *target = get("one.test", 1), *asks = get("nobody.answers.example", 1);
  static struct waiter a = {0}, b = {0};
  want(target, &a);
  want(asks, &b);
  struct dns *old = s.dns;
  s.dns = make_dns();
  pool_dns_changed(s.pool);
  dns_free(old);
  turns();
  assert_int_equal(dial_count, 1);
  struct hanse_link *link = opens(0);
  assert_ptr_equal(a.link, link);
  assert_int_equal(b.calls, 0);
  target_release(target);
  target_release(asks);
}

static void no_descriptors(void **state) {
  (void)state;
  struct hanse_target *target = get("three.test", 1);
  static struct waiter a = {0};
  no_descriptor = true;
  want(target, &a);
  turns();
  assert_int_equal(a.failure, HANSE_F_CONNECT);
  assert_non_null(strstr(a.text, "no descriptor"));
  target_release(target);
}

static void dial_that_never_ends(void **state) {
  (void)state;
  struct hanse_target *target = get("one.test", 1);
  static struct waiter a = {0};
  want(target, &a);
  turns();
  pass(4 * HANSE_SECOND);
  assert_int_equal(dials[0].link->state, LINK_CONNECTING);
  pass(2 * HANSE_SECOND);
  assert_int_equal(dials[0].link->state, LINK_CLOSED);
  fails(0, HANSE_F_CONNECT, "no connection in time");
  assert_int_equal(a.failure, HANSE_F_CONNECT);
  target_release(target);
}

/* ---- congestion ---- */

static void queue(struct hanse_link *link, uint64_t bytes) { link->queued += bytes; }

static void second_link_when_congested(void **state) {
  (void)state;
  struct hanse_target *target = get("one.test", 2);
  static struct waiter a = {0}, b = {0}, c = {0}, d = {0};
  want(target, &a);
  turns();
  struct hanse_link *first = opens(0);
  assert_int_equal(want(target, &b), HANSE_OK);
  turns();
  assert_int_equal(dial_count, 1); /* nothing wrong with the first */
  queue(first, 300 * 1024);
  assert_int_equal(want(target, &b), HANSE_SKIP);
  turns();
  assert_int_equal(dial_count, 2);
  struct hanse_link *second = opens(1);
  assert_ptr_equal(b.link, second);
  queue(second, 100);
  assert_int_equal(want(target, &c), HANSE_OK);
  assert_ptr_equal(c.link, second);
  second->paused = LINK_PAUSE_OUTPUT;
  assert_int_equal(want(target, &c), HANSE_SKIP); /* both are full, and two is the bound */
  assert_int_equal(want(target, &d), HANSE_SKIP);
  turns();
  assert_int_equal(dial_count, 2);
  assert_int_equal(c.calls, 0);
  first->written = first->queued; /* drained */
  turns();
  assert_ptr_equal(c.link, first);
  assert_ptr_equal(d.link, first);
  assert_true(c.order < d.order);
  target_release(target);
}

static void nobody_overtakes(void **state) {
  (void)state;
  struct hanse_target *target = get("one.test", 1);
  static struct waiter a = {0}, b = {0}, c = {0};
  want(target, &a);
  turns();
  struct hanse_link *link = opens(0);
  queue(link, 300 * 1024);
  assert_int_equal(want(target, &b), HANSE_SKIP);
  link->written = link->queued;
  assert_int_equal(want(target, &c), HANSE_SKIP); /* there is room, but b came first */
  turns();
  assert_true(b.calls == 1 && c.calls == 1 && b.order < c.order);
  target_release(target);
}

static void at_most_four(void **state) {
  (void)state;
  struct hanse_target *target = get("one.test", 99);
  static struct waiter waiters[8] = {0};
  for (size_t i = 0; i < 8; i++) {
    assert_int_equal(want(target, &waiters[i]), HANSE_SKIP);
    turns();
    if (dial_count > i) queue(opens(i), 300 * 1024);
  }
  assert_int_equal(dial_count, 4);
  target_release(target);
}

/* The second link fails: what waits goes on waiting for the first. */
static void second_fails(void **state) {
  (void)state;
  struct hanse_target *target = get("one.test", 2);
  static struct waiter a = {0}, b = {0};
  want(target, &a);
  turns();
  struct hanse_link *first = opens(0);
  queue(first, 300 * 1024);
  want(target, &b);
  turns();
  fails(1, HANSE_F_CONNECT, "refused");
  assert_int_equal(b.calls, 0);
  first->written = first->queued;
  turns();
  assert_ptr_equal(b.link, first);
  target_release(target);
}

/* ---- bounds ---- */

static void bounds(void **state) {
  (void)state;
  struct pool_limits limits = {.waiting_messages = 3, .waiting_bytes = 1000, .waiting_time = 10 * HANSE_SECOND};
  struct hanse_target *target = get("one.test", 1), *other = get("two.test", 1);
  static struct waiter a = {0}, b = {0}, c = {0}, d = {0};
  pool_limits_set(s.pool, &limits);
  a.wait.bytes = 999;
  b.wait.bytes = 2;
  assert_int_equal(want(target, &a), HANSE_SKIP);
  assert_int_equal(want(target, &b), HANSE_NOMEM);
  b.wait.bytes = SIZE_MAX;
  assert_int_equal(want(target, &b), HANSE_NOMEM);
  assert_int_equal(want(other, &b), HANSE_NOMEM);
  b.wait.bytes = 1;
  assert_int_equal(want(target, &b), HANSE_SKIP);
  assert_int_equal(want(target, &c), HANSE_SKIP);
  assert_int_equal(want(target, &d), HANSE_NOMEM);
  assert_int_equal(want(other, &d), HANSE_SKIP); /* each target has its own */
  pool_wait_cancel(&b.wait);
  pool_wait_cancel(&b.wait);
  b.wait.bytes = 1;
  assert_int_equal(want(target, &b), HANSE_SKIP);
  turns();
  pass(9 * HANSE_SECOND);
  assert_int_equal(a.calls, 0);
  pass(2 * HANSE_SECOND);
  assert_int_equal(a.failure, HANSE_F_CONNECT);
  assert_true(a.calls == 1 && b.calls == 1 && c.calls == 1 && d.calls == 1);
  target_release(target);
  target_release(other);
}

static void waited_for_room(void **state) {
  (void)state;
  struct hanse_target *target = get("one.test", 1);
  static struct waiter a = {0}, b = {0};
  want(target, &a);
  turns();
  queue(opens(0), 300 * 1024);
  want(target, &b);
  pass(61 * HANSE_SECOND);
  assert_int_equal(b.failure, HANSE_F_QUEUE_FULL);
  target_release(target);
}

static void cancelled_from_ready(void **state) {
  (void)state;
  struct hanse_target *target = get("one.test", 1);
  static struct waiter a = {0}, b = {0}, c = {0};
  a.kills = &b;
  want(target, &a);
  want(target, &b);
  want(target, &c);
  turns();
  fails(0, HANSE_F_CONNECT, "refused");
  assert_true(a.calls == 1 && b.calls == 0 && c.calls == 1);
  static struct waiter never = {0};
  pool_wait_cancel(&never.wait);
  target_release(target);
}

/* ---- ends ---- */

static void lost_links(void **state) {
  (void)state;
  struct hanse_target *target = get("one.test", 1);
  static struct waiter a = {0}, b = {0};
  const char *text;
  want(target, &a);
  turns();
  struct hanse_link *link = opens(0);
  queue(link, 300 * 1024);
  want(target, &b);
  link->bytes_in = 1;
  closes(link); /* it served: opened again at once for what waits */
  assert_int_equal(b.calls, 0);
  assert_int_equal(dial_count, 2);
  link = opens(1);
  assert_ptr_equal(b.link, link);
  link->failure = HANSE_F_TLS_OURS; /* refused after the handshake, as TLS 1.3 does */
  link->reason = "the peer refused our certificate";
  closes(link);
  assert_int_equal(want(target, &a), HANSE_GONE);
  assert_int_equal(pool_failure(target, &text), HANSE_F_TLS_OURS);
  pass(2 * HANSE_SECOND);
  assert_int_equal(want(target, &a), HANSE_SKIP);
  turns();
  link = opens(2);
  pass(6 * HANSE_SECOND);
  closes(link); /* silent, but it stood */
  assert_int_equal(want(target, &a), HANSE_SKIP);
  pool_wait_cancel(&a.wait);
  turns();
  link = opens(3);
  closes(link); /* silent, and gone at once */
  assert_int_equal(want(target, &a), HANSE_GONE);
  target_release(target);
}

static void refused_by_the_protocol(void **state) {
  (void)state;
  struct hanse_target *target = get("one.test", 1);
  static struct waiter a = {0};
  want(target, &a);
  turns();
  dials[0].ended = true;
  dials[0].link->state = LINK_OPEN;
  dials[0].link->opened = test_now;
  dials[0].dial.done(dials[0].dial.argument, dials[0].link, HANSE_F_NONE, "");
  closes(dials[0].link); /* without pool_link_opened */
  assert_int_equal(a.failure, HANSE_F_LINK_LOST);
  assert_int_equal(want(target, &a), HANSE_GONE);
  target_release(target);
}

static void freed_with_all_in_hand(void **state) {
  (void)state;
  struct hanse_target *dialling = get("one.test", 1), *open = get("two.test", 1), *fresh = get("three.test", 1),
                      *asking = get("nobody.answers.example", 1);
  static struct waiter a = {0}, b = {0}, c = {0}, d = {0}, e = {0};
  want(dialling, &a);
  want(open, &b);
  want(fresh, &c);
  want(asking, &d);
  turns();
  assert_int_equal(dial_count, 3);
  queue(opens(1), 300 * 1024);
  want(open, &e);
  dials[2].ended = true;
  dials[2].link->state = LINK_OPEN;
  dials[2].dial.done(dials[2].dial.argument, dials[2].link, HANSE_F_NONE, "");
  b.calls = 0;
  pool_free(s.pool);
  s.pool = NULL;
  assert_int_equal(a.calls + b.calls + c.calls + d.calls + e.calls, 0);
  assert_null(dials[1].link->target);
  assert_int_equal(dials[0].link->state, LINK_CLOSED);
  pool_link_closed(s.pool, dials[1].link);
  assert_true(hanse_same(target_text(open), HANSE_LIT("two.test:5061"))); /* held ones live on */
  target_release(dialling);
  target_release(open);
  target_release(fresh);
  target_release(asking);
}

/* As the process ends: the transport closes all, the resolver goes, then the pool. */
static void stopped(void **state) {
  (void)state;
  struct hanse_target *dialling = get("three.test", 1), *open = get("two.test", 1),
                      *asking = get("no.answer.example", 1);
  static struct waiter a, b, c, d;
  want(dialling, &a);
  want(open, &b);
  want(asking, &c);
  turns();
  assert_int_equal(dial_count, 2);
  struct hanse_link *link = opens(1);
  queue(link, 300 * 1024);
  want(open, &d);
  b.calls = 0;
  pool_stop(s.pool);
  pool_stop(s.pool);
  fails(0, HANSE_F_DRAINING, "the end"); /* no other address is dialled */
  assert_int_equal(dial_count, 2);
  assert_int_equal(want(open, &d), HANSE_GONE);
  assert_int_equal(want(dialling, &a), HANSE_GONE);
  closes(link);
  dns_free(s.dns);
  s.dns = NULL;
  turns();
  assert_int_equal(a.calls + b.calls + c.calls + d.calls, 0);
  target_release(dialling);
  target_release(open);
  target_release(asking);
}

/* ---- another link with the same peer ---- */

static struct hanse_link *inbound(enum hanse_side side, const char *protocol, struct hanse_slice *name) {
  struct hanse_link *link = make_link(side, protocol);
  link->state = LINK_OPEN;
  link->tls = name ? &s.tls : NULL;
  link->proved = name;
  link->proved_count = name ? 1 : 0;
  pool_link_opened(s.pool, link);
  return link;
}

static void gone(struct hanse_link *link) {
  link->state = LINK_CLOSED;
  pool_link_closed(s.pool, link);
  link_release(link);
}

/* Who dialled us is sent nothing but what belongs to the same peer already (E10): a target has links of its own. */
static void inbound_is_no_target(void **state) {
  (void)state;
  struct hanse_slice name = HANSE_LIT("one.test");
  struct hanse_link *link = inbound(HANSE_SIDE_PARTNER, "sip", &name);
  struct hanse_target *target = get("one.test", 1);
  static struct waiter a = {0};
  assert_int_equal(want(target, &a), HANSE_SKIP);
  turns();
  assert_int_equal(dial_count, 1);
  opens(0);
  assert_ptr_equal(a.link, dials[0].link);
  target_release(target);
  gone(link);
}

/* Another link stands in for a closed one only with the same proved name, side and protocol (E10). */
static void again(void **state) {
  (void)state;
  struct hanse_slice a = HANSE_LIT("a.test"), b = HANSE_LIT("b.test");
  struct hanse_link *one = inbound(HANSE_SIDE_PARTNER, "sip", &a), *two = inbound(HANSE_SIDE_PARTNER, "sip", &a);
  struct hanse_link *other = inbound(HANSE_SIDE_PARTNER, "sip", &b), *home = inbound(HANSE_SIDE_HOME, "sip", &a);
  struct hanse_link *xmpp = inbound(HANSE_SIDE_PARTNER, "xmpp", &a),
                    *nameless = inbound(HANSE_SIDE_PARTNER, "sip", NULL);
  assert_ptr_equal(pool_link_again(s.pool, one), two);
  assert_ptr_equal(pool_link_again(s.pool, two), one);
  assert_null(pool_link_again(s.pool, other));
  assert_null(pool_link_again(s.pool, home));
  assert_null(pool_link_again(s.pool, xmpp));
  assert_null(pool_link_again(s.pool, nameless));
  two->state = LINK_SHUTTING;
  assert_null(pool_link_again(s.pool, one));
  two->state = LINK_OPEN;
  one->state = LINK_CLOSED;
  pool_link_closed(s.pool, one);
  assert_ptr_equal(pool_link_again(s.pool, one), two);
  pool_link_opened(s.pool, two); /* twice is once */
  other->proved = &a;            /* proved another name later */
  pool_link_opened(s.pool, other);
  assert_ptr_equal(pool_link_again(s.pool, two), other);
  nameless->proved = &a;
  nameless->proved_count = 1;
  pool_link_opened(s.pool, nameless);
  assert_ptr_equal(pool_link_again(s.pool, two), nameless);
  gone(two);
  gone(other);
  gone(home);
  gone(xmpp);
  gone(nameless);
  assert_null(pool_link_again(s.pool, one));
  link_release(one);
}

static void again_without_names(void **state) {
  (void)state;
  struct hanse_link *links[4];
  static const char *const peers[] = {"10.0.0.1:5060", "10.0.0.1:40000", "10.0.0.2:5060", "10.0.0.1:5061"};
  for (size_t i = 0; i < 4; i++) {
    socklen_t length;
    links[i] = make_link(i == 3 ? HANSE_SIDE_PARTNER : HANSE_SIDE_HOME, "sip");
    links[i]->state = LINK_OPEN;
    address_parse(hanse_text(peers[i]), &links[i]->peer_address, &length);
    pool_link_opened(s.pool, links[i]);
  }
  assert_ptr_equal(pool_link_again(s.pool, links[0]), links[1]); /* plain text, home side: by address */
  assert_null(pool_link_again(s.pool, links[2]));
  assert_null(pool_link_again(s.pool, links[3]));
  for (size_t i = 0; i < 4; i++) gone(links[i]);
}

/* ---- for hansectl ---- */

static void count_row(void *argument, const struct pool_row *row) {
  struct pool_row *sum = argument;
  sum->links_open += row->links_open;
  sum->links_opening += row->links_opening;
  sum->waiting += row->waiting;
  sum->dead |= row->dead;
  if (row->dead) assert_true(row->dead_until > test_now && strstr(row->last_error, "refused"));
}

static void rows(void **state) {
  (void)state;
  struct hanse_target *one = get("one.test", 1), *two = get("two.test", 1), *three = get("192.0.2.3", 1);
  static struct waiter a = {0}, b = {0}, c = {0};
  struct pool_row sum = {0};
  want(one, &a);
  want(two, &b);
  want(three, &c);
  turns();
  opens(0);
  fails(2, HANSE_F_CONNECT, "refused");
  pool_each(s.pool, count_row, &sum);
  assert_true(sum.links_open == 1 && sum.links_opening == 1 && sum.waiting == 1 && sum.dead);
  target_release(one);
  target_release(two);
  target_release(three);
}

int main(void) {
#define WITH_POOL(test) cmocka_unit_test_setup_teardown(test, begin, end)
  const struct CMUnitTest tests[] = {
      WITH_POOL(interned),
      WITH_POOL(idle_are_bounded),
      WITH_POOL(several_in_one_turn),
      WITH_POOL(opened_on_demand),
      WITH_POOL(one_address_two_names),
      WITH_POOL(only_after_the_protocol_took_it),
      WITH_POOL(next_address),
      WITH_POOL(all_fail),
      WITH_POOL(backs_off),
      WITH_POOL(tried_after_a_reload),
      WITH_POOL(forbidden_addresses),
      WITH_POOL(source_address),
      WITH_POOL(names_that_fail),
      WITH_POOL(no_resolver_yet),
      WITH_POOL(resolver_fails_for_long),
      WITH_POOL(resolver_replaced),
      WITH_POOL(no_descriptors),
      WITH_POOL(dial_that_never_ends),
      WITH_POOL(second_link_when_congested),
      WITH_POOL(nobody_overtakes),
      WITH_POOL(at_most_four),
      WITH_POOL(second_fails),
      WITH_POOL(bounds),
      WITH_POOL(waited_for_room),
      WITH_POOL(cancelled_from_ready),
      WITH_POOL(lost_links),
      WITH_POOL(refused_by_the_protocol),
      WITH_POOL(freed_with_all_in_hand),
      WITH_POOL(stopped),
      WITH_POOL(inbound_is_no_target),
      WITH_POOL(again),
      WITH_POOL(again_without_names),
      WITH_POOL(rows),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
