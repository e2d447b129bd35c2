/* Answers that are remembered: bounded in number, the least used falls out. */
#ifndef ROUTER_DNS_CACHE_H
#define ROUTER_DNS_CACHE_H

#include "router/dns.h"

/* One answer, counted: the cache and everybody who is yet to be told hold it. Loop thread only. */
struct dns_known {
  unsigned holds;
  struct dns_answer answer; /* its arrays and texts lie behind */
};

/* A copy of the answer, its arrays and its error text, held for the caller. NULL: no memory. */
struct dns_known *dns_known_new(const struct dns_answer *answer);
void dns_known_release(struct dns_known *known); /* NULL is fine */

struct dns_cache;
struct dns_cached {
  struct dns_known *known;
  hanse_time expires;
  hanse_time retry; /* the last good answer is given without asking until then */
};

struct dns_cache *dns_cache_new(size_t max);
void dns_cache_free(struct dns_cache *cache); /* NULL is fine */
void dns_cache_clear(struct dns_cache *cache);
size_t dns_cache_count(const struct dns_cache *cache);

/* `kind` tells questions for the same name apart. NULL: not remembered. Valid until the cache is changed. */
struct dns_cached *dns_cache_find(struct dns_cache *cache, char kind, struct hanse_slice name);
/* Remembers (and holds) an answer instead of an earlier one. Out of memory, it is not remembered. */
void dns_cache_put(struct dns_cache *cache, char kind, struct hanse_slice name, struct dns_known *known,
                   hanse_time expires);

#endif
