/* The federation type of static_routes on a host in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* wants the four above */

#include <hanse/fake_host.h>
#include <stdio.h>
#include <string.h>

static int setup(void **state) {
  struct fake_world *world = *state = fake_world_new();
  struct fake_instance *type = fake_load_text(world, fake_open(HANSE_PLUGIN_FILE), NULL, NULL);
  if (!type) fail_msg("%s", fake_problem(world));
  if (!fake_partner_text(world, type, "litware.example",
                         "servers = [ \"sip1.litware.example\", \"sip2.litware.example:5062\" ];\n"
                         "names = [ \"out.litware.example\" ];"))
    fail_msg("%s", fake_problem(world));
  return 0;
}

static int teardown(void **state) {
  while (fake_newest(*state)) fake_unload(fake_newest(*state));
  assert_string_equal(fake_left(*state), "");
  fake_world_free(*state);
  return 0;
}

static enum hanse_found confirm(struct fake_world *world, const char *proved, struct fake_finding *finding) {
  const struct hanse_slice name = hanse_text(proved);
  return fake_ask(fake_newest(world), "litware.example", &name, 1, finding);
}

static void confirms_whoever_proves_a_name_of_the_entry(void **state) {
  struct fake_finding finding;
  assert_int_equal(confirm(*state, "sip1.litware.example", &finding), HANSE_FOUND_YES);
  assert_int_equal(confirm(*state, "sip2.litware.example", &finding), HANSE_FOUND_YES);
  assert_int_equal(confirm(*state, "out.litware.example", &finding), HANSE_FOUND_YES);
  assert_int_equal(fake_counter(*state, "unproved"), 0);
}

static void refuses_others_and_says_what_to_do(void **state) {
  struct fake_finding finding;
  assert_int_equal(confirm(*state, "sip.fabrikam.example", &finding), HANSE_FOUND_NO);
  assert_int_equal(finding.why.failure, HANSE_F_NAME_NOT_PROVED);
  assert_non_null(strstr(finding.why.text.at, "add the name that it has"));
  assert_int_equal(fake_counter(*state, "unproved"), 1);
}

static void routes_to_all_servers_in_order(void **state) {
  struct fake_finding finding;
  assert_int_equal(fake_ask(fake_newest(*state), "litware.example", NULL, 0, &finding), HANSE_FOUND_YES);
  assert_int_equal(finding.place_count, 2);
  assert_string_equal(finding.places[0].host.at, "sip1.litware.example");
  assert_int_equal(finding.places[0].port, 5061);
  assert_string_equal(finding.places[1].prove.at, "sip2.litware.example");
  assert_int_equal(finding.places[1].port, 5062);
  assert_int_equal(finding.lasts, 0);
}

static enum hanse_found route_to(struct fake_world *world, int servers, struct fake_finding *finding) {
  char entry[1000] = "servers = [ ";
  for (int i = 0; i < servers; i++)
    snprintf(entry + strlen(entry), sizeof entry - strlen(entry), "%s\"s%d.a.example\"", i ? ", " : "", i);
  strcat(entry, " ];");
  assert_true(fake_partner_text(world, fake_newest(world), "a.example", entry));
  return fake_ask(fake_newest(world), "a.example", NULL, 0, finding);
}

static void says_that_there_are_too_many(void **state) {
  struct fake_finding finding;
  assert_int_equal(route_to(*state, 32, &finding), HANSE_FOUND_YES);
  assert_int_equal(finding.place_count, 32);
  assert_int_equal(route_to(*state, 33, &finding), HANSE_FOUND_NO);
  assert_int_equal(finding.why.failure, HANSE_F_NO_ROUTE); /* and not `memory` */
  assert_non_null(strstr(finding.why.text.at, "more than 32"));
}

static void refuses_entries_with_addresses(void **state) {
  assert_false(fake_partner_text(*state, fake_newest(*state), "x.example", "servers = [ \"192.0.2.1\" ];"));
  assert_false(fake_partner_text(*state, fake_newest(*state), "x.example", "names = [ \"a.x.example\" ];"));
}

static void load_and_route(void *argument) {
  struct fake_world *world = fake_world_new();
  struct fake_instance *type = fake_load_text(world, fake_open(HANSE_PLUGIN_FILE), NULL, NULL);
  struct fake_finding finding;
  (void)argument;
  if (type && fake_partner_text(world, type, "litware.example", "servers = [ \"sip1.litware.example\" ];"))
    fake_ask(type, "litware.example", NULL, 0, &finding);
  fake_world_free(world);
}

static void survives_without_memory(void **state) {
  (void)state;
  assert_true(fake_each_allocation_fails(load_and_route, NULL) > 0);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {TEST(confirms_whoever_proves_a_name_of_the_entry),
                                     TEST(refuses_others_and_says_what_to_do),
                                     TEST(routes_to_all_servers_in_order),
                                     TEST(says_that_there_are_too_many),
                                     TEST(refuses_entries_with_addresses),
                                     cmocka_unit_test(survives_without_memory)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
