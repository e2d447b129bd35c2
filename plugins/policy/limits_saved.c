/* Across a reload: at once who is held back, so that who was slowed down stays slow; then, in pieces, the buckets of
   flows, and the records with the addresses that each has asked for. Until those are here the rule of addresses waits.
   What the store has not told yet the successor asks it itself. */
#include <stdlib.h>

#include "limits.h"

#define LIMITS_BEGIN "limits begins\n"
#define LIMITS_READ "limits has read the store\n"
#define LIMITS_END "limits ends\n"
#define LIMITS_HELD "limits held 1\n"
#define LIMITS_ADDRESSES "limits addresses 2\n"
#define LIMITS_FLOWS "limits flows 1\n"
/* What a call of save_rest hands over, of the 2 ms that it and the successor may take: octets of addresses, records at
   10 µs, or places of flows, which the successor puts where they belong. */
#define LIMITS_SAVED_A_CALL ((size_t)2 << 20)
#define LIMITS_PEERS_A_CALL 100
#define LIMITS_FLOWS_A_CALL 16384

/* What counts of a peer until its record comes. */
struct limits_held {
  uint8_t key[LIMITS_KEY], salt[16];
  hanse_time seen, suspect;
  int64_t ahead;
  uint32_t addresses, passed;
};

/* Behind LIMITS_ADDRESSES, before the addresses. */
struct limits_addresses_head {
  uint8_t key[LIMITS_KEY], salt[16];
  uint32_t written;
};

/* A record of a head, something fixed behind it, and `count` more octets. */
static int save(struct limits *limits, struct hanse_slice head, const void *fixed, size_t fixed_count, const void *rest,
                size_t count) {
  char *record = (char *)malloc(head.len + fixed_count + count);
  if (!record) return HANSE_NOMEM;
  memcpy(record, head.at, head.len);
  memcpy(record + head.len, fixed, fixed_count);
  if (count) memcpy(record + head.len + fixed_count, rest, count);
  int status = hanse_save(limits->host, hanse_slice(record, head.len + fixed_count + count));
  free(record);
  return status;
}

/* ---- at once ---- */

static int save_held(struct limits *limits) {
  const struct hanse_slice head = HANSE_LIT(LIMITS_HELD);
  const struct limits_peer *peer = NULL;
  size_t used = head.len;
  char *record = (char *)malloc(head.len + limits->peers.count * sizeof(struct limits_held));
  if (!record) return HANSE_NOMEM;
  memcpy(record, head.at, head.len);
  while ((peer = limits_peers_next(&limits->peers, peer)) != NULL) {
    struct limits_held held = {.seen = peer->seen, .suspect = peer->suspect, .ahead = limits_ahead(limits, peer)};
    if (!held.ahead && !limits_suspicious(limits, peer)) continue;
    held.addresses = limits_peer_addresses(peer);
    held.passed = peer->passed;
    memcpy(held.key, peer->key, sizeof held.key);
    memcpy(held.salt, peer->addresses.salt, sizeof held.salt);
    memcpy(record + used, &held, sizeof held);
    used += sizeof held;
  }
  int status = hanse_save(limits->host, hanse_slice(record, used));
  free(record);
  return status;
}

/* Of some places what somebody has drawn from lately; a full bucket needs no record. */
static int save_flows(struct limits *limits, size_t first, size_t places) {
  const struct limits_flows *flows = &limits->flows;
  hanse_time now = hanse_now(limits->host);
  size_t count = 0;
  struct limits_flow *drawn = (struct limits_flow *)malloc((places + 1) * sizeof *drawn);
  if (!drawn) return HANSE_NOMEM;
  for (size_t i = 0; i < places; i++)
    if (flows->items[first + i].due > now) drawn[count++] = flows->items[first + i];
  int status =
      save(limits, HANSE_LIT(LIMITS_FLOWS), flows->key, sizeof flows->key, drawn, count * sizeof *flows->items);
  free(drawn);
  return status;
}

int limits_save(void *self) {
  struct limits *limits = (struct limits *)self;
  bool read = limits->behind.every_second && !(limits->awaited.from & BEHIND_STORE);
  int status = hanse_save(limits->host, HANSE_LIT(LIMITS_BEGIN));
  if (status == HANSE_OK && read) status = hanse_save(limits->host, HANSE_LIT(LIMITS_READ));
  if (status == HANSE_OK) status = save_held(limits);
  return status == HANSE_OK && limits->flows.items ? save_flows(limits, 0, 0) : status; /* the key, for what follows */
}

/* ---- in pieces ---- */

static int save_some_flows(struct limits *limits) {
  size_t all = limits->flows.items ? limits->flows.sets * LIMITS_FLOW_WAYS : 0, left = all - limits->saved_flows;
  size_t places = left < LIMITS_FLOWS_A_CALL ? left : LIMITS_FLOWS_A_CALL;
  if (!left) return HANSE_OK;
  int status = save_flows(limits, limits->saved_flows, places);
  limits->saved_flows += places;
  return status == HANSE_OK ? HANSE_AGAIN : status;
}

static int save_peer(struct limits *limits, const struct limits_peer *peer) {
  char record[LIMITS_RECORD];
  struct limits_addresses_head head = {.written = peer->addresses_written};
  int status = hanse_save(limits->host, hanse_slice(record, limits_record_write(limits, peer, record)));
  if (status != HANSE_OK || !peer->addresses.count) return status;
  memcpy(head.key, peer->key, sizeof head.key);
  memcpy(head.salt, peer->addresses.salt, sizeof head.salt);
  return save(limits, HANSE_LIT(LIMITS_ADDRESSES), &head, sizeof head, peer->addresses.ids,
              peer->addresses.count * sizeof *peer->addresses.ids);
}

/* What the successor has goes here, so that little is left to be freed at once in the end. */
static int save_some_peers(struct limits *limits) {
  size_t octets = 0;
  int status = HANSE_OK;
  struct limits_peer *peer = NULL;
  for (int n = 0; n < LIMITS_PEERS_A_CALL && octets < LIMITS_SAVED_A_CALL && status == HANSE_OK; n++) {
    peer = limits_peers_next(&limits->peers, NULL);
    if (!peer) return HANSE_OK;
    status = save_peer(limits, peer);
    octets += peer->addresses.count * sizeof *peer->addresses.ids;
    behind_remove(&limits->behind, &peer->unwritten);
    limits_peers_remove(&limits->peers, peer);
  }
  return status == HANSE_OK ? HANSE_AGAIN : status;
}

int limits_save_rest(void *self) {
  struct limits *limits = (struct limits *)self;
  behind_retire(&limits->behind);
  int status = save_some_flows(limits);
  if (status == HANSE_OK) status = save_some_peers(limits);
  return status == HANSE_OK ? hanse_save(limits->host, HANSE_LIT(LIMITS_END)) : status;
}

/* ---- the successor ---- */

/* The rest of a record that begins so; false: it does not. */
static bool cut(struct hanse_slice *record, struct hanse_slice begin) {
  if (record->len < begin.len || memcmp(record->at, begin.at, begin.len) != 0) return false;
  record->at += begin.len;
  record->len -= begin.len;
  return true;
}

static void adopt_held(struct limits *limits, struct hanse_slice record) {
  struct limits_held held;
  for (size_t at = 0; record.len - at >= sizeof held; at += sizeof held) {
    memcpy(&held, record.at + at, sizeof held);
    struct limits_peer *peer = NULL;
    if (limits->peers.count < (size_t)limits->settings->peers) peer = limits_peers_add(&limits->peers, held.key);
    if (!peer) return; /* it will begin anew */
    memcpy(peer->addresses.salt, held.salt, sizeof held.salt);
    peer->seen = held.seen;
    peer->suspect = held.suspect;
    peer->addresses_due = held.addresses;
    peer->passed = held.passed;
    limits_ahead_set(limits, peer, held.ahead);
    limits_peers_touch(&limits->peers, peer, limits_established(limits, peer));
  }
}

static int adopt_addresses(struct limits *limits, struct hanse_slice record) {
  struct limits_addresses_head head;
  if (record.len < sizeof head) return HANSE_OK;
  memcpy(&head, record.at, sizeof head);
  struct limits_peer *peer = limits_peers_find(&limits->peers, head.key);
  uint32_t count = (uint32_t)((record.len - sizeof head) / sizeof(uint64_t));
  if (!peer || memcmp(peer->addresses.salt, head.salt, sizeof head.salt) != 0) return HANSE_OK;
  int status = limits_addresses_place(&peer->addresses, 0, record.at + sizeof head, count);
  if (status == HANSE_OK) peer->addresses_written = head.written;
  return status == HANSE_NOMEM ? status : HANSE_OK;
}

static void adopt_flows(struct limits *limits, struct hanse_slice record) {
  struct limits_flows *flows = &limits->flows;
  struct limits_flow flow;
  if (record.len < sizeof flows->key || limits_flows_room(flows, (size_t)limits->settings->flows) != HANSE_OK) return;
  memcpy(flows->key, record.at, sizeof flows->key);
  for (size_t at = sizeof flows->key; record.len - at >= sizeof flow; at += sizeof flow) {
    memcpy(&flow, record.at + at, sizeof flow);
    limits_flows_put(flows, &flow);
  }
}

static int adopt_one(struct limits *limits, struct hanse_slice record) {
  if (cut(&record, HANSE_LIT(LIMITS_ADDRESSES))) return adopt_addresses(limits, record);
  if (cut(&record, HANSE_LIT(LIMITS_FLOWS))) {
    adopt_flows(limits, record);
    return HANSE_OK;
  }
  if (cut(&record, HANSE_LIT(LIMITS_BEGIN))) {
    behind_await(&limits->awaited, limits->host, BEHIND_PREDECESSOR);
    return HANSE_OK;
  }
  if (cut(&record, HANSE_LIT(LIMITS_READ))) {
    limits->read = true;
    return HANSE_OK;
  }
  if (cut(&record, HANSE_LIT(LIMITS_HELD))) {
    adopt_held(limits, record);
    return HANSE_OK;
  }
  if (cut(&record, HANSE_LIT(LIMITS_END))) {
    behind_have(&limits->awaited, BEHIND_PREDECESSOR);
    return HANSE_OK;
  }
  int status = limits_record_read(limits, record, BEHIND_PREDECESSOR);
  return status == HANSE_INVALID ? HANSE_OK : status;
}

int limits_adopt(void *self, const struct hanse_saved *saved) {
  struct limits *limits = (struct limits *)self;
  int status = HANSE_OK;
  for (uint32_t i = 0; i < saved->count && status == HANSE_OK; i++) status = adopt_one(limits, saved->records[i]);
  return status;
}
