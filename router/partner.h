/* Home domains and partner entries, and the one index over both by domain suffix (design §3 IDENTIFY). A set is built
   beside the running one, never changed afterwards, and counted as a whole. */
#ifndef ROUTER_PARTNER_H
#define ROUTER_PARTNER_H

#include <hanse/federation.h>

#include "contract/option_pool.h"
#include "router/hash.h"
#include "router/settings.h"
#include "router/target.h"

struct instance;

enum entry_kind { ENTRY_HOME = 1, ENTRY_PARTNER = 2 };

/* What the index finds. */
struct entry {
  enum entry_kind kind;
  struct hanse_slice domain; /* canonical */
  struct hanse_where where;
  UT_hash_handle hh;
};

/* The targets that a type named for an entry, remembered. */
struct route_cache {
  struct hanse_target **targets; /* held */
  uint32_t count;
  bool whole_entry;           /* they hold for all domains below the entry's as well */
  uint64_t generation;        /* 0: nothing is remembered */
  hanse_time until;           /* 0: until the next commit */
  struct hanse_slice through; /* the type's; as long as the generation */
  struct hanse_terms terms;   /* likewise */
};

struct home {
  struct entry entry;
  struct hanse_slice protocol;
  struct hanse_address server;
  struct tls_profile *tls;
  const struct hanse_domain *peers;
  size_t peer_count;
  bool shared; /* with a provider outside */
  struct route_cache route;
};

struct hanse_partner {
  struct entry entry;
  struct partner_set *set;
  struct hanse_slice type;             /* the federation type's own name, aliases resolved */
  struct hanse_slice called;           /* as it is written, where that is another name of it; else empty */
  const struct federation *federation; /* its slots and instance; set at commit */
  const void *settings;                /* laid out by the type's entry table */
  struct tls_profile *tls;
  struct sockaddr_storage source; /* ss_family 0: any */
  bool source_taken;              /* nobody wrote it: it binds only addresses of its own family */
  bool accept_cn, wildcards;
  struct hanse_slice comment;
  struct route_cache route;
  uint64_t messages_in, messages_out, refused;
  struct hanse_slice protocol; /* that it speaks; empty: what its type says */
  uint32_t in_flight;          /* messages from inside that are on their way to it */
  bool moved; /* its edge is written by hand and did not answer, and nothing came back since: that was told */
};

/* Where a set goes that nobody holds any more; it then lets go of what it holds, and is freed. Loop thread. */
struct partner_bin {
  void (*take)(struct partner_bin *bin, struct partner_set *set);
};

struct partner_set {
  unsigned holds;          /* loop thread only, once in use */
  struct partner_bin *bin; /* NULL: it ends on the spot, however long that takes */
  struct partner_set *next_in_bin;
  size_t let_go; /* entries that hold nothing any more */
  struct entry *index;
  struct home *homes;
  size_t home_count;
  struct hanse_partner *partners;
  size_t partner_count;
  struct option_pool pool; /* strings and types' settings */
};

/* The entry that is the longest suffix of the canonical domain, on label borders; NULL: none. */
struct entry *partner_set_find(const struct partner_set *set, struct hanse_slice domain);
/* The entry for exactly this domain. */
struct entry *partner_set_exact(const struct partner_set *set, struct hanse_slice domain);

static inline struct home *entry_home(struct entry *entry) {
  return entry && entry->kind == ENTRY_HOME ? (struct home *)entry : NULL;
}
static inline struct hanse_partner *entry_partner(struct entry *entry) {
  return entry && entry->kind == ENTRY_PARTNER ? (struct hanse_partner *)entry : NULL;
}

/* An empty set with room for that many. Any thread. NULL: no memory. */
struct partner_set *partner_set_new(size_t homes, size_t partners);
/* Puts the entry into the index. HANSE_INVALID: its domain is there already; HANSE_NOMEM. */
int partner_set_add(struct partner_set *set, struct entry *entry);
struct partner_set *partner_set_hold(struct partner_set *set);
void partner_set_release(struct partner_set *set);
/* Releases what `entries` more entries hold that is counted by the loop thread: targets, TLS profiles. false: no entry
   holds anything any more. */
bool partner_set_let_go(struct partner_set *set, size_t entries);
/* Frees a set that has let go of everything. Any thread. */
void partner_set_free(struct partner_set *set);

void route_cache_clear(struct route_cache *cache);

#endif
