/* The policy `limits`, as built, on a clock that the test moves: buckets, addresses, suspicion, which records go (R62,
   R63, R64, R65, R66, R67, R68, R69, H11). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/lib/limits_fixture.h"

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

/* The rate of a provider's profile holds for all that comes through it, whatever the domain, and for nobody else; no
   setting of `limits` is needed for it, and what goes out is not counted. A reload does not fill the bucket. */
static void rate_of_terms(void **state) {
  (void)state;
  struct limits_settings settings = settings_with();
  struct policy_fixture *f = policy_fixture_new("limits", &settings);
  struct hanse_facts facts = {.size = sizeof facts,
                              .side = HANSE_SIDE_PARTNER,
                              .federation = HANSE_LIT("public"),
                              .through = HANSE_LIT("cloud"),
                              .terms.rate = {3, 60 * HANSE_SECOND},
                              .from = {HANSE_LIT("joe"), HANSE_LIT("cloud.test")}};
  assert_int_equal(send_facts(f->policy, &facts, true).verdict, HANSE_ABSTAIN);
  for (int i = 0; i < 2; i++) assert_int_equal(send_facts(f->policy, &facts, false).verdict, HANSE_ABSTAIN);
  reload(f, &settings);
  facts.from.domain = HANSE_LIT("other.test");
  assert_int_equal(send_facts(f->policy, &facts, false).verdict, HANSE_ABSTAIN);
  struct sent last = send_facts(f->policy, &facts, false);
  assert_int_equal(last.failure, HANSE_F_RATE);
  assert_in_range(last.wait, 19 * HANSE_SECOND, 20 * HANSE_SECOND);
  assert_int_equal(fake_counter(f->world, "refused_flow"), 1);
  facts.through = HANSE_LIT("voice");
  assert_int_equal(send_facts(f->policy, &facts, false).verdict, HANSE_ABSTAIN);
  facts.through = HANSE_LIT("cloud");
  facts.side = HANSE_SIDE_HOME;
  for (int i = 0; i < 9; i++) assert_int_equal(send_facts(f->policy, &facts, false).verdict, HANSE_ABSTAIN);
  facts.side = HANSE_SIDE_PARTNER;
  fake_advance(f->world, 20 * HANSE_SECOND);
  assert_int_equal(send_facts(f->policy, &facts, false).verdict, HANSE_ABSTAIN);
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
      cmocka_unit_test(flows),
      cmocka_unit_test(many_flows),
      cmocka_unit_test(rate_of_terms),
      cmocka_unit_test(no_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
