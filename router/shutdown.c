#include "router/shutdown.h"

#include "router/generation.h"
#include "router/log.h"
#include "router/systemd.h"
#include "router/ticket.h"

/* How often it is looked whether all is done. */
#define LOOK (50 * HANSE_MSEC)

/* How long peers have to take our last words, once nothing is open any more. */
#define LAST_WORDS (5 * HANSE_SECOND)

/* What is still open is answered by its protocol, while links can take it; then the links close politely. Stores go on
   to the last. */
static void close_links(struct router *router) {
  for (struct instance *instance = router->instances; instance; instance = instance->next)
    if (!instance->store) instance_stop(instance);
  for (struct hanse_link *link = transport_links(router->transport); link; link = link->next)
    link_shut(link, HANSE_F_DRAINING, "this node goes out of service");
  router->closing = true;
  router->ending_since = *router->clock;
}

static bool over(struct router *router) {
  hanse_time waited = *router->clock - router->ending_since;
  if (router->closing) return !transport_links(router->transport) || waited >= LAST_WORDS;
  size_t open = tickets_open(router->tickets);
  if (open && waited < router->now->settings->limits.drain_timeout) return false;
  if (open) log_event(HANSE_WARNING, "router", "drain.over", "transactions=%zu", open);
  close_links(router);
  return !transport_links(router->transport);
}

static void look(void *self, struct hanse_timer *timer) {
  struct router *router = self;
  if (over(router))
    loop_stop(router->loop);
  else
    timers_start(router->drain_timers, timer, look);
}

static void fire_in(void *owner, struct hanse_timer *timer) { timer->fire(owner, timer); }

void shutdown_begin(struct router *router, bool now) {
  if (!router->draining) {
    log_event(HANSE_NOTICE, "router", "router.stopping", "transactions=%zu", tickets_open(router->tickets));
    systemd_notify("STOPPING=1");
    router->draining = true;
    router->ending_since = *router->clock;
    for (struct instance *instance = router->instances; instance; instance = instance->next)
      instance_last_call(instance);
    for (size_t i = 0; i < router->now->settings->listen.count; i++) listener_close(router->now->listeners[i]);
    router->drain_timers = timers_list(router->timers, router, LOOK, fire_in);
    if (router->drain_timers) timers_start(router->drain_timers, &router->drain_timer, look);
  }
  if (!now && router->drain_timers) return;
  if (!router->closing) close_links(router);
  loop_stop(router->loop);
}
