/* The policy `verification`, as built: what it counts (what it decides: tests/scenario/verification.txt; R54). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/lib/policy_fixture.h"

/* What the option table lays out. */
struct settings {
  struct hanse_list levels;
  bool mark_outgoing;
};

static const struct settings nothing_written = {{0, NULL}, true};

static void ask(struct policy_fixture *f, enum hanse_stage stage, uint64_t decision) {
  struct fake_judgement judgement;
  const struct hanse_facts facts = {.size = sizeof facts,
                                    .side = HANSE_SIDE_PARTNER,
                                    .from = {HANSE_LIT("zoe"), HANSE_LIT("wingtip.test")},
                                    .to = {HANSE_LIT("alice"), HANSE_LIT("contoso.test")},
                                    .federation = HANSE_LIT("discovered"),
                                    .wire_type = HANSE_WIRE_AUTO_FEDERATION,
                                    .decision = decision};
  fake_decide(f->policy, stage, &facts, false, &judgement);
  assert_int_equal(judgement.verdict, HANSE_ABSTAIN);
  assert_int_equal(judgement.marks.set, HANSE_MARK_VERIFIED);
  assert_false(judgement.marks.verified);
}

/* A message that is asked about at both stages counts once, also when one that came before it had to wait. */
static void counted_once(void **state) {
  (void)state;
  struct policy_fixture *f = policy_fixture_new("verification", &nothing_written);
  assert_int_equal(policy_open("verification")->settings_size, sizeof nothing_written);
  ask(f, HANSE_STAGE_ADMIT, 6);
  ask(f, HANSE_STAGE_ADMIT, 5);
  ask(f, HANSE_STAGE_ROUTED, 6);
  ask(f, HANSE_STAGE_ROUTED, 5);
  assert_int_equal(fake_counter(f->world, "unverified"), 2);
  ask(f, HANSE_STAGE_ROUTED, 7); /* not listed at ADMIT */
  assert_int_equal(fake_counter(f->world, "unverified"), 3);
  policy_fixture_free(f);
}

static void no_memory(void **state) {
  (void)state;
  policy_fixture_no_memory("verification", &nothing_written);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(counted_once), cmocka_unit_test(no_memory)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
