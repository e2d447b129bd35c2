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

/* Without a rule, and with level "source": what a sender's side says, or does not say, by who it is (R56, R58). */
static void defaults(void **state) {
  static const struct {
    const char *line, *settings;
    int verified; /* -1: refused */
  } rows[] = {
      {"partner=b.test federation=direct wire_type=direct_partner", "", 1},
      {"partner=b.test federation=direct wire_type=direct_partner stated=unverified", "", 0},
      {"partner=b.test federation=direct wire_type=direct_partner stated=verified", "", 1},
      {"partner=b.test federation=hosting wire_type=authorized_server stated=unverified", "", 1},
      {"partner=none federation=discovered wire_type=auto_federation", "", 0},
      {"partner=none federation=discovered wire_type=auto_federation stated=verified", "", 1},
      {"partner=none federation=public wire_type=authorized_server terms.trust=never stated=verified", "", 0},
      {"partner=none federation=public wire_type=authorized_server terms.trust=source", "", -1},
      {"partner=b.test federation=direct wire_type=direct_partner", "levels = ( { level = \"source\"; } );", -1},
      {"partner=none federation=clearing wire_type=clearing_house", "levels = ( { level = \"source\"; } );", 0},
      {"partner=none federation=clearing wire_type=clearing_house",
       "levels = ( { level = \"source\"; missing = \"reject\"; } );", -1},
      {"partner=b.test federation=direct", "levels = ( { level = \"source\"; missing = \"verified\"; } );", 1},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct policy_fixture *f = policy_fixture_text("verification", rows[i].settings);
    struct fake_judgement judgement;
    char line[200];
    fake_partner(f->world, "b.test");
    snprintf(line, sizeof line, "side=partner from=zoe@b.test to=alice@a.test %s", rows[i].line);
    fake_decide(f->policy, HANSE_STAGE_ROUTED, fake_facts_text(f->world, line), false, &judgement);
    int verified = judgement.verdict == HANSE_DENY ? -1 : judgement.marks.verified;
    if (verified != rows[i].verified) fail_msg("row %zu: %d", i, verified);
    policy_fixture_free(f);
  }
}

static void no_memory(void **state) {
  (void)state;
  policy_fixture_no_memory_text("verification", "");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(counted_once), cmocka_unit_test(defaults),
                                     cmocka_unit_test(no_memory)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
