#include "router/router.h"

#include <stdlib.h>

#include "contract/disposer.h"
#include "contract/failure.h"
#include "router/crl.h"
#include "router/decision.h"
#include "router/dispatch.h"
#include "router/errand.h"
#include "router/generation.h"
#include "router/host.h"
#include "router/loader.h"
#include "router/lookup.h"
#include "router/message.h"
#include "router/pressure.h"
#include "router/reap.h"
#include "router/secret.h"
#include "router/slow.h"
#include "router/store.h"
#include "router/ticket.h"
#include "router/token.h"
#include "router/way.h"
#include "router/word.h"

static void make_counters(struct router *router) {
  struct counters *counters = router->counters;
  for (size_t i = 1; failure_at(i); i++) {
    const struct failure *failure = failure_at(i);
    router->refused[failure->number] = counter_get(counters, "refused", failure->name, failure->meaning);
  }
  router->accepted = counter_get(counters, "message", "accepted", "messages that passed all stages");
  router->answered = counter_get(counters, "message", "answered", "answers that went back");
  router->stray_answers = counter_get(counters, "message", "stray_answers", "answers without a transaction, dropped");
  router->reloads_done = counter_get(counters, "reload", "done", "reloads that were accepted");
  router->reloads_failed = counter_get(counters, "reload", "failed", "reloads that were refused");
  router->late_verdicts =
      counter_get(counters, "message", "late_verdicts", "deferred answers that came late or twice, ignored");
  router->policies_failing = counter_get(counters, "policy", "failing",
                                         "policies that are not asked now because their calls failed (on_failure)");
  router->policy_failures = counter_get(counters, "policy", "failures", "calls of policies that failed");
  router->policy_unasked =
      counter_get(counters, "policy", "unasked", "times that a failing policy was not asked about a message");
}

struct router *router_new(void) {
  struct router *router = calloc(1, sizeof *router);
  if (!router) return NULL;
  router->node.size = sizeof router->node;
  router->host_ops = &host_ops;
  message_stores(router);
  if (!(router->loop = loop_new()) || !(router->timers = timers_new(router->loop)) ||
      !(router->disposer = disposer_new()) || !(router->counters = counters_new()) ||
      !(router->tickets = tickets_new()) || !(router->tokens = tokens_new()) ||
      !(router->store_desk = store_desk_new(router)) ||
      !(router->transport = transport_new(router->loop, router->timers, &dispatch_events, router)) ||
      !(router->pool = pool_new(router->loop, router->timers, router->transport, &router->dns))) {
    router_free(router);
    return NULL;
  }
  router->clock = loop_clock(router->loop);
  router->started = *router->clock;
  if (!(router->slow = slow_new(router->loop)) ||
      !(router->pressure = pressure_new(router->loop, router->timers, router->transport)) ||
      !(router->reap = reap_new(router)) || !(router->crl_keeper = crl_keeper_new(router)) ||
      way_init(router) != HANSE_OK) {
    router_free(router);
    return NULL;
  }
  make_counters(router);
  return router;
}

/* A start that failed late ends without shutdown_begin; listeners must not outlive the transport's work. */
static void stop_listening(const struct generation *generation) {
  for (size_t i = 0; generation && generation->listeners && i < generation->settings->listen.count; i++)
    if (generation->listeners[i]) listener_close(generation->listeners[i]);
}

/* Links first, so that transactions hear of it; then plugins; then what both stood on. */
void router_free(struct router *router) {
  if (!router) return;
  stop_listening(router->now);
  pool_stop(router->pool);
  pressure_free(router->pressure);
  transport_free(router->transport);
  reap_all(router);
  store_desk_free(router->store_desk);
  generation_free(router->now);
  lookups_free(router);
  errands_drop(router);
  crl_keeper_free(router->crl_keeper);
  if (router->dns) dns_free(router->dns);
  pool_free(router->pool);
  reap_free(router->reap);
  slow_free(router->slow);
  tokens_free(router->tokens);
  tickets_free(router->tickets);
  counters_free(router->counters);
  timers_free(router->timers);
  loop_free(router->loop);
  loader_free(router->loader);
  secret_free(router->secret);
  block_store_clear(&router->small);
  block_store_clear(&router->large);
  disposer_free(router->disposer);
  decisions_free(router->decided);
  words_free(&router->words);
  free(router);
}
