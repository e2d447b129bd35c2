/* The fake host's log and counters. Lines are those of the router's log without time and module. */
#include <errno.h>
#include <stdlib.h>

#include "contract/log_line.h"
#include "sdk/fakehost/inside.h"

/* "time LEVEL module event fields\n" → "LEVEL event fields", in place. */
static struct hanse_slice strip(char *line, size_t length, const char *level) {
  size_t words = strlen(level);
  char *at = strchr(line, ' '), *event = at ? strchr(at + 1 + words + 1, ' ') : NULL;
  if (!event) return hanse_slice(line, length);
  char *begin = event - words;
  memmove(begin, level, words);
  return hanse_slice(begin, (size_t)(line + length - 1 - begin));
}

static void keep_line(struct fake_world *world, struct hanse_slice line) {
  pthread_mutex_lock(&world->mutex);
  if (world->line_count == world->line_room) {
    world->line_room = world->line_room ? world->line_room * 2 : 64;
    world->lines = fake_keep_more(world->lines, world->line_room * sizeof *world->lines);
  }
  world->lines[world->line_count++] = fake_keep_text(line);
  pthread_mutex_unlock(&world->mutex);
}

static void log_text(struct fake_world *world, enum hanse_level level, const char *event, const char *format,
                     va_list arguments) {
  char line[LOG_LINE_MAX + 1];
  struct log_fields fields;
  struct log_head head = {.level = level, .subsystem = "-", .event = event};
  log_fields_begin(&fields, format, arguments, errno);
  size_t n = log_line(line, LOG_TEXT, &head, &fields);
  log_fields_end(&fields);
  line[n] = '\0';
  keep_line(world, strip(line, n, log_level_name(level)));
}

static void log_op(struct hanse_host *host, enum hanse_level level, const char *event, const char *format,
                   va_list arguments) {
  log_text(fake_instance_of(host)->world, level, event, format, arguments);
}

void fake_say(struct fake_world *world, enum hanse_level level, const char *event, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  log_text(world, level, event, format, arguments);
  va_end(arguments);
}

bool fake_foreign(struct hanse_host *host, const char *call) {
  struct fake_world *world = fake_instance_of(host)->world;
  if (pthread_equal(pthread_self(), world->thread)) return false;
  fake_say(world, HANSE_ERROR, "plugin.thread", "call=%s", call);
  return true;
}

const char *fake_log_line(const struct fake_world *world, size_t n) {
  return n < world->line_count ? world->lines[n] : NULL;
}

const char *fake_logged(const struct fake_world *world) {
  return world->line_count ? world->lines[world->line_count - 1] : "";
}

const char *fake_logged_with(const struct fake_world *world, const char *words) {
  for (size_t i = 0; i < world->line_count; i++)
    if (strstr(world->lines[i], words)) return world->lines[i];
  return NULL;
}

void fake_forget_log(struct fake_world *world) {
  pthread_mutex_lock(&world->mutex);
  while (world->line_count) free(world->lines[--world->line_count]);
  pthread_mutex_unlock(&world->mutex);
}

void fake_log_free(struct fake_world *world) {
  fake_forget_log(world);
  free(world->lines);
}

static uint64_t *counter(struct hanse_host *host, const char *name, const char *help) {
  static uint64_t nobody; /* what a foreign thread counts is read by nobody */
  struct fake_world *world = fake_instance_of(host)->world;
  (void)help;
  if (fake_foreign(host, "counter")) return &nobody;
  for (size_t i = 0; i < world->counter_count; i++)
    if (strcmp(world->counters[i].name, name) == 0) return &world->counters[i].value;
  struct fake_counter *fresh = &world->counters[world->counter_count];
  if (world->counter_count + 1 < FAKE_COUNTERS) world->counter_count++;
  snprintf(fresh->name, sizeof fresh->name, "%s", name);
  return &fresh->value;
}

uint64_t fake_counter(struct fake_world *world, const char *name) {
  for (size_t i = 0; i < world->counter_count; i++)
    if (strcmp(world->counters[i].name, name) == 0) return world->counters[i].value;
  return 0;
}

void fake_log_ops(struct hanse_host_ops *ops) {
  ops->log = log_op;
  ops->counter = counter;
}
