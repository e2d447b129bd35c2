/* The policies that remember who comes along, with full tables: what a message costs, and how long each piece of a
   reload holds the loop up (T29: 10 ms a turn). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#include "plugins/policy/contacts.h"
#include "plugins/policy/limits.h"
#include "sdk/fakehost/inside.h"
#include "tests/lib/policy_fixture.h"

enum { PEERS = 5000, ADDRESSES = 100, FLOWS = 262144, USERS = 2000, PAIRS = 100 };

#if defined(__SANITIZE_ADDRESS__)
#define TURN_MS 1000.0
#else
#define TURN_MS 10.0 /* in processor time, which others on the machine don't use */
#endif

static double milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* ---- slots that are timed ---- */

static const struct hanse_plugin *real;
static double turn, longest, destroyed; /* milliseconds: this turn of the loop, the longest one, and destroy */
static unsigned pieces;

/* A reload's first turn has save, adopt and start, each of the next ones save_rest and adopt. */
static void next_turn(void) {
  turn = 0;
  pieces++;
}

static int note(double begin, int status) {
  turn += milliseconds() - begin;
  if (turn > longest) longest = turn;
  return status;
}
static int timed_save(void *self) {
  next_turn();
  double begin = milliseconds();
  return note(begin, real->save(self));
}
static int timed_save_rest(void *self) {
  next_turn();
  double begin = milliseconds();
  return note(begin, real->save_rest(self));
}
static int timed_adopt(void *self, const struct hanse_saved *saved) {
  double begin = milliseconds();
  return note(begin, real->adopt(self, saved));
}
static int timed_start(void *self) {
  double begin = milliseconds();
  return note(begin, real->start(self));
}

static void timed_destroy(void *self) {
  double begin = milliseconds();
  real->destroy(self);
  double took = milliseconds() - begin;
  if (took > destroyed) destroyed = took;
}

static void reload(struct policy_fixture *f, const char *name, const void *settings) {
  struct hanse_plugin timed = *policy_open(name);
  real = policy_open(name);
  timed.save = timed_save;
  timed.save_rest = timed_save_rest;
  timed.adopt = timed_adopt;
  timed.start = timed_start;
  longest = destroyed = 0;
  pieces = 0;
  f->policy->plugin = &timed;
  struct fake_instance *next = fake_load(f->world, &timed, settings, f->policy);
  assert_non_null(next);
  timed.destroy = timed_destroy;
  fake_unload(f->policy);
  f->policy = next;
  next->plugin = real;
  print_message("%s: a reload in %u turns, the longest %.2f ms; destroy %.2f ms\n", name, pieces, longest, destroyed);
  assert_true(longest < TURN_MS);
  assert_true(destroyed < TURN_MS);
}

/* The module is taken out of the configuration: there is no successor. */
static void goes_away(struct policy_fixture *f, const char *name) {
  struct hanse_plugin timed = *real;
  timed.destroy = timed_destroy;
  destroyed = 0;
  f->policy->plugin = &timed;
  fake_unload(f->policy);
  print_message("%s: gone without a successor in %.2f ms\n", name, destroyed);
  assert_true(destroyed < TURN_MS);
}

/* ---- limits ---- */

static enum hanse_verdict ask(struct fake_instance *policy, unsigned peer, unsigned address) {
  struct hanse_certificate certificate = {.size = sizeof certificate, .subject = HANSE_LIT("CN=edge.wingtip.test")};
  struct fake_judgement judgement;
  char user[24];
  memcpy(certificate.id, &peer, sizeof peer);
  snprintf(user, sizeof user, "user%u", address);
  const struct hanse_facts facts = {.size = sizeof facts,
                                    .side = HANSE_SIDE_PARTNER,
                                    .federation = HANSE_LIT("discovered"),
                                    .from = {HANSE_LIT("zoe"), HANSE_LIT("wingtip.test")},
                                    .to = {hanse_text(user), HANSE_LIT("contoso.test")},
                                    .certificate = &certificate};
  fake_decide(policy, HANSE_STAGE_ROUTED, &facts, false, &judgement);
  return judgement.verdict;
}

/* One of ours writes to somebody outside. */
static enum hanse_verdict send_out(struct fake_instance *policy, unsigned sender) {
  struct fake_judgement judgement;
  char user[24];
  snprintf(user, sizeof user, "user%u", sender);
  const struct hanse_facts facts = {.size = sizeof facts,
                                    .side = HANSE_SIDE_HOME,
                                    .from = {hanse_text(user), HANSE_LIT("contoso.test")},
                                    .to = {HANSE_LIT("zoe"), HANSE_LIT("wingtip.test")}};
  fake_decide(policy, HANSE_STAGE_ROUTED, &facts, false, &judgement);
  return judgement.verdict;
}

/* Most of what each of them asked for does not exist. */
static void make_suspicious(const struct policy_fixture *f) {
  struct limits *limits = (struct limits *)fake_self(f->policy);
  for (int standing = 0; standing < LIMITS_STANDINGS; standing++)
    for (struct limits_peer *peer = limits->peers.of[standing]; peer; peer = peer->next)
      peer->suspect = fake_now(f->world);
}

static void full_limits(void **state) {
  (void)state;
  static const struct hanse_slice types[] = {HANSE_LIT("discovered")};
  const struct limits_settings settings = {.types = {1, types},
                                           .rate = {1000000, HANSE_SECOND},
                                           .suspicious_rate = {1, HANSE_SECOND},
                                           .limit_addresses = true,
                                           .addresses = ADDRESSES,
                                           .peers = PEERS,
                                           .window = 60 * HANSE_SECOND,
                                           .report_period = 3600 * HANSE_SECOND,
                                           .forget = 86400 * HANSE_SECOND,
                                           .answers = 20,
                                           .errors_percent = 50,
                                           .failed_percent = 75,
                                           .sender_rate = {2, 3600 * HANSE_SECOND},
                                           .direction = LIMITS_OUT,
                                           .flows = FLOWS};
  struct policy_fixture *f = policy_fixture_new("limits", &settings);
  for (unsigned peer = 0; peer < PEERS; peer++)
    for (unsigned address = 0; address < ADDRESSES; address++)
      assert_int_equal(ask(f->policy, peer, address), HANSE_ALLOW);
  double begin = milliseconds();
  unsigned asked = 0;
  for (unsigned n = 0; n < 200000; n++)
    asked += ask(f->policy, n * 7919 % PEERS, n * 104729 % ADDRESSES) == HANSE_ALLOW;
  double each = (milliseconds() - begin) * 1e6 / asked;
  print_message("limits: %d partners with %d addresses each, %.0f ns a message\n", PEERS, ADDRESSES, each);
  assert_int_equal(asked, 200000);
  for (unsigned sender = 0; sender < FLOWS; sender++) send_out(f->policy, sender);
  fake_advance(f->world, HANSE_SECOND);
  make_suspicious(f);
  assert_int_equal(send_out(f->policy, FLOWS), HANSE_ABSTAIN);
  assert_int_equal(send_out(f->policy, FLOWS), HANSE_ABSTAIN);
  reload(f, "limits", &settings);
  assert_int_equal(send_out(f->policy, FLOWS), HANSE_DENY);
  fake_advance(f->world, 2 * HANSE_SECOND);
  for (unsigned peer = 0; peer < PEERS; peer += 37) {
    assert_int_equal(ask(f->policy, peer, ADDRESSES - 1), HANSE_ALLOW);
    assert_int_equal(ask(f->policy, peer, ADDRESSES), HANSE_DENY);
  }
  fake_advance(f->world, HANSE_SECOND);
  goes_away(f, "limits");
  policy_fixture_free(f);
}

/* ---- contacts ---- */

static enum hanse_verdict write_back(struct fake_instance *policy, unsigned user, unsigned other) {
  struct fake_judgement judgement;
  char ours[24], theirs[24];
  snprintf(ours, sizeof ours, "u%u", user);
  snprintf(theirs, sizeof theirs, "t%u", other);
  const struct hanse_facts facts = facts_between(false, ours, theirs);
  fake_decide(policy, HANSE_STAGE_ROUTED, &facts, false, &judgement);
  return judgement.verdict;
}

/* What a minute after a failure of the store is to be written once more is found in pieces. There is no store here. */
static void write_again(const struct policy_fixture *f) {
  struct contacts *contacts = (struct contacts *)fake_self(f->policy);
  contacts->behind.every_second = hanse_timers(fake_host(f->policy), HANSE_SECOND);
  bool more = true;
  longest = 0;
  for (pieces = 0; more;) {
    next_turn();
    double begin = milliseconds();
    more = contacts->behind.again(contacts, pieces == 1);
    note(begin, HANSE_OK);
  }
  print_message("contacts: all to be written again in %u pieces, the longest %.2f ms\n", pieces, longest);
  assert_true(longest < TURN_MS / 5); /* it is called a turn after the other, beside messages */
  size_t waiting = 0;
  for (const struct behind_item *item = contacts->behind.waiting; item; item = item->next) waiting++;
  assert_int_equal(waiting, USERS * PAIRS);
  fake_advance(f->world, HANSE_SECOND); /* nobody takes it */
  assert_null(contacts->behind.waiting);
}

static void full_contacts(void **state) {
  (void)state;
  const struct contacts_settings settings = {
      .hold = CONTACTS_ALL, .age = 90 * 86400 * HANSE_SECOND, .pairs = USERS * PAIRS, .pairs_per_user = 1000};
  struct policy_fixture *f = policy_fixture_new("contacts", &settings);
  char ours[24], theirs[24];
  for (unsigned user = 0; user < USERS; user++)
    for (unsigned other = 0; other < PAIRS; other++) {
      snprintf(ours, sizeof ours, "u%u", user);
      snprintf(theirs, sizeof theirs, "t%u", other);
      const struct hanse_facts facts = facts_between(true, ours, theirs);
      fake_event(f->policy, HANSE_EVENT_ACCEPTED, &facts, NULL);
    }
  double begin = milliseconds();
  unsigned asked = 0;
  for (unsigned n = 0; n < 200000; n++)
    asked += write_back(f->policy, n * 7919 % USERS, n * 31 % PAIRS) == HANSE_ABSTAIN;
  double each = (milliseconds() - begin) * 1e6 / 200000;
  print_message("contacts: %d pairs, %.0f ns a message\n", USERS * PAIRS, each);
  assert_int_equal(asked, 200000);
  write_again(f);
  reload(f, "contacts", &settings);
  for (unsigned user = 0; user < USERS; user += 37) {
    assert_int_equal(write_back(f->policy, user, PAIRS - 1), HANSE_ABSTAIN);
    assert_int_equal(write_back(f->policy, user, PAIRS), HANSE_DENY);
  }
  fake_advance(f->world, HANSE_SECOND);
  goes_away(f, "contacts");
  policy_fixture_free(f);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(full_limits), cmocka_unit_test(full_contacts)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
