#include "router/reap.h"

#include <stdlib.h>

#include "contract/disposer.h"
#include "router/binding.h"
#include "router/clock.h"
#include "router/control.h"
#include "router/dispatch.h"
#include "router/generation.h"
#include "router/log.h"
#include "router/store.h"
#include "router/ticket.h"
#include "router/way.h"

#define LINKS_SLICE (2 * HANSE_MSEC)
#define SETS_SLICE (1 * HANSE_MSEC)
#define SETS_STEP 128 /* entries between two looks at the clock */

struct reap {
  struct router *router;
  struct loop_hook hook;
  struct loop_task links;
  struct partner_bin bin;
  struct partner_set *sets; /* nobody holds them */
  struct loop_task sets_task;
  struct loop_task *when_buried;
  struct hanse_timers *age; /* wakes the loop so that old code's time is noticed */
  struct hanse_timer tick;
  bool allowed;
  uint64_t seen; /* id of the last link that was looked at since the commit */
};

/* ---- burying ---- */

static void close_ticket(void *argument, struct ticket *ticket) { ticket_close(argument, ticket); }

/* Its time is over: what it still has is taken from it, and said. */
static void take_work(struct instance *instance) {
  struct router *router = instance->router;
  char text[160];
  log_event(HANSE_WARNING, instance->name, "module.expired", "left=\"%s\"",
            instance_open_work(instance, text, sizeof text));
  way_instance_gone(router, instance);
  dispatch_drop(router, instance);
  tickets_each(router->tickets, instance, close_ticket, router->tickets);
}

static bool overdue(const struct instance *instance) {
  hanse_time age = *instance->router->clock - instance->draining_since;
  return age > instance->router->now->settings->limits.code_age;
}

static bool may_go(struct instance *instance) {
  char text[160];
  if (instance->state != INSTANCE_DRAINING) return false;
  if (!*instance_open_work(instance, text, sizeof text)) return true;
  if (!overdue(instance)) return false;
  if (!instance->expired) take_work(instance);
  instance->expired = true;
  return !instance->busy; /* its stop would keep everybody waiting */
}

static void run(struct loop_hook *hook) {
  struct reap *reap = (struct reap *)((char *)hook - offsetof(struct reap, hook));
  struct instance *instance = reap->router->instances;
  bool any = false;
  while (reap->allowed && instance) {
    struct instance *next = instance->next;
    if (may_go(instance)) {
      if (reap->router->control) control_owner_gone(reap->router->control, instance);
      instance_bury(instance);
      any = true;
    }
    instance = next;
  }
  if (!any || !reap->when_buried) return;
  loop_task_add(reap->router->loop, reap->when_buried);
  reap->when_buried = NULL;
}

static void tick(void *self, struct hanse_timer *timer) {
  struct reap *reap = self;
  timers_start(reap->age, timer, tick);
}

/* ---- links after a commit ---- */

static bool fits(const struct generation *generation, struct hanse_link *link) {
  if (link->upper.trust == generation->trust || link->state != LINK_OPEN) return true;
  struct tls_profile *profile = generation_profile_for(generation, link->tls);
  if (!profile || !link_verify_again(link, profile)) return false;
  link->upper.trust = generation->trust;
  return true;
}

/* What an idle link still has of generations before: who its peer was, whose code framed its last message. */
static void leave_old(struct router *router, struct hanse_link *link) {
  bindings_clear(link);
  dispatch_pass_on(router, link);
}

static void links_slice(struct loop_task *task) {
  struct reap *reap = (struct reap *)((char *)task - offsetof(struct reap, links));
  struct router *router = reap->router;
  hanse_time end = clock_read() + LINKS_SLICE;
  struct hanse_link *link = transport_links(router->transport), *next;
  while (link && link->id <= reap->seen) link = link->next;
  for (; link; link = next) {
    next = link->next;
    reap->seen = link->id;
    leave_old(router, link);
    if (!fits(router->now, link)) link_shut(link, HANSE_F_TLS_TRUST, "its certificate is not trusted any more");
    if (clock_read() < end) continue;
    loop_task_add(router->loop, task);
    return;
  }
  loop_look_closely(router->loop, false);
}

void reap_links(struct router *router) {
  if (!router->reap->links.next) loop_look_closely(router->loop, true);
  router->reap->seen = 0;
  loop_task_add(router->loop, &router->reap->links);
}

/* ---- sets of entries that nobody holds ---- */

static void free_set(void *set) { partner_set_free(set); }

static void drop_first_set(struct reap *reap) {
  struct partner_set *set = reap->sets;
  reap->sets = set->next_in_bin;
  dispose(reap->router->disposer, free_set, set);
  loop_look_closely(reap->router->loop, false);
}

static void sets_slice(struct loop_task *task) {
  struct reap *reap = (struct reap *)((char *)task - offsetof(struct reap, sets_task));
  hanse_time end = clock_read() + SETS_SLICE;
  while (reap->sets && clock_read() < end)
    if (!partner_set_let_go(reap->sets, SETS_STEP)) drop_first_set(reap);
  if (reap->sets) loop_task_add(reap->router->loop, task);
}

static void take_set(struct partner_bin *bin, struct partner_set *set) {
  struct reap *reap = (struct reap *)((char *)bin - offsetof(struct reap, bin));
  loop_look_closely(reap->router->loop, true);
  set->next_in_bin = reap->sets;
  reap->sets = set;
  loop_task_add(reap->router->loop, &reap->sets_task);
}

bool reap_frees(const struct router *router) { return router->reap->sets || disposer_busy(router->disposer); }

/* ---- life ---- */

static void fire_in(void *owner, struct hanse_timer *timer) { timer->fire(owner, timer); }

struct reap *reap_new(struct router *router) {
  struct reap *reap = calloc(1, sizeof *reap);
  if (!reap) return NULL;
  reap->router = router;
  reap->hook.run = run;
  reap->links.run = links_slice;
  reap->sets_task.run = sets_slice;
  reap->bin.take = take_set;
  router->bin = &reap->bin;
  reap->allowed = true;
  reap->age = timers_list(router->timers, reap, 1 * HANSE_SECOND, fire_in);
  if (!reap->age) {
    free(reap);
    return NULL;
  }
  timers_start(reap->age, &reap->tick, tick);
  loop_hook_add(router->loop, LOOP_REAP, &reap->hook);
  return reap;
}

void reap_free(struct reap *reap) {
  if (!reap) return;
  while (reap->sets)
    if (!partner_set_let_go(reap->sets, SIZE_MAX)) drop_first_set(reap);
  timers_owner_gone(reap->router->timers, reap);
  loop_task_remove(reap->router->loop, &reap->sets_task);
  loop_task_remove(reap->router->loop, &reap->links);
  loop_hook_remove(reap->router->loop, &reap->hook);
  free(reap);
}

void reap_allow(struct router *router, bool allowed) { router->reap->allowed = allowed; }

void reap_when_buried(struct router *router, struct loop_task *task) { router->reap->when_buried = task; }

static void bury_all(struct router *router, bool stores) {
  struct instance *instance = router->instances, *next;
  for (; instance; instance = next) {
    char text[160];
    next = instance->next;
    if ((instance->store != NULL) != stores) continue;
    if (!stores && *instance_open_work(instance, text, sizeof text)) take_work(instance);
    instance_bury(instance);
    store_flush(router);
  }
}

/* Stores last: what the others write when they stop is kept. An older one of the same data has its turn first. */
void reap_all(struct router *router) {
  bury_all(router, false);
  bury_all(router, true);
}
