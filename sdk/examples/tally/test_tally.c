/* The command tally on a host in memory, and its counts through reloads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* wants the four above */

#include <hanse/fake_host.h>
#include <stdlib.h>
#include <string.h>

static int setup(void **state) {
  struct fake_world *world = *state = fake_world_new();
  if (!fake_load_text(world, fake_open(HANSE_PLUGIN_FILE), NULL, NULL)) fail_msg("%s", fake_problem(world));
  return 0;
}

static int teardown(void **state) {
  while (fake_newest(*state)) fake_unload(fake_newest(*state));
  assert_string_equal(fake_left(*state), "");
  fake_world_free(*state);
  return 0;
}

static void message(struct fake_world *world, const char *facts) {
  fake_event(fake_newest(world), HANSE_EVENT_ACCEPTED, fake_facts_text(world, facts), NULL);
}

static const char *rows(struct fake_world *world, const char *domain) {
  const struct fake_argument arguments[] = {{domain ? "domain" : NULL, domain}, {NULL, NULL}};
  const char *rows = NULL;
  assert_int_equal(fake_command(fake_newest(world), "tally", arguments, &rows), HANSE_DONE);
  return rows;
}

/* As the router does it: the new instance beside the old one, which goes when it has handed over. */
static struct fake_instance *reload(struct fake_world *world) {
  struct fake_instance *before = fake_newest(world);
  struct fake_instance *after = fake_load_text(world, fake_open(HANSE_PLUGIN_FILE), NULL, before);
  if (after) fake_unload(before);
  return after;
}

static void counts_for_each_domain(void **state) {
  const struct fake_argument nobody[] = {{"domain", "c.example"}, {NULL, NULL}};
  const char *none;
  message(*state, "from=bob@b.example to=carol@c.example bytes=10");
  message(*state, "from=alice@a.example to=carol@c.example bytes=20");
  message(*state, "from=anne@a.example to=carol@c.example bytes=30");
  assert_string_equal(rows(*state, NULL),
                      "domain=a.example messages=2 octets=50 \ndomain=b.example messages=1 octets=10 ");
  assert_string_equal(rows(*state, "b.example"), "domain=b.example messages=1 octets=10 ");
  assert_int_equal(fake_command(fake_newest(*state), "tally", nobody, &none), HANSE_NO_SUCH_THING);
}

static void survives_ten_reloads_while_it_counts(void **state) {
  char wanted[100];
  for (int i = 1; i <= 10; i++) {
    message(*state, "from=alice@a.example to=bob@b.example bytes=7");
    assert_non_null(reload(*state));
    snprintf(wanted, sizeof wanted, "domain=a.example messages=%d octets=%d ", i, 7 * i);
    assert_string_equal(rows(*state, NULL), wanted);
  }
}

static void has_a_bound(void **state) {
  char facts[100];
  for (int i = 0; i < 1003; i++) {
    snprintf(facts, sizeof facts, "from=alice@d%d.example to=bob@b.example", i);
    message(*state, facts);
  }
  assert_int_equal(fake_counter(*state, "beyond"), 3);
  assert_non_null(reload(*state));
  assert_non_null(strstr(rows(*state, "d999.example"), "messages=1 "));
}

/* ---- what an older build, and a newer one, would have saved ---- */

static int create_other(struct hanse_host *host, void **self) {
  *self = host;
  return HANSE_OK;
}
static void destroy_other(void *self) { (void)self; }
static int save_old(void *self) {
  char record[] = "\1........a.example";
  const uint64_t messages = 41;
  memcpy(record + 1, &messages, sizeof messages);
  return hanse_save(self, hanse_slice(record, sizeof record - 1));
}
static int save_newer(void *self) { return hanse_save(self, HANSE_LIT("\3whatever it may be that is in there")); }

static void adopt_from(struct fake_world *world, int (*save)(void *self)) {
  const struct hanse_plugin other = {HANSE_NEEDS(9),         .name = "tally",          .version = "0", .summary = "",
                                     .create = create_other, .destroy = destroy_other, .save = save};
  struct fake_instance *before = fake_load(world, &other, NULL, NULL);
  assert_non_null(before);
  fake_load_text(world, fake_open(HANSE_PLUGIN_FILE), NULL, before);
  fake_unload(before);
}

static void reads_the_format_of_an_older_build(void **state) {
  adopt_from(*state, save_old);
  message(*state, "from=alice@a.example to=bob@b.example bytes=7");
  assert_string_equal(rows(*state, NULL), "domain=a.example messages=42 octets=7 ");
}

static void refuses_the_format_of_a_newer_build(void **state) {
  message(*state, "from=alice@a.example to=bob@b.example bytes=7");
  struct fake_instance *running = fake_newest(*state);
  adopt_from(*state, save_newer);
  assert_int_equal(fake_status(*state), HANSE_INVALID);
  assert_non_null(fake_logged_with(*state, "version=3 newest=2"));
  (void)running;
}

static void load_and_count(void *argument) {
  struct fake_world *world = fake_world_new();
  const struct fake_argument nothing[] = {{NULL, NULL}};
  const char *text;
  (void)argument;
  if (fake_load_text(world, fake_open(HANSE_PLUGIN_FILE), NULL, NULL)) {
    message(world, "from=alice@a.example to=bob@b.example");
    fake_command(fake_newest(world), "tally", nothing, &text);
    reload(world);
  }
  fake_world_free(world);
}

static void survives_without_memory(void **state) {
  (void)state;
  assert_true(fake_each_allocation_fails(load_and_count, NULL) > 0);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {TEST(counts_for_each_domain),
                                     TEST(survives_ten_reloads_while_it_counts),
                                     TEST(has_a_bound),
                                     TEST(reads_the_format_of_an_older_build),
                                     TEST(refuses_the_format_of_a_newer_build),
                                     cmocka_unit_test(survives_without_memory)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
