/* The bounds of the control socket (I3): who may ask, how much, for how long; and how it is opened and closed. */
#include "control_fixture.h"

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

/* Half a command does not occupy a connection for ever, however slowly it drips. */
static void test_half_command(void **unused) {
  (void)unused;
  int fd = dial(), idle = dial();
  for (int i = 0; i < 9; i++) {
    say(fd, "{");
    turns(3);
    control_ahead(HANSE_SECOND);
    turns(2);
    timers_due(fixture.timers);
  }
  char octet;
  assert_int_equal(recv(fd, &octet, 1, 0), -1);
  control_ahead(2 * HANSE_SECOND);
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
  control_ahead(61 * HANSE_SECOND);
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

int main(void) {
  const struct CMUnitTest tests[] = {
      with_socket(test_long_request), with_socket(test_half_command), with_socket(test_slow_reader),
      with_socket(test_many_askers),  with_socket(test_other_user),   with_socket(test_mode),
      with_socket(test_opening),      with_socket(test_stale),        with_socket(test_close),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
