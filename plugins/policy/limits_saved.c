/* Across a reload: the records at once, so that who was slowed down stays slow; then, in pieces, which addresses each
   has asked for. Until those are here the rule of addresses waits. */
#include <stdlib.h>

#include "limits.h"

#define LIMITS_BEGIN "limits begins\n"
#define LIMITS_END "limits ends\n"
#define LIMITS_ADDRESSES "limits addresses 1\n"
#define LIMITS_FLOWS "limits flows 1\n"
/* Octets of addresses a call of save_rest: a millisecond. */
#define LIMITS_SAVED_A_CALL ((size_t)2 << 20)
/* The longest that the rule of addresses waits for them. */
#define LIMITS_WAIT (10 * HANSE_SECOND)

static int save(struct limits *limits, const void *head, size_t head_count, const void *rest, size_t count) {
  char *record = (char *)malloc(head_count + count + 1);
  if (!record) return HANSE_NOMEM;
  memcpy(record, head, head_count);
  if (count) memcpy(record + head_count, rest, count);
  int status = hanse_save(limits->host, hanse_slice(record, head_count + count));
  free(record);
  return status;
}

/* Only what somebody has drawn from lately; a full bucket needs no record. */
static int save_flows(struct limits *limits) {
  const struct limits_flows *flows = &limits->flows;
  size_t head = sizeof LIMITS_FLOWS - 1 + sizeof flows->key, count = 0;
  size_t all = flows->items ? flows->sets * LIMITS_FLOW_WAYS : 0;
  hanse_time now = hanse_now(limits->host);
  if (!all) return HANSE_OK;
  char *record = (char *)malloc(head + all * sizeof *flows->items);
  if (!record) return HANSE_NOMEM;
  memcpy(record, LIMITS_FLOWS, sizeof LIMITS_FLOWS - 1);
  memcpy(record + sizeof LIMITS_FLOWS - 1, flows->key, sizeof flows->key);
  for (size_t i = 0; i < all; i++)
    if (flows->items[i].due > now)
      memcpy(record + head + count++ * sizeof *flows->items, &flows->items[i], sizeof *flows->items);
  int status = hanse_save(limits->host, hanse_slice(record, head + count * sizeof *flows->items));
  free(record);
  return status;
}

int limits_save(void *self) {
  struct limits *limits = (struct limits *)self;
  char record[LIMITS_RECORD];
  int status = hanse_save(limits->host, HANSE_LIT(LIMITS_BEGIN));
  struct limits_peer *peer = NULL;
  while (status == HANSE_OK && (peer = limits_peers_next(&limits->peers, peer)) != NULL)
    status = hanse_save(limits->host, hanse_slice(record, limits_record_write(limits, peer, record)));
  return status == HANSE_OK ? save_flows(limits) : status;
}

static int save_addresses(struct limits *limits, const struct limits_peer *peer) {
  char head[sizeof LIMITS_ADDRESSES - 1 + LIMITS_KEY + sizeof(uint32_t)], *at = head;
  at = (char *)memcpy(at, LIMITS_ADDRESSES, sizeof LIMITS_ADDRESSES - 1) + sizeof LIMITS_ADDRESSES - 1;
  at = (char *)memcpy(at, peer->key, LIMITS_KEY) + LIMITS_KEY;
  memcpy(at, &peer->addresses_written, sizeof peer->addresses_written);
  return save(limits, head, sizeof head, peer->addresses.ids, peer->addresses.count * sizeof *peer->addresses.ids);
}

int limits_save_rest(void *self) {
  struct limits *limits = (struct limits *)self;
  const struct limits_peer *peer;
  size_t octets = 0;
  int status = HANSE_OK;
  behind_retire(&limits->behind);
  while (status == HANSE_OK && (peer = limits_peers_next(&limits->peers, limits->saved)) != NULL) {
    if (octets > LIMITS_SAVED_A_CALL) return HANSE_AGAIN;
    status = save_addresses(limits, peer);
    octets += LIMITS_KEY + peer->addresses.count * sizeof *peer->addresses.ids;
    limits->saved = peer;
  }
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

static int adopt_addresses(struct limits *limits, struct hanse_slice record) {
  uint8_t key[LIMITS_KEY];
  uint32_t written;
  if (record.len < sizeof key + sizeof written) return HANSE_OK;
  memcpy(key, record.at, sizeof key);
  memcpy(&written, record.at + sizeof key, sizeof written);
  record = hanse_slice(record.at + sizeof key + sizeof written, record.len - sizeof key - sizeof written);
  struct limits_peer *peer = limits_peers_find(&limits->peers, key);
  uint32_t count = (uint32_t)(record.len / sizeof(uint64_t));
  if (!peer || !count) return HANSE_OK;
  int status = limits_addresses_place(&peer->addresses, 0, record.at, count);
  if (status == HANSE_OK) peer->addresses_written = written;
  return status == HANSE_NOMEM ? status : HANSE_OK;
}

static void adopt_flows(struct limits *limits, struct hanse_slice record) {
  struct limits_flows *flows = &limits->flows;
  struct limits_flow flow;
  if (!flows->items || record.len < sizeof flows->key) return;
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
    limits->adopted = true;
    limits->lenient_until = hanse_now(limits->host) + LIMITS_WAIT;
    return HANSE_OK;
  }
  if (cut(&record, HANSE_LIT(LIMITS_END))) {
    limits->lenient_until = 0;
    return HANSE_OK;
  }
  int status = limits_record_read(limits, record);
  return status == HANSE_INVALID ? HANSE_OK : status;
}

int limits_adopt(void *self, const struct hanse_saved *saved) {
  struct limits *limits = (struct limits *)self;
  int status = HANSE_OK;
  for (uint32_t i = 0; i < saved->count && status == HANSE_OK; i++) status = adopt_one(limits, saved->records[i]);
  return status;
}
