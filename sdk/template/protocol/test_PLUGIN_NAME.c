/* PLUGIN_NAME on a host in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the ones above first */
#include <cmocka.h>
#include <hanse/fake_host.h>

#define LINE "alice@home.test bob@Partner.test hello bob\n"

struct stage { /* a message comes on `from` and goes to `target` */
  struct fake_world *world;
  struct hanse_link *from, *to;
  struct hanse_target *target;
};

static bool stage_make(struct stage *s) {
  s->world = fake_world_new();
  if (!fake_load_text(s->world, fake_open(HANSE_PLUGIN_FILE), NULL, NULL)) return false;
  s->from = fake_link(s->world, HANSE_SIDE_HOME, "192.0.2.1:7000", "node.home.test:7000");
  s->to = fake_link(s->world, HANSE_SIDE_PARTNER, "198.51.100.1:7000", "node.home.test:7000");
  s->target = fake_target(s->world, "edge.partner.test:7000");
  fake_route(s->world, HANSE_SIDE_HOME, &s->target, 1);
  fake_target_link(s->target, s->to, HANSE_OK);
  return true;
}

static int setup(void **state) {
  static struct stage stage;
  *state = &stage;
  if (!stage_make(&stage)) fail_msg("%s", fake_problem(stage.world));
  return 0;
}

static int teardown(void **state) {
  struct stage *s = *state;
  fake_unload(fake_newest(s->world));
  assert_string_equal(fake_left(s->world), ""); /* it gave everything back */
  fake_world_free(s->world);
  return 0;
}

static size_t receive(struct stage *s, const char *octets) { return fake_receive(s->from, hanse_text(octets)); }

static void test_lines_go_on(void **state) {
  struct stage *s = *state;
  assert_int_equal(receive(s, LINE "alice@ho"), strlen("alice@ho")); /* half a line stays */
  assert_string_equal(fake_output(s->to).at, LINE);
  const struct hanse_facts *facts = fake_facts(s->world);
  assert_true(hanse_same(facts->from.user, HANSE_LIT("alice")));
  assert_true(hanse_same(facts->to.domain, HANSE_LIT("partner.test")));
  assert_true(hanse_same(facts->text, HANSE_LIT("hello bob")));
  receive(s, "me.test bob@partner.test more\n");
  assert_string_equal(fake_output(s->to).at, LINE "alice@home.test bob@partner.test more\n");
}

static void test_waits_for_the_link(void **state) {
  struct stage *s = *state;
  fake_target_link(s->target, NULL, HANSE_SKIP);
  receive(s, LINE LINE);
  assert_int_equal(fake_target_waits(s->target), 2);
  fake_target_ready(s->target, s->to, HANSE_F_NONE);
  assert_string_equal(fake_output(s->to).at, LINE LINE);
  receive(s, LINE);
  fake_target_ready(s->target, NULL, HANSE_F_CONNECT);
  assert_int_equal(fake_refused(s->world), HANSE_F_CONNECT);
  receive(s, LINE); /* still waits when the instance ends */
}

static void test_what_is_refused(void **state) {
  struct stage *s = *state;
  fake_judge(s->world, HANSE_SIDE_HOME, FAKE_REFUSE, HANSE_F_POLICY);
  receive(s, LINE);
  receive(s, "nobody\n\n@ @ x\nalice@home.test bob@_ x\n");
  assert_int_equal(fake_refused(s->world), HANSE_F_PARSE);
  for (int i = 0; i < 5000; i++) receive(s, "x");
  assert_true(fake_link_was_shut(s->from));
  assert_string_equal(fake_output(s->to).at, "");
}

static void live(void *unused) {
  struct stage s;
  (void)unused;
  if (stage_make(&s)) receive(&s, LINE);
  fake_world_free(s.world);
}

/* Whatever allocation fails, nothing crashes and nothing stays. */
static void test_without_memory(void **state) {
  (void)state;
  assert_true(fake_each_allocation_fails(live, NULL) > 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_lines_go_on, setup, teardown),
      cmocka_unit_test_setup_teardown(test_waits_for_the_link, setup, teardown),
      cmocka_unit_test_setup_teardown(test_what_is_refused, setup, teardown),
      cmocka_unit_test(test_without_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
