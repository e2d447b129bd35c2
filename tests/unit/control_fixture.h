/* A control socket with a few commands, and the far end of a connection to it; for test_control*.c. */
#ifndef TEST_CONTROL_FIXTURE_H
#define TEST_CONTROL_FIXTURE_H

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "router/clock.h"
#include "router/command_table.h"
#include "router/control.h"
#include "router/rows.h"

static struct {
  struct loop *loop;
  struct timers *timers;
  struct control *control;
  char folder[32], path[64];
  hanse_time ahead;            /* of the real clock */
  struct control_asker *asker; /* of "later" */
  unsigned finished;           /* calls of finish */
  unsigned steps;
  size_t big; /* rows of "many" */
} fixture;

static inline hanse_time test_clock(void) { return clock_read() + fixture.ahead; }
/* Time that the router lived through. */
static inline void control_ahead(hanse_time time) {
  fixture.ahead += time;
  loop_clock_update(fixture.loop);
}

/* ---- commands ---- */

static inline enum hanse_outcome run_echo(void *self, struct hanse_rows *rows, void **cursor) {
  (void)self, (void)cursor;
  rows_begin(rows);
  rows_text(rows, "word", rows_argument(rows, "word"));
  rows_text(rows, "loud", rows_argument(rows, "loud"));
  rows_number(rows, "n", -7);
  rows_flag(rows, "yes", true);
  rows_say(rows, "it was %s", "\x1b[1mheard");
  return HANSE_DONE;
}

static inline enum hanse_outcome run_no(void *self, struct hanse_rows *rows, void **cursor) {
  (void)self, (void)cursor;
  rows->where = (struct hanse_where){"/etc/hanse/conf.d/b.conf", 12};
  rows_begin(rows);
  rows_text(rows, "rule", HANSE_LIT("block"));
  rows_say(rows, "the domain is blocked");
  return HANSE_NO;
}

static inline enum hanse_outcome run_many(void *self, struct hanse_rows *rows, void **cursor) {
  (void)self;
  size_t *at = *cursor;
  if (!at) *cursor = at = calloc(1, sizeof *at);
  fixture.steps++;
  for (int i = 0; i < 200 && *at < fixture.big; i++) {
    rows_begin(rows);
    rows_number(rows, "n", (int64_t)(*at)++);
    rows_text(rows, "text", HANSE_LIT("something that takes a little room in the answer, as rows do"));
  }
  if (*at < fixture.big) return HANSE_MORE;
  free(at);
  *cursor = NULL;
  return HANSE_DONE;
}

static inline void finish_many(void *self, void *cursor) {
  (void)self;
  fixture.finished++;
  free(cursor);
}

static inline enum hanse_outcome run_later(void *self, struct hanse_rows *rows, void **cursor) {
  (void)self, (void)cursor;
  fixture.asker = control_asker_keep(rows);
  assert_non_null(fixture.asker);
  if (rows_argument(rows, "at-once").len) control_asker_done(fixture.asker, HANSE_NO);
  return (enum hanse_outcome)HANSE_LATER;
}

static const struct hanse_argument echo_arguments[] = {
    {"word", HANSE_ARGUMENT_REQUIRED, "a word"}, {"loud", HANSE_FLAG, "loudly"}, {NULL, 0, NULL}};
static const struct hanse_argument later_arguments[] = {{"at-once", HANSE_FLAG, "now"}, {NULL, 0, NULL}};

static const struct hanse_command commands[] = {
    {sizeof(struct hanse_command), "echo", "says it again", echo_arguments, run_echo, NULL},
    {sizeof(struct hanse_command), "refuse", "says no", NULL, run_no, NULL},
    {sizeof(struct hanse_command), "many", "many rows", NULL, run_many, finish_many},
    {sizeof(struct hanse_command), "later", "ends later", later_arguments, run_later, NULL},
};

static inline bool source_find(void *context, struct hanse_slice name, struct control_command *out) {
  (void)context;
  for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
    if (!hanse_same(name, hanse_text(commands[i].name))) continue;
    *out = (struct control_command){&commands[i], NULL, &fixture};
    return true;
  }
  return false;
}

static inline void source_each(void *context, void (*one)(void *, const struct control_command *), void *argument) {
  (void)context;
  for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
    one(argument, &(struct control_command){&commands[i], NULL, &fixture});
}

static inline enum hanse_outcome source_run(void *context, const struct control_command *command,
                                            struct hanse_rows *rows, void **cursor) {
  (void)context;
  assert_ptr_equal(command->owner, &fixture);
  return command->command->run(command->self, rows, cursor);
}

static inline void source_finish(void *context, const struct control_command *command, void *cursor) {
  (void)context;
  if (command->command->finish) command->command->finish(command->self, cursor);
}

static const struct control_source source = {source_find, source_each, source_run, source_finish, NULL};

/* ---- the far end ---- */

static inline int dial(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  snprintf(address.sun_path, sizeof address.sun_path, "%s", fixture.path);
  assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
  return fd;
}

static inline void turns(int n) {
  while (n-- > 0) loop_turn(fixture.loop, false);
}

static inline void say(int fd, const char *text) {
  assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* What arrives until a line feed, the end, or 2000 turns have brought nothing. */
static inline char *hear(int fd) {
  static char text[8 << 20];
  size_t length = 0;
  for (int idle = 0; idle < 2000; idle++) {
    loop_turn(fixture.loop, false);
    ssize_t n = recv(fd, text + length, 1, 0);
    if (n == 0) break;
    for (; n == 1; n = recv(fd, text + length, 1, 0), idle = 0)
      if (text[length++] == '\n') goto out;
  }
out:
  text[length] = '\0';
  return text;
}

/* The answer as JSON; it must be one whole line. */
static inline json_t *answer(int fd) {
  json_error_t error;
  char *text = hear(fd);
  json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, &error);
  if (!object) fail_msg("%s in %.200s", error.text, text);
  return object;
}

static inline json_t *ask(const char *request) {
  int fd = dial();
  say(fd, request);
  json_t *object = answer(fd);
  close(fd);
  turns(3);
  return object;
}

static inline int outcome_of(json_t *object) { return (int)json_integer_value(json_object_get(object, "outcome")); }
static const char *why_of(json_t *object) {
  return json_string_value(json_object_get(json_object_get(object, "error"), "text"));
}

static inline void assert_refused(const char *request, int outcome, const char *why) {
  json_t *object = ask(request);
  assert_true(json_is_false(json_object_get(object, "ok")));
  assert_int_equal(outcome_of(object), outcome);
  if (!strstr(why_of(object), why)) fail_msg("\"%s\" lacks \"%s\"", why_of(object), why);
  json_decref(object);
}

static inline bool is_closed(int fd) {
  char octet;
  turns(20);
  ssize_t n = recv(fd, &octet, 1, 0);
  return n == 0 || (n < 0 && errno == ECONNRESET);
}

static inline int set_up(void **unused) {
  struct hanse_problem problem = {0};
  (void)unused;
  snprintf(fixture.folder, sizeof fixture.folder, "/tmp/hanse-control-XXXXXX");
  if (!mkdtemp(fixture.folder)) return -1;
  snprintf(fixture.path, sizeof fixture.path, "%s/control.sock", fixture.folder);
  fixture.ahead = 0;
  fixture.asker = NULL;
  fixture.loop = loop_new();
  loop_clock_source(fixture.loop, test_clock);
  fixture.timers = timers_new(fixture.loop);
  fixture.control = control_open(fixture.loop, fixture.timers, fixture.path, &source, &problem);
  if (!fixture.control) print_error("%s\n", problem.text);
  return fixture.control ? 0 : -1;
}

static inline int tear_down(void **unused) {
  (void)unused;
  control_close(fixture.control);
  timers_free(fixture.timers);
  loop_free(fixture.loop);
  return rmdir(fixture.folder);
}

#define with_socket(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif
