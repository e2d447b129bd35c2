/* Questions to federation types that are answered later, or before their slot has returned; and what belongs to which
   question. */
#include "tests/unit/wait_world.h"

static void types_late(void **state) {
  struct core *core = *state;
  core->policies[0].say = HANSE_ABSTAIN;
  core->types[0].say = core->types[0].route = HANSE_FOUND_LATER;
  core->types[0].later = HANSE_FOUND_YES;
  struct hanse_link *home = core_link(core, HANSE_SIDE_HOME, "pool.contoso.example");
  core_in(core, link_of(core), "in");
  core_out(core, home, "out");
  core_ended(core, "in", 0, HANSE_F_NONE);
  core_ended(core, "out", 0, HANSE_F_NONE);
  assert_int_equal(core->waiting, 2);
  while (core_resolve(&core->types[0]) == HANSE_OK) core_turn(core);
  core_ended(core, "in", CORE_DELIVERED, HANSE_F_NONE);
  core_ended(core, "out", CORE_DELIVERED, HANSE_F_NONE);
  assert_string_equal(core_of(core, "out")->target, "sip.fabrikam.example:5061");
}

/* What a type says of its answer when it is asked counts for the answer that comes later: how long it is remembered. */
static void types_late_remembered(void **state) {
  struct core *core = *state;
  struct core_module *type = &core->types[0];
  struct hanse_link *home = core_link(core, HANSE_SIDE_HOME, "pool.contoso.example");
  core->policies[0].say = HANSE_ABSTAIN;
  type->say = type->route = HANSE_FOUND_LATER;
  type->later = HANSE_FOUND_YES;
  type->lasts = 60 * HANSE_SECOND;
  type->whole_entry = true;
  for (unsigned round = 1; round < 4; round++) {
    for (int i = 0; i < 2; i++) {
      core_in(core, link_of(core), "in");
      core_out(core, home, "out");
      while (core_resolve(type) == HANSE_OK) core_turn(core);
      core_ended(core, "in", CORE_DELIVERED, HANSE_F_NONE);
      core_ended(core, "out", CORE_DELIVERED, HANSE_F_NONE);
    }
    assert_int_equal(type->asked, 2 * round);
    core_later(core, 61 * HANSE_SECOND);
  }
}

/* Targets may be named while it waits, and not afterwards. */
static void route_named_later(void **state) {
  struct core *core = *state;
  struct hanse_link *home = core_link(core, HANSE_SIDE_HOME, "pool.contoso.example");
  struct hanse_slice host = HANSE_LIT("late.fabrikam.example");
  struct hanse_place place = {sizeof place, 5070, 0, host, host, true, {NULL, 0}};
  core->policies[0].say = HANSE_ABSTAIN;
  core->types[0].host_name = NULL;
  core->types[0].route = HANSE_FOUND_LATER;
  core->types[0].later = HANSE_FOUND_YES;
  core_out(core, home, "m");
  core_commit(core); /* the generation that asked is gone, the question is not */
  assert_int_equal(hanse_route_add(core->types[0].host, core->types[0].targets, &place), HANSE_OK);
  core_resolve(&core->types[0]);
  core_turn(core); /* judged anew, and so asked anew */
  assert_int_equal(core->types[0].token_count, 1);
  assert_int_equal(hanse_route_add(core->types[0].host, core->types[0].targets, &place), HANSE_OK);
  core_resolve(&core->types[0]);
  core_turn(core);
  core_ended(core, "m", CORE_DELIVERED, HANSE_F_NONE);
  assert_string_equal(core_last(core)->target, "late.fabrikam.example:5070");
}

static void types_early(void **state) {
  struct core *core = *state;
  struct hanse_link *home = core_link(core, HANSE_SIDE_HOME, "pool.contoso.example");
  core->policies[0].say = HANSE_ABSTAIN;
  core->types[0].say = core->types[0].route = CORE_EARLY;
  core->types[0].later = HANSE_FOUND_YES;
  core_in(core, link_of(core), "in");
  core_out(core, home, "out");
  core_ended(core, "in", CORE_DELIVERED, HANSE_F_NONE);
  core_ended(core, "out", CORE_DELIVERED, HANSE_F_NONE);
  core_commit(core);
  core->types[0].later = HANSE_FOUND_NO;
  core_in(core, link_of(core), "no");
  core_out(core, home, "noo");
  core_ended(core, "no", CORE_REFUSED, HANSE_F_NAME_NOT_PROVED);
  core_ended(core, "noo", CORE_REFUSED, HANSE_F_NO_ROUTE);
}

static void types_time_over(void **state) {
  struct core *core = *state;
  struct hanse_link *home = core_link(core, HANSE_SIDE_HOME, "pool.contoso.example");
  core->default_allow = true; /* says nothing about who somebody is */
  core->policies[0].say = HANSE_ABSTAIN;
  core_commit(core);
  core->types[0].say = core->types[0].route = HANSE_FOUND_LATER;
  core_in(core, link_of(core), "in");
  core_out(core, home, "out");
  core_later(core, 11 * HANSE_SECOND);
  core_ended(core, "in", CORE_REFUSED, HANSE_F_DEFERRED);
  core_ended(core, "out", CORE_REFUSED, HANSE_F_DEFERRED);
  assert_int_equal(core->types[0].withdrawn, 2);
}

/* An answer of the wrong kind is refused; the message goes on waiting for the right one. */
static void wrong_kind(void **state) {
  struct core *core = *state;
  core_in(core, link_of(core), "m");
  assert_int_equal(hanse_resolve_found(core->policies[0].host, core->policies[0].token, HANSE_FOUND_YES, NULL),
                   HANSE_INVALID);
  core_resolve(&core->policies[0]);
  core_turn(core);
  core_ended(core, "m", CORE_DELIVERED, HANSE_F_NONE);
  core_commit(core);
  core->types[0].say = HANSE_FOUND_LATER;
  core->types[0].later = 256 + HANSE_FOUND_YES;
  core_in(core, link_of(core), "n");
  assert_int_equal(hanse_resolve_verdict(core->types[0].host, core->types[0].token, HANSE_ALLOW, NULL), HANSE_INVALID);
  core_resolve(&core->types[0]); /* no such value: a defect of the module, not a yes */
  core_turn(core);
  core_ended(core, "n", CORE_REFUSED, HANSE_F_ERROR);
}

/* The answer to one stage's question is none to the next stage's, also where another message's answer made the binding
   known meanwhile. */
static void answers_stay_in_their_stage(void **state) {
  struct core *core = *state;
  core->types[0].say = HANSE_FOUND_LATER;
  core->types[0].later = HANSE_FOUND_YES;
  core->policies[0].say = HANSE_DENY;
  send_in(core, "one", "c");
  send_in(core, "two", "d");
  core_resolve(&core->types[0]);
  core_turn(core);
  core_resolve(&core->types[0]);
  core_turn(core);
  core_ended(core, "one", CORE_REFUSED, HANSE_F_POLICY);
  core_ended(core, "two", CORE_REFUSED, HANSE_F_POLICY);
  assert_int_equal(core->policies[0].asked, 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(types_late, setup, teardown),
      cmocka_unit_test_setup_teardown(types_late_remembered, setup, teardown),
      cmocka_unit_test_setup_teardown(route_named_later, setup, teardown),
      cmocka_unit_test_setup_teardown(types_early, setup, teardown),
      cmocka_unit_test_setup_teardown(types_time_over, setup, teardown),
      cmocka_unit_test_setup_teardown(wrong_kind, setup, teardown),
      cmocka_unit_test_setup_teardown(answers_stay_in_their_stage, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
