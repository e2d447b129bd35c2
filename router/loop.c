#include "router/loop.h"

#include <pthread.h>
#include <stdlib.h>

#include "router/clock.h"
#include "router/log.h"

#define POSTED_MAX 65536
#define RESERVE (64 * 1024)

/* libev ends the process when it gets no memory for its tables, so it has a reserve to go on with. File-level, because
   its allocator is the process's and is told nothing. */
static void *reserve;

/* Its address tells threads apart, for less than pthread_self. */
static _Thread_local char this_thread;

static void *allocate(void *block, long n) {
  if (n == 0) {
    free(block);
    return NULL;
  }
  void *moved = realloc(block, (size_t)n);
  if (!moved) {
    free(reserve);
    reserve = NULL;
    moved = realloc(block, (size_t)n);
  } else if (!reserve) {
    reserve = malloc(RESERVE);
  }
  return moved;
}

struct posted {
  struct posted *next;
  void (*run)(void *argument);
  void *argument;
};

struct loop {
  struct ev_loop *ev;
  hanse_time now;
  hanse_time (*read_clock)(void);
  hanse_time stood; /* what the clock read and `now` differ by */
  hanse_time alarm;
  void (*on_turn)(void);
  void (*on_idle)(void);
  const char *thread; /* the address of its this_thread */
  bool stopped, again;
  struct loop_hook hooks[2]; /* heads of rings */
  struct loop_hook *cursor;  /* the hook to be run next, while hooks run */
  struct loop_task tasks;    /* head of a ring */
  struct ev_check check;
  struct ev_async async;
  pthread_mutex_t mutex; /* guards the three below */
  struct posted *posted, **posted_end;
  size_t posted_count;
  uint64_t turns;
  hanse_time last_turn, longest_turn;
  hanse_time longest_lately, ran_lately; /* since somebody took them */
  unsigned closely;
  hanse_time ran_before; /* when this turn began; -1: it is not looked at closely */
  uint64_t histogram[LOOP_HISTOGRAM];
};

void loop_free(struct loop *loop) {
  if (!loop) return;
  while (loop->posted) {
    struct posted *one = loop->posted;
    loop->posted = one->next;
    free(one);
  }
  pthread_mutex_destroy(&loop->mutex);
  ev_loop_destroy(loop->ev);
  free(loop);
}

static hanse_time read_now(const struct loop *loop) { return loop->read_clock() - loop->stood; }

/* The alarm is long past and nobody looked: the time since then never was, and a little of that before it is lived
   again, in which the input is read. Returns the time. (epoll_wait returns without events when a stopped process goes
   on, so time-outs would come before the input that they wait for.) */
static hanse_time without_standstill(struct loop *loop) {
  hanse_time now = read_now(loop), resume = loop->alarm - LOOP_LATE;
  if (resume < loop->now) resume = loop->now;
  if (loop->alarm > now - LOOP_LATE || resume > now - LOOP_LATE) return now;
  loop->stood += now - resume;
  log_event(HANSE_NOTICE, "loop", "loop.stood_still", "ms=%lld", (long long)((now - resume) / HANSE_MSEC));
  return resume;
}

/* First thing after epoll: the time, then the tasks that were pending when the turn began. */
static void turn_begins(struct ev_loop *ev, struct ev_check *check, int events) {
  (void)ev, (void)events;
  struct loop *loop = check->data;
  loop->now = without_standstill(loop);
  loop->ran_before = loop->closely ? clock_read_thread() : -1;
  loop->turns++;
  if (loop->on_turn) loop->on_turn();
  struct loop_task batch = loop->tasks;
  if (batch.next == &loop->tasks) return;
  batch.next->previous = batch.previous->next = &batch;
  loop->tasks.next = loop->tasks.previous = &loop->tasks;
  while (batch.next != &batch) {
    struct loop_task *task = batch.next;
    loop_task_remove(loop, task);
    task->run(task);
  }
}

static void run_posted(struct ev_loop *ev, struct ev_async *async, int events) {
  (void)ev, (void)events;
  struct loop *loop = async->data;
  pthread_mutex_lock(&loop->mutex);
  struct posted *list = loop->posted;
  loop->posted = NULL;
  loop->posted_end = &loop->posted;
  loop->posted_count = 0;
  pthread_mutex_unlock(&loop->mutex);
  while (list) {
    struct posted *one = list;
    list = one->next;
    one->run(one->argument);
    free(one);
  }
}

static void watch(struct loop *loop) {
  ev_check_init(&loop->check, turn_begins);
  ev_set_priority(&loop->check, EV_MAXPRI);
  loop->check.data = loop;
  ev_check_start(loop->ev, &loop->check);
  ev_async_init(&loop->async, run_posted);
  ev_set_priority(&loop->async, LOOP_PRIORITY_POSTED);
  loop->async.data = loop;
  ev_async_start(loop->ev, &loop->async);
}

struct loop *loop_new(void) {
  ev_set_allocator(allocate);
  struct loop *loop = calloc(1, sizeof *loop);
  if (!loop) return NULL;
  loop->ev = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);
  if (!loop->ev) {
    free(loop);
    return NULL;
  }
  loop->read_clock = clock_read;
  loop->now = clock_read();
  loop->alarm = INT64_MAX;
  loop->thread = &this_thread;
  for (int i = 0; i < 2; i++) loop->hooks[i].next = loop->hooks[i].previous = &loop->hooks[i];
  loop->tasks.next = loop->tasks.previous = &loop->tasks;
  loop->posted_end = &loop->posted;
  pthread_mutex_init(&loop->mutex, NULL);
  watch(loop);
  return loop;
}

struct ev_loop *loop_ev(struct loop *loop) {
  return loop->ev;
}
const hanse_time *loop_clock(const struct loop *loop) { return &loop->now; }
void loop_clock_update(struct loop *loop) { loop->now = read_now(loop); }
void loop_alarm(struct loop *loop, hanse_time due) { loop->alarm = due; }

void loop_clock_source(struct loop *loop, hanse_time (*read)(void)) {
  loop->read_clock = read;
  loop->stood = 0;
  loop->now = read();
}

void loop_watch(struct loop *loop, void (*turn)(void), void (*idle)(void)) {
  loop->on_turn = turn;
  loop->on_idle = idle;
}

void loop_hook_add(struct loop *loop, enum loop_point point, struct loop_hook *hook) {
  struct loop_hook *head = &loop->hooks[point];
  hook->next = head;
  hook->previous = head->previous;
  head->previous->next = hook;
  head->previous = hook;
}

void loop_hook_remove(struct loop *loop, struct loop_hook *hook) {
  if (!hook->next) return;
  if (loop->cursor == hook) loop->cursor = hook->next;
  hook->previous->next = hook->next;
  hook->next->previous = hook->previous;
  hook->next = hook->previous = NULL;
}

void loop_task_add(struct loop *loop, struct loop_task *task) {
  if (task->next) return;
  task->next = &loop->tasks;
  task->previous = loop->tasks.previous;
  loop->tasks.previous->next = task;
  loop->tasks.previous = task;
}

void loop_task_remove(struct loop *loop, struct loop_task *task) {
  (void)loop;
  if (!task->next) return;
  task->previous->next = task->next;
  task->next->previous = task->previous;
  task->next = task->previous = NULL;
}

void loop_again(struct loop *loop) { loop->again = true; }

int loop_post(struct loop *loop, void (*run)(void *argument), void *argument) {
  struct posted *one = malloc(sizeof *one);
  if (!one) return HANSE_NOMEM;
  *one = (struct posted){NULL, run, argument};
  pthread_mutex_lock(&loop->mutex);
  bool room = loop->posted_count < POSTED_MAX;
  if (room) {
    *loop->posted_end = one;
    loop->posted_end = &one->next;
    loop->posted_count++;
  }
  pthread_mutex_unlock(&loop->mutex);
  if (!room) {
    free(one);
    return HANSE_NOMEM;
  }
  ev_async_send(loop->ev, &loop->async);
  return HANSE_OK;
}

void loop_unpost(struct loop *loop, void (*run)(void *argument), bool (*mine)(void *context, void *argument),
                 void *context) {
  pthread_mutex_lock(&loop->mutex);
  struct posted **at = &loop->posted;
  while (*at) {
    struct posted *one = *at;
    if (one->run != run || !mine(context, one->argument)) {
      at = &one->next;
      continue;
    }
    *at = one->next;
    loop->posted_count--;
    free(one);
  }
  loop->posted_end = at;
  pthread_mutex_unlock(&loop->mutex);
}

bool loop_here(const struct loop *loop) { return loop->thread == &this_thread; }

static void run_hooks(struct loop *loop, enum loop_point point) {
  struct loop_hook *head = &loop->hooks[point];
  loop->cursor = head->next;
  while (loop->cursor != head) {
    struct loop_hook *hook = loop->cursor;
    loop->cursor = hook->next;
    hook->run(hook);
  }
  loop->cursor = NULL;
}

static void note_length(struct loop *loop, hanse_time length) {
  if (length < 0) length = 0; /* a test's clock may be set back */
  loop->last_turn = length;
  hanse_time ran = loop->ran_before < 0 ? 0 : clock_read_thread() - loop->ran_before;
  if (ran > loop->ran_lately) loop->ran_lately = ran;
  if (length > loop->longest_lately) loop->longest_lately = length;
  if (length > loop->longest_turn) loop->longest_turn = length;
  unsigned i = 0;
  while (i < LOOP_HISTOGRAM - 1 && length >> i) i++;
  loop->histogram[i]++;
}

/* What ends a turn: everything it wrote leaves, what died is buried. */
static void turn_ends(struct loop *loop) {
  run_hooks(loop, LOOP_FLUSH);
  run_hooks(loop, LOOP_REAP);
  if (loop->turns) note_length(loop, read_now(loop) - loop->now);
}

void loop_turn(struct loop *loop, bool wait) {
  turn_ends(loop);
  bool sleep = wait && !loop->again && !loop->stopped && loop->tasks.next == &loop->tasks;
  loop->again = false;
  if (sleep && loop->on_idle) loop->on_idle();
  ev_run(loop->ev, sleep ? EVRUN_ONCE : EVRUN_NOWAIT);
}

void loop_run(struct loop *loop) {
  loop->thread = &this_thread;
  loop->stopped = false;
  while (!loop->stopped) loop_turn(loop, true);
  turn_ends(loop);
}

void loop_stop(struct loop *loop) { loop->stopped = true; }
uint64_t loop_turns(const struct loop *loop) { return loop->turns; }
const uint64_t *loop_histogram(const struct loop *loop) { return loop->histogram; }
hanse_time loop_last_turn(const struct loop *loop) { return loop->last_turn; }
hanse_time loop_longest_turn(const struct loop *loop) { return loop->longest_turn; }

hanse_time loop_longest_turn_taken(struct loop *loop, hanse_time *ran) {
  hanse_time longest = loop->longest_lately;
  *ran = loop->ran_lately;
  loop->longest_lately = loop->ran_lately = 0;
  return longest;
}

void loop_look_closely(struct loop *loop, bool closely) {
  if (closely)
    loop->closely++;
  else if (loop->closely)
    loop->closely--;
}
