/* The names that plugins must leave alone are those that the core reads, in the same tables' words (P21). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the ones above first */
#include <cmocka.h>

#include "contract/core_names.h"
#include "router/settings_table.h"

static bool has(const struct hanse_option *table, const char *name) {
  for (; table->name; table++)
    if (table->type != HANSE_ORIGIN && strcmp(table->name, name) == 0) return true;
  return false;
}

static void same(const struct hanse_option *core, const struct hanse_option *names) {
  for (const struct hanse_option *one = core; one->name; one++)
    if (one->type != HANSE_ORIGIN && !has(names, one->name)) fail_msg("contract/core_names.c lacks %s", one->name);
  for (const struct hanse_option *one = names; one->name; one++)
    if (!has(core, one->name)) fail_msg("the core reads no %s", one->name);
}

static void test_module(void **state) {
  (void)state;
  same(settings_module_table, core_names_module);
}
static void test_partner(void **state) {
  (void)state;
  same(settings_partner_table, core_names_partner);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_module), cmocka_unit_test(test_partner)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
