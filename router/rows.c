#include "router/rows.h"

#include <stdarg.h>
#include <stdio.h>

#include "contract/printable.h"

void rows_clear(struct hanse_rows *rows) {
  json_decref(rows->arguments);
  json_decref(rows->rows);
  memset(rows, 0, sizeof *rows);
}

int rows_init(struct hanse_rows *rows, json_t *arguments) {
  memset(rows, 0, sizeof *rows);
  rows->arguments = arguments ? json_incref(arguments) : json_object();
  rows->rows = json_array();
  if (rows->arguments && rows->rows) return HANSE_OK;
  rows_clear(rows);
  return HANSE_NOMEM;
}

void rows_begin(struct hanse_rows *rows) {
  rows->row = json_object();
  if (rows->row && json_array_append_new(rows->rows, rows->row) == 0) return;
  rows->row = NULL; /* append_new released it */
  rows->failed = true;
}

static void add_take(struct hanse_rows *rows, const char *name, json_t *value) {
  if (!rows->row && !rows->failed) rows_begin(rows);
  if (rows->row && value) {
    if (json_object_set_new(rows->row, name, value) != 0) rows->failed = true;
  } else {
    json_decref(value);
    rows->failed = true;
  }
}

void rows_text(struct hanse_rows *rows, const char *name, struct hanse_slice value) {
  char shown[ROWS_VALUE_MAX + 3];
  struct hanse_slice rest;
  if (value.len <= ROWS_VALUE_MAX && printable_all(value))
    return add_take(rows, name, json_stringn(value.len ? value.at : "", value.len));
  size_t n = printable_copy(value, shown, ROWS_VALUE_MAX, &rest);
  if (rest.len) {
    memcpy(shown + n, "...", 3);
    n += 3;
  }
  add_take(rows, name, json_stringn(shown, n));
}

void rows_number(struct hanse_rows *rows, const char *name, int64_t value) {
  add_take(rows, name, json_integer(value));
}

void rows_flag(struct hanse_rows *rows, const char *name, bool value) { add_take(rows, name, json_boolean(value)); }

struct hanse_slice rows_argument(const struct hanse_rows *rows, const char *name) {
  const json_t *value = json_object_get(rows->arguments, name);
  return json_is_string(value) ? hanse_slice(json_string_value(value), json_string_length(value)) : hanse_slice("", 0);
}

void rows_say(struct hanse_rows *rows, const char *format, ...) {
  char said[sizeof rows->text];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(said, sizeof said, format, arguments);
  va_end(arguments);
  if (length < 0) return;
  size_t n = (size_t)length < sizeof said ? (size_t)length : sizeof said - 1;
  n = printable_copy(hanse_slice(said, n), rows->text, sizeof rows->text - 1, NULL);
  rows->text[n] = '\0';
}
