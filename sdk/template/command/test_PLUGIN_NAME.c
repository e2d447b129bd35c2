/* PLUGIN_NAME on a host in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the ones above first */
#include <cmocka.h>
#include <hanse/fake_host.h>

static struct fake_world *world_new(void) {
  struct fake_world *world = fake_world_new();
  fake_home(world, "home.test");
  fake_partner(world, "partner.test");
  return world;
}

static int setup(void **state) {
  *state = world_new();
  if (!fake_load_text(*state, fake_open(HANSE_PLUGIN_FILE), NULL, NULL)) fail_msg("%s", fake_problem(*state));
  return 0;
}

static int teardown(void **state) {
  fake_unload(fake_newest(*state));
  assert_string_equal(fake_left(*state), ""); /* it gave everything back */
  fake_world_free(*state);
  return 0;
}

static enum hanse_outcome ask(struct fake_world *world, const char *domain, const char **rows) {
  const struct fake_argument arguments[] = {{"domain", domain}, {NULL, NULL}};
  return fake_command(fake_newest(world), "PLUGIN_COMMAND", domain ? arguments : NULL, rows);
}

static void test_says_whose(void **state) {
  const char *rows;
  assert_int_equal(ask(*state, "home.test", &rows), HANSE_DONE);
  assert_non_null(strstr(rows, "entry=home "));
  assert_int_equal(ask(*state, "partner.test", &rows), HANSE_DONE);
  assert_non_null(strstr(rows, "entry=partners "));
  assert_int_equal(ask(*state, "sub.home.test", &rows), HANSE_DONE);
  assert_non_null(strstr(rows, "entry=below home "));
  assert_int_equal(ask(*state, "other.test", &rows), HANSE_DONE);
  assert_non_null(strstr(rows, "entry=nobody's "));
}

static void test_counts(void **state) {
  const char *rows;
  ask(*state, "a.test", &rows);
  ask(*state, "b.test", &rows);
  assert_non_null(strstr(rows, "asked=2 "));
  assert_int_equal(fake_counter(*state, "asked"), 2);
}

static void test_needs_a_domain(void **state) {
  const char *rows;
  assert_int_equal(ask(*state, NULL, &rows), HANSE_USAGE);
  assert_string_equal(rows, "");
}

static void live(void *unused) {
  struct fake_world *world = world_new();
  const char *rows;
  (void)unused;
  if (fake_load_text(world, fake_open(HANSE_PLUGIN_FILE), NULL, NULL)) ask(world, "home.test", &rows);
  fake_world_free(world);
}

/* Whatever allocation fails, nothing crashes and nothing stays. */
static void test_without_memory(void **state) {
  (void)state;
  assert_true(fake_each_allocation_fails(live, NULL) > 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_says_whose, setup, teardown),
      cmocka_unit_test_setup_teardown(test_counts, setup, teardown),
      cmocka_unit_test_setup_teardown(test_needs_a_domain, setup, teardown),
      cmocka_unit_test(test_without_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
