#include "ctl/tables.h"

#include <ctype.h>
#include <string.h>

#include "contract/printable.h"
#include "ctl/table.h"

#define CELL_MAX 4400

static const char *table_of(const json_t *row) {
  const char *name = json_string_value(json_object_get(row, "table"));
  return name ? name : "";
}

bool tables_are(const json_t *rows) { return *table_of(json_array_get(rows, 0)) != '\0'; }

/* ---- Markdown ---- */

/* The value with what would end a cell or a line made harmless. */
static void print_cell(const json_t *value, FILE *out) {
  char shown[CELL_MAX];
  if (json_is_integer(value)) fprintf(out, "%lld", (long long)json_integer_value(value));
  if (json_is_boolean(value)) fputs(json_is_true(value) ? "yes" : "no", out);
  if (!json_is_string(value)) return;
  size_t n = printable_copy(hanse_text(json_string_value(value)), shown, sizeof shown, NULL);
  for (size_t i = 0; i < n; i++) {
    if (strchr("|\\`*_<>", shown[i])) putc('\\', out);
    putc(shown[i], out);
  }
}

/* Every name that a row of them has, in order of appearing. */
static json_t *columns_of(const json_t *rows) {
  json_t *columns = json_array(), *row, *value;
  size_t i, k;
  const char *name;
  json_array_foreach(rows, i, row) {
    json_object_foreach(row, name, value) {
      bool known = false;
      for (k = 0; k < json_array_size(columns); k++)
        known |= strcmp(json_string_value(json_array_get(columns, k)), name) == 0;
      if (!known) json_array_append_new(columns, json_string(name));
    }
  }
  return columns;
}

static void print_markdown(const json_t *rows, FILE *out) {
  json_t *columns = columns_of(rows), *row, *column;
  size_t i, k;
  json_array_foreach(columns, k, column) {
    fputs(k ? " | " : "| ", out);
    for (const char *at = json_string_value(column); *at; at++) putc(*at == '_' ? ' ' : *at, out);
  }
  fputs(" |\n|", out);
  for (k = 0; k < json_array_size(columns); k++) fputs("---|", out);
  putc('\n', out);
  json_array_foreach(rows, i, row) {
    json_array_foreach(columns, k, column) {
      fputs(k ? " | " : "| ", out);
      print_cell(json_object_get(row, json_string_value(column)), out);
    }
    fputs(" |\n", out);
  }
  json_decref(columns);
}

/* ---- one table after the other ---- */

static void print_title(const char *name, bool markdown, FILE *out) {
  if (!*name) return;
  fprintf(out, "%s%c%s\n%s", markdown ? "## " : "", toupper((unsigned char)*name), name + 1, markdown ? "\n" : "");
}

/* The rows of one name, without the name. */
static json_t *rows_of(const json_t *rows, const char *name) {
  json_t *some = json_array(), *row;
  size_t i;
  json_array_foreach(rows, i, row) {
    if (strcmp(table_of(row), name) != 0) continue;
    json_t *copy = json_copy(row);
    json_object_del(copy, "table");
    json_array_append_new(some, copy);
  }
  return some;
}

void tables_print(const json_t *rows, bool markdown, bool colour, FILE *out) {
  json_t *done = json_object(), *row;
  size_t i;
  json_array_foreach(rows, i, row) {
    const char *name = table_of(row);
    if (json_object_get(done, name)) continue;
    if (json_object_size(done) > 0) putc('\n', out);
    json_object_set_new(done, name, json_true());
    json_t *some = rows_of(rows, name);
    print_title(name, markdown, out);
    if (markdown)
      print_markdown(some, out);
    else
      table_print(some, colour, out);
    json_decref(some);
  }
  json_decref(done);
}
