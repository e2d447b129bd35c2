#include "ctl/table.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "contract/printable.h"

#define COLUMNS_MAX 64
#define CELL_MAX 1024

/* The value as text, safe for a terminal whoever answered. */
static const char *cell_text(const json_t *value, char out[CELL_MAX]) {
  size_t n = 0;
  if (json_is_string(value))
    n = printable_copy(hanse_slice(json_string_value(value), json_string_length(value)), out, CELL_MAX - 1, NULL);
  else if (json_is_integer(value))
    n = (size_t)snprintf(out, CELL_MAX, "%" PRId64, (int64_t)json_integer_value(value));
  else if (json_is_boolean(value))
    n = (size_t)snprintf(out, CELL_MAX, "%s", json_is_true(value) ? "yes" : "no");
  out[n] = '\0';
  return out;
}

/* Columns on a terminal; a wide character takes two. */
static int width_of(const char *text) {
  wchar_t wide[CELL_MAX];
  size_t n = mbstowcs(wide, text, CELL_MAX);
  int width = n == (size_t)-1 ? -1 : wcswidth(wide, n);
  return width < 0 ? (int)strlen(text) : width;
}

static void pad(FILE *out, int columns) {
  for (; columns > 0; columns--) putc(' ', out);
}

/* ---- table ---- */

struct column {
  const char *name; /* borrowed from a row */
  int width;
  bool right; /* every value is a number */
};

struct columns {
  struct column at[COLUMNS_MAX];
  size_t count;
};

static struct column *column_get(struct columns *columns, const char *name) {
  for (size_t i = 0; i < columns->count; i++)
    if (strcmp(columns->at[i].name, name) == 0) return &columns->at[i];
  if (columns->count == COLUMNS_MAX) return NULL;
  columns->at[columns->count] = (struct column){name, width_of(name), true};
  return &columns->at[columns->count++];
}

static void measure(struct columns *columns, const json_t *rows) {
  size_t i;
  json_t *row, *value;
  const char *name;
  char text[CELL_MAX];
  json_array_foreach(rows, i, row) {
    json_object_foreach(row, name, value) {
      struct column *column = column_get(columns, name);
      if (!column) continue;
      int width = width_of(cell_text(value, text));
      if (width > column->width) column->width = width;
      if (!json_is_integer(value)) column->right = false;
    }
  }
}

/* Blanks are owed until something follows them, so that no line ends in blanks. */
static void print_cell(const struct column *column, const char *text, int *owed, FILE *out) {
  int missing = column->width - width_of(text);
  if (column->right) *owed += missing;
  if (text[0]) {
    pad(out, *owed);
    fputs(text, out);
    *owed = 0;
  }
  *owed += 2 + (column->right ? 0 : missing);
}

static void print_head(const struct columns *columns, bool colour, FILE *out) {
  char name[CELL_MAX];
  int owed = 0;
  if (colour) fputs("\x1b[1m", out);
  for (size_t i = 0; i < columns->count; i++) {
    size_t n = printable_copy(hanse_text(columns->at[i].name), name, CELL_MAX - 1, NULL);
    name[n] = '\0';
    for (char *at = name; *at; at++) *at = *at == '_' ? ' ' : (char)toupper((unsigned char)*at);
    print_cell(&columns->at[i], name, &owed, out);
  }
  fputs(colour ? "\x1b[0m\n" : "\n", out);
}

static void print_row(const struct columns *columns, const json_t *row, FILE *out) {
  char text[CELL_MAX];
  int owed = 0;
  for (size_t i = 0; i < columns->count; i++)
    print_cell(&columns->at[i], cell_text(json_object_get(row, columns->at[i].name), text), &owed, out);
  putc('\n', out);
}

void table_print(const json_t *rows, bool colour, FILE *out) {
  struct columns columns = {.count = 0};
  size_t i;
  json_t *row;
  measure(&columns, rows);
  if (columns.count == 0) return;
  print_head(&columns, colour, out);
  json_array_foreach(rows, i, row) { print_row(&columns, row, out); }
}

/* ---- record ---- */

static bool is_where(const char *name) {
  return strcmp(name, "file") == 0 || strcmp(name, "line") == 0 || strcmp(name, "where") == 0;
}

/* "conf.d/b.conf:12"; empty when the row does not say. */
static void where_text(const json_t *row, char out[2 * CELL_MAX]) {
  char file[CELL_MAX], line[CELL_MAX];
  out[0] = '\0';
  cell_text(json_object_get(row, "where"), file);
  if (file[0]) {
    snprintf(out, 2 * CELL_MAX, "%s", file);
    return;
  }
  cell_text(json_object_get(row, "file"), file);
  cell_text(json_object_get(row, "line"), line);
  if (file[0]) snprintf(out, 2 * CELL_MAX, "%s%s%s", file, line[0] ? ":" : "", line);
}

/* Which value a place belongs to: the last one before it. */
static const char *value_with_where(json_t *row) {
  const char *name, *before = NULL;
  json_t *value;
  json_object_foreach(row, name, value) {
    if (is_where(name)) return before;
    before = name;
  }
  return NULL;
}

static void print_record(json_t *row, int width, bool colour, FILE *out) {
  const char *name, *placed = value_with_where(row);
  json_t *value;
  char text[CELL_MAX], shown[CELL_MAX], where[2 * CELL_MAX];
  where_text(row, where);
  json_object_foreach(row, name, value) {
    if ((placed && is_where(name)) || !cell_text(value, text)[0]) continue;
    size_t n = printable_copy(hanse_text(name), shown, CELL_MAX - 1, NULL);
    shown[n] = '\0';
    fputs(colour ? "\x1b[1m" : "", out);
    fputs(shown, out);
    fputs(colour ? "\x1b[0m" : "", out);
    pad(out, width - width_of(shown));
    fprintf(out, "  %s", text);
    if (placed && strcmp(name, placed) == 0 && where[0]) fprintf(out, "  (%s)", where);
    putc('\n', out);
  }
}

void table_print_record(const json_t *rows, bool colour, FILE *out) {
  size_t i;
  json_t *row, *value;
  const char *name;
  int width = 0;
  json_array_foreach(rows, i, row) {
    json_object_foreach(row, name, value) {
      if (width_of(name) > width) width = width_of(name);
    }
  }
  json_array_foreach(rows, i, row) {
    if (i > 0) putc('\n', out);
    print_record(row, width, colour, out);
  }
}
