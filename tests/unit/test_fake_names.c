/* The host in memory takes what the router takes in a module's block and in a partner's entry beside the plugin's own
 * (P30). */
#include "router/settings_table.h"
#include "tests/unit/toy.h"

static enum hanse_found nowhere(void *self, const struct hanse_partner *partner, struct hanse_question *question) {
  (void)self, (void)partner, (void)question;
  return HANSE_FOUND_NO;
}
static const struct hanse_federation type = {.size = sizeof type, .confirm = nowhere, .route = nowhere};
static const struct hanse_offer offers[] = {{HANSE_FEDERATION, "toy", NULL, &type, NULL, 0}, HANSE_OFFERS_END};
static const struct hanse_plugin plugin = TOY(.offers = offers);

static void every_name(void **state) {
  struct fake_world *world = fake_world_new();
  struct fake_instance *toy = toy_load(world, &plugin, NULL);
  char text[200];
  (void)state;
  for (const struct hanse_option *option = settings_module_table; option->name; option++) {
    snprintf(text, sizeof text, "%s = \"x\";", option->name);
    if (option->type != HANSE_ORIGIN) toy_load(world, &plugin, text);
  }
  for (const struct hanse_option *option = settings_partner_table; option->name; option++) {
    snprintf(text, sizeof text, "%s = \"x\";", option->name);
    if (option->type != HANSE_ORIGIN && !fake_partner_text(world, toy, "b.test", text))
      fail_msg("%s", fake_problem(world));
  }
  assert_false(fake_partner_text(world, toy, "b.test", "unheard = \"x\";"));
  fake_world_free(world);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_name)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
