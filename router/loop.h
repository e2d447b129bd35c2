/* The one loop of the process. A turn: output that waits leaves (flush), what died is buried (reap), epoll, tasks,
   input of each ready link, posted work, time-outs. So whatever a turn wrote leaves together before the loop sleeps. */
#ifndef ROUTER_LOOP_H
#define ROUTER_LOOP_H

#include <ev.h>
#include <hanse/base.h>

struct loop; /* owns the ev_loop */

/* Something to be run at a fixed point of every turn, in the order of adding; intrusive, added once, removed by
   loop_hook_remove, also from run. */
struct loop_hook {
  struct loop_hook *next, *previous;
  void (*run)(struct loop_hook *hook);
};

/* Something to be run once, at the next turn, before input is read; linked while pending, may be added again from run
   (for the turn after). A pending task keeps the loop from sleeping. */
struct loop_task {
  struct loop_task *next, *previous; /* both NULL: not pending */
  void (*run)(struct loop_task *task);
};

enum loop_point {
  LOOP_FLUSH = 0, /* after input and time-outs: output is written */
  LOOP_REAP = 1   /* last: no plugin code is on the stack */
};

/* Priorities of libev watchers, which order a turn. A socket's watcher has the default, 0. */
enum { LOOP_PRIORITY_POSTED = -1, LOOP_PRIORITY_TIMERS = -2 };

struct loop *loop_new(void); /* NULL: no memory or no epoll */
void loop_free(struct loop *loop);
struct ev_loop *loop_ev(struct loop *loop);
/* Time at the begin of this turn; the address stays valid for the loop's life. It leaves out the time in which the
   process stood still (SIGSTOP, a suspended machine, a turn that blocked): what came meanwhile lies unread in the
   sockets, and nobody is late before it was looked at. */
const hanse_time *loop_clock(const struct loop *loop);
void loop_clock_update(struct loop *loop); /* after something known to be long: all of it counts */
/* When the loop is to be woken at the latest, by that clock; INT64_MAX: not by the time. Who comes much later than that
   stood still. */
void loop_alarm(struct loop *loop, hanse_time due);
#define LOOP_LATE HANSE_SECOND /* less is a busy machine, and counts */
/* Where the time comes from; clock_read at first. For tests with a clock of their own. */
void loop_clock_source(struct loop *loop, hanse_time (*read)(void));
/* Called when a turn begins and when the loop is about to sleep (watchdog_turn, watchdog_idle). Either may be NULL. */
void loop_watch(struct loop *loop, void (*turn)(void), void (*idle)(void));

void loop_hook_add(struct loop *loop, enum loop_point point, struct loop_hook *hook);
void loop_hook_remove(struct loop *loop, struct loop_hook *hook);
void loop_task_add(struct loop *loop, struct loop_task *task); /* harmless when pending already */
void loop_task_remove(struct loop *loop, struct loop_task *task);
/* Does not let the loop sleep before the next turn: for who finds new work at the reap point. */
void loop_again(struct loop *loop);

/* From any thread: run(argument) on the loop thread in one of the next turns, in order. Bounded (65536 pending):
   HANSE_NOMEM. What is pending when the loop is freed is not run. */
int loop_post(struct loop *loop, void (*run)(void *argument), void *argument);

/* Takes back what was posted with this `run` and is pending, where `mine` says so. Loop thread, not from within `run`.
 */
void loop_unpost(struct loop *loop, void (*run)(void *argument), bool (*mine)(void *context, void *argument),
                 void *context);

/* True on the thread that runs the loop (before loop_run: that made it). */
bool loop_here(const struct loop *loop);

void loop_run(struct loop *loop);             /* until loop_stop; then flush and reap once more */
void loop_turn(struct loop *loop, bool wait); /* one turn; without `wait` it never sleeps */
void loop_stop(struct loop *loop); /* loop thread; from a signal handler use loop_post's means or ev_signal */
uint64_t loop_turns(const struct loop *loop); /* how many turns began */

/* How long turns took, waiting excluded: counts per power of two of microseconds (index i: below 2^i). */
#define LOOP_HISTOGRAM 32
const uint64_t *loop_histogram(const struct loop *loop);
/* How long the last whole turn took, in microseconds, waiting excluded. */
hanse_time loop_last_turn(const struct loop *loop);
/* The longest of all, likewise. */
hanse_time loop_longest_turn(const struct loop *loop);
/* The longest since this was last asked, which begins anew; and, of the turns that were looked at closely, for how long
   at most this thread had a processor, which tells a long turn of ours from a busy machine. */
hanse_time loop_longest_turn_taken(struct loop *loop, hanse_time *ran);
/* Whether turns are looked at closely from the next one on: that costs a system call each. Calls nest. */
void loop_look_closely(struct loop *loop, bool closely);

#endif
