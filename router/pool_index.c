#include "router/pool_index.h"

#include <stdlib.h>
#include <utlist.h>

#include "contract/domain.h"
#include "router/address.h"
#include "router/hash.h"

/* side, protocol, NUL, name */
#define PEER_KEY (DOMAIN_BUFFER + ADDRESS_TEXT + 64)

struct member {
  UT_hash_handle hh; /* by the link's address */
  struct member *next, *prev;
  struct hanse_link *link;
  struct peer *peer;
};

struct peer {
  UT_hash_handle hh;
  struct member *members; /* the newest last */
  size_t length;
  char key[];
};

struct pool_index {
  struct peer *peers;
  struct member *members;
};

static void member_free(struct pool_index *index, struct member *member) {
  struct peer *peer = member->peer;
  HASH_DEL(index->members, member);
  DL_DELETE(peer->members, member);
  free(member);
  if (peer->members) return;
  HASH_DEL(index->peers, peer);
  free(peer);
}

void pool_index_free(struct pool_index *index) {
  if (!index) return;
  while (index->members) member_free(index, index->members);
  free(index);
}

struct pool_index *pool_index_new(void) {
  return calloc(1, sizeof(struct pool_index));
}

/* 0: nothing is known of the peer that another link could be compared with. */
static size_t make_key(const struct hanse_link *link, char key[PEER_KEY]) {
  char address[ADDRESS_TEXT + 1] = "@";
  struct hanse_slice name;
  if (link->proved_count) {
    name = link->proved[0];
  } else if (!link->tls && link->side == HANSE_SIDE_HOME) {
    address_host_text((const struct sockaddr *)&link->peer_address, address + 1);
    name = hanse_text(address);
  } else {
    return 0;
  }
  if (link->protocol.len + name.len + 2 > PEER_KEY) return 0;
  key[0] = (char)link->side;
  memcpy(key + 1, link->protocol.at, link->protocol.len);
  key[1 + link->protocol.len] = '\0';
  memcpy(key + 2 + link->protocol.len, name.at, name.len);
  return 2 + link->protocol.len + name.len;
}

static struct peer *find_peer(const struct pool_index *index, const char *key, size_t length) {
  struct peer *peer;
  HASH_FIND(hh, index->peers, key, length, peer);
  return peer;
}

static struct member *find_member(const struct pool_index *index, const struct hanse_link *link) {
  struct member *member;
  HASH_FIND(hh, index->members, &link, sizeof link, member);
  return member;
}

static struct peer *find_or_make_peer(struct pool_index *index, const char *key, size_t length) {
  struct peer *peer = find_peer(index, key, length);
  if (peer || !(peer = calloc(1, sizeof *peer + length))) return peer;
  memcpy(peer->key, key, length);
  peer->length = length;
  HASH_ADD_KEYPTR(hh, index->peers, peer->key, peer->length, peer);
  if (HASH_ADDED(hh, peer)) return peer;
  free(peer);
  return NULL;
}

static bool same_key(const struct peer *peer, const char *key, size_t length) {
  return peer->length == length && memcmp(peer->key, key, length) == 0;
}

void pool_index_add(struct pool_index *index, struct hanse_link *link) {
  char key[PEER_KEY];
  size_t length = make_key(link, key);
  struct member *member = find_member(index, link);
  if (member && length && same_key(member->peer, key, length)) return;
  if (member) member_free(index, member);
  if (!length || !(member = calloc(1, sizeof *member))) return;
  member->link = link;
  member->peer = find_or_make_peer(index, key, length);
  if (!member->peer) {
    free(member);
    return;
  }
  DL_APPEND(member->peer->members, member);
  HASH_ADD_KEYPTR(hh, index->members, &member->link, sizeof member->link, member);
  if (HASH_ADDED(hh, member)) return;
  DL_DELETE(member->peer->members, member);
  if (!member->peer->members) {
    HASH_DEL(index->peers, member->peer);
    free(member->peer);
  }
  free(member);
}

void pool_index_remove(struct pool_index *index, const struct hanse_link *link) {
  struct member *member = find_member(index, link);
  if (member) member_free(index, member);
}

/* The newest that is open; a link that just closed may still stand here until its close is reported. */
struct hanse_link *pool_index_find(struct pool_index *index, const struct hanse_link *like) {
  char key[PEER_KEY];
  size_t length = make_key(like, key);
  struct peer *peer = length ? find_peer(index, key, length) : NULL;
  if (!peer) return NULL;
  for (struct member *member = peer->members->prev;; member = member->prev) {
    if (member->link != like && member->link->state == LINK_OPEN) return member->link;
    if (member == peer->members) return NULL;
  }
}
