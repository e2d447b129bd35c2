/* Names to addresses and services: dns.hosts, and a real name server on loopback (rows F3, F5, F7 and H11 of the attack
   checklist, R22, R36, R43, R44, R46). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka wants the four above */
#include <cmocka.h>

#include "name_server.h"
#include "router/address.h"
#include "router/clock.h"
#include "router/dns.h"
#include "router/hosts.h"

#define ZONE "own.example"

static struct name_server server;
static bool have_server;

/* ---- a loop whose clock a test can put forward ---- */

static hanse_time ahead;
static hanse_time test_clock(void) { return clock_read() + ahead; }

static void tick(struct ev_loop *loop, ev_timer *timer, int events) { (void)loop, (void)timer, (void)events; }

struct setting {
  struct loop *loop;
  struct dns *dns;
  ev_timer tick;
};

static void begin(struct setting *s, const struct dns_settings *settings) {
  struct hanse_problem problem = {0};
  ahead = 0;
  s->loop = loop_new();
  assert_non_null(s->loop);
  loop_clock_source(s->loop, test_clock);
  ev_timer_init(&s->tick, tick, 0.02, 0.02);
  ev_timer_start(loop_ev(s->loop), &s->tick);
  s->dns = dns_new(s->loop, settings, &problem);
  if (!s->dns) fail_msg("%s", problem.text);
}

static void put_ahead(struct setting *s, hanse_time time) {
  ahead += time;
  loop_clock_update(s->loop);
}

static void run_for(struct setting *s, hanse_time time) {
  for (hanse_time until = clock_read() + time; clock_read() < until;) loop_turn(s->loop, true);
}

static void end(struct setting *s) {
  dns_free(s->dns);
  ev_timer_stop(loop_ev(s->loop), &s->tick);
  loop_free(s->loop);
}

/* ---- one answer, kept ---- */

struct got {
  unsigned calls;
  struct dns_answer answer;
  char error[256];
  struct dns_address addresses[DNS_RECORDS];
  struct dns_service services[DNS_RECORDS];
};

static void keep(void *argument, const struct dns_answer *answer) {
  struct got *got = argument;
  got->calls++;
  got->answer = *answer;
  snprintf(got->error, sizeof got->error, "%s", answer->error);
  assert_true(answer->count <= DNS_RECORDS);
  if (answer->addresses) memcpy(got->addresses, answer->addresses, answer->count * sizeof *answer->addresses);
  if (answer->services) memcpy(got->services, answer->services, answer->count * sizeof *answer->services);
}

static void wait_until(struct setting *s, const unsigned *calls, unsigned wanted) {
  hanse_time until = clock_read() + 12 * HANSE_SECOND;
  while (*calls < wanted && clock_read() < until) loop_turn(s->loop, true);
  assert_true(*calls >= wanted);
}

static void ask_addresses(struct setting *s, const char *name, struct got *got) {
  *got = (struct got){0};
  assert_non_null(dns_addresses(s->dns, hanse_text(name), keep, got));
  assert_int_equal(got->calls, 0); /* never from within the call */
  wait_until(s, &got->calls, 1);
}

static void ask_services(struct setting *s, const char *name, struct got *got) {
  *got = (struct got){0};
  assert_non_null(dns_services(s->dns, hanse_text(name), keep, got));
  assert_int_equal(got->calls, 0);
  wait_until(s, &got->calls, 1);
}

static const char *address_at(const struct got *got, size_t i) {
  static char buf[ADDRESS_TEXT];
  assert_true(i < got->answer.count);
  return address_text((const struct sockaddr *)&got->addresses[i].address, buf);
}

/* ---- dns.hosts ---- */

static int parse(const char *text, size_t length, struct hosts **out, struct hanse_problem *problem) {
  return hosts_parse(out, hanse_slice(text, length), (struct hanse_where){"own.hosts", 1}, problem);
}

static void good_hosts(void **state) {
  (void)state;
  static const char text[] =
      "# ours\n\n192.0.2.1 a.test B.Test.\t# both\r\n  2001:db8::1\ta.test\n192.0.2.1 a.test\n"
      "_sip._tls.a.test SRV 20 0 5061 second.a.test\n_sip._tls.a.test srv 10 5 5062 Light.a.test.\n"
      "_sip._tls.a.test SRV 10 9 5063 heavy.a.test\n_sip._tls.a.test SRV 10 9 5064 heavy2.a.test\n"
      "_none._tls.a.test SRV 0 0 0 .\n192.0.2.9 bücher.test";
  struct hosts *hosts;
  struct hanse_problem problem = {0};
  const struct dns_address *addresses;
  const struct dns_service *services;
  if (parse(text, sizeof text - 1, &hosts, &problem) != HANSE_OK) fail_msg("%u: %s", problem.where.line, problem.text);
  assert_int_equal(hosts_addresses(hosts, HANSE_LIT("a.test"), &addresses), 2); /* the same one twice is one */
  assert_int_equal(addresses[0].address.ss_family, AF_INET);
  assert_int_equal(addresses[1].address.ss_family, AF_INET6);
  assert_int_equal(hosts_addresses(hosts, HANSE_LIT("b.test"), &addresses), 1);
  assert_int_equal(hosts_addresses(hosts, HANSE_LIT("xn--bcher-kva.test"), &addresses), 1);
  assert_int_equal(hosts_addresses(hosts, HANSE_LIT("_none._tls.a.test"), &addresses), 0);
  assert_int_equal(hosts_services(hosts, HANSE_LIT("_sip._tls.a.test"), &services), 4);
  assert_string_equal(services[0].host, "heavy.a.test");
  assert_string_equal(services[1].host, "heavy2.a.test");
  assert_string_equal(services[2].host, "light.a.test");
  assert_string_equal(services[3].host, "second.a.test");
  assert_int_equal(services[2].port, 5062);
  assert_int_equal(hosts_services(hosts, HANSE_LIT("_none._tls.a.test"), &services), 1);
  assert_string_equal(services[0].host, "");
  assert_int_equal(hosts_services(hosts, HANSE_LIT("a.test"), &services), 0);
  hosts_free(hosts);
  hosts_free(NULL);
}

static void bad_hosts(void **state) {
  (void)state;
  static const struct row {
    const char *text;
    unsigned line;
    const char *says;
  } rows[] = {
      {"192.0.2.1\n", 1, "without a name"},
      {"\n#x\n192.0.2.1:5 a.test\n", 3, "with a port"},
      {"a.test 192.0.2.1\n", 1, "neither"},
      {"192.0.2.256 a.test\n", 1, "neither"},
      {"192.0.2.1 a..test\n", 1, "not a name"},
      {"192.0.2.1 192.0.2.2\n", 1, "not a name"},
      {"192.0.2.1 a.test b!.test\n", 1, "not a name"},
      {"_s._tls.a SRV\n", 1, "priority"},
      {"_s._tls.a SRV 0 65536 1 b\n", 1, "weight"},
      {"_s._tls.a SRV 0 0 -1 b\n", 1, "port"},
      {"_s._tls.a SRV 0 0 99999999999999999999999 b\n", 1, "port"},
      {"_s._tls.a SRV 0 0 1\n", 1, "without a target"},
      {"_s._tls.a SRV 0 0 0 b\n", 1, "port 0"},
      {"_s._tls.a SRV 0 0 1 b c\n", 1, "more words"},
      {"_s._tls.a SRV 0 0 1 192.0.2.1\n", 1, "not a name"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct hosts *hosts = NULL;
    struct hanse_problem problem = {0};
    if (parse(rows[i].text, strlen(rows[i].text), &hosts, &problem) != HANSE_INVALID || hosts ||
        problem.where.line != rows[i].line || !strstr(problem.text, rows[i].says))
      fail_msg("%zu: line %u: %s", i, problem.where.line, problem.text);
    assert_string_equal(problem.where.file, "own.hosts");
  }
  struct hosts *hosts = NULL;
  struct hanse_problem problem = {0};
  assert_int_equal(parse("1.2.3.4 a\0b\n", 12, &hosts, &problem), HANSE_INVALID);
  char many[4096] = "";
  for (int i = 0; i < 33; i++) sprintf(many + strlen(many), "10.0.0.%d many.test\n", i);
  assert_int_equal(parse(many, strlen(many), &hosts, &problem), HANSE_INVALID);
  assert_int_equal(problem.where.line, 33);
  char *large = calloc(1, HOSTS_BYTES + 1);
  assert_int_equal(parse(large, HOSTS_BYTES + 1, &hosts, &problem), HANSE_INVALID);
  free(large);
}

/* Nobody listens on port 9: only what the file says, and literal addresses, are found. */
static const struct hanse_slice nobody[] = {{"127.0.0.1@9", 11}};

static void hosts_first(void **state) {
  (void)state;
  struct setting s;
  struct got got;
  begin(&s, &(struct dns_settings){
                .forwarders = nobody,
                .forwarder_count = 1,
                .allow_loopback = true,
                .hosts = HANSE_LIT("127.0.0.7 a.own.example\n_x._tls.own.example SRV 1 2 3 b.own.example\n")});
  ask_addresses(&s, "A.own.example.", &got);
  assert_int_equal(got.answer.result, DNS_FOUND);
  assert_int_equal(got.answer.count, 1);
  assert_string_equal(address_at(&got, 0), "127.0.0.7");
  ask_services(&s, "_X._tls.own.example", &got);
  assert_int_equal(got.answer.count, 1);
  assert_string_equal(got.services[0].host, "b.own.example");
  ask_addresses(&s, "::1", &got);
  assert_string_equal(address_at(&got, 0), "::1");
  ask_addresses(&s, "192.0.2.77", &got);
  assert_string_equal(address_at(&got, 0), "192.0.2.77");
  ask_addresses(&s, "no name!", &got);
  assert_int_equal(got.answer.result, DNS_NONE);
  ask_services(&s, "", &got);
  assert_int_equal(got.answer.result, DNS_NONE);
  ask_addresses(&s, "other.own.example", &got);
  assert_int_equal(got.answer.result, DNS_FAILED);
  assert_true(got.error[0] != '\0');
  end(&s);
}

static void bad_settings(void **state) {
  (void)state;
  static const struct hanse_slice wrong[] = {{"elsewhere", 9}}, zone[] = {{"a..b", 4}};
  const struct row {
    struct dns_settings settings;
    const char *says;
  } rows[] = {
      {{.forwarders = nobody, .forwarder_count = 1}, "dns.allow_loopback"},
      {{.forwarders = wrong, .forwarder_count = 1}, "dns.forwarders"},
      {{.forwarders = nobody, .forwarder_count = 1, .allow_loopback = true, .trust_anchor = HANSE_LIT("/nonexistent")},
       "dns.trust_anchor"},
      {{.forwarders = nobody,
        .forwarder_count = 1,
        .allow_loopback = true,
        .trust_anchor = HANSE_LIT(HANSE_SOURCE_DIR "/CMakeLists.txt")},
       "libunbound"},
      {{.forwarders = nobody,
        .forwarder_count = 1,
        .allow_loopback = true,
        .private_zones = zone,
        .private_zone_count = 1},
       "dns.private_zones"},
      {{.hosts = HANSE_LIT("x\n"), .hosts_where = {"h", 1}}, "neither"},
  };
  struct loop *loop = loop_new();
  struct hanse_problem none = {0};
  dns_free(dns_new(loop, &(struct dns_settings){0}, &none)); /* the machine's own resolver, if it has one */
  assert_string_equal(none.text, "");
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct hanse_problem problem = {0};
    if (dns_new(loop, &rows[i].settings, &problem) || !strstr(problem.text, rows[i].says))
      fail_msg("%zu: %s", i, problem.text);
  }
  loop_free(loop);
}

/* ---- the name server ---- */

static char zone_text[200000];

static void zone_add(const char *format, ...) {
  size_t used = strlen(zone_text);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(zone_text + used, sizeof zone_text - used, format, arguments);
  va_end(arguments);
}

static void write_zone(void) {
  zone_add("$ORIGIN own.example.\n@ 300 SOA ns hostmaster 1 3600 600 86400 7\n@ 300 NS ns\nns 300 A 127.0.0.1\n");
  zone_add("a 60 A 192.0.2.1\na 60 A 192.0.2.2\na 60 AAAA 2001:db8::1\nfour 60 A 192.0.2.4\nsix 60 AAAA 2001:db8::6\n");
  zone_add("short 1 A 192.0.2.1\nlong 604800 A 192.0.2.1\nodd 60 TXT \"nothing\"\n");
  zone_add("_s._tls 60 SRV 10 1 5061 light\n_s._tls 60 SRV 10 100 5062 heavy\n_s._tls 60 SRV 5 0 5063 first\n");
  zone_add("_gone._tls 60 SRV 0 0 0 .\n_bad._tls 60 SRV 1 1 5061 no_host\n_bad._tls 60 SRV 2 1 0 ns\n");
  zone_add("_bad._tls 60 SRV 3 1 5061 ns\n");
  for (int i = 0; i < 40; i++) zone_add("many 60 A 192.0.2.%d\nmany 60 AAAA 2001:db8::%x\n", i, i + 1);
  for (int i = 0; i < 1000; i++) zone_add("_many._tls 60 SRV %d 0 %d h%d\n", (i * 7919) % 1000, 1000 + i, i);
  for (int i = 0; i < 12; i++) zone_add("c%d 60 CNAME c%d\n", i, i + 1);
  zone_add("c12 60 A 192.0.2.12\n_c._tls 30 CNAME _s._tls\nround 60 CNAME round2\nround2 60 CNAME round\n");
}

static int start_server(void **state) {
  (void)state;
  write_zone();
  have_server = name_server_installed();
  if (!have_server) print_message("unbound is not installed: most of this is skipped\n");
  return !have_server || (name_server_make(&server, ZONE, zone_text) && name_server_start(&server)) ? 0 : -1;
}

static int stop_server(void **state) {
  (void)state;
  if (have_server) name_server_remove(&server);
  return 0;
}

static struct dns_settings to_server(void) {
  static char text[32];
  static struct hanse_slice forwarder;
  snprintf(text, sizeof text, "127.0.0.1@%u", server.port);
  forwarder = hanse_text(text);
  return (struct dns_settings){.forwarders = &forwarder, .forwarder_count = 1, .allow_loopback = true};
}

#define NEED_SERVER() \
  if (!have_server) skip()

/* Lives are cut to 5 s and an hour, addresses to 32 (F3). */
static void both_families(void **state) {
  (void)state;
  NEED_SERVER();
  struct setting s;
  struct got got;
  struct dns_settings settings = to_server();
  begin(&s, &settings);
  ask_addresses(&s, "a.own.example", &got);
  assert_int_equal(got.answer.result, DNS_FOUND);
  assert_int_equal(got.answer.verdict, DNS_INSECURE);
  assert_int_equal(got.answer.count, 3);
  assert_string_equal(address_at(&got, 0), "2001:db8::1"); /* in turn, IPv6 first */
  assert_int_equal(got.addresses[1].address.ss_family, AF_INET);
  assert_int_equal(got.addresses[2].address.ss_family, AF_INET);
  assert_in_range(got.answer.lasts, 50 * HANSE_SECOND, 60 * HANSE_SECOND);
  ask_addresses(&s, "four.own.example", &got);
  assert_string_equal(address_at(&got, 0), "192.0.2.4");
  ask_addresses(&s, "six.own.example", &got);
  assert_string_equal(address_at(&got, 0), "2001:db8::6");
  ask_addresses(&s, "short.own.example", &got);
  assert_int_equal(got.answer.lasts, 5 * HANSE_SECOND);
  ask_addresses(&s, "long.own.example", &got);
  assert_in_range(got.answer.lasts, 299 * HANSE_SECOND, 3600 * HANSE_SECOND);
  ask_addresses(&s, "many.own.example", &got);
  assert_int_equal(got.answer.count, 32);
  size_t six = 0;
  for (size_t i = 0; i < 32; i++) six += got.addresses[i].address.ss_family == AF_INET6;
  assert_int_equal(six, 16);
  end(&s);
}

static void absence(void **state) {
  (void)state;
  NEED_SERVER();
  struct setting s;
  struct got got;
  struct dns_settings settings = to_server();
  begin(&s, &settings);
  static const char *const names[] = {"none.own.example", "odd.own.example"}; /* NXDOMAIN, no such type */
  for (size_t i = 0; i < 2; i++) {
    ask_addresses(&s, names[i], &got);
    assert_int_equal(got.answer.result, DNS_NONE);
    assert_in_range(got.answer.lasts, 5 * HANSE_SECOND, 7 * HANSE_SECOND); /* the SOA record's MINIMUM is 7 */
    uint64_t asked = dns_figures(s.dns).asked;
    ask_addresses(&s, names[i], &got); /* remembered */
    assert_int_equal(got.answer.result, DNS_NONE);
    assert_int_equal(dns_figures(s.dns).asked, asked);
  }
  put_ahead(&s, 8 * HANSE_SECOND);
  uint64_t asked = dns_figures(s.dns).asked;
  ask_addresses(&s, names[0], &got);
  assert_true(dns_figures(s.dns).asked > asked);
  ask_addresses(&s, "x.refused.example", &got);
  assert_int_equal(got.answer.result, DNS_FAILED);
  end(&s);
}

/* Of a thousand services the best 32 (F3). */
static void services(void **state) {
  (void)state;
  NEED_SERVER();
  struct setting s;
  struct got got;
  struct dns_settings settings = to_server();
  begin(&s, &settings);
  ask_services(&s, "_s._tls.own.example", &got);
  assert_int_equal(got.answer.count, 3);
  assert_string_equal(got.services[0].host, "first.own.example");
  assert_string_equal(got.services[1].host, "heavy.own.example");
  assert_string_equal(got.services[2].host, "light.own.example");
  assert_int_equal(got.services[1].port, 5062);
  ask_services(&s, "_gone._tls.own.example", &got);
  assert_int_equal(got.answer.count, 1);
  assert_string_equal(got.services[0].host, "");
  ask_services(&s, "_bad._tls.own.example", &got); /* what is no host, or has no port, leads nowhere */
  assert_int_equal(got.answer.count, 1);
  assert_int_equal(got.services[0].priority, 3);
  ask_services(&s, "_many._tls.own.example", &got);
  assert_int_equal(got.answer.count, 32);
  for (size_t i = 0; i < 32; i++) assert_int_equal(got.services[i].priority, i);
  ask_services(&s, "_c._tls.own.example", &got);
  assert_int_equal(got.answer.count, 3);
  assert_true(got.answer.lasts <= 30 * HANSE_SECOND);
  end(&s);
}

/* Eight, no more, and no circle (F3). */
static void aliases(void **state) {
  (void)state;
  NEED_SERVER();
  struct setting s;
  struct got got;
  struct dns_settings settings = to_server();
  begin(&s, &settings);
  ask_addresses(&s, "c4.own.example", &got); /* eight */
  assert_int_equal(got.answer.result, DNS_FOUND);
  assert_string_equal(address_at(&got, 0), "192.0.2.12");
  ask_addresses(&s, "c3.own.example", &got); /* nine */
  assert_int_equal(got.answer.result, DNS_FAILED);
  ask_addresses(&s, "c0.own.example", &got);
  assert_int_equal(got.answer.result, DNS_FAILED);
  ask_addresses(&s, "round.own.example", &got);
  assert_int_not_equal(got.answer.result, DNS_FOUND);
  end(&s);
}

static void private_zone(void **state) {
  (void)state;
  NEED_SERVER();
  static const struct hanse_slice zones[] = {{"lan.test", 8}};
  struct setting s;
  struct got got;
  struct dns_settings settings = to_server();
  begin(&s, &settings);
  ask_addresses(&s, "host.lan.test", &got); /* libunbound answers for test. itself, before the call returns */
  assert_int_equal(got.answer.result, DNS_NONE);
  end(&s);
  settings.private_zones = zones;
  settings.private_zone_count = 1;
  begin(&s, &settings);
  ask_addresses(&s, "host.lan.test", &got);
  assert_int_equal(got.answer.result, DNS_FOUND);
  assert_string_equal(address_at(&got, 0), "10.9.8.7");
  end(&s);
}

/* A key for a zone that is not signed: whoever answers for it is not the one whom the key belongs to. */
static void forged(void **state) {
  (void)state;
  NEED_SERVER();
  static const struct hanse_slice zones[] = {{"own.example", 11}};
  struct setting s;
  struct got got;
  char anchor[128];
  struct dns_settings settings = to_server();
  assert_true(name_server_put(&server, "anchor",
                              "own.example. IN DS 12345 13 2 "
                              "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"));
  snprintf(anchor, sizeof anchor, "%s/anchor", server.folder);
  settings.trust_anchor = hanse_text(anchor);
  begin(&s, &settings);
  ask_addresses(&s, "a.own.example", &got);
  assert_int_equal(got.answer.result, DNS_FAILED);
  assert_int_equal(got.answer.verdict, DNS_BOGUS);
  assert_true(got.error[0] != '\0');
  end(&s);
  assert_true(name_server_put(&server, "anchor",
                              "example. IN DS 12345 13 2 "
                              "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"));
  settings.private_zones = zones; /* not validated */
  settings.private_zone_count = 1;
  begin(&s, &settings);
  ask_addresses(&s, "a.own.example", &got);
  assert_int_equal(got.answer.result, DNS_FOUND);
  assert_int_equal(got.answer.verdict, DNS_INSECURE);
  end(&s);
}

/* H11, R35: more names than are kept. */
static void shared_and_bounded(void **state) {
  (void)state;
  NEED_SERVER();
  struct setting s;
  struct dns_settings settings = to_server();
  begin(&s, &settings);
  struct got *got = calloc(1, sizeof *got);
  for (unsigned i = 0; i < DNS_QUERIES; i++)
    assert_non_null(dns_addresses(s.dns, HANSE_LIT("a.own.example"), keep, got));
  assert_null(dns_addresses(s.dns, HANSE_LIT("a.own.example"), keep, got));
  wait_until(&s, &got->calls, DNS_QUERIES);
  assert_int_equal(dns_figures(s.dns).asked, 2);
  assert_int_equal(dns_figures(s.dns).waiting, 0);
  got->calls = 0;
  for (unsigned i = 0; i < 3 * DNS_CACHE; i++) {
    char name[64];
    snprintf(name, sizeof name, "x%u.own.example", i);
    while (dns_figures(s.dns).waiting >= 500) loop_turn(s.loop, true);
    assert_non_null(dns_addresses(s.dns, hanse_text(name), keep, got));
  }
  wait_until(&s, &got->calls, 3 * DNS_CACHE);
  assert_int_equal(dns_figures(s.dns).cached, DNS_CACHE);
  free(got);
  end(&s);
}

static void flushed(void **state) {
  (void)state;
  NEED_SERVER();
  struct setting s;
  struct got got, other = {0};
  struct dns_settings settings = to_server();
  begin(&s, &settings);
  ask_addresses(&s, "a.own.example", &got);
  assert_non_null(dns_addresses(s.dns, HANSE_LIT("four.own.example"), keep, &other)); /* in flight meanwhile */
  dns_flush(s.dns);
  assert_int_equal(dns_figures(s.dns).cached, 0);
  wait_until(&s, &other.calls, 1);
  assert_int_equal(other.answer.result, DNS_FOUND);
  uint64_t asked = dns_figures(s.dns).asked;
  ask_addresses(&s, "a.own.example", &got);
  assert_int_equal(dns_figures(s.dns).asked, asked + 2);
  assert_int_equal(got.answer.result, DNS_FOUND);
  end(&s);
}

/* ---- taking back, also from within a callback (F5) ---- */

struct chain {
  struct setting *s;
  struct victim {
    struct chain *chain;
    struct dns_query *query; /* NULL: called, or taken back */
  } victims[4];
  unsigned calls, victims_called;
};

static void victim(void *argument, const struct dns_answer *answer) {
  struct victim *victim = argument;
  (void)answer;
  victim->query = NULL;
  victim->chain->victims_called++;
}

static void executioner(void *argument, const struct dns_answer *answer) {
  struct chain *chain = argument;
  (void)answer;
  chain->calls++;
  for (size_t i = 0; i < 4; i++) {
    dns_cancel(chain->victims[i].query);
    chain->victims[i].query = NULL;
  }
  dns_flush(chain->s->dns);
  if (chain->calls < 3) dns_addresses(chain->s->dns, HANSE_LIT("192.0.2.1"), executioner, chain);
}

static void cancelled(void **state) {
  (void)state;
  NEED_SERVER();
  struct setting s;
  struct chain chain = {.s = &s};
  struct dns_settings settings = to_server();
  begin(&s, &settings);
  assert_non_null(dns_addresses(s.dns, HANSE_LIT("a.own.example"), executioner, &chain));
  struct victim *v = chain.victims;
  for (size_t i = 0; i < 4; i++) v[i].chain = &chain;
  v[0].query = dns_addresses(s.dns, HANSE_LIT("a.own.example"), victim, &v[0]);    /* the same question */
  v[1].query = dns_addresses(s.dns, HANSE_LIT("four.own.example"), victim, &v[1]); /* maybe ready as well */
  v[2].query = dns_services(s.dns, HANSE_LIT("_s._tls.own.example"), victim, &v[2]);
  assert_true(v[0].query && v[1].query && v[2].query);
  wait_until(&s, &chain.calls, 1);
  dns_cancel(dns_addresses(s.dns, HANSE_LIT("many.own.example"), victim, &v[3]));
  dns_cancel(NULL);
  wait_until(&s, &chain.calls, 3);
  for (int i = 0; i < 20; i++) loop_turn(s.loop, true);
  assert_true(chain.victims_called <= 2); /* those that were answered earlier in the same turn */
  assert_int_equal(dns_figures(s.dns).waiting, 0);
  assert_non_null(dns_addresses(s.dns, HANSE_LIT("six.own.example"), victim, &v[3]));
  assert_non_null(dns_addresses(s.dns, HANSE_LIT("192.0.2.1"), victim, &v[3]));
  unsigned before = chain.victims_called;
  end(&s); /* ends both without calling */
  assert_int_equal(chain.victims_called, before);
}

/* ---- the resolver fails (F7) ---- */

static void silence(void **state) {
  (void)state;
  NEED_SERVER();
  struct setting s;
  struct got got;
  struct dns_settings settings = to_server();
  name_server_stop(&server);
  assert_true(name_server_silence(&server, true));
  begin(&s, &settings);
  hanse_time from = clock_read();
  ask_addresses(&s, "a.own.example", &got);
  hanse_time took = clock_read() - from;
  assert_int_equal(got.answer.result, DNS_FAILED);
  assert_in_range(took, 4 * HANSE_SECOND, 6 * HANSE_SECOND);
  uint64_t asked = dns_figures(s.dns).asked;
  ask_addresses(&s, "a.own.example", &got); /* not asked again at once */
  assert_int_equal(dns_figures(s.dns).asked, asked);
  assert_int_equal(got.answer.result, DNS_FAILED);
  end(&s);
  name_server_silence(&server, false);
  assert_true(name_server_start(&server));
}

/* One name failed, once; its server is back: libunbound's memory of that (5 s) does not stand between them. */
static void found_again(void **state) {
  (void)state;
  NEED_SERVER();
  struct setting s;
  struct got got;
  struct dns_settings settings = to_server();
  begin(&s, &settings);
  name_server_stop(&server);
  ask_addresses(&s, "a.own.example", &got);
  assert_int_equal(got.answer.result, DNS_FAILED);
  assert_true(name_server_start(&server));
  put_ahead(&s, 3 * HANSE_SECOND);
  ask_addresses(&s, "a.own.example", &got);
  assert_int_equal(got.answer.result, DNS_FOUND);
  end(&s);
}

static void last_good_answer(void **state) {
  (void)state;
  NEED_SERVER();
  struct setting s;
  struct got got;
  struct dns_settings settings = to_server();
  begin(&s, &settings);
  ask_addresses(&s, "short.own.example", &got);
  assert_int_equal(got.answer.result, DNS_FOUND);
  name_server_stop(&server);
  assert_true(name_server_silence(&server, true));
  put_ahead(&s, 60 * HANSE_SECOND);
  run_for(&s, 2100 * HANSE_MSEC); /* libunbound's own memory of it ends as well */
  hanse_time from = clock_read();
  ask_addresses(&s, "short.own.example", &got);
  assert_in_range(clock_read() - from, HANSE_SECOND, 3 * HANSE_SECOND); /* patience, not the whole time-out */
  assert_int_equal(got.answer.result, DNS_FOUND);
  assert_true(got.answer.stale);
  assert_string_equal(address_at(&got, 0), "192.0.2.1");
  from = clock_read();
  ask_addresses(&s, "short.own.example", &got);
  assert_true(clock_read() - from < HANSE_SECOND / 2 && got.answer.stale);
  name_server_silence(&server, false); /* now refused at once */
  put_ahead(&s, 2 * HANSE_SECOND);
  ask_addresses(&s, "short.own.example", &got);
  assert_true(got.answer.stale);
  assert_true(name_server_start(&server));
  from = clock_read();
  do {
    put_ahead(&s, 2 * HANSE_SECOND);
    ask_addresses(&s, "short.own.example", &got);
    if (got.answer.stale) run_for(&s, 100 * HANSE_MSEC);
  } while (got.answer.stale && clock_read() - from < 10 * HANSE_SECOND);
  print_message("the resolver was found again after %d ms\n", (int)((clock_read() - from) / HANSE_MSEC));
  assert_true(clock_read() - from < 5 * HANSE_SECOND);
  assert_false(got.answer.stale);
  name_server_stop(&server);
  run_for(&s, 2100 * HANSE_MSEC);
  put_ahead(&s, 2 * 3600 * HANSE_SECOND); /* after an hour it is no answer any more */
  ask_addresses(&s, "short.own.example", &got);
  if (got.answer.result != DNS_FAILED) fail_msg("%d stale %d %s", got.answer.result, got.answer.stale, got.error);
  end(&s);
  assert_true(name_server_start(&server));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(good_hosts),         cmocka_unit_test(bad_hosts),
      cmocka_unit_test(hosts_first),        cmocka_unit_test(bad_settings),
      cmocka_unit_test(both_families),      cmocka_unit_test(absence),
      cmocka_unit_test(services),           cmocka_unit_test(aliases),
      cmocka_unit_test(private_zone),       cmocka_unit_test(forged),
      cmocka_unit_test(shared_and_bounded), cmocka_unit_test(flushed),
      cmocka_unit_test(cancelled),          cmocka_unit_test(silence),
      cmocka_unit_test(found_again),        cmocka_unit_test(last_good_answer),
  };
  return cmocka_run_group_tests(tests, start_server, stop_server);
}
