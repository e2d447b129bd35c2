#include "sdk/tool/trial.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sdk/tool/status.h"

enum { DOING = 256, SAID = 8192, SAID_SHOWN = 400, TICK_MS = 50 };
#define HELD HANSE_SECOND /* as long as the router's watchdog waits before it names a plugin */

struct trial_board {
  _Atomic unsigned steps;         /* calls that began or returned: as long as it counts, nothing hangs */
  atomic_bool finished, returned; /* the whole; the call that `doing` names */
  char doing[DOING];
};

/* The parent's side. */
struct watching {
  struct report *report;
  const char *what;
  struct trial_board *board;
  pid_t child;
  int points, output;
  char said[SAID]; /* the end of what the child wrote to standard output and error */
  size_t said_length;
};

static hanse_time machine_time(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * HANSE_SECOND + now.tv_nsec / 1000;
}

/* ---- the child ---- */

void trial_call(struct trial *trial, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(trial->board->doing, DOING, format, arguments);
  va_end(arguments);
  atomic_store(&trial->board->returned, false);
  atomic_fetch_add(&trial->board->steps, 1);
  trial->called = machine_time();
}

void trial_returned(struct trial *trial) {
  hanse_time held = trial->called ? machine_time() - trial->called : 0;
  trial->called = 0;
  atomic_store(&trial->board->returned, true);
  atomic_fetch_add(&trial->board->steps, 1);
  if (held < HELD) return;
  report_add(trial->report, REPORT_WRONG, "time",
             "%s held the loop for %lld ms, and everybody's messages with it; return at once and answer later "
             "(HANSE_DEFER and hanse_post, HANSE_AGAIN, HANSE_MORE)",
             trial->board->doing, (long long)(held / HANSE_MSEC));
}

static _Noreturn void be_child(struct watching *w, int points, int output,
                               void (*run)(struct trial *trial, void *argument), void *argument) {
  const struct rlimit none = {0, 0};
  struct trial trial = {.report = w->report, .board = w->board};
  setrlimit(RLIMIT_CORE, &none);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  close(output);
  w->report->pipe = points;
  run(&trial, argument);
  atomic_store(&w->board->finished, true);
  fflush(NULL);
  _exit(0);
}

/* ---- the parent ---- */

static bool take_points(struct watching *w) {
  struct report_point point;
  ssize_t n;
  while ((n = read(w->points, &point, sizeof point)) == (ssize_t)sizeof point) report_take(w->report, &point);
  return n != 0;
}

static bool take_output(struct watching *w) {
  char piece[4096];
  ssize_t n;
  while ((n = read(w->output, piece, sizeof piece)) > 0) {
    size_t more = (size_t)n, kept = w->said_length + more > sizeof w->said ? sizeof w->said - more : w->said_length;
    memmove(w->said, w->said + w->said_length - kept, kept);
    memcpy(w->said + kept, piece, more);
    w->said_length = kept + more;
  }
  return n != 0;
}

#define HOST_SAYS "fake host: " /* before the sentence with which the fake host ends a process */
#define SANITIZER_SAYS "SUMMARY: "

/* The last line that the child wrote, or a sanitizer's; "" when there is none. */
static void last_words(const struct watching *w, char *out, size_t cap) {
  size_t length = sizeof SANITIZER_SAYS - 1, end = w->said_length, begin = end;
  *out = '\0';
  for (size_t at = 0; at + length <= w->said_length; at++)
    if (memcmp(w->said + at, SANITIZER_SAYS, length) == 0) end = begin = at;
  if (begin < w->said_length) {
    while (end < w->said_length && w->said[end] != '\n') end++;
  } else {
    while (end > 0 && (unsigned char)w->said[end - 1] <= ' ') end--;
    for (begin = end; begin > 0 && w->said[begin - 1] != '\n';) begin--;
  }
  snprintf(out, cap, "%.*s", (int)(end - begin), w->said + begin);
}

static void report_end_of(struct watching *w, int status, bool hung, unsigned seconds) {
  char said[SAID_SHOWN], doing[DOING];
  memcpy(doing, w->board->doing, sizeof doing); /* the child may have left anything there */
  doing[sizeof doing - 1] = '\0';
  const char *when = atomic_load(&w->board->returned) ? "after" : "in", *more = ". It said: ";
  last_words(w, said, sizeof said);
  if (!said[0]) more = "";
  if (hung)
    report_add(w->report, REPORT_WRONG, w->what,
               "hangs %s %s: nothing went on for %u s; a call must return at once, what takes long is answered later",
               when, doing, seconds);
  else if (strncmp(said, HOST_SAYS, sizeof HOST_SAYS - 1) == 0)
    report_add(w->report, REPORT_WRONG, w->what, "%s %s: %s", when, doing, said + sizeof HOST_SAYS - 1);
  else if (strncmp(said, SANITIZER_SAYS, sizeof SANITIZER_SAYS - 1) == 0)
    report_add(w->report, REPORT_WRONG, w->what, "crashes %s %s: %s", when, doing, said + sizeof SANITIZER_SAYS - 1);
  else if (WIFSIGNALED(status))
    report_add(w->report, REPORT_WRONG, w->what,
               "crashes %s %s (%s); gdb shows where: gdb --args hanse-plugin check FILE.so, then set follow-fork-mode "
               "child, run%s%s",
               when, doing, strsignal(WTERMSIG(status)), more, said);
  else
    report_add(w->report, REPORT_WRONG, w->what,
               "ends the process %s %s; a plugin returns a status and never calls exit or abort%s%s", when, doing, more,
               said);
}

/* Waits for the child's end while something goes on. True: it had to be ended. */
static bool watch(struct watching *w, unsigned seconds, int *status) {
  unsigned steps = atomic_load(&w->board->steps);
  hanse_time since = machine_time();
  bool hung = false;
  struct pollfd ends[2] = {{w->points, POLLIN, 0}, {w->output, POLLIN, 0}};
  while (waitpid(w->child, status, WNOHANG) == 0) {
    poll(ends, 2, ends[0].fd < 0 && ends[1].fd < 0 ? 1 : TICK_MS);
    if (!take_points(w)) ends[0].fd = -1;
    if (!take_output(w)) ends[1].fd = -1;
    unsigned now = atomic_load(&w->board->steps);
    if (now != steps) {
      steps = now;
      since = machine_time();
    } else if (!hung && machine_time() - since > (hanse_time)seconds * HANSE_SECOND) {
      hung = true;
      kill(w->child, SIGKILL);
    }
  }
  take_points(w);
  take_output(w);
  return hung;
}

static bool follow(struct watching *w, unsigned seconds) {
  int status = 0;
  bool hung = watch(w, seconds, &status);
  bool finished = !hung && WIFEXITED(status) && WEXITSTATUS(status) == 0 && atomic_load(&w->board->finished);
  if (!finished) report_end_of(w, status, hung, seconds);
  return finished;
}

static struct trial_board *board_new(void) {
  struct trial_board *board =
      (struct trial_board *)mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (board == MAP_FAILED) return NULL;
  snprintf(board->doing, sizeof board->doing, "the beginning");
  return board;
}

bool trial_run(struct report *report, const char *what, unsigned seconds,
               void (*run)(struct trial *trial, void *argument), void *argument) {
  struct watching w = {.report = report, .what = what, .board = board_new()};
  int points[2] = {-1, -1}, output[2] = {-1, -1};
  bool finished = false;
  fflush(NULL);
  if (!w.board || pipe2(points, O_CLOEXEC) != 0 || pipe2(output, O_CLOEXEC) != 0 || (w.child = fork()) < 0) {
    report_add(report, REPORT_NOT_RUN, what, "no process could be made for it: %s", strerror(errno));
    goto out;
  }
  if (w.child == 0) be_child(&w, points[1], output[1], run, argument);
  close(points[1]);
  close(output[1]);
  points[1] = output[1] = -1;
  w.points = points[0];
  w.output = output[0];
  fcntl(w.points, F_SETFL, O_NONBLOCK);
  fcntl(w.output, F_SETFL, O_NONBLOCK);
  finished = follow(&w, seconds);
out:
  for (int i = 0; i < 2; i++) {
    if (points[i] >= 0) close(points[i]);
    if (output[i] >= 0) close(output[i]);
  }
  if (w.board) munmap(w.board, sizeof *w.board);
  return finished;
}
