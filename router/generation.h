/* A generation: one loaded configuration with its plugin instances and routes. The running one is router->now; nothing
   holds a generation: what a message needs for longer (partner, targets, TLS profile, instance) is counted by itself.
 */
#ifndef ROUTER_GENERATION_H
#define ROUTER_GENERATION_H

#include <hanse/plugin.h>

#include "contract/problem.h"
#include "router/instance.h"
#include "router/listener.h"
#include "router/partner.h"
#include "router/settings.h"

/* A federation type as the configuration names it. */
struct federation {
  struct hanse_slice name;
  struct hanse_slice word; /* the same for facts (word.h); since commit */
  const char *const *aliases;
  const struct hanse_federation *slots;
  const struct hanse_option *entry; /* what its partner entries may say; NULL: nothing of its own */
  size_t entry_size;
  struct instance *instance; /* NULL until the instances are made, or when it declined to start */
  size_t module;             /* index in settings->modules */
};

struct protocol {
  struct hanse_slice name;
  const struct hanse_protocol *slots;
  struct instance *instance;
  size_t module;
};

/* One policy of a stage, in configured order. */
struct judge {
  size_t module;             /* index in settings->modules */
  struct instance *instance; /* from the commit on */
  const struct hanse_policy *slots;
};
struct judges {
  struct judge *items;
  size_t count;
};

struct watcher {
  struct instance *instance;
  const struct hanse_observer *slots;
};

struct generation {
  uint64_t number;
  struct router *router;
  struct settings *settings;
  struct module {      /* one per settings->modules entry */
    struct code *code; /* held until the instance holds it */
    struct instance *instance;
    bool fresh;              /* made for this generation; else shared */
    struct option_pool pool; /* of a fresh one's settings, until the instance owns them */
    void *options;
    unsigned char digest[32];
    struct instance *predecessor;
  } * modules;
  size_t module_count;
  struct protocol *protocols;
  size_t protocol_count;
  struct federation *federations;
  size_t federation_count;
  struct federation **catch_all; /* in configured order */
  size_t catch_all_count;
  struct watcher *watchers;
  size_t watcher_count;
  struct judges admit, routed, answer;
  struct {
    bool named;                /* `store` names a module */
    size_t module;             /* index in settings->modules */
    struct instance *instance; /* from the commit on; NULL: there is none, or it declined to start */
  } store;
  struct partner_set *partners;
  struct tls_profile **profiles; /* one per settings->tls entry */
  struct listener **listeners;   /* one per settings->listen entry */
  char (*locals)[280];           /* "name:port" of each listener */
  struct dns *dns;               /* a new context, when `dns` changed; taken at commit */
  unsigned char dns_digest[32];
  unsigned char entries_digest[32]; /* of `home` and `partners` */
  uint64_t trust;                   /* changes when trust anchors, versions or partners do (design §4.6) */
  uint32_t in_flight_max;
  bool default_allow;
};

struct generation *generation_new(struct router *router);
/* Releases all it holds, and leaves the rest to the disposer; instances that it alone wanted are to be drained by the
 * caller before. */
void generation_free(struct generation *generation);

/* By name or alias; NULL: none. */
struct federation *generation_federation(const struct generation *generation, struct hanse_slice type);
struct protocol *generation_protocol(const struct generation *generation, struct hanse_slice name);
struct tls_profile *generation_profile(const struct generation *generation, struct hanse_slice name);
/* What an older link's profile is called now: the one of its name, else one that believes the same authorities (it was
   renamed); NULL: none. */
struct tls_profile *generation_profile_for(const struct generation *generation, const struct tls_profile *old);
/* "name:port" of the first listener of that side; empty: there is none. */
struct hanse_slice generation_local(const struct generation *generation, enum hanse_side side);

#endif
