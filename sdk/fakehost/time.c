/* The fake host's clock and timers. */
#include <stdlib.h>

#include "sdk/fakehost/inside.h"

hanse_time fake_now(const struct fake_world *world) { return world->now; }

static struct hanse_timers *timers(struct hanse_host *host, hanse_time length) {
  struct fake_instance *instance = fake_instance_of(host);
  struct fake_world *world = instance->world;
  for (struct hanse_timers *list = world->timers; list; list = list->next)
    if (list->owner == instance && list->length == length) return list;
  struct hanse_timers *list = fake_memory(world, sizeof *list);
  if (!list) return NULL;
  list->owner = instance;
  list->length = length;
  list->next = world->timers;
  world->timers = list;
  return list;
}

static void stop(struct hanse_host *host, struct hanse_timer *timer) {
  struct hanse_timers *list = timer->list;
  (void)host;
  if (!list) return;
  *(timer->previous ? &timer->previous->next : &list->first) = timer->next;
  *(timer->next ? &timer->next->previous : &list->last) = timer->previous;
  timer->list = NULL;
}

static void start(struct hanse_host *host, struct hanse_timers *list, struct hanse_timer *timer,
                  void (*fire)(void *, struct hanse_timer *)) {
  stop(host, timer);
  timer->list = list;
  timer->due = list->owner->world->now + list->length;
  timer->fire = fire;
  timer->next = NULL;
  timer->previous = list->last;
  *(list->last ? &list->last->next : &list->first) = timer;
  list->last = timer;
}

static struct hanse_timer *earliest(const struct fake_world *world) {
  struct hanse_timer *found = NULL;
  for (struct hanse_timers *list = world->timers; list; list = list->next)
    if (list->first && (!found || list->first->due < found->due)) found = list->first;
  return found;
}

void fake_advance(struct fake_world *world, hanse_time by) {
  hanse_time until = world->now + by;
  struct hanse_timer *timer;
  while ((timer = earliest(world)) && timer->due <= until) {
    struct fake_instance *owner = timer->list->owner;
    if (timer->due > world->now) world->now = timer->due;
    stop(&owner->host, timer);
    timer->fire(owner->self, timer);
  }
  world->now = until;
}

size_t fake_timers_running(const struct fake_world *world) {
  size_t n = 0;
  for (const struct hanse_timers *list = world->timers; list; list = list->next)
    for (const struct hanse_timer *timer = list->first; timer; timer = timer->next) n++;
  return n;
}

void fake_time_ops(struct hanse_host_ops *ops) {
  ops->timers = timers;
  ops->timer_start = start;
  ops->timer_stop = stop;
}
