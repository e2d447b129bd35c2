/* Counters by name, and the rows of answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "router/counter.h"
#include "router/rows.h"

struct seen {
  char text[512];
  size_t count;
  char last[200];
  bool sorted;
};

static void note(void *argument, const char *name, uint64_t value, const char *help) {
  struct seen *seen = argument;
  size_t n = strlen(seen->text);
  snprintf(seen->text + n, sizeof seen->text - n, "%s=%llu (%s);", name, (unsigned long long)value, help);
  if (seen->count++ > 0 && strcmp(seen->last, name) >= 0) seen->sorted = false;
  snprintf(seen->last, sizeof seen->last, "%s", name);
}

static void test_same_counter(void **unused) {
  struct counters *counters = counters_new();
  struct seen seen = {.sorted = true};
  (void)unused;
  char help[] = "messages";
  uint64_t *in = counter_get(counters, "sip", "in", help);
  help[0] = 'x'; /* the plugin's text goes away with its code */
  *counter_get(counters, "sip", "out", "left") += 7;
  ++*in;
  assert_ptr_equal(counter_get(counters, "sip", "in", "requests"), in);
  ++*counter_get(counters, "sip", "in", NULL);
  counter_get(counters, "domains", "blocked", NULL);
  counters_each(counters, note, &seen);
  assert_string_equal(seen.text, "domains.blocked=0 ();sip.in=2 (requests);sip.out=7 (left);");
  counters_free(counters);
}

static void test_bounds(void **unused) {
  struct counters *counters = counters_new();
  struct seen seen = {.sorted = true};
  char name[300];
  uint64_t *first = NULL;
  (void)unused;
  for (int i = 0; i < 4096; i++) {
    snprintf(name, sizeof name, "n%d", i * 7919 % 4096);
    uint64_t *counter = counter_get(counters, "m", name, "");
    *counter = 1;
    if (i == 0) first = counter;
  }
  uint64_t *spare = counter_get(counters, "m", "one too many", "");
  assert_non_null(spare);
  assert_ptr_equal(counter_get(counters, "m", "another", ""), spare);
  ++*spare;
  assert_ptr_equal(counter_get(counters, "m", "n0", ""), first);
  memset(name, 'x', sizeof name - 1);
  name[sizeof name - 1] = '\0';
  assert_ptr_equal(counter_get(counters, "m", name, ""), spare);
  counters_each(counters, note, &seen);
  assert_int_equal(seen.count, 4096);
  assert_true(seen.sorted);
  counters_free(counters);
}

static void assert_row(const struct hanse_rows *rows, const char *expected) {
  char *text = json_dumps(rows->rows, JSON_COMPACT);
  assert_string_equal(text, expected);
  free(text);
}

/* I1: what hansectl prints is escaped as in the log. */
static void test_rows(void **unused) {
  struct hanse_rows rows;
  (void)unused;
  json_t *asked = json_pack("{s:s}", "prefix", "sip.");
  assert_int_equal(rows_init(&rows, asked), HANSE_OK);
  json_decref(asked);
  assert_true(hanse_same(rows_argument(&rows, "prefix"), HANSE_LIT("sip.")));
  assert_int_equal(rows_argument(&rows, "none").len, 0);
  rows_begin(&rows);
  rows_text(&rows, "b", HANSE_LIT("gr\xc3\xbc\xc3\x9f \\ \"x\""));
  rows_number(&rows, "a", INT64_MIN);
  rows_begin(&rows);
  rows_text(&rows, "bad", HANSE_LIT("\x1b[2J\xff\xe2\x80\xae\0"));
  rows_text(&rows, "none", hanse_slice(NULL, 0));
  rows_flag(&rows, "f", false);
  assert_row(&rows,
             "[{\"b\":\"gr\xc3\xbc\xc3\x9f \\\\ \\\"x\\\"\",\"a\":-9223372036854775808},"
             "{\"bad\":\"\\\\x1b[2J\\\\xff\\\\xe2\\\\x80\\\\xae\\\\x00\",\"none\":\"\",\"f\":false}]");
  rows_say(&rows, "no %s\n", "such");
  assert_string_equal(rows.text, "no such\\x0a");
  assert_false(rows.failed);
  rows_clear(&rows);
}

static void test_long_text(void **unused) {
  struct hanse_rows rows;
  char *text = malloc(100000);
  (void)unused;
  memset(text, 1, 100000);
  assert_int_equal(rows_init(&rows, NULL), HANSE_OK);
  rows_text(&rows, "t", hanse_slice(text, 100000)); /* begins the first row by itself */
  const json_t *value = json_object_get(json_array_get(rows.rows, 0), "t");
  assert_int_equal(json_string_length(value), ROWS_VALUE_MAX + 3);
  memset(text, 'a', 100000);
  rows_say(&rows, "%.*s", 100000, text);
  assert_int_equal(strlen(rows.text), sizeof rows.text - 1);
  rows_clear(&rows);
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_same_counter), cmocka_unit_test(test_bounds),
                                     cmocka_unit_test(test_rows), cmocka_unit_test(test_long_text)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
