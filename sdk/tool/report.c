#include "sdk/tool/report.h"

#include <hanse/utf8.h>
#include <jansson.h>
#include <unistd.h>

#include "sdk/tool/status.h"

static const char *const kind_words[REPORT_KINDS] = {"ok", "warning", "wrong", "not run"};

bool report_init(struct report *report, bool json, FILE *out) {
  *report = (struct report){.pipe = -1, .rows = json ? json_array() : NULL, .out = out};
  return !json || report->rows;
}

void report_clear(struct report *report) {
  json_decref(report->rows);
  report->rows = NULL;
}

/* Plugins' own words may hold anything: they must neither break a line nor an object of JSON. */
static void make_plain(char *text, size_t cap) {
  text[cap - 1] = '\0';
  for (size_t left = strlen(text), n; left > 0; text += n, left -= n) {
    n = hanse_utf8_first(hanse_slice(text, left));
    if (n > 1) continue;
    if (n == 0 || (unsigned char)*text < ' ' || *text == 0x7f) *text = *text == '\n' ? ' ' : '?';
    n = 1;
  }
}

static void show(struct report *report, const struct report_point *point) {
  if (!report->rows) {
    fprintf(report->out, "%-8s %-22s %s\n", kind_words[point->kind], point->what, point->text);
    fflush(report->out);
    return;
  }
  json_t *row =
      json_pack("{s:s,s:s,s:s}", "point", point->what, "result", kind_words[point->kind], "text", point->text);
  report->lost |= json_array_append_new(report->rows, row) != 0;
}

void report_take(struct report *report, const struct report_point *point) {
  struct report_point plain = *point;
  if (plain.kind >= REPORT_KINDS) plain.kind = REPORT_WRONG;
  make_plain(plain.what, sizeof plain.what);
  make_plain(plain.text, sizeof plain.text);
  report->of[plain.kind]++;
  show(report, &plain);
}

void report_add(struct report *report, enum report_kind kind, const char *what, const char *format, ...) {
  struct report_point point = {.kind = kind};
  va_list arguments;
  snprintf(point.what, sizeof point.what, "%s", what);
  va_start(arguments, format);
  vsnprintf(point.text, sizeof point.text, format, arguments);
  va_end(arguments);
  if (report->pipe < 0) {
    report_take(report, &point);
    return;
  }
  report->of[kind]++;
  if (write(report->pipe, &point, sizeof point) != (ssize_t)sizeof point) _exit(TOOL_NOT_DETERMINED);
}

int report_end(struct report *report, const char *file) {
  int status = report->of[REPORT_WRONG] ? TOOL_NO : report->of[REPORT_NOT_RUN] ? TOOL_NOT_DETERMINED : TOOL_DONE;
  const char *verdict = status == TOOL_NO     ? "does not keep the contract"
                        : status == TOOL_DONE ? "passed"
                                              : "not passed: nothing wrong was found, but not everything could be run";
  char text[400];
  snprintf(text, sizeof text, "%.160s: %s (%u ok, %u warnings, %u wrong, %u not run)", file, verdict,
           report->of[REPORT_OK], report->of[REPORT_WARNING], report->of[REPORT_WRONG], report->of[REPORT_NOT_RUN]);
  make_plain(text, sizeof text);
  if (!report->rows) {
    fprintf(report->out, "%s\n", text);
    return status;
  }
  json_t *answer =
      json_pack("{s:O,s:b,s:i,s:s}", "rows", report->rows, "ok", status == TOOL_DONE, "outcome", status, "text", text);
  bool told = answer && !report->lost && json_dumpf(answer, report->out, JSON_COMPACT) == 0 &&
              fputc('\n', report->out) != EOF && fflush(report->out) == 0;
  json_decref(answer);
  if (told) return status;
  fprintf(stderr, "hanse-plugin: the report is not whole: there is no memory for it, or nobody takes it\n");
  return TOOL_NOT_DETERMINED;
}
