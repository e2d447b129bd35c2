#include "router/admission.h"

#include <stdlib.h>
#include <utlist.h>

#include "router/address.h"
#include "router/hash.h"

/* Addresses with this many pending handshakes, or more, count alike. */
#define CROWD_MAX 256
#define LOG_PAUSE HANSE_SECOND

/* An address, or a network, which never has links. */
struct admission_site {
  UT_hash_handle hh;
  struct admission_site *next, *previous; /* among those with as many pending, or among the unused */
  uint8_t key[ADDRESS_KEY];
  hanse_time tat; /* a network's: when the rate would allow the next one if they came evenly (GCRA) */
  uint32_t links, pending;
  struct admitted *waiting; /* pending ones, the oldest first */
  hanse_time logged;
  uint32_t unlogged;
};

struct table {
  struct admission_site *sites;
  struct admission_site *unused; /* without links, the longest unused first */
};

struct admission {
  struct table addresses, networks;
  struct admission_site *crowds[CROWD_MAX + 1];
  unsigned largest; /* no crowd beyond this one has a site */
  uint32_t pending;
};

static void forget(struct table *table, struct admission_site *site) {
  HASH_DELETE(hh, table->sites, site);
  DL_DELETE2(table->unused, site, previous, next);
  free(site);
}

static void clear(struct table *table) {
  struct admission_site *site, *next;
  HASH_ITER(hh, table->sites, site, next) {
    HASH_DELETE(hh, table->sites, site);
    free(site);
  }
}

void admission_free(struct admission *admission) {
  if (!admission) return;
  clear(&admission->addresses);
  clear(&admission->networks);
  free(admission);
}

struct admission *admission_new(void) {
  return calloc(1, sizeof(struct admission));
}

static struct admission_site *site_new(struct table *table, const uint8_t *key, size_t key_len) {
  if (HASH_COUNT(table->sites) >= ADMISSION_SITES) {
    if (!table->unused) return NULL;
    forget(table, table->unused);
  }
  struct admission_site *site = calloc(1, sizeof *site);
  if (!site) return NULL;
  memcpy(site->key, key, key_len);
  site->logged = -LOG_PAUSE;
  HASH_ADD_KEYPTR(hh, table->sites, site->key, key_len, site);
  if (!HASH_ADDED(hh, site)) {
    free(site);
    return NULL;
  }
  DL_APPEND2(table->unused, site, previous, next);
  return site;
}

/* Made if need be; now the most recently used. NULL: no room or no memory. */
static struct admission_site *find(struct table *table, const uint8_t *key, size_t key_len) {
  struct admission_site *site;
  HASH_FIND(hh, table->sites, key, key_len, site);
  if (!site) return site_new(table, key, key_len);
  if (site->links == 0) {
    DL_DELETE2(table->unused, site, previous, next);
    DL_APPEND2(table->unused, site, previous, next);
  }
  return site;
}

static struct admission_site *site_of(struct admission *admission, const struct sockaddr *address) {
  uint8_t key[ADDRESS_KEY];
  return find(&admission->addresses, key, address_key(address, key));
}

static struct admission_site *network_of(struct admission *admission, const struct sockaddr *address) {
  uint8_t key[ADDRESS_KEY];
  return find(&admission->networks, key, address_network_key(address, key));
}

/* ---- crowds: sites by how many of theirs are pending ---- */

static struct admission_site **crowd_of(struct admission *admission, uint32_t pending) {
  return &admission->crowds[pending < CROWD_MAX ? pending : CROWD_MAX];
}

/* A site with links stands in the crowd of its number; crowd 0 holds those without pending ones. */
static void recount(struct admission *admission, struct admission_site *site, int change) {
  DL_DELETE2(*crowd_of(admission, site->pending), site, previous, next);
  site->pending = (uint32_t)((int64_t)site->pending + change);
  admission->pending = (uint32_t)((int64_t)admission->pending + change);
  DL_APPEND2(*crowd_of(admission, site->pending), site, previous, next);
  unsigned crowd = site->pending < CROWD_MAX ? site->pending : CROWD_MAX;
  if (crowd > admission->largest) admission->largest = crowd;
  while (admission->largest > 0 && !admission->crowds[admission->largest]) admission->largest--;
}

struct admitted *admission_crowd(const struct admission *admission) {
  return admission->largest > 0 ? admission->crowds[admission->largest]->waiting : NULL;
}

uint32_t admission_pending(const struct admission *admission) { return admission->pending; }

/* ---- coming and going ---- */

/* The generic cell rate algorithm: `count` at once, and then one per interval. */
static enum admission_verdict within_rate(struct admission *admission, const struct sockaddr *address,
                                          const struct hanse_rate *rate, hanse_time now) {
  if (rate->count == 0) return ADMISSION_OK;
  struct admission_site *network = network_of(admission, address);
  if (!network) return ADMISSION_FULL;
  hanse_time interval = rate->per / (hanse_time)rate->count;
  hanse_time tat = network->tat > now ? network->tat : now;
  if (tat - now > rate->per - interval) return ADMISSION_RATE;
  network->tat = tat + interval;
  return ADMISSION_OK;
}

enum admission_verdict admission_ask(struct admission *admission, const struct sockaddr *address,
                                     const struct hanse_rate *rate, uint32_t links, hanse_time now,
                                     struct admission_site **out) {
  struct admission_site *site = site_of(admission, address);
  if (!site) return ADMISSION_FULL;
  if (links > 0 && site->links >= links) return ADMISSION_LINKS;
  enum admission_verdict verdict = within_rate(admission, address, rate, now);
  if (verdict == ADMISSION_OK) *out = site;
  return verdict;
}

void admission_enter(struct admission *admission, struct admission_site *site, struct admitted *one) {
  if (site->links++ == 0) {
    DL_DELETE2(admission->addresses.unused, site, previous, next);
    DL_APPEND2(admission->crowds[0], site, previous, next);
  }
  one->site = site;
  one->pending = true;
  DL_APPEND2(site->waiting, one, previous, next);
  recount(admission, site, 1);
}

void admission_shaken(struct admission *admission, struct admitted *one) {
  if (!one->site || !one->pending) return;
  one->pending = false;
  DL_DELETE2(one->site->waiting, one, previous, next);
  recount(admission, one->site, -1);
}

void admission_leave(struct admission *admission, struct admitted *one) {
  if (!one->site) return;
  admission_shaken(admission, one);
  struct admission_site *site = one->site;
  one->site = NULL;
  if (--site->links > 0) return;
  DL_DELETE2(admission->crowds[0], site, previous, next);
  DL_APPEND2(admission->addresses.unused, site, previous, next);
}

bool admission_may_log(struct admission *admission, const struct sockaddr *address, hanse_time now,
                       uint32_t *unlogged) {
  struct admission_site *site = site_of(admission, address);
  if (!site) return false;
  if (now - site->logged < LOG_PAUSE) {
    site->unlogged++;
    return false;
  }
  *unlogged = site->unlogged;
  site->unlogged = 0;
  site->logged = now;
  return true;
}
