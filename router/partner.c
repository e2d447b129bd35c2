#include "router/partner.h"

#include <stdlib.h>

#include "contract/domain.h"

struct partner_set *partner_set_new(size_t homes, size_t partners) {
  struct partner_set *set = calloc(1, sizeof *set);
  if (!set) return NULL;
  option_pool_init(&set->pool);
  set->homes = calloc(homes ? homes : 1, sizeof *set->homes);
  set->partners = calloc(partners ? partners : 1, sizeof *set->partners);
  set->holds = 1;
  if (set->homes && set->partners) return set;
  partner_set_release(set);
  return NULL;
}

int partner_set_add(struct partner_set *set, struct entry *entry) {
  if (partner_set_exact(set, entry->domain)) return HANSE_INVALID;
  HASH_ADD_KEYPTR(hh, set->index, entry->domain.at, entry->domain.len, entry);
  return entry->hh.tbl ? HANSE_OK : HANSE_NOMEM;
}

struct entry *partner_set_exact(const struct partner_set *set, struct hanse_slice domain) {
  struct entry *found = NULL;
  HASH_FIND(hh, set->index, domain.at, domain.len, found);
  return found;
}

struct entry *partner_set_find(const struct partner_set *set, struct hanse_slice domain) {
  if (!set->index || !domain.len) return NULL;
  do {
    struct entry *found = partner_set_exact(set, domain);
    if (found) return found;
  } while (domain_parent(&domain));
  return NULL;
}

void route_cache_clear(struct route_cache *cache) {
  for (uint32_t i = 0; i < cache->count; i++) target_release(cache->targets[i]);
  free(cache->targets);
  *cache = (struct route_cache){0};
}

struct partner_set *partner_set_hold(struct partner_set *set) {
  set->holds++;
  return set;
}

static void entry_let_go(struct route_cache *route, struct tls_profile **tls) {
  route_cache_clear(route);
  tls_profile_release(*tls);
  *tls = NULL;
}

bool partner_set_let_go(struct partner_set *set, size_t entries) {
  size_t all = set->home_count + set->partner_count;
  for (; entries && set->let_go < all; entries--, set->let_go++)
    if (set->let_go < set->home_count)
      entry_let_go(&set->homes[set->let_go].route, &set->homes[set->let_go].tls);
    else
      entry_let_go(&set->partners[set->let_go - set->home_count].route,
                   &set->partners[set->let_go - set->home_count].tls);
  return set->let_go < all;
}

void partner_set_free(struct partner_set *set) {
  HASH_CLEAR(hh, set->index);
  option_pool_clear(&set->pool);
  free(set->homes);
  free(set->partners);
  free(set);
}

void partner_set_release(struct partner_set *set) {
  if (!set || --set->holds) return;
  if (set->bin) {
    set->bin->take(set->bin, set);
    return;
  }
  partner_set_let_go(set, SIZE_MAX);
  partner_set_free(set);
}
