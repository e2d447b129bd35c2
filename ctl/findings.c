#include "ctl/findings.h"

#include <stdlib.h>
#include <string.h>

#include "contract/printable.h"
#include "ctl/table.h"

#define TEXT_MAX 4400
#define WIDTH 110 /* sentences are folded here */

static const char *text_of(const json_t *row, const char *name, char out[TEXT_MAX]) {
  const char *text = json_string_value(json_object_get(row, name));
  size_t n = text ? printable_copy(hanse_text(text), out, TEXT_MAX - 1, NULL) : 0;
  out[n] = '\0';
  return out;
}

static bool is_finding(const json_t *row) {
  return json_is_string(json_object_get(row, "result")) && json_is_string(json_object_get(row, "rule"));
}

bool findings_are(const json_t *rows) { return is_finding(json_array_get(rows, 0)); }

static const char *colour_of(const char *grade) {
  return strcmp(grade, "PASS") == 0   ? "\x1b[32m"
         : strcmp(grade, "FAIL") == 0 ? "\x1b[31m"
         : strcmp(grade, "WARN") == 0 ? "\x1b[33m"
                                      : "\x1b[36m";
}

/* A sentence behind its label, folded between words. */
static void print_sentence(const char *label, const char *text, FILE *out) {
  size_t at = 0, length = strlen(text), room = WIDTH - 16;
  while (at < length) {
    size_t n = length - at;
    if (n > room)
      for (n = room; n > 0 && text[at + n] != ' '; n--) continue;
    if (n == 0) n = length - at; /* one long word */
    fprintf(out, "     %-9s %.*s\n", at ? "" : label, (int)n, text + at);
    at += n + (text[at + n] == ' ');
  }
}

static void print_time(const json_t *row, FILE *out) {
  const json_t *value = json_object_get(row, "us");
  json_int_t us = json_integer_value(value);
  if (!json_is_integer(value)) return;
  if (us < 1000)
    fputs("  (under 1 ms)", out);
  else
    fprintf(out, "  (%lld ms)", (long long)(us / 1000));
}

static void print_finding(const json_t *row, int width, bool colour, FILE *out) {
  static const char *const labels[][2] = {{"meaning", "meaning:"}, {"try", "try:"}};
  char text[TEXT_MAX], where[TEXT_MAX];
  text_of(row, "result", text);
  fprintf(out, "%s%-4s%s", colour ? colour_of(text) : "", text, colour ? "\x1b[0m" : "");
  fprintf(out, " %-*s ", width, text_of(row, "rule", text));
  fputs(text_of(row, "text", text), out);
  text_of(row, "where", where);
  if (where[0]) fprintf(out, "  (%s)", where);
  if (text_of(row, "side", text)[0]) fprintf(out, "  [%s]", text);
  print_time(row, out);
  putc('\n', out);
  for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
    print_sentence(labels[i][1], text_of(row, labels[i][0], text), out);
}

void findings_print(const json_t *rows, bool colour, FILE *out) {
  size_t i;
  json_t *row, *rest = json_array();
  int width = 0;
  json_array_foreach(rows, i, row) {
    int n = (int)json_string_length(json_object_get(row, "rule"));
    if (is_finding(row) && n > width && n < 32) width = n;
    if (!is_finding(row)) json_array_append(rest, row);
  }
  json_array_foreach(rows, i, row) {
    if (is_finding(row)) print_finding(row, width, colour, out);
  }
  if (json_array_size(rest) > 0) putc('\n', out);
  table_print_record(rest, colour, out);
  json_decref(rest);
}
