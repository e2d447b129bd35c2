/* Sizes, durations, rates, and the nearest name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "contract/nearest.h"
#include "contract/unit.h"

static void test_size(void **state) {
  static const struct {
    const char *text;
    uint64_t value;
  } good[] = {{"0", 0},
              {"512", 512},
              {"64k", 65536},
              {"64K", 65536},
              {"1M", 1048576},
              {"2G", 2u << 30},
              {"8589934591G", (uint64_t)8589934591u << 30},
              {"9223372036854775807", INT64_MAX}};
  static const char *const bad[] = {"",
                                    "k",
                                    "1kb",
                                    "1 k",
                                    "-1",
                                    "+1",
                                    "1.5M",
                                    "1m",
                                    "0x10",
                                    "1T",
                                    " 1",
                                    "1k ",
                                    "1kk",
                                    "8589934592G",
                                    "18446744073709551616",
                                    "99999999999999999999k"};
  uint64_t value;
  (void)state;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    assert_int_equal(unit_size(hanse_text(good[i].text), &value), HANSE_OK);
    assert_int_equal(value, good[i].value);
  }
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    value = 77;
    if (unit_size(hanse_text(bad[i]), &value) != HANSE_INVALID) fail_msg("\"%s\" was taken", bad[i]);
    assert_int_equal(value, 77);
  }
}

static void test_duration(void **state) {
  static const struct {
    const char *text;
    hanse_time value;
  } good[] = {{"0s", 0},
              {"500us", 500},
              {"500ms", 500000},
              {"30s", 30000000},
              {"5m", 300000000},
              {"8h", (hanse_time)28800 * HANSE_SECOND},
              {"1d", (hanse_time)86400 * HANSE_SECOND}};
  static const char *const bad[] = {"",    "30",  "s",  "30 s",           "1h30m",      "1.5s",
                                    "-1s", "30S", "1w", "9223372036855s", "106751992d", "30sec"};
  hanse_time value;
  (void)state;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    assert_int_equal(unit_duration(hanse_text(good[i].text), &value), HANSE_OK);
    assert_int_equal(value, good[i].value);
  }
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    if (unit_duration(hanse_text(bad[i]), &value) != HANSE_INVALID) fail_msg("\"%s\" was taken", bad[i]);
  assert_int_equal(unit_duration(HANSE_LIT("106751991d"), &value), HANSE_OK);
}

static void test_rate(void **state) {
  static const char *const bad[] = {"",      "20",   "20/",   "/s",     "20/sec",      "20 /s",
                                    "20/ s", "-1/s", "1.5/s", "20/10s", "1000000001/s"};
  struct hanse_rate rate;
  (void)state;
  assert_int_equal(unit_rate(HANSE_LIT("600/m"), &rate), HANSE_OK);
  assert_int_equal(rate.count, 600);
  assert_int_equal(rate.per, 60 * HANSE_SECOND);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    if (unit_rate(hanse_text(bad[i]), &rate) != HANSE_INVALID) fail_msg("\"%s\" was taken", bad[i]);
}

static int compare(const char *a, const char *b) {
  struct hanse_rate left, right;
  assert_int_equal(unit_rate(hanse_text(a), &left), HANSE_OK);
  assert_int_equal(unit_rate(hanse_text(b), &right), HANSE_OK);
  return unit_rate_compare(left, right);
}

static void test_rate_compare(void **state) {
  (void)state;
  assert_int_equal(compare("10/s", "600/m"), 0);
  assert_int_equal(compare("10/s", "599/m"), 1);
  assert_int_equal(compare("1/d", "1/h"), -1);
  assert_int_equal(compare("1000000000/s", "1000000000/d"), 1);
}

static void test_integer(void **state) {
  static const char *const bad[] = {"", "-", "+5", "5 ", "0x5", "5.0", "9223372036854775808", "--1"};
  int64_t value;
  (void)state;
  assert_int_equal(unit_integer(HANSE_LIT("-42"), &value), HANSE_OK);
  assert_int_equal(value, -42);
  assert_int_equal(unit_integer(HANSE_LIT("9223372036854775807"), &value), HANSE_OK);
  assert_true(value == INT64_MAX);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    if (unit_integer(hanse_text(bad[i]), &value) != HANSE_INVALID) fail_msg("\"%s\" was taken", bad[i]);
}

/* What is written reads back as the same value. */
static void test_back(void **state) {
  static const uint64_t sizes[] = {0,        1, 1023, 1024, 1025, 65536, 1 << 20, (1 << 20) + 1024, (uint64_t)3 << 30,
                                   INT64_MAX};
  static const hanse_time times[] = {0, 1, 999, 1000, 1500000, 60000000, 90000000, 86400000000, INT64_MAX};
  char text[UNIT_TEXT];
  (void)state;
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    uint64_t size;
    assert_int_equal(unit_size(hanse_text(unit_size_text(sizes[i], text)), &size), HANSE_OK);
    assert_true(size == sizes[i]);
  }
  for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
    hanse_time time;
    assert_int_equal(unit_duration(hanse_text(unit_duration_text(times[i], text)), &time), HANSE_OK);
    assert_true(time == times[i]);
  }
  assert_string_equal(unit_size_text(65536, text), "64k");
  assert_string_equal(unit_duration_text(90 * HANSE_SECOND, text), "90s");
  assert_string_equal(unit_rate_text((struct hanse_rate){5, 3600 * HANSE_SECOND}, text), "5/h");
  assert_string_equal(unit_size_guess(1000000, text), "1M");
  assert_string_equal(unit_size_guess(65536, text), "64k");
  assert_string_equal(unit_size_guess(1500, text), "1500");
}

static const char *nearest_of(const char *wanted, const char *const *names) {
  static char text[100];
  struct nearest nearest;
  nearest_init(&nearest, hanse_text(wanted));
  for (; *names; names++) nearest_offer(&nearest, hanse_text(*names));
  return nearest_text(&nearest, text, sizeof text);
}

static void test_nearest(void **state) {
  static const char *const names[] = {"partners", "policy", "limits", "s2s_secure_auth", "tls", "log", NULL};
  (void)state;
  assert_string_equal(nearest_of("partner", names), ", did you mean \"partners\"?");
  assert_string_equal(nearest_of("s2s_secure_ath", names), ", did you mean \"s2s_secure_auth\"?");
  assert_string_equal(nearest_of("lmiits", names), ", did you mean \"limits\"?");
  assert_string_equal(nearest_of("TLS", names), ", did you mean \"tls\"?");
  assert_string_equal(nearest_of("tsl", names), ", did you mean \"tls\"?");
  assert_string_equal(nearest_of("xyz", names), "");
  assert_string_equal(nearest_of("x", names), "");
  assert_string_equal(nearest_of("", names), "");
  char long_name[200];
  memset(long_name, 'a', sizeof long_name - 1);
  long_name[sizeof long_name - 1] = '\0';
  assert_string_equal(nearest_of(long_name, names), "");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_size),    cmocka_unit_test(test_duration),
                                     cmocka_unit_test(test_rate),    cmocka_unit_test(test_rate_compare),
                                     cmocka_unit_test(test_integer), cmocka_unit_test(test_back),
                                     cmocka_unit_test(test_nearest)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
