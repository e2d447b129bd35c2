/* Who a peer is for one sender domain on one link, remembered until the next commit, or for as long as DNS said. */
#ifndef ROUTER_BINDING_H
#define ROUTER_BINDING_H

#include "router/link.h"
#include "router/party.h"

struct binding {
  struct hanse_slice domain; /* in the same piece of memory */
  struct partner_set *set;   /* held */
  struct party party;        /* its texts as well */
  uint64_t generation;
  hanse_time until; /* 0: until the next commit */
  UT_hash_handle hh;
};

/* NULL: nothing valid is remembered. */
const struct binding *binding_find(const struct hanse_link *link, struct hanse_slice domain, uint64_t generation,
                                   hanse_time now);
/* Remembers; at most 1024 a link, then all are forgotten and it begins anew. Without memory nothing is remembered. */
void binding_add(struct hanse_link *link, struct hanse_slice domain, struct partner_set *set, const struct party *party,
                 uint64_t generation, hanse_time until);
void bindings_clear(struct hanse_link *link);

#endif
