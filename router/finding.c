#include "router/finding.h"

#include <stdarg.h>
#include <stdio.h>

#define TEXT_MAX 2048

static const char *const names[GRADE_COUNT] = {"PASS", "NOTE", "WARN", "FAIL", "SKIP"};

const char *grade_name(enum grade grade) { return names[grade]; }

static void keep(char *out, size_t n, const char *text) {
  size_t length = text ? strnlen(text, n - 1) : 0;
  if (length) memcpy(out, text, length);
  out[length] = '\0';
}

static void keep_first(struct findings *findings, const struct finding *finding, const char *text) {
  if (finding->grade != GRADE_FAIL || findings->rule[0]) return;
  keep(findings->rule, sizeof findings->rule, finding->rule);
  keep(findings->side, sizeof findings->side, finding->side);
  keep(findings->text, sizeof findings->text, text);
  keep(findings->meaning, sizeof findings->meaning, finding->meaning);
  keep(findings->cure, sizeof findings->cure, finding->cure);
}

void finding_say(struct findings *findings, const struct finding *finding, const char *format, ...) {
  char text[TEXT_MAX], where[512];
  struct hanse_rows *rows = findings->rows;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  findings->count[finding->grade]++;
  keep_first(findings, finding, text);
  rows_begin(rows);
  rows_text(rows, "result", hanse_text(names[finding->grade]));
  rows_text(rows, "rule", hanse_text(finding->rule));
  rows_text(rows, "text", hanse_text(text));
  if (finding->took > 0) rows_number(rows, "us", finding->took);
  if (finding->side) rows_text(rows, "side", hanse_text(finding->side));
  if (finding->where.file) {
    snprintf(where, sizeof where, "%s:%u", finding->where.file, finding->where.line);
    rows_text(rows, "where", hanse_text(where));
  }
  if (finding->meaning && *finding->meaning) rows_text(rows, "meaning", hanse_text(finding->meaning));
  if (finding->cure && *finding->cure) rows_text(rows, "try", hanse_text(finding->cure));
}

const char *findings_sum(const struct findings *findings, char *out, size_t n) {
  const unsigned *count = findings->count;
  snprintf(out, n, "%u failed, %u warned, %u not run, %u passed", count[GRADE_FAIL], count[GRADE_WARN],
           count[GRADE_SKIP], count[GRADE_PASS]);
  return out;
}
