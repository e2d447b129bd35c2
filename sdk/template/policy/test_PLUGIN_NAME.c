/* PLUGIN_NAME on a host in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the ones above first */
#include <cmocka.h>
#include <hanse/fake_host.h>

#define SETTINGS "words = [ \"lottery\", \"password\" ];"

static int setup(void **state) {
  struct fake_world *world = fake_world_new();
  *state = world;
  if (!fake_load_text(world, fake_open(HANSE_PLUGIN_FILE), SETTINGS, NULL)) fail_msg("%s", fake_problem(world));
  return 0;
}

static int teardown(void **state) {
  fake_unload(fake_newest(*state));
  assert_string_equal(fake_left(*state), ""); /* it gave everything back */
  fake_world_free(*state);
  return 0;
}

static struct fake_judgement judge(struct fake_world *world, const char *line, bool dry) {
  struct fake_judgement judgement;
  fake_decide(fake_newest(world), HANSE_STAGE_ADMIT, fake_facts_text(world, line), dry, &judgement);
  return judgement;
}

static void test_denies_words(void **state) {
  struct fake_judgement judgement =
      judge(*state, "from=alice@a.test to=bob@b.test action=message text=\"You won the LOTTERY\"", false);
  assert_int_equal(judgement.verdict, HANSE_DENY);
  assert_int_equal(judgement.why.failure, HANSE_F_FILTER);
  assert_int_equal(fake_counter(*state, "denied"), 1);
}

static void test_lets_others_pass(void **state) {
  assert_int_equal(judge(*state, "from=alice@a.test to=bob@b.test action=message text=hello", false).verdict,
                   HANSE_ABSTAIN);
  assert_int_equal(judge(*state, "from=alice@a.test to=bob@b.test action=subscribe", false).verdict, HANSE_ABSTAIN);
  assert_int_equal(fake_counter(*state, "denied"), 0);
}

/* Who only asks what would be is not counted. */
static void test_dry_counts_nothing(void **state) {
  assert_int_equal(judge(*state, "from=alice@a.test to=bob@b.test text=password", true).verdict, HANSE_DENY);
  assert_int_equal(fake_counter(*state, "denied"), 0);
}

static void live(void *unused) {
  struct fake_world *world = fake_world_new();
  (void)unused;
  if (fake_load_text(world, fake_open(HANSE_PLUGIN_FILE), SETTINGS, NULL)) judge(world, "text=lottery", false);
  fake_world_free(world);
}

/* Whatever allocation fails, nothing crashes and nothing stays. */
static void test_without_memory(void **state) {
  (void)state;
  assert_true(fake_each_allocation_fails(live, NULL) > 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_denies_words, setup, teardown),
      cmocka_unit_test_setup_teardown(test_lets_others_pass, setup, teardown),
      cmocka_unit_test_setup_teardown(test_dry_counts_nothing, setup, teardown),
      cmocka_unit_test(test_without_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
