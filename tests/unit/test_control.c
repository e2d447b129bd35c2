/* The control socket: real connections, commands that take several steps or end later, and every bound. */
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

static hanse_time test_clock(void) { return clock_read() + fixture.ahead; }

/* ---- commands ---- */

static enum hanse_outcome run_echo(void *self, struct hanse_rows *rows, void **cursor) {
  (void)self, (void)cursor;
  rows_begin(rows);
  rows_text(rows, "word", rows_argument(rows, "word"));
  rows_text(rows, "loud", rows_argument(rows, "loud"));
  rows_number(rows, "n", -7);
  rows_flag(rows, "yes", true);
  rows_say(rows, "it was %s", "\x1b[1mheard");
  return HANSE_DONE;
}

static enum hanse_outcome run_no(void *self, struct hanse_rows *rows, void **cursor) {
  (void)self, (void)cursor;
  rows->where = (struct hanse_where){"/etc/hanse/conf.d/b.conf", 12};
  rows_begin(rows);
  rows_text(rows, "rule", HANSE_LIT("block"));
  rows_say(rows, "the domain is blocked");
  return HANSE_NO;
}

static enum hanse_outcome run_many(void *self, struct hanse_rows *rows, void **cursor) {
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

static void finish_many(void *self, void *cursor) {
  (void)self;
  fixture.finished++;
  free(cursor);
}

static enum hanse_outcome run_later(void *self, struct hanse_rows *rows, void **cursor) {
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

static bool source_find(void *context, struct hanse_slice name, struct control_command *out) {
  (void)context;
  for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
    if (!hanse_same(name, hanse_text(commands[i].name))) continue;
    *out = (struct control_command){&commands[i], NULL, &fixture};
    return true;
  }
  return false;
}

static void source_each(void *context, void (*one)(void *, const struct control_command *), void *argument) {
  (void)context;
  for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
    one(argument, &(struct control_command){&commands[i], NULL, &fixture});
}

static enum hanse_outcome source_run(void *context, const struct control_command *command, struct hanse_rows *rows,
                                     void **cursor) {
  (void)context;
  assert_ptr_equal(command->owner, &fixture);
  return command->command->run(command->self, rows, cursor);
}

static void source_finish(void *context, const struct control_command *command, void *cursor) {
  (void)context;
  if (command->command->finish) command->command->finish(command->self, cursor);
}

static const struct control_source source = {source_find, source_each, source_run, source_finish, NULL};

/* ---- the far end ---- */

static int dial(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  snprintf(address.sun_path, sizeof address.sun_path, "%s", fixture.path);
  assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
  return fd;
}

static void turns(int n) {
  while (n-- > 0) loop_turn(fixture.loop, false);
}

static void say(int fd, const char *text) {
  assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* What arrives until a line feed, the end, or 2000 turns have brought nothing. */
static char *hear(int fd) {
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
static json_t *answer(int fd) {
  json_error_t error;
  char *text = hear(fd);
  json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, &error);
  if (!object) fail_msg("%s in %.200s", error.text, text);
  return object;
}

static json_t *ask(const char *request) {
  int fd = dial();
  say(fd, request);
  json_t *object = answer(fd);
  close(fd);
  turns(3);
  return object;
}

static int outcome_of(json_t *object) { return (int)json_integer_value(json_object_get(object, "outcome")); }
static const char *why_of(json_t *object) {
  return json_string_value(json_object_get(json_object_get(object, "error"), "text"));
}

static void assert_refused(const char *request, int outcome, const char *why) {
  json_t *object = ask(request);
  assert_true(json_is_false(json_object_get(object, "ok")));
  assert_int_equal(outcome_of(object), outcome);
  if (!strstr(why_of(object), why)) fail_msg("\"%s\" lacks \"%s\"", why_of(object), why);
  json_decref(object);
}

static bool is_closed(int fd) {
  char octet;
  turns(20);
  ssize_t n = recv(fd, &octet, 1, 0);
  return n == 0 || (n < 0 && errno == ECONNRESET);
}

/* ---- tests ---- */

static void test_answer(void **unused) {
  (void)unused;
  json_t *object = ask("{\"command\":\"echo\",\"arguments\":{\"word\":8,\"loud\":true}}\n");
  json_t *row = json_array_get(json_object_get(object, "rows"), 0);
  assert_true(json_is_true(json_object_get(object, "ok")));
  assert_int_equal(outcome_of(object), 0);
  assert_string_equal(json_string_value(json_object_get(object, "text")), "it was \\x1b[1mheard");
  assert_string_equal(json_string_value(json_object_get(row, "word")), "8");
  assert_string_equal(json_string_value(json_object_get(row, "loud")), "true");
  assert_int_equal(json_integer_value(json_object_get(row, "n")), -7);
  assert_true(json_is_true(json_object_get(row, "yes")));
  json_decref(object);
  object = ask("{\"command\":\"refuse\"}\n");
  assert_int_equal(outcome_of(object), HANSE_NO);
  assert_int_equal(json_array_size(json_object_get(object, "rows")), 1);
  assert_string_equal(why_of(object), "the domain is blocked");
  assert_string_equal(json_string_value(json_object_get(json_object_get(object, "error"), "where")),
                      "/etc/hanse/conf.d/b.conf:12");
  json_decref(object);
}

static void test_bad_requests(void **unused) {
  (void)unused;
  assert_refused("{\n", HANSE_USAGE, "not JSON");
  assert_refused("[]\n", HANSE_USAGE, "object");
  assert_refused("\"echo\"\n", HANSE_USAGE, "not JSON");
  assert_refused("{\"command\":7}\n", HANSE_USAGE, "command");
  assert_refused("{\"command\":\"echo\",\"x\":1}\n", HANSE_USAGE, "\"x\"");
  assert_refused("{\"command\":\"echo\",\"command\":\"echo\"}\n", HANSE_USAGE, "not JSON");
  assert_refused("{\"command\":\"echo\",\"arguments\":[]}\n", HANSE_USAGE, "not an object");
  assert_refused("{\"command\":\"echo\",\"arguments\":{\"word\":[1]}}\n", HANSE_USAGE, "\"word\"");
  assert_refused("{\"command\":\"echo\",\"arguments\":{\"word\":1.5}}\n", HANSE_USAGE, "\"word\"");
  assert_refused("{\"command\":\"echo\",\"arguments\":{\"word\":\"\\u0000\"}}\n", HANSE_USAGE, "not JSON");
  assert_refused("{\"command\":\"echo\"}\n", HANSE_USAGE, "\"word\" is missing");
  assert_refused("{\"command\":\"echo\",\"arguments\":{\"word\":\"a\",\"lout\":true}}\n", HANSE_USAGE,
                 "did you mean \"loud\"");
  assert_refused("{\"command\":\"ecko\"}\n", HANSE_USAGE, "did you mean \"echo\"");
  assert_refused("{\"command\":\"\x1b[2J\"}\n", HANSE_USAGE, "not JSON");
  assert_refused("{\"command\":\"\\u001b[2J\"}\n", HANSE_USAGE, "\\x1b[2J");
  assert_refused("\xff\xfe\n", HANSE_USAGE, "not JSON");
}

/* A 1 MB command is refused as soon as it is too long, and read no further. */
static void test_long_request(void **unused) {
  char *text = malloc(1000001);
  (void)unused;
  memset(text, 'a', 1000000);
  int fd = dial();
  (void)!send(fd, text, 1000000, MSG_NOSIGNAL);
  json_t *object = answer(fd);
  assert_int_equal(outcome_of(object), HANSE_USAGE);
  assert_non_null(strstr(why_of(object), "4096"));
  json_decref(object);
  assert_true(is_closed(fd));
  close(fd);
  free(text);
}

static void test_longest_request(void **unused) {
  char text[4200], word[4097];
  (void)unused;
  const char *head = "{\"command\":\"echo\",\"arguments\":{\"word\":\"", *tail = "\"}}";
  size_t room = 4096 - strlen(head) - strlen(tail);
  memset(word, 'w', room);
  word[room] = '\0';
  snprintf(text, sizeof text, "%s%s%s\n", head, word, tail);
  json_t *object = ask(text);
  assert_int_equal(outcome_of(object), HANSE_DONE);
  json_decref(object);
  snprintf(text, sizeof text, "%s%sw%s\n", head, word, tail);
  assert_refused(text, HANSE_USAGE, "4096");
}

static void test_several_requests(void **unused) {
  (void)unused;
  int fd = dial();
  say(fd, "\n{\"command\":\"refuse\"}\n{\"command\":\"echo\",\"arguments\":{\"word\":\"a\"}}\n\n{\"comm");
  json_t *object = answer(fd);
  assert_int_equal(outcome_of(object), HANSE_NO);
  json_decref(object);
  object = answer(fd);
  assert_int_equal(outcome_of(object), HANSE_DONE);
  json_decref(object);
  say(fd, "and\":\"later\"}\n");
  turns(5);
  assert_non_null(fixture.asker);
  say(fd, "{\"command\":\"refuse\"}\n");
  turns(20);
  rows_say(control_asker_rows(fixture.asker), "done now");
  control_asker_done(fixture.asker, HANSE_DONE);
  object = answer(fd);
  assert_string_equal(json_string_value(json_object_get(object, "text")), "done now");
  json_decref(object);
  object = answer(fd);
  assert_int_equal(outcome_of(object), HANSE_NO);
  json_decref(object);
  close(fd);
  turns(5);
}

static void test_later(void **unused) {
  (void)unused;
  json_t *object = ask("{\"command\":\"later\",\"arguments\":{\"at-once\":true}}\n");
  assert_int_equal(outcome_of(object), HANSE_NO);
  json_decref(object);
  int fd = dial(); /* the asker goes away while it waits */
  say(fd, "{\"command\":\"later\"}\n");
  turns(5);
  close(fd);
  turns(5);
  rows_say(control_asker_rows(fixture.asker), "too late");
  control_asker_done(fixture.asker, HANSE_DONE);
  fd = dial(); /* it only says that it asks no more */
  say(fd, "{\"command\":\"later\"}\n");
  shutdown(fd, SHUT_WR);
  turns(20);
  control_asker_done(fixture.asker, HANSE_DONE);
  object = answer(fd);
  assert_int_equal(outcome_of(object), HANSE_DONE);
  json_decref(object);
  assert_true(is_closed(fd));
  close(fd);
}

/* Half a command does not occupy a connection for ever, however slowly it drips. */
static void test_half_command(void **unused) {
  (void)unused;
  int fd = dial(), idle = dial();
  for (int i = 0; i < 9; i++) {
    say(fd, "{");
    turns(3);
    fixture.ahead += HANSE_SECOND;
    turns(2);
    timers_due(fixture.timers);
  }
  char octet;
  assert_int_equal(recv(fd, &octet, 1, 0), -1);
  fixture.ahead += 2 * HANSE_SECOND;
  turns(2);
  timers_due(fixture.timers);
  json_t *object = answer(fd);
  assert_int_equal(outcome_of(object), HANSE_USAGE);
  assert_non_null(strstr(why_of(object), "half a request"));
  json_decref(object);
  assert_true(is_closed(fd));
  say(idle, "{\"command\":\"refuse\"}\n"); /* who asked nothing may still ask */
  object = answer(idle);
  assert_int_equal(outcome_of(object), HANSE_NO);
  json_decref(object);
  close(fd);
  close(idle);
  turns(3);
}

static void test_many_rows(void **unused) {
  (void)unused;
  fixture.big = 20000;
  json_t *object = ask("{\"command\":\"many\"}\n");
  assert_int_equal(json_array_size(json_object_get(object, "rows")), 20000);
  assert_int_equal(json_integer_value(json_object_get(json_array_get(json_object_get(object, "rows"), 19999), "n")),
                   19999);
  json_decref(object);
}

/* Who does not read is given 1 MiB and no more; the command pauses, others are served, in the end it is dropped. */
static void test_slow_reader(void **unused) {
  (void)unused;
  fixture.big = 10000000;
  fixture.finished = fixture.steps = 0;
  int fd = dial();
  say(fd, "{\"command\":\"many\"}\n");
  turns(2000);
  unsigned steps = fixture.steps;
  assert_true(steps > 40 && steps < 200); /* 200 rows of about 80 octets a step; the socket takes some 200 KiB */
  turns(100);
  assert_int_equal(fixture.steps, steps);
  assert_refused("{\"command\":\"refuse\"}\n", HANSE_NO, "blocked");
  static char some[400000];
  for (int i = 0; i < 200; i++) {
    (void)!recv(fd, some, sizeof some, 0);
    turns(5);
  }
  assert_true(fixture.steps > steps); /* it reads again, the command goes on */
  turns(2000);
  assert_int_equal(fixture.finished, 0);
  fixture.ahead += 61 * HANSE_SECOND;
  turns(2);
  timers_due(fixture.timers);
  assert_int_equal(fixture.finished, 1);
  close(fd);
  fd = dial(); /* gone in the middle */
  say(fd, "{\"command\":\"many\"}\n");
  turns(5);
  close(fd);
  turns(5);
  assert_int_equal(fixture.finished, 2);
  fd = dial(); /* its owner goes in the middle */
  say(fd, "{\"command\":\"many\"}\n");
  turns(5);
  control_owner_gone(fixture.control, NULL);
  assert_int_equal(fixture.finished, 2);
  control_owner_gone(fixture.control, &fixture);
  assert_int_equal(fixture.finished, 3);
  json_t *object = answer(fd);
  assert_int_equal(outcome_of(object), HANSE_NOT_DETERMINED);
  json_decref(object);
  close(fd);
  turns(3);
}

static void test_many_askers(void **unused) {
  int fds[33];
  (void)unused;
  for (int i = 0; i < 32; i++) {
    fds[i] = dial();
    say(fds[i], i < 2 ? "" : "{");
    turns(3);
  }
  fds[32] = dial(); /* takes the place of the oldest, who asks nothing */
  turns(3);
  assert_true(is_closed(fds[0]));
  say(fds[1], "{");
  say(fds[32], "{");
  turns(3);
  assert_refused("", HANSE_NOT_DETERMINED, "too many");
  for (int i = 0; i < 33; i++) close(fds[i]);
  turns(40);
}

static void test_help(void **unused) {
  (void)unused;
  json_t *object = ask("{\"command\":\"help\"}\n"), *rows = json_object_get(object, "rows");
  assert_int_equal(json_array_size(rows), 5);
  assert_string_equal(json_string_value(json_object_get(json_array_get(rows, 0), "usage")), "echo WORD [--loud]");
  json_decref(object);
  object = ask("{\"command\":\"help\",\"arguments\":{\"command\":\"echo\"}}\n");
  rows = json_object_get(object, "rows");
  assert_int_equal(json_array_size(rows), 2);
  assert_true(json_is_true(json_object_get(json_array_get(rows, 0), "required")));
  assert_true(json_is_true(json_object_get(json_array_get(rows, 1), "flag")));
  json_decref(object);
  assert_refused("{\"command\":\"help\",\"arguments\":{\"command\":\"mony\"}}\n", HANSE_NO_SUCH_THING, "\"many\"");
}

/* The table of the core's own commands: usage lines as the manual shows them. */
static void test_table(void **unused) {
  char buf[128], small[12];
  (void)unused;
  const struct command_entry *explain = command_entry_find(HANSE_LIT("explain"));
  assert_string_equal(command_usage(explain->name, explain->arguments, buf, sizeof buf),
                      "explain FROM TO [--names NAMES] [--method METHOD]");
  assert_string_equal(command_usage("stop", command_table[COMMAND_STOP].arguments, buf, sizeof buf), "stop [--now]");
  assert_string_equal(command_usage("counters", command_table[COMMAND_COUNTERS].arguments, buf, sizeof buf),
                      "counters [PREFIX]");
  assert_string_equal(command_usage("explain", explain->arguments, small, sizeof small), "explain FRO");
  assert_null(command_entry_find(HANSE_LIT("expl")));
  for (size_t i = 0; i < COMMAND_COUNT; i++) assert_non_null(command_table[i].help);
}

/* Another user is turned away even when the file's mode would let him in. */
static void test_other_user(void **unused) {
  (void)unused;
  if (geteuid() != 0) skip();
  assert_int_equal(chmod(fixture.path, 0666), 0);
  assert_int_equal(chmod(fixture.folder, 0755), 0);
  pid_t child = fork();
  if (child == 0) {
    if (setgroups(0, NULL) || setgid(65534) || setuid(65534)) _exit(9);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char text[512];
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", fixture.path);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) _exit(8);
    ssize_t n = recv(fd, text, sizeof text - 1, 0);
    if (n <= 0) _exit(7);
    text[n] = '\0';
    _exit(strstr(text, "\"ok\":false,\"outcome\":4") ? 0 : 6);
  }
  int status;
  while (waitpid(child, &status, WNOHANG) == 0) {
    turns(1);
    usleep(1000);
  }
  assert_int_equal(status, 0);
}

static void test_mode(void **unused) {
  struct stat status;
  (void)unused;
  assert_int_equal(lstat(fixture.path, &status), 0);
  assert_int_equal(status.st_mode & 07777, 0660);
}

static void test_opening(void **unused) {
  struct hanse_problem problem = {0};
  char path[200], taken[64];
  (void)unused;
  assert_null(control_open(fixture.loop, fixture.timers, fixture.path, &source, &problem));
  assert_non_null(strstr(problem.text, "another process answers there"));
  memset(path, 'x', sizeof path);
  path[0] = '/';
  path[150] = '\0';
  assert_null(control_open(fixture.loop, fixture.timers, path, &source, &problem));
  assert_non_null(strstr(problem.text, "107 octets"));
  assert_null(control_open(fixture.loop, fixture.timers, "/nonexistent/sock", &source, &problem));
  assert_non_null(strstr(problem.text, "folder is missing"));
  snprintf(taken, sizeof taken, "%s/file", fixture.folder);
  close(open(taken, O_CREAT | O_WRONLY, 0600));
  assert_null(control_open(fixture.loop, fixture.timers, taken, &source, &problem));
  assert_non_null(strstr(problem.text, "something else has this name"));
  unlink(taken);
  assert_int_equal(chmod(fixture.folder, 0777), 0);
  assert_null(control_open(fixture.loop, fixture.timers, taken, &source, &problem));
  assert_non_null(strstr(problem.text, "others may write"));
  assert_int_equal(chmod(fixture.folder, 0700), 0);
}

/* What a killed process left behind is replaced; a successor's socket is not removed by its predecessor. */
static void test_stale(void **unused) {
  struct hanse_problem problem = {0};
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  (void)unused;
  snprintf(address.sun_path, sizeof address.sun_path, "%s/stale", fixture.folder);
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
  assert_int_equal(listen(fd, 1), 0);
  close(fd);
  struct control *second = control_open(fixture.loop, fixture.timers, address.sun_path, &source, &problem);
  if (!second) fail_msg("%s", problem.text);
  assert_int_equal(unlink(address.sun_path), 0);
  close(open(address.sun_path, O_CREAT | O_WRONLY, 0600));
  control_close(second);
  assert_int_equal(access(address.sun_path, F_OK), 0);
  unlink(address.sun_path);
}

/* Closing ends all: a running command is finished, one that waits outlives it, a complete answer leaves. */
static void test_close(void **unused) {
  (void)unused;
  fixture.big = 10000000;
  fixture.finished = 0;
  int running = dial(), waiting = dial(), asking = dial();
  say(running, "{\"command\":\"many\"}\n");
  say(waiting, "{\"command\":\"later\"}\n");
  say(asking, "{\"comm");
  turns(20);
  control_close(fixture.control);
  fixture.control = NULL;
  assert_int_equal(fixture.finished, 1);
  rows_say(control_asker_rows(fixture.asker), "nobody hears this");
  control_asker_done(fixture.asker, HANSE_DONE);
  assert_int_equal(access(fixture.path, F_OK), -1);
  close(running), close(waiting), close(asking);
}

static int set_up(void **unused) {
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

static int tear_down(void **unused) {
  (void)unused;
  control_close(fixture.control);
  timers_free(fixture.timers);
  loop_free(fixture.loop);
  return rmdir(fixture.folder);
}

#define with_socket(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      with_socket(test_answer),
      with_socket(test_bad_requests),
      with_socket(test_long_request),
      with_socket(test_longest_request),
      with_socket(test_several_requests),
      with_socket(test_later),
      with_socket(test_half_command),
      with_socket(test_many_rows),
      with_socket(test_slow_reader),
      with_socket(test_many_askers),
      with_socket(test_help),
      cmocka_unit_test(test_table),
      with_socket(test_other_user),
      with_socket(test_mode),
      with_socket(test_opening),
      with_socket(test_stale),
      with_socket(test_close),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
