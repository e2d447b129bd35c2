#include "contract/problem.h"

#include <hanse/utf8.h>

#include <stdarg.h>
#include <stdlib.h>

#define PROBLEM_TEXT 1000

static void problem_free(struct problem *problem) {
  free(problem->file);
  free(problem->text);
}

/* Texts of files end up on terminals, in logs and in JSON: control characters, and what is not UTF-8, stay out. */
static void make_printable(char *text) {
  struct hanse_slice rest = hanse_text(text);
  while (rest.len) {
    size_t length = hanse_utf8_first(rest), at = (size_t)(rest.at - text);
    if (!length || (unsigned char)text[at] < 0x20 || text[at] == 0x7f) text[at] = '?';
    if (!length) length = 1;
    rest = hanse_slice(rest.at + length, rest.len - length);
  }
}

/* The next free item, or NULL. */
static struct problem *next_item(struct problem_list *list) {
  if (list->count == PROBLEM_KEPT) return NULL;
  if (list->count == list->capacity) {
    size_t capacity = list->capacity ? list->capacity * 2 : 16;
    struct problem *items = realloc(list->items, capacity * sizeof *items);
    if (!items) return NULL;
    list->items = items;
    list->capacity = capacity;
  }
  return &list->items[list->count];
}

static void add(struct problem_list *list, enum problem_severity severity, const struct hanse_where *where,
                const char *text) {
  if (severity == PROBLEM_ERROR)
    list->errors++;
  else
    list->warnings++;
  struct problem *item = next_item(list);
  if (!item) return;
  bool placed = where && where->file;
  struct problem made = {.line = placed ? where->line : 0, .severity = severity, .order = list->count};
  made.text = strdup(text);
  if (placed) made.file = strdup(where->file);
  if (!made.text || (placed && !made.file)) {
    problem_free(&made);
    return;
  }
  make_printable(made.text);
  if (made.file) make_printable(made.file);
  *item = made;
  list->count++;
}

static int compare(const void *left, const void *right) {
  const struct problem *a = left, *b = right;
  int files = strcmp(a->file ? a->file : "", b->file ? b->file : "");
  if (files) return files;
  if (a->line != b->line) return a->line < b->line ? -1 : 1;
  return a->order < b->order ? -1 : a->order > b->order;
}

void problem_list_init(struct problem_list *list) { *list = (struct problem_list){0}; }

void problem_list_clear(struct problem_list *list) {
  for (size_t i = 0; i < list->count; i++) problem_free(&list->items[i]);
  free(list->items);
  problem_list_init(list);
}

void problem_error(struct problem_list *list, const struct hanse_where *where, const char *format, ...) {
  char text[PROBLEM_TEXT];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  add(list, PROBLEM_ERROR, where, text);
}

void problem_warning(struct problem_list *list, const struct hanse_where *where, const char *format, ...) {
  char text[PROBLEM_TEXT];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  add(list, PROBLEM_WARNING, where, text);
}

void problem_error_from(struct problem_list *list, const struct hanse_problem *problem) {
  add(list, PROBLEM_ERROR, &problem->where, problem->text);
}

void problem_list_sort(struct problem_list *list) {
  if (list->count) qsort(list->items, list->count, sizeof *list->items, compare);
}

void problem_list_print(struct problem_list *list, FILE *out) {
  problem_list_sort(list);
  for (size_t i = 0; i < list->count; i++) {
    const struct problem *p = &list->items[i];
    if (p->file && p->line)
      fprintf(out, "%s:%u: ", p->file, p->line);
    else if (p->file)
      fprintf(out, "%s: ", p->file);
    fprintf(out, "%s%s\n", p->severity == PROBLEM_WARNING ? "warning: " : "", p->text);
  }
  size_t all = list->errors + list->warnings;
  if (all > list->count) fprintf(out, "and %zu more\n", all - list->count);
}
