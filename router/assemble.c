#include "router/assemble.h"

#include <stdlib.h>

#include "router/crl.h"
#include "router/errand.h"
#include "router/exclusive.h"
#include "router/log.h"
#include "router/lookup.h"
#include "router/prepare_net.h"
#include "router/pressure.h"
#include "router/store.h"
#include "router/ticket.h"
#include "router/wait.h"
#include "router/word.h"

/* ---- instances ---- */

static struct module *running_module(const struct generation *running, struct hanse_slice name) {
  for (size_t i = 0; running && i < running->module_count; i++)
    if (hanse_same(settings_module_at(running->settings, i)->name, name)) return &running->modules[i];
  return NULL;
}

static bool unchanged(const struct generation *running, const struct module *was, const struct generation *generation,
                      const struct module *is) {
  if (!was || !was->instance || was->instance->state != INSTANCE_STARTED || was->code != is->code ||
      memcmp(was->digest, is->digest, sizeof is->digest))
    return false;
  return !was->instance->asked_entries || !memcmp(running->entries_digest, generation->entries_digest, 32);
}

int assemble_module(struct generation *generation, size_t index, struct hanse_problem *problem) {
  struct router *router = generation->router;
  const struct settings_module *written = settings_module_at(generation->settings, index);
  struct module *module = &generation->modules[index];
  struct module *was = running_module(router->now, written->name);
  problem->where = written->where;
  if (module->fresh) return instance_configure(module->instance, problem);
  if (unchanged(router->now, was, generation, module)) {
    module->instance = was->instance;
    module->options = was->instance->settings;
    option_pool_dispose(&module->pool, router->disposer);
    return exclusive_check(generation, module->instance, problem);
  }
  module->predecessor = was ? was->instance : NULL;
  module->instance = instance_new(router, written->name.at, module->code, router->host_ops, problem);
  if (!module->instance) return HANSE_FAIL;
  module->fresh = true;
  module->instance->generation = (unsigned)generation->number;
  module->instance->building = generation;
  module->instance->settings_pool = module->pool;
  option_pool_init(&module->pool);
  module->instance->settings = module->options;
  return instance_configure(module->instance, problem);
}

/* ---- resolver and listeners ---- */

struct dns *assemble_resolver(const struct generation *generation, struct hanse_slice other,
                              struct hanse_problem *problem) {
  const struct settings_dns *written = &generation->settings->dns;
  struct dns_settings settings = {.forwarders = other.len ? &other : written->forwarders.items,
                                  .forwarder_count = other.len ? 1 : written->forwarders.count,
                                  .allow_loopback = other.len || written->allow_loopback,
                                  .trust_anchor = written->trust_anchor.path,
                                  .hosts = other.len ? hanse_slice(NULL, 0) : written->hosts.content,
                                  .hosts_where = {written->hosts.path.at, 1}};
  struct dns *dns = NULL;
  struct hanse_slice *zones = calloc(written->private_zones.count + 1, sizeof *zones);
  if (zones) {
    for (size_t i = 0; i < written->private_zones.count; i++)
      zones[i] = ((const struct hanse_domain *)written->private_zones.items)[i].name;
    settings.private_zones = zones;
    settings.private_zone_count = written->private_zones.count;
    dns = dns_new(generation->router->loop, &settings, problem);
  }
  free(zones);
  return dns;
}

int assemble_dns(struct generation *generation, struct hanse_problem *problem) {
  struct router *router = generation->router;
  if (router->dns && router->now && !memcmp(router->now->dns_digest, generation->dns_digest, 32)) return HANSE_OK;
  generation->dns = assemble_resolver(generation, hanse_slice(NULL, 0), problem);
  return generation->dns ? HANSE_OK : HANSE_FAIL;
}

static struct listener *running_listener(const struct generation *running, const struct listener_settings *settings) {
  for (size_t i = 0; running && i < running->settings->listen.count; i++)
    if (running->listeners[i] && listener_same_address(running->listeners[i], settings)) return running->listeners[i];
  return NULL;
}

int assemble_listeners(struct generation *generation, struct systemd_sockets *handed, struct hanse_problem *problem) {
  struct router *router = generation->router;
  for (size_t i = 0; i < generation->settings->listen.count; i++) {
    struct listener_settings settings;
    if (prepare_listener(generation, i, &settings, problem) != HANSE_OK) return HANSE_INVALID;
    struct listener *running = running_listener(router->now, &settings);
    int fd = -1;
    if (!running && handed)
      fd = systemd_socket_for(handed, (const struct sockaddr *)&settings.address, settings.address_length);
    generation->listeners[i] =
        running ? listener_hold(running) : listener_open(router->transport, &settings, fd, problem);
    if (!generation->listeners[i]) return HANSE_FAIL;
  }
  return HANSE_OK;
}

/* ---- commit ---- */

static int home_targets(struct generation *generation, struct hanse_problem *problem) {
  struct partner_set *set = generation->partners;
  for (size_t i = 0; i < set->home_count; i++) {
    struct home *home = &set->homes[i];
    const struct protocol *protocol = generation_protocol(generation, home->protocol);
    struct target_settings settings = {.key = {.protocol = protocol->name,
                                               .host = home->server.host,
                                               .prove = home->server.host,
                                               .port = home->server.port,
                                               .side = HANSE_SIDE_HOME,
                                               .tls = home->tls},
                                       .rule = (enum hanse_identity_rule)protocol->slots->identity,
                                       .may_be_private = true,
                                       .links = (unsigned)generation->settings->limits.links_per_partner,
                                       .local = generation_local(generation, HANSE_SIDE_HOME)};
    home->route.targets = calloc(1, sizeof(struct hanse_target *));
    if (home->route.targets) home->route.targets[0] = target_get(generation->router->pool, &settings);
    if (!home->route.targets || !home->route.targets[0]) {
      hanse_explain(problem, "no memory for the home domains");
      return HANSE_NOMEM;
    }
    home->route.count = 1;
    home->route.generation = generation->number;
  }
  return HANSE_OK;
}

static int hand_over(struct generation *generation, struct hanse_problem *problem) {
  int status = HANSE_OK;
  for (size_t i = 0; status == HANSE_OK && i < generation->module_count; i++) {
    struct module *module = &generation->modules[i];
    problem->where = settings_module_at(generation->settings, i)->where;
    if (!module->fresh) continue;
    if (module->predecessor) status = instance_adopt(module->instance, module->predecessor, problem);
    if (status == HANSE_OK && instance_start(module->instance, problem) < 0) status = HANSE_FAIL;
    module->instance->building = NULL;
  }
  tickets_adopt_settle(generation->router->tickets, status == HANSE_OK);
  return status;
}

static struct instance *running(const struct generation *generation, size_t module) {
  struct instance *instance = generation->modules[module].instance;
  return instance && instance->state == INSTANCE_STARTED ? instance : NULL;
}

static enum hanse_verdict instead(const struct generation *generation, const struct settings_module *written) {
  switch ((enum settings_on_failure)written->on_failure) {
    case SETTINGS_INSTEAD_ALLOW:
      return HANSE_ALLOW;
    case SETTINGS_INSTEAD_ABSTAIN:
      return HANSE_ABSTAIN;
    case SETTINGS_INSTEAD_DENY:
      return HANSE_DENY;
    case SETTINGS_INSTEAD_DEFAULT:
      break;
  }
  return generation->default_allow ? HANSE_ALLOW : HANSE_DENY;
}

static void judges_bind(struct generation *generation, struct judges *judges) {
  size_t kept = 0;
  for (size_t i = 0; i < judges->count; i++) {
    struct judge judge = judges->items[i];
    judge.instance = running(generation, judge.module);
    if (!judge.instance) continue;
    judge.instance->health.instead = instead(generation, settings_module_at(generation->settings, judge.module));
    judges->items[kept++] = judge;
  }
  judges->count = kept;
}

static void watchers_bind(struct generation *generation) {
  for (size_t i = 0; i < generation->module_count; i++) {
    struct instance *instance = running(generation, i);
    const struct hanse_offer *offer = instance ? instance->plugin->offers : NULL;
    for (size_t most = 2; offer && offer->capability && most; offer++) {
      if (offer->capability != HANSE_OBSERVER) continue;
      generation->watchers[generation->watcher_count++] = (struct watcher){instance, offer->slots};
      most--;
    }
  }
}

/* Room for what instances are bound to: once state is handed over, nothing may fail any more. */
static int tables_make(struct generation *generation, struct hanse_problem *problem) {
  generation->catch_all = calloc(generation->federation_count + 1, sizeof *generation->catch_all);
  generation->watchers = calloc(generation->module_count * 2 + 1, sizeof *generation->watchers);
  if (generation->catch_all && generation->watchers) return HANSE_OK;
  hanse_explain(problem, "no memory for the new generation");
  return HANSE_NOMEM;
}

/* From names to instances: the tables that the way of a message reads. */
static void bind_instances(struct generation *generation) {
  for (size_t i = 0; i < generation->protocol_count; i++)
    generation->protocols[i].instance = running(generation, generation->protocols[i].module);
  for (size_t i = 0; i < generation->federation_count; i++) {
    struct federation *federation = &generation->federations[i];
    federation->instance = running(generation, federation->module);
    federation->word = word_keep(&generation->router->words, federation->name);
    if (federation->instance && federation->slots->catch_all)
      generation->catch_all[generation->catch_all_count++] = federation;
  }
  judges_bind(generation, &generation->admit);
  judges_bind(generation, &generation->routed);
  judges_bind(generation, &generation->answer);
  watchers_bind(generation);
  if (generation->store.named) generation->store.instance = running(generation, generation->store.module);
}

static void apply_limits(const struct generation *generation) {
  const struct settings_limits *limits = &generation->settings->limits;
  struct router *router = generation->router;
  struct transport_limits transport = {.handshakes_per_network = limits->handshakes_per_network,
                                       .pending_handshakes = (uint32_t)limits->pending_handshakes,
                                       .links_per_address = (uint32_t)limits->links_per_address,
                                       .message = limits->message,
                                       .link_output = limits->link_output,
                                       .link_output_high = limits->link_output_pause,
                                       .connect_timeout = limits->connect_timeout,
                                       .handshake_timeout = limits->handshake_timeout,
                                       .message_timeout = limits->message_timeout,
                                       .keepalive = limits->keepalive,
                                       .idle_timeout = limits->idle_timeout};
  struct pool_limits pool = {.waiting_messages = (uint32_t)limits->queue_messages,
                             .waiting_bytes = limits->queue_bytes,
                             .waiting_time = limits->queue_time,
                             .connect_timeout = limits->connect_timeout};
  transport_limits_set(router->transport, &transport);
  pool_limits_set(router->pool, &pool);
  wait_limit(router, generation->settings->policy.deferred);
  pressure_limit_set(router->pressure, limits->memory);
  watchdog_set(limits->watchdog, limits->watchdog_abort);
  router->node.name = generation->settings->node.name;
  router->node.message_bytes = limits->message;
  router->node.header_bytes = limits->headers;
}

static bool still_listens(const struct generation *generation, const struct listener *listener) {
  for (size_t i = 0; i < generation->settings->listen.count; i++)
    if (generation->listeners[i] == listener) return true;
  return false;
}

static void swap_listeners(struct generation *generation, struct generation *was) {
  struct hanse_problem problem = {0};
  for (size_t i = 0; was && i < was->settings->listen.count; i++)
    if (!still_listens(generation, was->listeners[i])) listener_stop(was->listeners[i]);
  for (size_t i = 0; i < generation->settings->listen.count; i++) {
    struct listener_settings settings;
    if (prepare_listener(generation, i, &settings, &problem) == HANSE_OK)
      listener_update(generation->listeners[i], &settings);
    listener_start(generation->listeners[i]);
  }
}

static bool wanted(const struct generation *generation, const struct instance *instance) {
  for (size_t i = 0; i < generation->module_count; i++)
    if (generation->modules[i].instance == instance) return true;
  return false;
}

static void drain_unwanted(struct generation *generation) {
  for (struct instance *instance = generation->router->instances; instance; instance = instance->next) {
    instance->wanted = wanted(generation, instance);
    if (!instance->wanted) instance_drain(instance);
  }
}

static void renew_targets(const struct generation *generation) {
  unsigned links = (unsigned)generation->settings->limits.links_per_partner;
  for (size_t i = 0; i < generation->partners->home_count; i++) {
    const struct home *home = &generation->partners->homes[i];
    target_renew(home->route.targets[0], home->tls, links);
  }
}

int assemble_commit(struct generation *generation, struct hanse_problem *problem) {
  struct router *router = generation->router;
  struct generation *was = router->now;
  if (home_targets(generation, problem) != HANSE_OK || tables_make(generation, problem) != HANSE_OK) return HANSE_NOMEM;
  if (hand_over(generation, problem) != HANSE_OK) return HANSE_FAIL;
  bind_instances(generation);
  router->now = generation;
  renew_targets(generation);
  apply_limits(generation);
  swap_listeners(generation, was);
  pool_settled(router->pool);
  if (generation->dns) {
    struct dns *before = router->dns;
    router->dns = generation->dns;
    generation->dns = NULL;
    pool_dns_changed(router->pool);
    lookups_dns_changed(router);
    errands_dns_changed(router);
    if (before) dns_free(before);
  }
  drain_unwanted(generation);
  store_changed(router);
  crl_keeper_commit(router);
  generation_free(was);
  return HANSE_OK;
}

int assemble_rest(struct generation *generation) {
  for (size_t i = 0; i < generation->module_count; i++) {
    struct module *module = &generation->modules[i];
    if (!module->predecessor) continue;
    if (instance_adopt_rest(module->instance, module->predecessor) != HANSE_AGAIN) module->predecessor = NULL;
    return HANSE_AGAIN;
  }
  return HANSE_OK;
}

void assemble_undo(struct generation *generation) {
  for (size_t i = generation->module_count; i-- > 0;)
    if (generation->modules[i].fresh) instance_bury(generation->modules[i].instance);
  generation_free(generation);
}
