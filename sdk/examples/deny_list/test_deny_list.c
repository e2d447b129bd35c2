/* The policy deny_list on a host in memory: no router, no network. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* wants the four above */

#include <hanse/fake_host.h>
#include <string.h>

#define LIST                                               \
  "entries = (\n"                                          \
  "  { domain = \"spam.example\"; },\n"                    \
  "  { domain = \"fabrikam.example\"; user = \"eve\"; }\n" \
  ");"

static int setup(void **state) {
  struct fake_world *world = *state = fake_world_new();
  if (!fake_load_text(world, fake_open(HANSE_PLUGIN_FILE), LIST, NULL)) fail_msg("%s", fake_problem(world));
  return 0;
}

/* What instances have not given back is a defect of theirs. */
static int teardown(void **state) {
  while (fake_newest(*state)) fake_unload(fake_newest(*state));
  assert_string_equal(fake_left(*state), "");
  fake_world_free(*state);
  return 0;
}

static struct fake_judgement judge(struct fake_world *world, const char *facts, bool dry) {
  struct fake_judgement judgement;
  fake_decide(fake_newest(world), HANSE_STAGE_ADMIT, fake_facts_text(world, facts), dry, &judgement);
  return judgement;
}

static void denies_a_domain_and_all_below_it(void **state) {
  struct fake_judgement judgement =
      judge(*state, "side=partner from=joe@mail.spam.example to=bob@contoso.example", false);
  assert_int_equal(judgement.verdict, HANSE_DENY);
  assert_int_equal(judgement.why.failure, HANSE_F_BLOCKED);
  assert_int_equal(judgement.why.where.line, 2);
  assert_non_null(strstr(judgement.why.text.at, "spam.example is on the deny list"));
  judgement = judge(*state, "side=partner from=joe@nospam.example to=bob@contoso.example", false);
  assert_int_equal(judgement.verdict, HANSE_ABSTAIN); /* another domain that only ends alike */
}

static void denies_an_address_in_any_case(void **state) {
  struct fake_judgement judgement =
      judge(*state, "side=partner from=Eve@fabrikam.example to=bob@contoso.example", false);
  assert_int_equal(judgement.verdict, HANSE_DENY);
  assert_int_equal(judgement.why.where.line, 3);
  judgement = judge(*state, "side=partner from=adam@fabrikam.example to=bob@contoso.example", false);
  assert_int_equal(judgement.verdict, HANSE_ABSTAIN);
  judgement = judge(*state, "side=partner from=eve@sub.fabrikam.example to=bob@contoso.example", false);
  assert_int_equal(judgement.verdict, HANSE_ABSTAIN);
}

static void denies_outwards_too(void **state) {
  assert_int_equal(judge(*state, "side=home from=bob@contoso.example to=joe@spam.example", false).verdict, HANSE_DENY);
  /* who is listed is the outside; one of ours who happens to be called so is not meant */
  assert_int_equal(judge(*state, "side=home from=eve@spam.example to=joe@fabrikam.example", false).verdict,
                   HANSE_ABSTAIN);
}

static void counts_unless_it_is_dry(void **state) {
  assert_int_equal(judge(*state, "side=partner from=joe@spam.example to=bob@contoso.example", true).verdict,
                   HANSE_DENY);
  assert_int_equal(fake_counter(*state, "denied"), 0);
  assert_int_equal(judge(*state, "side=partner from=joe@spam.example to=bob@contoso.example", false).verdict,
                   HANSE_DENY);
  assert_int_equal(fake_counter(*state, "denied"), 1);
}

static void refuses_settings_at_their_line(void **state) {
  struct fake_world *world = fake_world_new();
  (void)state;
  assert_null(fake_load_text(world, fake_open(HANSE_PLUGIN_FILE),
                             "entries = ( { domain = \"a.example\"; },\n { domain = \"A.example\"; } );", NULL));
  assert_non_null(strstr(fake_problem(world), "a.example is listed twice"));
  assert_in_range(fake_problem_where(world).line, 1, 2);
  assert_null(fake_load_text(world, fake_open(HANSE_PLUGIN_FILE), "entries = ( { domian = \"a.example\"; } );", NULL));
  assert_non_null(strstr(fake_problem(world), "domain")); /* the nearest word that there is */
  fake_world_free(world);
}

static void load_and_judge(void *argument) {
  struct fake_world *world = fake_world_new();
  (void)argument;
  if (fake_load_text(world, fake_open(HANSE_PLUGIN_FILE), LIST, NULL))
    judge(world, "side=partner from=joe@spam.example to=bob@contoso.example", false);
  fake_world_free(world);
}

static void survives_without_memory(void **state) {
  (void)state;
  assert_true(fake_each_allocation_fails(load_and_judge, NULL) > 0);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {TEST(denies_a_domain_and_all_below_it),
                                     TEST(denies_an_address_in_any_case),
                                     TEST(denies_outwards_too),
                                     TEST(counts_unless_it_is_dry),
                                     cmocka_unit_test(refuses_settings_at_their_line),
                                     cmocka_unit_test(survives_without_memory)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
