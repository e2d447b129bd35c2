/* The fake host's clock and timers. */
#include "sdk/fakehost/inside.h"

hanse_time fake_now(const struct fake_world *world) { return world->now; }

static struct hanse_timers *timers(struct hanse_host *host, hanse_time length) {
  if (fake_foreign(host, "timers")) return NULL;
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

static void take_out(struct hanse_timer *timer) {
  struct hanse_timers *list = timer->list;
  if (!list) return;
  *(timer->previous ? &timer->previous->next : &list->first) = timer->next;
  *(timer->next ? &timer->next->previous : &list->last) = timer->previous;
  timer->list = NULL;
}

static void stop(struct hanse_host *host, struct hanse_timer *timer) {
  if (!fake_foreign(host, "timer_stop")) take_out(timer);
}

static void start(struct hanse_host *host, struct hanse_timers *list, struct hanse_timer *timer,
                  void (*fire)(void *, struct hanse_timer *)) {
  if (fake_foreign(host, "timer_start") || !list) return;
  take_out(timer);
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

static void fire(struct hanse_timer *timer) {
  struct fake_instance *owner = timer->list->owner;
  take_out(timer);
  FAKE_CALL(timer->fire(owner->self, timer));
}

void fake_advance(struct fake_world *world, hanse_time by) {
  hanse_time until = world->now + by;
  for (;;) {
    struct hanse_timer *timer = earliest(world);
    struct fake_question *question = fake_question_due(world, until);
    if (timer && timer->due > until) timer = NULL;
    if (!timer && !question) break;
    bool first = timer && (!question || timer->due <= question->due);
    hanse_time due = first ? timer->due : question->due;
    if (due > world->now) world->now = due;
    if (first)
      fire(timer);
    else
      fake_question_expire(question);
  }
  world->now = until;
}

void fake_timers_drop(const struct fake_instance *owner) {
  for (struct hanse_timers *list = owner->world->timers; list; list = list->next)
    while (list->owner == owner && list->first) take_out(list->first);
}

size_t fake_timers_of(const struct fake_instance *owner) {
  size_t n = 0;
  for (const struct hanse_timers *list = owner->world->timers; list; list = list->next)
    for (const struct hanse_timer *timer = list->owner == owner ? list->first : NULL; timer; timer = timer->next) n++;
  return n;
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
