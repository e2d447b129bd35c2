#include "router/partner.h"

#include <stdlib.h>

#include "router/domain.h"

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

void partner_set_release(struct partner_set *set) {
  if (!set || --set->holds) return;
  HASH_CLEAR(hh, set->index);
  for (size_t i = 0; i < set->home_count; i++) {
    route_cache_clear(&set->homes[i].route);
    if (set->homes[i].tls) tls_profile_release(set->homes[i].tls);
  }
  for (size_t i = 0; i < set->partner_count; i++) {
    route_cache_clear(&set->partners[i].route);
    if (set->partners[i].tls) tls_profile_release(set->partners[i].tls);
  }
  option_pool_clear(&set->pool);
  free(set->homes);
  free(set->partners);
  free(set);
}
