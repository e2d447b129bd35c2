/* PLUGIN_NAME on a host in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the ones above first */
#include <cmocka.h>
#include <hanse/fake_host.h>

#define ENTRY "server = \"Edge.Partner.test:5067\";"

static bool load(struct fake_world *world) {
  struct fake_instance *type = fake_load_text(world, fake_open(HANSE_PLUGIN_FILE), NULL, NULL);
  return type && fake_partner_text(world, type, "partner.test", ENTRY);
}

static int setup(void **state) {
  *state = fake_world_new();
  if (!load(*state)) fail_msg("%s", fake_problem(*state));
  return 0;
}

static int teardown(void **state) {
  fake_unload(fake_newest(*state));
  assert_string_equal(fake_left(*state), ""); /* it gave everything back */
  fake_world_free(*state);
  return 0;
}

static void test_route(void **state) {
  struct fake_finding finding;
  assert_int_equal(fake_ask(fake_newest(*state), "partner.test", NULL, 0, &finding), HANSE_FOUND_YES);
  assert_int_equal(finding.place_count, 1);
  assert_true(hanse_same(finding.places[0].host, HANSE_LIT("edge.partner.test")));
  assert_true(hanse_same(finding.places[0].prove, HANSE_LIT("edge.partner.test")));
  assert_int_equal(finding.places[0].port, 5067);
}

static void test_confirms_who_proves_the_server(void **state) {
  const struct hanse_slice proved[] = {HANSE_LIT("www.partner.test"), HANSE_LIT("edge.partner.test")};
  struct fake_finding finding;
  assert_int_equal(fake_ask(fake_newest(*state), "partner.test", proved, 2, &finding), HANSE_FOUND_YES);
  assert_int_equal(fake_counter(*state, "unproved"), 0);
}

static void test_refuses_others(void **state) {
  const struct hanse_slice proved[] = {HANSE_LIT("partner.test"), HANSE_LIT("edge.partner.test.evil.test")};
  struct fake_finding finding;
  assert_int_equal(fake_ask(fake_newest(*state), "partner.test", proved, 2, &finding), HANSE_FOUND_NO);
  assert_int_equal(finding.why.failure, HANSE_F_NAME_NOT_PROVED);
  assert_int_equal(fake_counter(*state, "unproved"), 1);
}

static void live(void *unused) {
  struct fake_world *world = fake_world_new();
  struct fake_finding finding;
  (void)unused;
  if (load(world)) fake_ask(fake_newest(world), "partner.test", NULL, 0, &finding);
  fake_world_free(world);
}

/* Whatever allocation fails, nothing crashes and nothing stays. */
static void test_without_memory(void **state) {
  (void)state;
  assert_true(fake_each_allocation_fails(live, NULL) > 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_route, setup, teardown),
      cmocka_unit_test_setup_teardown(test_confirms_who_proves_the_server, setup, teardown),
      cmocka_unit_test_setup_teardown(test_refuses_others, setup, teardown),
      cmocka_unit_test(test_without_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
