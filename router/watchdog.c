#include "router/watchdog.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "router/clock.h"
#include "router/log.h"

#define PERIOD_MOST (250 * HANSE_MSEC)
#define PERIOD_LEAST (5 * HANSE_MSEC)
#define NAME_LENGTH 80
#define BUILD_LENGTH 320

static struct {
  _Atomic uint64_t turns;
  _Atomic bool idle;
  _Atomic hanse_time notice, abort_after;
  pthread_mutex_t strings; /* held while the thread reads module and slot */
  pthread_mutex_t mutex;   /* guards stop */
  pthread_cond_t stopping;
  bool stop, started;
  pthread_t thread;
} state = {.idle = true, .strings = PTHREAD_MUTEX_INITIALIZER, .mutex = PTHREAD_MUTEX_INITIALIZER};

/* ---- the loop thread ---- */

struct watchdog_now watchdog_now;

void watchdog_forget(void) {
  pthread_mutex_lock(&state.strings);
  pthread_mutex_unlock(&state.strings);
}

void watchdog_turn(void) {
  atomic_store_explicit(&state.idle, false, memory_order_relaxed);
  uint64_t turns = atomic_load_explicit(&state.turns, memory_order_relaxed) + 1;
  atomic_store_explicit(&state.turns, turns, memory_order_release);
}

void watchdog_idle(void) { atomic_store_explicit(&state.idle, true, memory_order_release); }

/* ---- the watchdog's thread ---- */

/* What was seen last, and for how long it has been the same. */
struct sight {
  uint64_t turn, call;
  hanse_time turn_lasts, call_lasts;
  char module[NAME_LENGTH], slot[NAME_LENGTH], build[BUILD_LENGTH];
  bool noticed; /* and said so */
};

/* Names what runs. All is copied, since the instance may be gone when they are written. */
static void sight_names(struct sight *sight) {
  pthread_mutex_lock(&state.strings);
  struct running now = watchdog_running();
  snprintf(sight->module, sizeof sight->module, "%s", now.who ? now.who->module : "core");
  snprintf(sight->build, sizeof sight->build, "%s", now.who ? now.who->build : "");
  snprintf(sight->slot, sizeof sight->slot, "%s", now.slot ? now.slot : "-");
  pthread_mutex_unlock(&state.strings);
}

static long milliseconds(hanse_time time) { return (long)(time / HANSE_MSEC); }

static void say_returned(struct sight *sight) {
  if (!sight->noticed) return;
  log_event(HANSE_WARNING, "watchdog", "plugin.returned", "module=%s slot=%s ms=%ld build=\"%s\"", sight->module,
            sight->slot, milliseconds(sight->call_lasts), sight->build);
  sight->noticed = false;
}

static void say_blocked(struct sight *sight) {
  sight_names(sight);
  if (atomic_load(&watchdog_now.calls) != sight->call) return; /* it returned just now */
  sight->noticed = true;
  log_event(HANSE_ERROR, "watchdog", "plugin.blocked", "module=%s slot=%s ms=%ld build=\"%s\"", sight->module,
            sight->slot, milliseconds(sight->call_lasts), sight->build);
}

static void give_up(struct sight *sight) {
  char words[640];
  sight_names(sight);
  log_event(HANSE_ERROR, "watchdog", "watchdog.abort", "module=%s slot=%s ms=%ld build=\"%s\"", sight->module,
            sight->slot, milliseconds(sight->turn_lasts), sight->build);
  int n = snprintf(words, sizeof words,
                   "watchdog: module %s, slot %s has not returned for %ld ms; the process ends%s%s\n", sight->module,
                   sight->slot, milliseconds(sight->turn_lasts), *sight->build ? "; build: " : "", sight->build);
  log_last_words(words, (size_t)n);
  abort();
}

/* `passed` is the time since the last look. */
static void look(struct sight *sight, hanse_time passed) {
  uint64_t turn = atomic_load(&state.turns), call = atomic_load_explicit(&watchdog_now.calls, memory_order_acquire);
  bool idle = atomic_load(&state.idle), same_turn = turn == sight->turn && !idle;
  sight->turn_lasts = same_turn ? sight->turn_lasts + passed : 0;
  if (!same_turn || call != sight->call) {
    say_returned(sight);
    sight->call_lasts = 0;
  } else {
    sight->call_lasts += passed;
  }
  sight->turn = turn;
  sight->call = call;
  if (sight->turn_lasts >= atomic_load(&state.abort_after)) give_up(sight);
  if (!sight->noticed && same_turn && sight->call_lasts >= atomic_load(&state.notice)) say_blocked(sight);
}

static hanse_time period(void) {
  hanse_time quarter = atomic_load(&state.notice) / 4;
  return quarter < PERIOD_LEAST ? PERIOD_LEAST : quarter > PERIOD_MOST ? PERIOD_MOST : quarter;
}

/* Waits one period. false: the watchdog is to end. */
static bool rest(hanse_time length) {
  hanse_time until = clock_read() + length;
  struct timespec at = {until / HANSE_SECOND, until % HANSE_SECOND * 1000};
  pthread_mutex_lock(&state.mutex);
  while (!state.stop && clock_read() < until)
    pthread_cond_clockwait(&state.stopping, &state.mutex, CLOCK_MONOTONIC, &at);
  bool stop = state.stop;
  pthread_mutex_unlock(&state.mutex);
  return !stop;
}

/* A wait that took much longer than asked for means that the whole process stood still: that is nobody's fault. */
static void *watch(void *unused) {
  struct sight sight = {0};
  (void)unused;
  for (;;) {
    hanse_time before = clock_read(), asked = period();
    if (!rest(asked)) return NULL;
    hanse_time passed = clock_read() - before;
    look(&sight, passed < 2 * asked ? passed : 2 * asked);
  }
}

void watchdog_set(hanse_time notice, hanse_time abort_after) {
  atomic_store(&state.notice, notice);
  atomic_store(&state.abort_after, abort_after);
}

int watchdog_start(hanse_time notice, hanse_time abort_after) {
  sigset_t all, before;
  if (state.started) return HANSE_FAIL;
  watchdog_set(notice, abort_after);
  state.stop = false;
  sigfillset(&all); /* signals are the loop's */
  pthread_sigmask(SIG_SETMASK, &all, &before);
  state.started = pthread_create(&state.thread, NULL, watch, NULL) == 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return state.started ? HANSE_OK : HANSE_FAIL;
}

void watchdog_stop(void) {
  if (!state.started) return;
  pthread_mutex_lock(&state.mutex);
  state.stop = true;
  pthread_cond_signal(&state.stopping);
  pthread_mutex_unlock(&state.mutex);
  pthread_join(state.thread, NULL);
  state.started = false;
}
