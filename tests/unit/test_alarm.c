/* The alarm about domains that nobody entered: 5 a second is a warning, 10 an error, each once in a period (R23). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "router/alarm.h"

static const struct alarm_rates rates = {{5, HANSE_SECOND}, {10, HANSE_SECOND}, 3600 * HANSE_SECOND};

struct told {
  unsigned warnings, errors;
};

/* So many a second, evenly, for so many seconds from *now on. */
static struct told happens(struct alarm *alarm, const struct alarm_rates *limits, unsigned per_second, unsigned seconds,
                           hanse_time *now) {
  struct told told = {0, 0};
  for (unsigned i = 0; i < per_second * seconds; i++, *now += HANSE_SECOND / per_second) {
    enum hanse_level level = alarm_happened(alarm, limits, *now);
    told.warnings += level == HANSE_WARNING;
    told.errors += level == HANSE_ERROR;
  }
  return told;
}

static void by_rate(void **state) {
  (void)state;
  static const struct {
    unsigned per_second, warnings, errors;
  } rows[] = {{1, 0, 0}, {4, 0, 0}, {5, 1, 0}, {8, 1, 0}, {10, 1, 1}, {1000, 1, 1}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct alarm alarm = {{0, 0, 0}, {0, 0, 0}};
    hanse_time now = 0;
    struct told told = happens(&alarm, &rates, rows[i].per_second, 60, &now);
    assert_int_equal(told.warnings, rows[i].warnings);
    assert_int_equal(told.errors, rows[i].errors);
  }
}

static void once_a_period(void **state) {
  (void)state;
  struct alarm alarm = {{0, 0, 0}, {0, 0, 0}};
  hanse_time now = 7 * HANSE_SECOND;
  struct told told = happens(&alarm, &rates, 20, 3 * 3600 + 10, &now);
  assert_int_equal(told.errors, 4);
  assert_int_equal(told.warnings, 1); /* before the first error; later ones say more */
}

static void switched_off(void **state) {
  (void)state;
  const struct alarm_rates off = {{0, HANSE_SECOND}, {0, HANSE_SECOND}, HANSE_SECOND};
  struct alarm alarm = {{0, 0, 0}, {0, 0, 0}};
  hanse_time now = 0;
  struct told told = happens(&alarm, &off, 1000, 10, &now);
  assert_int_equal(told.errors + told.warnings, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(by_rate), cmocka_unit_test(once_a_period),
                                     cmocka_unit_test(switched_off)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
