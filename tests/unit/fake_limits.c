/* The policy `limits`, as built, on a clock that the test moves: buckets, addresses, suspicion, which records go, what
   survives (R62, R63, R64, R65, R66, R67, R68, R69, H11). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "plugins/policy/limits.h"
#include "sdk/fakehost/inside.h"
#include "tests/lib/policy_fixture.h"

#define LIST(array) \
  { sizeof(array) / sizeof *(array), array }

static const struct hanse_slice types[] = {HANSE_LIT("discovered")};
static const int64_t errors[] = {403, 404, 480};

/* What the option table says, with the fields of a test. */
static struct limits_settings settings_with(void) {
  return (struct limits_settings){.where = {"a.conf", 7},
                                  .types = LIST(types),
                                  .rate = {20, HANSE_SECOND},
                                  .suspicious_rate = {1, HANSE_SECOND},
                                  .limit_addresses = true,
                                  .addresses = 1000,
                                  .peers = 1000,
                                  .window = 60 * HANSE_SECOND,
                                  .report_period = 3600 * HANSE_SECOND,
                                  .forget = 30 * 86400 * HANSE_SECOND,
                                  .answers = 20,
                                  .errors_percent = 50,
                                  .failed_percent = 75,
                                  .errors = LIST(errors),
                                  .direction = LIMITS_IN,
                                  .flows = 64};
}

/* ---- messages ---- */

static struct hanse_certificate certificate_of(unsigned number) {
  struct hanse_certificate certificate = {.size = sizeof certificate,
                                          .issuer = HANSE_LIT("CN=Authority"),
                                          .subject = HANSE_LIT("CN=edge"),
                                          .serial = HANSE_LIT("0a0b")};
  memcpy(certificate.id, &number, sizeof number);
  return certificate;
}

struct sent {
  enum hanse_verdict verdict;
  enum hanse_failure failure;
  hanse_time wait;
};

struct request {
  const char *domain, *user;
  uint32_t flags;
  uint8_t action;
  bool dry;
};

static struct hanse_facts facts_of(const struct request *request, const struct hanse_certificate *certificate) {
  return (struct hanse_facts){.size = sizeof(struct hanse_facts),
                              .side = HANSE_SIDE_PARTNER,
                              .wire_type = HANSE_WIRE_AUTO_FEDERATION,
                              .federation = HANSE_LIT("discovered"),
                              .flags = request->flags,
                              .action = request->action ? request->action : HANSE_ACTION_MESSAGE,
                              .from = {HANSE_LIT("zoe"), hanse_text(request->domain)},
                              .to = {hanse_text(request->user), HANSE_LIT("contoso.test")},
                              .certificate = certificate};
}

static struct sent send_facts(struct fake_instance *policy, const struct hanse_facts *facts, bool dry) {
  struct fake_judgement judgement;
  fake_decide(policy, HANSE_STAGE_ADMIT, facts, dry, &judgement);
  fake_decide(policy, HANSE_STAGE_ROUTED, facts, dry, &judgement);
  return (struct sent){judgement.verdict, judgement.why.failure, judgement.why.retry_after};
}

static struct sent send_request(struct fake_instance *policy, unsigned number, const struct request *request) {
  const struct hanse_certificate certificate = certificate_of(number);
  const struct hanse_facts facts = facts_of(request, &certificate);
  return send_facts(policy, &facts, request->dry);
}

static struct sent ask(struct fake_instance *policy, unsigned number, const char *domain, const char *user) {
  return send_request(policy, number, &(struct request){.domain = domain, .user = user});
}

/* So many addresses, at the pace that is allowed. How many are let through. */
static unsigned ask_many(struct policy_fixture *f, unsigned number, unsigned first, unsigned count) {
  unsigned passed = 0;
  char user[24];
  for (unsigned i = 0; i < count; i++) {
    snprintf(user, sizeof user, "user%u", first + i);
    passed += ask(f->policy, number, "wingtip.test", user).verdict == HANSE_ALLOW;
    fake_advance(f->world, 50 * HANSE_MSEC);
  }
  return passed;
}

static void answer(struct policy_fixture *f, unsigned number, uint16_t status, unsigned count) {
  const struct hanse_certificate certificate = certificate_of(number);
  struct hanse_facts facts = facts_of(&(struct request){"wingtip.test", "alice", 0, 0, false}, &certificate);
  facts.side = HANSE_SIDE_HOME; /* where the answer comes from */
  facts.flags = HANSE_FACT_ANSWER | (status >= 200 ? HANSE_FACT_FINAL : 0);
  facts.status = status;
  for (unsigned i = 0; i < count; i++) fake_event(f->policy, HANSE_EVENT_ANSWERED, &facts, NULL);
}

static const char *watch(struct fake_instance *policy, bool listed) {
  const struct fake_argument arguments[] = {{"listed", "true"}, {NULL, NULL}};
  const char *rows;
  assert_int_equal(fake_command(policy, "watch", listed ? arguments : NULL, &rows), HANSE_DONE);
  return rows;
}

static void says(const char *text, const char *words) {
  if (!strstr(text, words)) fail_msg("\"%s\" lacks \"%s\"", text, words);
}

/* ---- the tests ---- */

/* R63: as many at once as a second allows, then one each 50 ms; what is refused is told when to come again. */
static void rate(void **state) {
  (void)state;
  const struct limits_settings settings = settings_with();
  struct policy_fixture *f = policy_fixture_new("limits", &settings);
  unsigned passed = 0;
  for (int i = 0; i < 100; i++) passed += ask(f->policy, 1, "wingtip.test", "alice").verdict == HANSE_ALLOW;
  assert_int_equal(passed, 20);
  struct sent last = ask(f->policy, 1, "wingtip.test", "alice");
  assert_int_equal(last.failure, HANSE_F_RATE);
  assert_in_range(last.wait, 1, 50 * HANSE_MSEC);
  says(fake_logged(f->world), "limits.rate");
  for (int i = 0; i < 1000; i++, fake_advance(f->world, 10 * HANSE_MSEC))
    passed += ask(f->policy, 1, "wingtip.test", "alice").verdict == HANSE_ALLOW;
  assert_in_range(passed, 20 + 199, 20 + 201);                                       /* ten seconds */
  assert_int_equal(ask(f->policy, 2, "wingtip.test", "alice").verdict, HANSE_ALLOW); /* another certificate */
  print_message("%u of 1101 passed in 10 s\n", passed);
  policy_fixture_free(f);
}

/* What ends a call, or needs no answer, goes beyond it by as much again, and no further. */
static void ends_pass(void **state) {
  (void)state;
  const struct limits_settings settings = settings_with();
  struct policy_fixture *f = policy_fixture_new("limits", &settings);
  const struct request bye = {"wingtip.test", "alice", HANSE_FACT_IN_DIALOG, HANSE_ACTION_END, false};
  const struct request stray = {"wingtip.test", "alice", 0, HANSE_ACTION_END, false};
  for (int i = 0; i < 20; i++) ask(f->policy, 1, "wingtip.test", "alice");
  assert_int_equal(send_request(f->policy, 1, &stray).failure, HANSE_F_RATE);
  unsigned passed = 0;
  for (int i = 0; i < 100; i++) passed += send_request(f->policy, 1, &bye).verdict == HANSE_ALLOW;
  assert_int_equal(passed, 20);
  policy_fixture_free(f);
}

/* R62, R65, R69: the 1 001st address is refused, in whatever spelling and domain; known ones pass; it is told once in
   a report period. */
static void addresses(void **state) {
  (void)state;
  const struct limits_settings settings = settings_with();
  struct policy_fixture *f = policy_fixture_new("limits", &settings);
  assert_int_equal(ask_many(f, 1, 0, 1000), 1000);
  assert_int_equal(ask(f->policy, 1, "wingtip.test", "more").failure, HANSE_F_ADDRESSES);
  says(fake_logged(f->world), "limits.addresses");
  says(fake_logged(f->world), "serial=0a0b");
  assert_int_equal(ask(f->policy, 1, "other.test", "more").failure, HANSE_F_ADDRESSES);
  assert_int_equal(ask(f->policy, 1, "other.test", "USER999").verdict, HANSE_ALLOW);
  assert_int_equal(ask_many(f, 1, 0, 1000), 1000); /* known ones */
  assert_int_equal(ask_many(f, 1, 5000, 100), 0);
  assert_int_equal(ask_many(f, 2, 5000, 100), 100); /* another certificate */
  const struct request again = {"wingtip.test", "more", 0, 0, true};
  assert_int_equal(send_request(f->policy, 1, &again).failure, HANSE_F_ADDRESSES); /* explain says so */
  says(watch(f->policy, false), "domains=wingtip.test,other.test mode=no new addresses addresses=1000 messages=2103");
  assert_null(strstr(watch(f->policy, true), "normal"));
  assert_int_equal(fake_counter(f->world, "refused_addresses"), 102);
  policy_fixture_free(f);
}

/* R69: once in a report period. */
static void notices(void **state) {
  (void)state;
  struct limits_settings settings = settings_with();
  settings.addresses = 1;
  struct policy_fixture *f = policy_fixture_new("limits", &settings);
  char first[1024];
  ask(f->policy, 1, "wingtip.test", "alice");
  ask(f->policy, 1, "wingtip.test", "bob");
  snprintf(first, sizeof first, "%s", fake_logged(f->world));
  says(first, "limits.addresses");
  fake_advance(f->world, 3599 * HANSE_SECOND);
  ask(f->policy, 1, "wingtip.test", "carl");
  assert_string_equal(first, fake_logged(f->world)); /* it counts the messages, so a second one would differ */
  fake_advance(f->world, 2 * HANSE_SECOND);
  ask(f->policy, 1, "wingtip.test", "dora");
  assert_string_not_equal(first, fake_logged(f->world));
  policy_fixture_free(f);
}

/* R68: without the rule of addresses the others hold. */
static void without_addresses(void **state) {
  (void)state;
  struct limits_settings settings = settings_with();
  settings.limit_addresses = false;
  struct policy_fixture *f = policy_fixture_new("limits", &settings);
  assert_int_equal(ask_many(f, 1, 0, 1500), 1500);
  for (int i = 0; i < 30; i++) ask(f->policy, 1, "wingtip.test", "alice");
  assert_int_equal(ask(f->policy, 1, "wingtip.test", "alice").failure, HANSE_F_RATE);
  answer(f, 1, 404, 20);
  says(watch(f->policy, true), "mode=suspicious ");
  policy_fixture_free(f);
}

/* A dialog that was opened from inside goes on beyond the last address; one that was opened from outside does not. */
static void dialogs(void **state) {
  (void)state;
  struct limits_settings settings = settings_with();
  settings.addresses = 1;
  struct policy_fixture *f = policy_fixture_new("limits", &settings);
  const struct hanse_certificate certificate = certificate_of(1);
  struct hanse_facts facts =
      facts_of(&(struct request){"wingtip.test", "bob", HANSE_FACT_IN_DIALOG, 0, false}, &certificate);
  ask(f->policy, 1, "wingtip.test", "alice");
  assert_int_equal(send_facts(f->policy, &facts, false).verdict, HANSE_ALLOW);
  facts.target_name = HANSE_LIT("pool.contoso.test:5061");
  assert_int_equal(send_facts(f->policy, &facts, false).failure, HANSE_F_ADDRESSES);
  policy_fixture_free(f);
}

/* What we relay between partners asks for none of our addresses; the rate holds. */
static void relayed(void **state) {
  (void)state;
  struct limits_settings settings = settings_with();
  settings.addresses = 1;
  struct policy_fixture *f = policy_fixture_new("limits", &settings);
  const char *const users[] = {"alice", "bob", "carl"};
  for (size_t i = 0; i < 3; i++) {
    const struct request request = {"wingtip.test", users[i], HANSE_FACT_RELAYED, 0, false};
    assert_int_equal(send_request(f->policy, 1, &request).verdict, HANSE_ALLOW);
  }
  assert_int_equal(ask(f->policy, 1, "wingtip.test", "alice").verdict, HANSE_ALLOW);
  assert_int_equal(ask(f->policy, 1, "wingtip.test", "bob").failure, HANSE_F_ADDRESSES);
  policy_fixture_free(f);
}

/* R64: more than half of at least 20 answers within a window; then one message a second, until a report period after
   the last reason. */
static void suspicion(void **state) {
  (void)state;
  const struct limits_settings settings = settings_with();
  struct policy_fixture *f = policy_fixture_new("limits", &settings);
  ask(f->policy, 1, "wingtip.test", "alice");
  answer(f, 1, 404, 19);
  assert_string_equal(watch(f->policy, true), "");
  answer(f, 1, 180, 5);
  answer(f, 1, 487, 5);
  answer(f, 1, 503, 5);
  assert_string_equal(watch(f->policy, true), ""); /* these say nothing */
  answer(f, 1, 404, 1);
  says(watch(f->policy, true), "mode=suspicious");
  says(fake_logged(f->world), "limits.suspicious");
  fake_advance(f->world, 2 * HANSE_SECOND);
  assert_int_equal(ask(f->policy, 1, "wingtip.test", "alice").verdict, HANSE_ALLOW);
  struct sent next = ask(f->policy, 1, "wingtip.test", "alice");
  assert_int_equal(next.failure, HANSE_F_RATE);
  assert_in_range(next.wait, HANSE_SECOND - HANSE_MSEC, HANSE_SECOND);
  unsigned passed = 0;
  for (int i = 0; i < 100; i++, fake_advance(f->world, 100 * HANSE_MSEC))
    passed += ask(f->policy, 1, "wingtip.test", "alice").verdict == HANSE_ALLOW;
  assert_in_range(passed, 9, 11);
  fake_advance(f->world, 3600 * HANSE_SECOND);
  assert_string_equal(watch(f->policy, true), "");
  for (int i = 0; i < 20; i++) assert_int_equal(ask(f->policy, 1, "wingtip.test", "alice").verdict, HANSE_ALLOW);
  policy_fixture_free(f);
}

/* Not by what lies longer ago than a window, not where most is good, and not whom nobody knows. */
static void no_suspicion(void **state) {
  (void)state;
  const struct limits_settings settings = settings_with();
  struct policy_fixture *f = policy_fixture_new("limits", &settings);
  answer(f, 1, 404, 100); /* no record yet */
  ask(f->policy, 1, "wingtip.test", "alice");
  for (int i = 0; i < 50; i++, fake_advance(f->world, 40 * HANSE_SECOND)) answer(f, 1, 404, 9);
  fake_advance(f->world, 60 * HANSE_SECOND);
  answer(f, 1, 200, 100);
  answer(f, 1, 404, 99);
  assert_string_equal(watch(f->policy, true), "");
  answer(f, 1, 404, 3);
  says(watch(f->policy, true), "suspicious");
  policy_fixture_free(f);
}

/* What others refuse counts for those who have a record; what this module refuses does not. */
static void refused_by_others(void **state) {
  (void)state;
  const struct limits_settings settings = settings_with();
  struct policy_fixture *f = policy_fixture_new("limits", &settings);
  const struct hanse_certificate certificate = certificate_of(1);
  const struct hanse_facts facts = facts_of(&(struct request){"wingtip.test", "alice", 0, 0, false}, &certificate);
  const struct hanse_refusal ours = {.size = sizeof ours, .failure = HANSE_F_ADDRESSES, .plugin = "limits"};
  const struct hanse_refusal short_of_memory = {.size = sizeof ours, .failure = HANSE_F_MEMORY};
  const struct hanse_refusal others = {.size = sizeof ours, .failure = HANSE_F_NOT_OUR_RECIPIENT};
  ask(f->policy, 1, "wingtip.test", "alice");
  for (int i = 0; i < 100; i++) fake_event(f->policy, HANSE_EVENT_REFUSED, &facts, &ours);
  for (int i = 0; i < 100; i++) fake_event(f->policy, HANSE_EVENT_REFUSED, &facts, &short_of_memory);
  assert_string_equal(watch(f->policy, true), "");
  for (int i = 0; i < 20; i++) fake_event(f->policy, HANSE_EVENT_REFUSED, &facts, &others);
  says(watch(f->policy, true), "suspicious");
  policy_fixture_free(f);
}

/* R63, R67: configured partners, those that another policy allows, other types, and what goes out. */
static void not_held(void **state) {
  (void)state;
  struct limits_settings settings = settings_with();
  settings.addresses = 1;
  settings.rate.count = 1;
  struct policy_fixture *f = policy_fixture_new("limits", &settings);
  const struct hanse_certificate certificate = certificate_of(1);
  const struct request request = {"wingtip.test", "alice", 0, 0, false};
  struct hanse_facts facts = facts_of(&request, &certificate);
  int partner; /* only looked at whether it is there */
  facts.partner = (const struct hanse_partner *)(const void *)&partner;
  for (int i = 0; i < 10; i++) assert_int_equal(send_facts(f->policy, &facts, false).verdict, HANSE_ABSTAIN);
  facts = facts_of(&request, &certificate);
  facts.side = HANSE_SIDE_HOME;
  for (int i = 0; i < 10; i++) assert_int_equal(send_facts(f->policy, &facts, false).verdict, HANSE_ABSTAIN);
  facts = facts_of(&request, &certificate);
  facts.federation = HANSE_LIT("hosting");
  for (int i = 0; i < 10; i++) assert_int_equal(send_facts(f->policy, &facts, false).verdict, HANSE_ABSTAIN);
  fake_allowed(f->world, true);
  for (int i = 0; i < 10; i++) assert_int_equal(ask(f->policy, 1, "wingtip.test", "alice").verdict, HANSE_ALLOW);
  assert_string_equal(watch(f->policy, false), "");
  fake_allowed(f->world, false);
  ask(f->policy, 1, "wingtip.test", "alice");
  assert_int_equal(ask(f->policy, 1, "wingtip.test", "alice").failure, HANSE_F_RATE);
  policy_fixture_free(f);
}

/* Without a certificate (names can be proved in other ways) the domain is the key. */
static void no_certificate(void **state) {
  (void)state;
  struct limits_settings settings = settings_with();
  settings.addresses = 1;
  struct policy_fixture *f = policy_fixture_new("limits", &settings);
  struct hanse_facts facts = facts_of(&(struct request){"wingtip.test", "alice", 0, 0, false}, NULL);
  assert_int_equal(send_facts(f->policy, &facts, false).verdict, HANSE_ALLOW);
  facts.to.user = HANSE_LIT("bob");
  assert_int_equal(send_facts(f->policy, &facts, false).failure, HANSE_F_ADDRESSES);
  facts.from.domain = HANSE_LIT("other.test");
  assert_int_equal(send_facts(f->policy, &facts, false).verdict, HANSE_ALLOW);
  policy_fixture_free(f);
}

/* H11: whoever comes with ever new certificates displaces none that has shown something, nor one that is listed. */
static void who_is_forgotten(void **state) {
  (void)state;
  struct limits_settings settings = settings_with();
  settings.peers = 20;
  settings.addresses = 5;
  struct policy_fixture *f = policy_fixture_new("limits", &settings);
  ask(f->policy, 1, "honest.test", "alice");
  answer(f, 1, 200, 20);
  ask(f->policy, 1, "honest.test", "alice");
  assert_int_equal(ask_many(f, 2, 0, 10), 5); /* listed */
  for (unsigned i = 0; i < 5000; i++) ask(f->policy, 1000 + i, "flood.test", "alice");
  says(watch(f->policy, false), "honest.test");
  says(watch(f->policy, true), "wingtip.test");
  assert_int_equal(ask(f->policy, 2, "wingtip.test", "new").failure, HANSE_F_ADDRESSES);
  assert_int_equal(fake_counter(f->world, "dropped"), 5002 - 20);
  /* of those with nothing to show the longest silent went */
  ask(f->policy, 5982, "kept.test", "alice");
  ask(f->policy, 1, "honest.test", "alice");
  assert_int_equal(fake_counter(f->world, "dropped"), 5002 - 20);
  fake_advance(f->world, 31 * 86400 * HANSE_SECOND);
  ask(f->policy, 9, "late.test", "alice"); /* the old ones may go now, whatever they have shown */
  assert_null(strstr(watch(f->policy, false), "wingtip.test"));
  policy_fixture_free(f);
}

/* ---- what survives ---- */

static void reload(struct policy_fixture *f, const struct limits_settings *settings) {
  struct fake_instance *next = fake_load(f->world, policy_open("limits"), settings, f->policy);
  assert_non_null(next);
  fake_unload(f->policy);
  f->policy = next;
}

static void survives_reload(void **state) {
  (void)state;
  struct limits_settings settings = settings_with(), wider = settings_with();
  settings.addresses = 900;
  settings.sender_rate = wider.sender_rate = (struct hanse_rate){10, 3600 * HANSE_SECOND};
  settings.direction = wider.direction = LIMITS_OUT;
  wider.addresses = 1000;
  struct policy_fixture *f = policy_fixture_new("limits", &settings);
  struct hanse_facts out = {.size = sizeof out, .side = HANSE_SIDE_HOME, .from = {HANSE_LIT("al"), HANSE_LIT("us")}};
  for (int i = 0; i < 10; i++) assert_int_equal(send_facts(f->policy, &out, false).verdict, HANSE_ABSTAIN);
  assert_int_equal(ask_many(f, 1, 0, 1000), 900);
  ask(f->policy, 2, "slow.test", "alice");
  answer(f, 2, 404, 20);
  for (int i = 0; i < 50; i++) ask(f->policy, 3, "fast.test", "alice");
  reload(f, &wider);
  assert_int_equal(send_facts(f->policy, &out, false).failure, HANSE_F_RATE);
  assert_int_equal(ask(f->policy, 3, "fast.test", "alice").failure, HANSE_F_RATE);
  says(watch(f->policy, true), "domains=slow.test mode=suspicious");
  says(watch(f->policy, true), "domains=wingtip.test mode=no new addresses addresses=900");
  assert_int_equal(ask_many(f, 1, 0, 900), 900);
  assert_int_equal(ask_many(f, 1, 2000, 200), 100); /* as many as there are more now */
  reload(f, &settings);
  assert_int_equal(ask_many(f, 1, 0, 900), 900);
  assert_int_equal(ask_many(f, 1, 9000, 10), 0);
  policy_fixture_free(f);
}

static struct fake_world *early_world;
static int early_save_rest(void *self) {
  fake_store_work(early_world);
  return policy_open("limits")->save_rest(self);
}

static struct policy_fixture *with_store(const struct limits_settings *settings) {
  struct policy_fixture *f = (struct policy_fixture *)calloc(1, sizeof *f);
  f->world = fake_world_new();
  fake_store_open(f->world);
  f->policy = fake_load(f->world, policy_open("limits"), settings, NULL);
  assert_non_null(f->policy);
  fake_store_work(f->world);
  return f;
}

/* As after kill -9: nothing is handed over, and what was not written yet is gone. */
static void restart(struct policy_fixture *f, const struct limits_settings *settings) {
  fake_store_work(f->world);
  ((struct limits *)fake_self(f->policy))->behind.retired = true; /* it writes nothing any more */
  fake_unload(f->policy);
  fake_advance(f->world, 5 * HANSE_SECOND);
  f->policy = fake_load(f->world, policy_open("limits"), settings, NULL);
  assert_non_null(f->policy);
}

static void survives_kill(void **state) {
  (void)state;
  struct limits_settings settings = settings_with();
  settings.addresses = 500;
  struct policy_fixture *f = with_store(&settings);
  assert_int_equal(ask_many(f, 1, 0, 400), 400);
  ask(f->policy, 2, "slow.test", "alice");
  answer(f, 2, 404, 20);
  fake_advance(f->world, HANSE_SECOND);
  restart(f, &settings);
  assert_int_equal(ask_many(f, 1, 300, 10), 10); /* before the store has answered */
  fake_store_work(f->world);
  says(watch(f->policy, true), "domains=slow.test mode=suspicious");
  says(watch(f->policy, false), "addresses=400");
  assert_int_equal(ask_many(f, 1, 0, 400), 400);
  assert_int_equal(ask_many(f, 1, 1000, 200), 100);
  fake_advance(f->world, HANSE_SECOND);
  restart(f, &settings);
  fake_store_work(f->world);
  assert_int_equal(ask_many(f, 1, 1000, 200), 100);
  says(watch(f->policy, true), "addresses=500");
  policy_fixture_free(f);
}

/* A reload while the store is still being read: the successor reads it, and has what was noted meanwhile as well. */
static void reload_meanwhile(void **state) {
  (void)state;
  struct limits_settings settings = settings_with();
  settings.addresses = 500;
  struct policy_fixture *f = with_store(&settings);
  assert_int_equal(ask_many(f, 1, 0, 400), 400);
  fake_advance(f->world, HANSE_SECOND);
  restart(f, &settings);
  assert_int_equal(ask_many(f, 1, 300, 10), 10); /* another record, which goes when the store has answered */
  ask(f->policy, 2, "slow.test", "alice");
  answer(f, 2, 404, 20);
  for (int i = 0; i < 2; i++) reload(f, &settings);
  says(watch(f->policy, true), "domains=slow.test mode=suspicious");
  fake_store_work(f->world);
  says(watch(f->policy, true), "domains=slow.test mode=suspicious");
  says(watch(f->policy, false), "addresses=400");
  assert_int_equal(ask_many(f, 1, 0, 400), 400);
  assert_int_equal(ask_many(f, 1, 1000, 200), 100);
  fake_advance(f->world, HANSE_SECOND);
  fake_store_work(f->world);
  reload(f, &settings); /* now all is handed over, and the store is not asked */
  assert_int_equal(fake_store_work(f->world), 0);
  assert_int_equal(ask_many(f, 1, 0, 400), 400);
  assert_int_equal(ask_many(f, 1, 2000, 200), 0);
  fake_advance(f->world, HANSE_SECOND);
  restart(f, &settings);
  fake_store_work(f->world);
  says(watch(f->policy, true), "domains=slow.test mode=suspicious");
  assert_int_equal(ask_many(f, 1, 2000, 200), 0);
  fake_advance(f->world, HANSE_SECOND);
  policy_fixture_free(f);
}

/* The store answers a predecessor and the successor in turn: whoever is told first, what it tells counts. */
static void reload_between_slices(void **state) {
  (void)state;
  struct limits_settings settings = settings_with();
  settings.addresses = 500;
  struct policy_fixture *f = with_store(&settings);
  assert_int_equal(ask_many(f, 1, 0, 400), 400);
  fake_advance(f->world, HANSE_SECOND);
  restart(f, &settings);
  assert_int_equal(ask_many(f, 1, 600, 10), 10);
  early_world = f->world;
  struct hanse_plugin early = *policy_open("limits");
  early.save_rest = early_save_rest;
  f->policy->plugin = &early;
  reload(f, &settings); /* the successor has read all before the first record is handed over */
  says(watch(f->policy, false), "addresses=400");
  assert_int_equal(ask_many(f, 1, 0, 400), 400);
  assert_int_equal(ask_many(f, 1, 1000, 200), 100);
  fake_advance(f->world, HANSE_SECOND);
  policy_fixture_free(f);
}

/* Each second only what is new is written, and nothing of it twice or not at all. */
static void one_by_one(void **state) {
  (void)state;
  struct limits_settings settings = settings_with();
  settings.addresses = 300;
  struct policy_fixture *f = with_store(&settings);
  for (unsigned i = 0; i < 300; i++) {
    assert_int_equal(ask_many(f, 1, i, 1), 1);
    fake_advance(f->world, HANSE_SECOND);
    fake_store_work(f->world);
  }
  assert_int_equal(fake_store_rows(f->world), 1 + 3);
  restart(f, &settings);
  fake_store_work(f->world);
  assert_int_equal(ask_many(f, 1, 0, 300), 300);
  assert_int_equal(ask_many(f, 1, 300, 10), 0);
  fake_advance(f->world, HANSE_SECOND);
  policy_fixture_free(f);
}

/* A second is all that is lost. */
static void writes_behind(void **state) {
  (void)state;
  const struct limits_settings settings = settings_with();
  struct policy_fixture *f = with_store(&settings);
  assert_int_equal(ask_many(f, 1, 0, 10), 10);
  assert_int_equal(fake_store_work(f->world), 0);
  fake_advance(f->world, HANSE_SECOND);
  assert_int_equal(fake_store_work(f->world), 2);
  fake_advance(f->world, 10 * HANSE_SECOND);
  assert_int_equal(fake_store_work(f->world), 0); /* nothing has changed */
  ask_many(f, 1, 0, 10);
  fake_advance(f->world, 10 * HANSE_SECOND);
  assert_int_equal(fake_store_work(f->world), 0); /* nothing but the time */
  fake_advance(f->world, 60 * HANSE_SECOND);
  ask_many(f, 1, 0, 1);
  fake_advance(f->world, HANSE_SECOND);
  assert_int_equal(fake_store_work(f->world), 1);
  policy_fixture_free(f);
}

/* A store that fails harms no message; when it works again all is written. */
static void store_fails(void **state) {
  (void)state;
  const struct limits_settings settings = settings_with();
  struct policy_fixture *f = with_store(&settings);
  fake_store_fail(f->world, true);
  assert_int_equal(ask_many(f, 1, 0, 200), 200);
  fake_advance(f->world, HANSE_SECOND);
  fake_store_work(f->world);
  assert_int_equal(fake_store_rows(f->world), 0);
  fake_store_fail(f->world, false);
  fake_advance(f->world, 62 * HANSE_SECOND);
  fake_store_work(f->world);
  assert_int_equal(fake_store_rows(f->world), 3); /* the record, 128 addresses, 72 addresses */
  fake_store_fail(f->world, true);
  restart(f, &settings);
  fake_store_work(f->world);
  says(fake_logged(f->world), "limits.store");
  fake_store_fail(f->world, false);
  assert_int_equal(ask_many(f, 1, 0, 10), 10);
  fake_advance(f->world, HANSE_SECOND);
  policy_fixture_free(f);
}

/* Who is dropped leaves nothing in the store; what was left there by half is cleared away. */
static void store_is_cleared(void **state) {
  (void)state;
  struct limits_settings settings = settings_with();
  settings.peers = 2;
  struct policy_fixture *f = with_store(&settings);
  for (unsigned i = 0; i < 50; i++) {
    ask(f->policy, i, "flood.test", "alice");
    fake_advance(f->world, HANSE_SECOND);
    fake_store_work(f->world);
  }
  assert_int_equal(fake_store_rows(f->world), 4);
  settings.peers = 1;
  restart(f, &settings);
  fake_store_work(f->world);
  assert_int_equal(fake_store_rows(f->world), 2);
  fake_store_lose(f->world, HANSE_LIT("p"));
  restart(f, &settings);
  fake_store_work(f->world);
  assert_int_equal(fake_store_rows(f->world), 0);
  policy_fixture_free(f);
}

/* Rates for everybody, each by itself. */
static void flows(void **state) {
  (void)state;
  struct limits_settings settings = settings_with();
  settings.partner_rate = (struct hanse_rate){6, 60 * HANSE_SECOND};
  settings.sender_rate = (struct hanse_rate){4, 60 * HANSE_SECOND};
  settings.pair_rate = (struct hanse_rate){2, 60 * HANSE_SECOND};
  struct policy_fixture *f = policy_fixture_new("limits", &settings);
  struct hanse_facts facts = {.size = sizeof facts,
                              .side = HANSE_SIDE_PARTNER,
                              .federation = HANSE_LIT("direct"),
                              .from = {HANSE_LIT("zoe"), HANSE_LIT("wingtip.test")},
                              .to = {HANSE_LIT("alice"), HANSE_LIT("contoso.test")}};
  int verdicts = 0;
  for (int i = 0; i < 3; i++) verdicts += send_facts(f->policy, &facts, false).verdict == HANSE_ABSTAIN;
  assert_int_equal(verdicts, 2);    /* the pair */
  facts.to.user = HANSE_LIT("bob"); /* what was refused counts nowhere */
  for (int i = 0; i < 2; i++) assert_int_equal(send_facts(f->policy, &facts, false).verdict, HANSE_ABSTAIN);
  facts.to.user = HANSE_LIT("carl");
  assert_int_equal(send_facts(f->policy, &facts, false).failure, HANSE_F_RATE); /* the sender */
  facts.from.user = HANSE_LIT("yan");
  for (int i = 0; i < 2; i++) assert_int_equal(send_facts(f->policy, &facts, false).verdict, HANSE_ABSTAIN);
  facts.from.user = HANSE_LIT("xena");
  assert_int_equal(send_facts(f->policy, &facts, false).failure, HANSE_F_RATE); /* the partner */
  facts.side = HANSE_SIDE_HOME;
  for (int i = 0; i < 9; i++) assert_int_equal(send_facts(f->policy, &facts, false).verdict, HANSE_ABSTAIN);
  policy_fixture_free(f);
}

/* Any number of senders in a fixed piece of memory: who sends too much stays refused beside those who come once. */
static void many_flows(void **state) {
  (void)state;
  struct limits_settings settings = settings_with();
  settings.sender_rate = (struct hanse_rate){5, 3600 * HANSE_SECOND};
  settings.flows = 1024;
  struct policy_fixture *f = policy_fixture_new("limits", &settings);
  struct hanse_facts facts = {
      .size = sizeof facts, .side = HANSE_SIDE_PARTNER, .from = {HANSE_LIT("loud"), {"w.test", 6}}};
  for (int i = 0; i < 5; i++) send_facts(f->policy, &facts, false);
  unsigned refused = 0;
  char user[24];
  for (unsigned i = 0; i < 20000; i++) {
    snprintf(user, sizeof user, "u%u", i);
    facts.from.user = hanse_text(user);
    assert_int_equal(send_facts(f->policy, &facts, false).verdict, HANSE_ABSTAIN);
    facts.from.user = HANSE_LIT("loud");
    refused += send_facts(f->policy, &facts, false).failure == HANSE_F_RATE;
  }
  assert_int_equal(refused, 20000);
  policy_fixture_free(f);
}

static void no_memory(void **state) {
  (void)state;
  struct limits_settings settings = settings_with();
  settings.sender_rate.count = 1;
  settings.sender_rate.per = HANSE_SECOND;
  policy_fixture_no_memory("limits", &settings);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rate),
      cmocka_unit_test(ends_pass),
      cmocka_unit_test(addresses),
      cmocka_unit_test(notices),
      cmocka_unit_test(without_addresses),
      cmocka_unit_test(dialogs),
      cmocka_unit_test(relayed),
      cmocka_unit_test(suspicion),
      cmocka_unit_test(no_suspicion),
      cmocka_unit_test(refused_by_others),
      cmocka_unit_test(not_held),
      cmocka_unit_test(no_certificate),
      cmocka_unit_test(who_is_forgotten),
      cmocka_unit_test(survives_reload),
      cmocka_unit_test(survives_kill),
      cmocka_unit_test(reload_meanwhile),
      cmocka_unit_test(reload_between_slices),
      cmocka_unit_test(one_by_one),
      cmocka_unit_test(writes_behind),
      cmocka_unit_test(store_fails),
      cmocka_unit_test(store_is_cleared),
      cmocka_unit_test(flows),
      cmocka_unit_test(many_flows),
      cmocka_unit_test(no_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
