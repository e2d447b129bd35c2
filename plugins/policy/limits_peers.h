/* The records of partners that nobody entered: bounded, found by key at constant cost.

   Which one is dropped when another one needs the room: of those that have shown nothing yet the one that was silent
   for longest; where there is none, of the others. So whoever comes with ever new certificates displaces his own
   records: not those of partners who are really talked with, and not those on the watch list. */
#ifndef POLICY_LIMITS_PEERS_H
#define POLICY_LIMITS_PEERS_H

#include "behind.h"
#include "limits_addresses.h"

enum { LIMITS_KEY = 32, LIMITS_DOMAINS = 8, LIMITS_NOTICES = 3 };

enum limits_standing { LIMITS_NEW = 0, LIMITS_ESTABLISHED = 1, LIMITS_STANDINGS = 2 };

/* Answers that came within half a window. */
struct limits_answers {
  hanse_time begin;
  uint32_t all, failed, errors;
};

struct limits_peer_hash; /* a peer with its place in the table: limits_peers.c */

struct limits_peer {
  uint8_t key[LIMITS_KEY];
  struct limits_peer *next, *prev; /* of the same standing, the one that was silent for longest first */
  struct behind_item unwritten;    /* the store has it in an older form */
  enum limits_standing standing;
  bool kept;      /* its record comes from the store */
  bool passed;    /* a new address was refused to it, and none was let through since */
  hanse_time due; /* its token bucket */
  hanse_time seen, written;
  hanse_time suspect; /* when it last gave reason; 0: never */
  hanse_time told[LIMITS_NOTICES];
  struct limits_answers now, before;
  struct limits_addresses addresses;
  uint32_t addresses_written; /* the first ones are in the store */
  uint32_t addresses_due;     /* so many it had when it was kept: they come behind the record */
  uint64_t messages, refused, good;
  char *texts; /* what the next three point into; owned */
  struct hanse_slice subject, issuer, serial;
  char *domains[LIMITS_DOMAINS]; /* owned */
  size_t domain_count;
};

/* How many it has asked for, those that are still to come among them. */
static inline uint32_t limits_peer_addresses(const struct limits_peer *peer) {
  return peer->addresses.count > peer->addresses_due ? peer->addresses.count : peer->addresses_due;
}

struct limits_peers {
  struct limits_peer_hash *table;
  struct limits_peer *of[LIMITS_STANDINGS];
  size_t count;
  uint8_t key[16];
};

/* NULL: there is none. */
struct limits_peer *limits_peers_find(const struct limits_peers *peers, const uint8_t key[LIMITS_KEY]);
/* The first that has sent in the name of this domain: looks at all of them. NULL: none. */
struct limits_peer *limits_peers_of_domain(const struct limits_peers *peers, struct hanse_slice domain);
/* A new one, without addresses; it is not there yet. NULL: no memory. */
struct limits_peer *limits_peers_add(struct limits_peers *peers, const uint8_t key[LIMITS_KEY]);
/* Takes it out and frees it. */
void limits_peers_remove(struct limits_peers *peers, struct limits_peer *peer);
void limits_peers_clear(struct limits_peers *peers);
/* Which one goes first; NULL: there is none. */
struct limits_peer *limits_peers_victim(const struct limits_peers *peers);

/* One after another, NULL for the first, in the order in which they would be dropped. NULL: that was the last. */
struct limits_peer *limits_peers_next(const struct limits_peers *peers, const struct limits_peer *peer);

/* It was heard of just now, and stands as it stands. */
void limits_peers_touch(struct limits_peers *peers, struct limits_peer *peer, bool established);
/* Puts both standings into order again, by when each was seen. */
void limits_peers_sort(struct limits_peers *peers);
/* HANSE_OK, HANSE_NOMEM. */
int limits_peer_name(struct limits_peer *peer, struct hanse_slice subject, struct hanse_slice issuer,
                     struct hanse_slice serial);
/* Notes a domain in whose name it sends, up to LIMITS_DOMAINS. True: it is a new one. */
bool limits_peer_domain(struct limits_peer *peer, struct hanse_slice domain);

#endif
