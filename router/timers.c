#include "router/timers.h"

#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* Later than any time-out. */
#define NEVER INT64_MAX

struct hanse_timers {
  struct hanse_timers *next;
  struct timers *all;
  void *owner;
  hanse_time length;
  void (*fire_in)(void *owner, struct hanse_timer *timer);
  struct hanse_timer head; /* of a ring, the earliest end first */
  size_t running;
};

struct timers {
  struct loop *loop;
  const hanse_time *now;
  struct hanse_timers *lists;
  struct hanse_timers *cursor; /* the list to be looked at next, while timers fire */
  struct hanse_timers *firing; /* the list whose timers fire */
  hanse_time armed;            /* when `alarm` goes off; NEVER: it is not running */
  /* A timer of the kernel's, set rarely. A time-out of epoll_wait would be one that is set and taken back in every
   * turn. */
  struct ev_io alarm;
};

void timers_free(struct timers *timers) {
  if (!timers) return;
  while (timers->lists) timers_owner_gone(timers, timers->lists->owner);
  ev_io_stop(loop_ev(timers->loop), &timers->alarm);
  close(timers->alarm.fd);
  free(timers);
}

/* Setting it also takes back that it went off. */
static void arm(struct timers *timers, hanse_time due) {
  struct itimerspec set = {0};
  hanse_time wait = due > *timers->now ? due - *timers->now : 1; /* 0 would be never */
  if (due != NEVER) set.it_value = (struct timespec){wait / HANSE_SECOND, wait % HANSE_SECOND * 1000};
  timers->armed = due;
  loop_alarm(timers->loop, due);
  timerfd_settime(timers->alarm.fd, 0, &set, NULL);
}

static void alarm_off(struct ev_loop *ev, struct ev_io *alarm, int events) {
  (void)ev, (void)events;
  timers_due(alarm->data);
}

struct timers *timers_new(struct loop *loop) {
  struct timers *timers = calloc(1, sizeof *timers);
  if (!timers) return NULL;
  timers->loop = loop;
  timers->now = loop_clock(loop);
  timers->armed = NEVER;
  int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (fd < 0) {
    free(timers);
    return NULL;
  }
  ev_io_init(&timers->alarm, alarm_off, fd, EV_READ);
  ev_set_priority(&timers->alarm, LOOP_PRIORITY_TIMERS);
  timers->alarm.data = timers;
  ev_io_start(loop_ev(loop), &timers->alarm);
  return timers;
}

struct hanse_timers *timers_list(struct timers *timers, void *owner, hanse_time length,
                                 void (*fire_in)(void *owner, struct hanse_timer *timer)) {
  struct hanse_timers **end = &timers->lists;
  for (; *end; end = &(*end)->next)
    if ((*end)->owner == owner && (*end)->length == length) return *end;
  struct hanse_timers *list = calloc(1, sizeof *list);
  if (!list) return NULL;
  list->all = timers;
  list->owner = owner;
  list->length = length;
  list->fire_in = fire_in;
  list->head.next = list->head.previous = &list->head;
  *end = list;
  return list;
}

size_t timers_running(const struct timers *timers, const void *owner) {
  size_t running = 0;
  for (const struct hanse_timers *list = timers->lists; list; list = list->next)
    if (list->owner == owner) running += list->running;
  return running;
}

void timers_owner_gone(struct timers *timers, const void *owner) {
  for (struct hanse_timers **at = &timers->lists; *at;) {
    struct hanse_timers *list = *at;
    if (list->owner != owner) {
      at = &list->next;
      continue;
    }
    while (list->head.next != &list->head) timers_stop(list->head.next);
    if (timers->cursor == list) timers->cursor = list->next;
    if (timers->firing == list) timers->firing = NULL;
    *at = list->next;
    free(list);
  }
}

void timers_start(struct hanse_timers *list, struct hanse_timer *timer,
                  void (*fire)(void *self, struct hanse_timer *)) {
  timers_stop(timer);
  timer->list = list;
  timer->fire = fire;
  timer->due = *list->all->now + list->length;
  timer->next = &list->head;
  timer->previous = list->head.previous;
  list->head.previous->next = timer;
  list->head.previous = timer;
  list->running++;
  if (timer->due < list->all->armed) arm(list->all, timer->due);
}

void timers_stop(struct hanse_timer *timer) {
  if (!timer->list) return;
  timer->list->running--;
  timer->previous->next = timer->next;
  timer->next->previous = timer->previous;
  timer->next = timer->previous = NULL;
  timer->list = NULL;
}

static bool is_due(const struct hanse_timers *list) {
  return list->head.next != &list->head && list->head.next->due <= *list->all->now;
}

/* Fires what is due in one list, which may be gone afterwards. */
static void fire_list(struct timers *timers, struct hanse_timers *list) {
  timers->firing = list;
  for (unsigned fired = 0; fired < TIMERS_A_TURN && timers->firing && is_due(list); fired++) {
    struct hanse_timer *timer = list->head.next;
    timers_stop(timer);
    if (list->fire_in)
      list->fire_in(list->owner, timer);
    else
      timer->fire(list->owner, timer);
  }
  timers->firing = NULL;
}

static hanse_time earliest(const struct timers *timers) {
  hanse_time due = NEVER;
  for (const struct hanse_timers *list = timers->lists; list; list = list->next)
    if (list->head.next != &list->head && list->head.next->due < due) due = list->head.next->due;
  return due;
}

void timers_due(struct timers *timers) {
  timers->armed = *timers->now; /* nothing that starts now is earlier: no arming on the way */
  timers->cursor = timers->lists;
  while (timers->cursor) {
    struct hanse_timers *list = timers->cursor;
    timers->cursor = list->next;
    fire_list(timers, list);
  }
  timers->cursor = NULL;
  arm(timers, earliest(timers));
}
