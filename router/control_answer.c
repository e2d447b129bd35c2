#include "router/control_answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "contract/printable.h"

void control_output_clear(struct control_output *output) {
  free(output->octets);
  memset(output, 0, sizeof *output);
}

/* Room for n octets more; what was sent makes way first. */
static bool grow(struct control_output *output, size_t n) {
  if (output->sent > 0) {
    memmove(output->octets, output->octets + output->sent, output->used - output->sent);
    output->used -= output->sent;
    output->sent = 0;
  }
  if (n <= output->capacity - output->used) return true;
  size_t capacity = output->capacity ? output->capacity : 4096;
  while (capacity - output->used < n) {
    if (capacity > SIZE_MAX / 2) return false;
    capacity *= 2;
  }
  char *octets = realloc(output->octets, capacity);
  if (!octets) return false;
  output->octets = octets;
  output->capacity = capacity;
  return true;
}

static int add(const char *at, size_t n, void *context) {
  struct control_output *output = context;
  if (output->failed) return -1;
  if (n > output->capacity - output->used && !grow(output, n)) {
    output->failed = true;
    return -1;
  }
  memcpy(output->octets + output->used, at, n);
  output->used += n;
  return 0;
}

static void add_text(struct control_output *output, const char *text) { add(text, strlen(text), output); }

void control_output_sent(struct control_output *output, size_t n) {
  output->sent += n;
  if (output->sent == output->used) {
    bool failed = output->failed;
    control_output_clear(output); /* a quiet connection costs nothing */
    output->failed = failed;
  }
}

static void add_json(struct control_output *output, const json_t *value) {
  if (!value || json_dump_callback(value, add, output, JSON_COMPACT | JSON_ENCODE_ANY) != 0) output->failed = true;
}

/* `text` is UTF-8: it went through printable_copy. */
static void add_string(struct control_output *output, const char *text) {
  json_t *value = json_string(text);
  add_json(output, value);
  json_decref(value);
}

void control_answer_begin(struct control_answer *answer, struct control_output *output) {
  answer->output = output;
  answer->rows = 0;
  add_text(output, "{\"rows\":[");
}

void control_answer_rows(struct control_answer *answer, struct hanse_rows *rows) {
  size_t index;
  json_t *row;
  json_array_foreach(rows->rows, index, row) {
    if (answer->rows++ > 0) add_text(answer->output, ",");
    add_json(answer->output, row);
  }
  json_array_clear(rows->rows);
  rows->row = NULL;
}

static void add_where(struct control_output *output, const struct hanse_where *where) {
  char text[1024], line[16];
  size_t n = printable_copy(hanse_text(where->file), text, sizeof text - sizeof line, NULL);
  snprintf(text + n, sizeof text - n, ":%u", where->line);
  add_text(output, ",\"where\":");
  add_string(output, text);
}

void control_answer_end(struct control_answer *answer, struct hanse_rows *rows, int outcome) {
  struct control_output *output = answer->output;
  char head[64];
  control_answer_rows(answer, rows);
  snprintf(head, sizeof head, "],\"ok\":%s,\"outcome\":%d", outcome == HANSE_DONE ? "true" : "false", outcome);
  add_text(output, head);
  add_text(output, outcome == HANSE_DONE ? ",\"text\":" : ",\"error\":{\"text\":");
  add_string(output, rows->text);
  if (outcome != HANSE_DONE && rows->where.file) add_where(output, &rows->where);
  add_text(output, outcome == HANSE_DONE ? "}\n" : "}}\n");
}

void control_answer_refusal(int fd, enum hanse_outcome outcome, const char *text) {
  struct control_output output = {0};
  struct control_answer answer;
  struct hanse_rows rows;
  if (rows_init(&rows, NULL) != HANSE_OK) return;
  control_answer_begin(&answer, &output);
  rows_say(&rows, "%s", text);
  control_answer_end(&answer, &rows, outcome);
  if (!output.failed) (void)!send(fd, output.octets, output.used, MSG_NOSIGNAL | MSG_DONTWAIT);
  control_output_clear(&output);
  rows_clear(&rows);
}
