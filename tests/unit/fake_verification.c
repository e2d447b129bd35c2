/* The policy `verification`, as built: what it counts (what it decides: tests/scenario/verification.txt; R54). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/lib/policy_fixture.h"

static void ask(struct policy_fixture *f, enum hanse_stage stage, unsigned decision) {
  struct fake_judgement judgement;
  char line[200];
  snprintf(line, sizeof line,
           "from=zoe@wingtip.test to=alice@contoso.test federation=discovered wire_type=auto_federation decision=%u",
           decision);
  fake_decide(f->policy, stage, fake_facts_text(f->world, line), false, &judgement);
  assert_int_equal(judgement.verdict, HANSE_ABSTAIN);
  assert_int_equal(judgement.marks.set, HANSE_MARK_VERIFIED);
  assert_false(judgement.marks.verified);
}

/* A message that is asked about at both stages counts once, also when one that came before it had to wait. */
static void counted_once(void **state) {
  (void)state;
  struct policy_fixture *f = policy_fixture_text("verification", "");
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
  policy_fixture_no_memory_text("verification", "");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(counted_once), cmocka_unit_test(no_memory)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
