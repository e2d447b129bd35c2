/* G5, K5: the watchdog names who does not return, lets him be when he does, and ends the process when he does not; a
   crash names whose code ran, and which build of it. Each case runs in a process of its own. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "router/clock.h"
#include "router/log.h"
#include "router/watchdog.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

static char said[65536]; /* what the last child wrote */

/* Runs the function in a child whose standard error is a pipe; returns the wait status. */
static int in_child(void (*run)(void)) {
  int ends[2], status;
  assert_int_equal(pipe(ends), 0);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    dup2(ends[1], STDERR_FILENO);
#ifndef SANITIZED
    for (int i = 0; i < 4; i++) signal((int[]){SIGSEGV, SIGBUS, SIGFPE, SIGILL}[i], SIG_DFL); /* cmocka has its own */
#endif
    log_open(HANSE_INFO, LOG_TEXT, NULL);
    run();
    log_close();
    _exit(0);
  }
  close(ends[1]);
  size_t length = 0;
  for (ssize_t n; (n = read(ends[0], said + length, sizeof said - 1 - length)) > 0;) length += (size_t)n;
  said[length] = '\0';
  close(ends[0]);
  waitpid(child, &status, 0);
  return status;
}

static const struct watched of_domains = {"domains", "d0d0 of /modules/domains.so"};
static const struct watched of_sip = {"sip", "5151 of /modules/sip.so"};

static size_t count(const char *what) {
  size_t n = 0;
  for (const char *at = said; (at = strstr(at, what)); at += strlen(what)) n++;
  return n;
}

static void sleep_ms(int ms) { usleep((useconds_t)ms * 1000); }

static void run_blocked(void) {
  watchdog_start(100 * HANSE_MSEC, 10 * HANSE_SECOND);
  watchdog_turn();
  struct running before = watchdog_enter(&of_domains, "decide");
  sleep_ms(400);
  watchdog_leave(before);
  sleep_ms(200);
  watchdog_idle();
  watchdog_stop();
}

static void test_blocked(void **unused) {
  (void)unused;
  assert_int_equal(in_child(run_blocked), 0);
  assert_int_equal(count("ERROR watchdog plugin.blocked module=domains slot=decide ms="), 1);
  assert_int_equal(count("WARNING watchdog plugin.returned module=domains slot=decide ms="), 1);
  assert_int_equal(count(" build=\"d0d0 of /modules/domains.so\""), 2); /* plugin.blocked, plugin.returned */
  long ms = strtol(strstr(strstr(said, "plugin.returned"), "ms=") + 3, NULL, 10);
  assert_true(ms >= 250 && ms <= 5000);
}

/* Many short calls, nested ones, and a loop that sleeps are nobody's fault. */
static void run_busy(void) {
  watchdog_start(500 * HANSE_MSEC, 30 * HANSE_SECOND);
  for (int i = 0; i < 120; i++) {
    watchdog_turn();
    struct running outer = watchdog_enter(&of_sip, "input");
    struct running inner = watchdog_enter(&of_domains, "decide");
    if (strcmp(watchdog_running().who->module, "domains") != 0) _exit(2);
    watchdog_leave(inner);
    sleep_ms(8);
    if (strcmp(watchdog_running().who->module, "sip") != 0) _exit(3);
    watchdog_leave(outer);
    if (watchdog_running().who) _exit(4);
    watchdog_idle();
  }
  sleep_ms(1200);
  watchdog_forget();
  watchdog_stop();
}

static void test_busy(void **unused) {
  (void)unused;
  assert_int_equal(in_child(run_busy), 0);
  assert_string_equal(said, "");
}

static void run_for_ever(void) {
  watchdog_start(50 * HANSE_MSEC, 300 * HANSE_MSEC);
  watchdog_turn();
  watchdog_enter(&of_domains, "decide");
  log_event(HANSE_INFO, "test", "test.last", " ");
  for (;;) pause();
}

static void test_abort(void **unused) {
  (void)unused;
  hanse_time start = clock_read();
  int status = in_child(run_for_ever);
  assert_true(WIFSIGNALED(status));
  assert_int_equal(WTERMSIG(status), SIGABRT);
  assert_true(clock_read() - start < 10 * HANSE_SECOND);
  assert_int_equal(count("INFO test test.last"), 1);
  assert_int_equal(count("plugin.blocked module=domains slot=decide"), 1);
  assert_int_equal(count("ERROR watchdog watchdog.abort module=domains slot=decide ms="), 1);
  assert_int_equal(count("watchdog: module domains, slot decide has not returned for "), 1);
  assert_int_equal(count("; the process ends; build: d0d0 of /modules/domains.so\n"), 1);
  assert_int_equal(count(" build=\"d0d0 of /modules/domains.so\""), 2); /* plugin.blocked, watchdog.abort */
}

/* A plugin that keeps calling the host is not stuck in one call, but the turn does not end either. */
static void run_endless_turn(void) {
  watchdog_start(50 * HANSE_MSEC, 300 * HANSE_MSEC);
  watchdog_turn();
  for (;;) {
    watchdog_leave(watchdog_enter(&of_domains, "decide"));
    usleep(100);
  }
}

static void test_endless_turn(void **unused) {
  (void)unused;
  int status = in_child(run_endless_turn);
  assert_true(WIFSIGNALED(status));
  assert_int_equal(count("watchdog.abort"), 1);
}

/* A process that was stopped as a whole has not been blocked by a plugin. */
static void run_stopped(void) {
  watchdog_start(400 * HANSE_MSEC, 900 * HANSE_MSEC);
  watchdog_turn();
  watchdog_enter(&of_domains, "decide");
  pid_t parent = getpid(), waker = fork();
  if (waker == 0) {
    sleep_ms(1500);
    kill(parent, SIGCONT);
    _exit(0);
  }
  raise(SIGSTOP);
  waitpid(waker, NULL, 0);
  watchdog_idle();
  watchdog_stop();
}

static void test_stopped(void **unused) {
  (void)unused;
  assert_int_equal(in_child(run_stopped), 0);
  assert_int_equal(count("abort"), 0);
}

static void run_abort(void) {
  watchdog_crash_report();
  watchdog_enter(&of_domains, "decide");
  abort();
}

static void run_abort_in_core(void) {
  watchdog_crash_report();
  abort();
}

static void test_crash(void **unused) {
  (void)unused;
  int status = in_child(run_abort);
  assert_true(WIFSIGNALED(status));
  assert_int_equal(WTERMSIG(status), SIGABRT);
  assert_string_equal(said, "crash: signal 6 in module domains, slot decide, build d0d0 of /modules/domains.so\n");
  in_child(run_abort_in_core);
  assert_string_equal(said, "crash: signal 6 in the core\n");
}

static void run_segv(void) {
  watchdog_crash_report();
  watchdog_enter(&of_sip, "input");
  log_event(HANSE_INFO, "test", "test.last", " ");
  volatile int *volatile nowhere = NULL;
  *nowhere = 1;
}

static __attribute__((noinline)) int deep(volatile char *above, int left) {
  volatile char frame[4096];
  frame[0] = *above;
  return left == 0 ? frame[0] : deep(frame, left - 1) + frame[0];
}

static void run_overflow(void) {
  watchdog_crash_report();
  watchdog_enter(&of_sip, "lift");
  volatile char start = 1;
  volatile int sum = deep(&start, 1 << 20); /* 4 GiB */
  (void)sum;
}

static void run_sent(void) {
  watchdog_crash_report();
  kill(getpid(), SIGSEGV);
  pause();
}

static void somebody_else(int number) { (void)number; }

/* A sanitizer's report is worth more than ours. */
static void run_handled(void) {
  struct sigaction now;
  signal(SIGSEGV, somebody_else);
  watchdog_crash_report();
  sigaction(SIGSEGV, NULL, &now);
  _exit(now.sa_handler == somebody_else ? 0 : 1);
}

static void test_handled(void **unused) {
  (void)unused;
  assert_int_equal(in_child(run_handled), 0);
}

static void test_segv(void **unused) {
  (void)unused;
#ifdef SANITIZED
  (void)run_segv, (void)run_overflow, (void)run_sent;
  skip();
#else
  int status = in_child(run_segv);
  assert_int_equal(WTERMSIG(status), SIGSEGV);
  assert_int_equal(
      count("INFO test test.last\ncrash: signal 11 in module sip, slot input, build 5151 of /modules/sip.so\n"), 1);
  status = in_child(run_overflow);
  assert_int_equal(WTERMSIG(status), SIGSEGV);
  assert_string_equal(said, "crash: signal 11 in module sip, slot lift, build 5151 of /modules/sip.so\n");
  status = in_child(run_sent);
  assert_int_equal(WTERMSIG(status), SIGSEGV);
  assert_string_equal(said, "crash: signal 11 in the core\n");
#endif
}

static void test_cost(void **unused) {
  (void)unused;
  hanse_time start = clock_read();
  for (int i = 0; i < 10000000; i++) watchdog_leave(watchdog_enter(&of_sip, "input"));
  print_message("enter and leave: %.1f ns\n", (double)(clock_read() - start) / 10000);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_blocked),      cmocka_unit_test(test_busy),    cmocka_unit_test(test_abort),
      cmocka_unit_test(test_endless_turn), cmocka_unit_test(test_stopped), cmocka_unit_test(test_crash),
      cmocka_unit_test(test_segv),         cmocka_unit_test(test_handled), cmocka_unit_test(test_cost),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
