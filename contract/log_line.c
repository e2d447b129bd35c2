#include "contract/log_line.h"

#include "contract/printable.h"

/* What the end of a line may still need: the mark of a truncated line, a brace, a line feed. */
#define LINE_RESERVE 32

struct line {
  char *at, *end;
  bool full; /* something did not fit */
};

static void put(struct line *line, const char *text, size_t n) {
  if (n > (size_t)(line->end - line->at)) {
    line->full = true;
    return;
  }
  memcpy(line->at, text, n);
  line->at += n;
}

static void put_text(struct line *line, const char *text) { put(line, text, strlen(text)); }
static void put_octet(struct line *line, char octet) { put(line, &octet, 1); }

const char *log_level_name(enum hanse_level level) {
  switch (level) {
    case HANSE_ERROR:
      return "ERROR";
    case HANSE_WARNING:
      return "WARNING";
    case HANSE_NOTICE:
      return "NOTICE";
    case HANSE_INFO:
      return "INFO";
    case HANSE_DEBUG:
      return "DEBUG";
  }
  return "ERROR";
}

/* "2026-11-22T06:33:01.482Z"; the second is turned into a date once per thread and second. */
static void put_time(struct line *line, const struct timespec *time) {
  static _Thread_local time_t second = -1;
  static _Thread_local char date[sizeof "2026-11-22T06:33:01"];
  if (time->tv_sec != second || !date[0]) {
    struct tm utc;
    if (!gmtime_r(&time->tv_sec, &utc) || !strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &utc))
      memcpy(date, "0000-00-00T00:00:00", sizeof date);
    second = time->tv_sec;
  }
  int milli = (int)(time->tv_nsec / 1000000);
  char tail[] = {'.', (char)('0' + milli / 100), (char)('0' + milli / 10 % 10), (char)('0' + milli % 10), 'Z'};
  put(line, date, sizeof date - 1);
  put(line, tail, sizeof tail);
}

/* The length of the run of characters that stand for themselves in both forms. */
static size_t plain_run(const char *at, size_t len) {
  size_t n = 0;
  while (n < len && (unsigned char)at[n] >= 0x20 && (unsigned char)at[n] < 0x7F && at[n] != '"' && at[n] != '\\') n++;
  return n;
}

/* One character that is not plain. A backslash doubles, so that an escape is not mistaken for the text itself. A JSON
   string holds the same shown form as the text, so there each backslash doubles once more. */
static size_t put_shown(struct line *line, const char *at, size_t len, bool json) {
  size_t step = printable_step(at, len);
  char shown[4];
  if (*at == '"') {
    put(line, "\\\"", 2);
  } else if (*at == '\\') {
    put(line, "\\\\\\\\", json ? 4 : 2);
  } else {
    if (json && step == 0) put_octet(line, '\\');
    put(line, shown, printable_copy(hanse_slice(at, step ? step : 1), shown, sizeof shown, NULL));
  }
  return step ? step : 1;
}

static void put_shown_all(struct line *line, const char *at, size_t len, bool json) {
  for (size_t i = 0; i < len;) {
    size_t run = plain_run(at + i, len - i);
    put(line, at + i, run);
    i += run;
    if (i < len) i += put_shown(line, at + i, len - i, json);
  }
}

static bool needs_quotes(const struct log_field *field) {
  if (field->length == 0 || field->cut) return true;
  for (size_t i = 0; i < field->length; i++)
    if (field->value[i] == ' ' || field->value[i] == '=' || field->value[i] == '"') return true;
  return false;
}

static void put_value(struct line *line, const struct log_field *field, bool json) {
  bool quotes = json ? !field->number : needs_quotes(field);
  if (quotes) put_octet(line, '"');
  put_shown_all(line, field->value, field->length, json);
  if (field->cut) put(line, "...", 3);
  if (quotes) put_octet(line, '"');
}

static void put_fields(struct line *line, struct log_fields *fields, bool json) {
  struct log_field field;
  while (log_fields_next(fields, &field)) {
    char *start = line->at;
    put_text(line, json ? ",\"" : " ");
    put(line, field.key.at, field.key.len);
    put_text(line, json ? "\":" : "=");
    put_value(line, &field, json);
    if (!line->full) continue;
    line->at = start;
    return;
  }
}

/* Names come from our own code, but a module's name is the administrator's. */
static void put_name(struct line *line, const char *name, bool json) {
  put_shown_all(line, name ? name : "-", strnlen(name ? name : "-", LOG_VALUE_MAX), json);
}

static void put_head_text(struct line *line, const struct log_head *head) {
  put_time(line, &head->time);
  put_octet(line, ' ');
  put_text(line, log_level_name(head->level));
  put_octet(line, ' ');
  put_name(line, head->subsystem, false);
  put_octet(line, ' ');
  put_name(line, head->event, false);
}

static void put_head_json(struct line *line, const struct log_head *head) {
  put_text(line, "{\"time\":\"");
  put_time(line, &head->time);
  put_text(line, "\",\"level\":\"");
  put_text(line, log_level_name(head->level));
  put_text(line, "\",\"subsystem\":\"");
  put_name(line, head->subsystem, true);
  put_text(line, "\",\"event\":\"");
  put_name(line, head->event, true);
  put_octet(line, '"');
}

size_t log_line(char out[LOG_LINE_MAX], enum log_format format, const struct log_head *head,
                struct log_fields *fields) {
  struct line line = {out, out + LOG_LINE_MAX - LINE_RESERVE, false};
  bool json = format == LOG_JSON;
  if (head->journal) {
    char prefix[] = {'<', (char)('0' + head->level), '>'};
    put(&line, prefix, sizeof prefix);
  }
  if (json)
    put_head_json(&line, head);
  else
    put_head_text(&line, head);
  put_fields(&line, fields, json);
  line.end = out + LOG_LINE_MAX;
  if (line.full) put_text(&line, json ? ",\"truncated\":true" : " truncated=true");
  if (json) put_octet(&line, '}');
  put_octet(&line, '\n');
  return (size_t)(line.at - out);
}
