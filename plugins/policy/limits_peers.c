#include "limits_peers.h"

#include <stdlib.h>
#include <utlist.h>

#include "keyed.h"

/* A peer in the table: uthash's handle beside it. */
struct limits_peer_hash {
  struct limits_peer peer; /* first */
  UT_hash_handle hh;
};

/* ---- one peer ---- */

static void peer_free(struct limits_peer *peer) {
  limits_addresses_free(&peer->addresses);
  for (size_t i = 0; i < peer->domain_count; i++) free(peer->domains[i]);
  free(peer->texts);
  free(peer);
}

int limits_peer_name(struct limits_peer *peer, struct hanse_slice subject, struct hanse_slice issuer,
                     struct hanse_slice serial) {
  struct hanse_slice *const into[] = {&peer->subject, &peer->issuer, &peer->serial};
  const struct hanse_slice from[] = {subject, issuer, serial};
  char *texts = (char *)malloc(subject.len + issuer.len + serial.len + 1), *at = texts;
  if (!texts) return HANSE_NOMEM;
  for (int i = 0; i < 3; i++) {
    if (from[i].len) memcpy(at, from[i].at, from[i].len);
    *into[i] = hanse_slice(at, from[i].len);
    at += from[i].len;
  }
  free(peer->texts);
  peer->texts = texts;
  return HANSE_OK;
}

bool limits_peer_domain(struct limits_peer *peer, struct hanse_slice domain) {
  for (size_t i = 0; i < peer->domain_count; i++)
    if (hanse_same(hanse_text(peer->domains[i]), domain)) return false;
  if (peer->domain_count == LIMITS_DOMAINS || !domain.len) return false;
  char *copy = strndup(domain.at, domain.len);
  if (!copy) return false;
  peer->domains[peer->domain_count++] = copy;
  return true;
}

/* ---- the table ---- */

struct limits_peer *limits_peers_find(const struct limits_peers *peers, const uint8_t key[LIMITS_KEY]) {
  struct limits_peer_hash *found = NULL;
  HASH_FIND_BYHASHVALUE(hh, peers->table, key, LIMITS_KEY, keyed_hash(peers->key, key, LIMITS_KEY), found);
  return found ? &found->peer : NULL;
}

struct limits_peer *limits_peers_of_domain(const struct limits_peers *peers, struct hanse_slice domain) {
  struct limits_peer *peer;
  for (int standing = LIMITS_STANDINGS - 1; standing >= 0; standing--) DL_FOREACH(peers->of[standing], peer)
  for (size_t i = 0; i < peer->domain_count; i++)
    if (hanse_same(hanse_text(peer->domains[i]), domain)) return peer;
  return NULL;
}

struct limits_peer *limits_peers_add(struct limits_peers *peers, const uint8_t key[LIMITS_KEY]) {
  struct limits_peer_hash *fresh = (struct limits_peer_hash *)calloc(1, sizeof *fresh);
  if (!fresh) return NULL;
  struct limits_peer *peer = &fresh->peer;
  memcpy(peer->key, key, LIMITS_KEY);
  HASH_ADD_BYHASHVALUE(hh, peers->table, peer.key, LIMITS_KEY, keyed_hash(peers->key, key, LIMITS_KEY), fresh);
  if (!fresh->hh.tbl) {
    free(fresh);
    return NULL;
  }
  DL_APPEND(peers->of[LIMITS_NEW], peer);
  peers->count++;
  return peer;
}

void limits_peers_remove(struct limits_peers *peers, struct limits_peer *peer) {
  struct limits_peer_hash *stored = (struct limits_peer_hash *)(void *)peer;
  HASH_DELETE(hh, peers->table, stored);
  DL_DELETE(peers->of[peer->standing], peer);
  peers->count--;
  peer_free(peer);
}

void limits_peers_clear(struct limits_peers *peers) {
  for (int standing = 0; standing < LIMITS_STANDINGS; standing++)
    while (peers->of[standing]) limits_peers_remove(peers, peers->of[standing]);
}

struct limits_peer *limits_peers_victim(const struct limits_peers *peers) {
  return peers->of[LIMITS_NEW] ? peers->of[LIMITS_NEW] : peers->of[LIMITS_ESTABLISHED];
}

struct limits_peer *limits_peers_next(const struct limits_peers *peers, const struct limits_peer *peer) {
  if (!peer) return limits_peers_victim(peers);
  return peer->next || peer->standing == LIMITS_ESTABLISHED ? peer->next : peers->of[LIMITS_ESTABLISHED];
}

void limits_peers_touch(struct limits_peers *peers, struct limits_peer *peer, bool established) {
  DL_DELETE(peers->of[peer->standing], peer);
  peer->standing = established ? LIMITS_ESTABLISHED : LIMITS_NEW;
  DL_APPEND(peers->of[peer->standing], peer);
}

static int older_first(const struct limits_peer *a, const struct limits_peer *b) {
  return (a->seen > b->seen) - (a->seen < b->seen);
}

void limits_peers_sort(struct limits_peers *peers) {
  for (int standing = 0; standing < LIMITS_STANDINGS; standing++) DL_SORT(peers->of[standing], older_first);
}
