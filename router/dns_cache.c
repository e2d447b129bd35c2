#include "router/dns_cache.h"

#include <stdlib.h>

#include "router/hash.h"

struct entry {
  struct dns_cached cached;
  UT_hash_handle hh; /* uthash keeps the order in which entries were added: the first is the least used */
  size_t length;
  char key[]; /* kind, name */
};

struct dns_cache {
  struct entry *entries;
  size_t max;
};

void dns_known_release(struct dns_known *known) {
  if (known && --known->holds == 0) free(known);
}

static void entry_free(struct dns_cache *cache, struct entry *entry) {
  HASH_DEL(cache->entries, entry);
  dns_known_release(entry->cached.known);
  free(entry);
}

void dns_cache_clear(struct dns_cache *cache) {
  while (cache->entries) entry_free(cache, cache->entries);
}

void dns_cache_free(struct dns_cache *cache) {
  if (!cache) return;
  dns_cache_clear(cache);
  free(cache);
}

struct dns_cache *dns_cache_new(size_t max) {
  struct dns_cache *cache = calloc(1, sizeof *cache);
  if (cache) cache->max = max;
  return cache;
}

size_t dns_cache_count(const struct dns_cache *cache) { return HASH_COUNT(cache->entries); }

struct dns_known *dns_known_new(const struct dns_answer *answer) {
  size_t addresses = answer->addresses ? answer->count * sizeof *answer->addresses : 0;
  size_t services = answer->services ? answer->count * sizeof *answer->services : 0;
  size_t error = strlen(answer->error) + 1;
  struct dns_known *known = malloc(sizeof *known + addresses + services + error);
  if (!known) return NULL;
  char *at = (char *)(known + 1);
  known->holds = 1;
  known->answer = *answer;
  if (addresses) known->answer.addresses = memcpy(at, answer->addresses, addresses);
  at += addresses;
  if (services) known->answer.services = memcpy(at, answer->services, services);
  known->answer.error = memcpy(at + services, answer->error, error);
  return known;
}

static size_t make_key(char key[DNS_NAME + 1], char kind, struct hanse_slice name) {
  key[0] = kind;
  memcpy(key + 1, name.at, name.len);
  return name.len + 1;
}

static struct entry *find(struct dns_cache *cache, const char *key, size_t length) {
  struct entry *entry;
  HASH_FIND(hh, cache->entries, key, length, entry);
  return entry;
}

/* Moves an entry to the end of the order. */
static struct entry *touch(struct dns_cache *cache, struct entry *entry) {
  HASH_DEL(cache->entries, entry);
  HASH_ADD_KEYPTR(hh, cache->entries, entry->key, entry->length, entry);
  if (HASH_ADDED(hh, entry)) return entry;
  dns_known_release(entry->cached.known);
  free(entry);
  return NULL;
}

struct dns_cached *dns_cache_find(struct dns_cache *cache, char kind, struct hanse_slice name) {
  char key[DNS_NAME + 1];
  struct entry *entry = find(cache, key, make_key(key, kind, name));
  if (entry && entry->hh.next) entry = touch(cache, entry);
  return entry ? &entry->cached : NULL;
}

static struct entry *add(struct dns_cache *cache, const char *key, size_t length) {
  struct entry *entry = calloc(1, sizeof *entry + length);
  if (!entry) return NULL;
  memcpy(entry->key, key, length);
  entry->length = length;
  while (cache->entries && HASH_COUNT(cache->entries) >= cache->max) entry_free(cache, cache->entries);
  HASH_ADD_KEYPTR(hh, cache->entries, entry->key, entry->length, entry);
  if (HASH_ADDED(hh, entry)) return entry;
  free(entry);
  return NULL;
}

void dns_cache_put(struct dns_cache *cache, char kind, struct hanse_slice name, struct dns_known *known,
                   hanse_time expires) {
  char key[DNS_NAME + 1];
  size_t length = make_key(key, kind, name);
  struct entry *entry = find(cache, key, length);
  if (!entry && !(entry = add(cache, key, length))) return;
  known->holds++;
  dns_known_release(entry->cached.known);
  entry->cached = (struct dns_cached){.known = known, .expires = expires};
}
