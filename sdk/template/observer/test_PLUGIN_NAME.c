/* PLUGIN_NAME on a host in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the ones above first */
#include <cmocka.h>
#include <hanse/fake_host.h>

#define SETTINGS "row = 3;"
#define FACTS "from=alice@a.test to=bob@b.test action=message text=hello"

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

static void refuse(struct fake_world *world, enum hanse_failure failure) {
  const struct hanse_refusal why = {.size = sizeof why, .failure = failure};
  fake_event(fake_newest(world), HANSE_EVENT_REFUSED, fake_facts_text(world, FACTS), &why);
}

static void test_warns_of_a_row(void **state) {
  refuse(*state, HANSE_F_POLICY);
  refuse(*state, HANSE_F_POLICY);
  assert_null(fake_logged_with(*state, "PLUGIN_NAME.row"));
  refuse(*state, HANSE_F_POLICY);
  assert_non_null(fake_logged_with(*state, "count=3 from=a.test"));
  assert_int_equal(fake_counter(*state, "warnings"), 1);
}

static void test_others_end_a_row(void **state) {
  for (int i = 0; i < 6; i++) refuse(*state, i % 2 ? HANSE_F_POLICY : HANSE_F_RATE);
  assert_int_equal(fake_counter(*state, "warnings"), 0);
}

static void test_accepted_ends_a_row(void **state) {
  refuse(*state, HANSE_F_POLICY);
  refuse(*state, HANSE_F_POLICY);
  fake_event(fake_newest(*state), HANSE_EVENT_ACCEPTED, fake_facts_text(*state, FACTS), NULL);
  refuse(*state, HANSE_F_POLICY);
  assert_int_equal(fake_counter(*state, "warnings"), 0);
}

static void live(void *unused) {
  struct fake_world *world = fake_world_new();
  (void)unused;
  if (fake_load_text(world, fake_open(HANSE_PLUGIN_FILE), "row = 1;", NULL)) refuse(world, HANSE_F_POLICY);
  fake_world_free(world);
}

/* Whatever allocation fails, nothing crashes and nothing stays. */
static void test_without_memory(void **state) {
  (void)state;
  assert_true(fake_each_allocation_fails(live, NULL) > 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_warns_of_a_row, setup, teardown),
      cmocka_unit_test_setup_teardown(test_others_end_a_row, setup, teardown),
      cmocka_unit_test_setup_teardown(test_accepted_ends_a_row, setup, teardown),
      cmocka_unit_test(test_without_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
