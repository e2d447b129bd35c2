/* Knows whose code runs on the loop thread. A thread of its own names a plugin that has not returned after
   limits.watchdog and ends the process, with its name, after limits.watchdog_abort. File-level state, because a
   signal handler has no arguments and a process has one loop. */
#ifndef ROUTER_WATCHDOG_H
#define ROUTER_WATCHDOG_H

#include <hanse/base.h>
#include <stdatomic.h>

/* A module, as reports name it; lives as long as the instance. */
struct watched {
  const char *module;
  const char *build; /* which build of which plugin: names the file, its content, its version */
};

/* Whose code runs now; static or instance-lifetime strings. Set on the loop thread around each call into a plugin. */
struct running {
  const struct watched *who; /* NULL: the core's own */
  const char *slot;
};

/* The two of it, as others than the loop thread see them. */
struct watchdog_now {
  _Atomic(const struct watched *) who;
  _Atomic(const char *) slot;
  _Atomic uint64_t calls; /* grows with each enter and leave: the same number twice is the same call */
};
extern struct watchdog_now watchdog_now; /* written by the functions below alone, several times for each message */

/* Async-signal-safe: for the crash report too. */
static inline struct running watchdog_running(void) {
  return (struct running){atomic_load_explicit(&watchdog_now.who, memory_order_relaxed),
                          atomic_load_explicit(&watchdog_now.slot, memory_order_relaxed)};
}

/* Goes back to what ran before. Only the loop thread writes, so that a plain load and store will do. */
static inline void watchdog_leave(struct running before) {
  uint64_t calls = atomic_load_explicit(&watchdog_now.calls, memory_order_relaxed) + 1;
  atomic_store_explicit(&watchdog_now.who, before.who, memory_order_relaxed);
  atomic_store_explicit(&watchdog_now.slot, before.slot, memory_order_relaxed);
  atomic_store_explicit(&watchdog_now.calls, calls, memory_order_release);
}

/* Now the same slot of another one is called. */
static inline void watchdog_next(const struct watched *who) {
  uint64_t calls = atomic_load_explicit(&watchdog_now.calls, memory_order_relaxed) + 1;
  atomic_store_explicit(&watchdog_now.who, who, memory_order_relaxed);
  atomic_store_explicit(&watchdog_now.calls, calls, memory_order_release);
}

/* Sets what runs now and returns what ran before, to be given back to watchdog_leave. A few stores; no clock is read.
 */
static inline struct running watchdog_enter(const struct watched *who, const char *slot) {
  struct running before = watchdog_running();
  watchdog_leave((struct running){who, slot});
  return before;
}

/* To be called before what were given to watchdog_enter is freed: the thread does not read them any more. */
void watchdog_forget(void);

/* Starts the thread. HANSE_FAIL: no thread. Times are measured by sampling, a quarter of `notice` apart but at least
   four times a second; while the whole process is stopped (a debugger, a suspended machine) they stand still. */
int watchdog_start(hanse_time notice, hanse_time abort_after);
void watchdog_set(hanse_time notice, hanse_time abort_after);
void watchdog_stop(void);
/* For loop_watch: a turn began; the loop is about to sleep (sleeping in epoll is not running). */
void watchdog_turn(void);
void watchdog_idle(void);

/* Installs handlers for SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT that write one line naming module, slot and build,
   then let the signal do what it does. Signals that somebody handles already (a sanitizer) are left alone. To be called
   on the thread that runs the loop. */
void watchdog_crash_report(void);

#endif
