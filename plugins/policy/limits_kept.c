/* What the store keeps: under "p" and a peer's key its record, under "a", the key and a number 128 of its addresses. It
   is read at the start and written a second after a change; no message waits for it. Without a store all is kept in
   memory only. */
#include "limits.h"

/* ---- writing ---- */

static void written(void *self, void *argument, const struct hanse_store_answer *answer) {
  (void)argument;
  behind_answered(&((struct limits *)self)->behind, answer);
}

static int write_addresses(struct limits *limits, struct limits_peer *peer, int *rows) {
  char key[LIMITS_ROW_KEY];
  const struct limits_addresses *addresses = &peer->addresses;
  while (peer->addresses_written < addresses->count) {
    uint32_t row = peer->addresses_written / LIMITS_A_ROW, first = row * LIMITS_A_ROW;
    uint32_t rest = addresses->count - first, count = rest < LIMITS_A_ROW ? rest : LIMITS_A_ROW;
    struct hanse_slice value = hanse_slice((const char *)(addresses->ids + first), count * sizeof *addresses->ids);
    int status =
        hanse_store_put(limits->host, limits_change_key(key, 'a', peer->key, (int)row), value, 0, written, NULL);
    if (status != HANSE_OK) return status;
    peer->addresses_written = first + count;
    ++*rows;
  }
  return HANSE_OK;
}

static int write_peer(void *self, struct behind_item *item, int *rows) {
  struct limits *limits = (struct limits *)self;
  struct limits_peer *peer = (struct limits_peer *)(void *)((char *)item - offsetof(struct limits_peer, unwritten));
  char key[LIMITS_ROW_KEY], record[LIMITS_RECORD];
  int status = write_addresses(limits, peer, rows);
  if (status != HANSE_OK) return status;
  struct hanse_slice text = hanse_slice(record, limits_record_write(limits, peer, record));
  status = hanse_store_put(limits->host, limits_change_key(key, 'p', peer->key, 0), text, 0, written, NULL);
  if (status == HANSE_OK) peer->written = hanse_now(limits->host);
  ++*rows;
  return status;
}

/* All at once: they are 5 000 at most. */
static bool write_again(void *self, bool anew) {
  struct limits *limits = (struct limits *)self;
  struct limits_peer *peer = NULL;
  (void)anew;
  while ((peer = limits_peers_next(&limits->peers, peer)) != NULL) {
    peer->addresses_written = 0;
    limits_change_note(limits, peer);
  }
  return false;
}

/* ---- reading ---- */

static void read_ends(struct limits *limits, int status) {
  behind_have(&limits->awaited, BEHIND_STORE);
  if (status != HANSE_OK)
    hanse_log(limits->host, HANSE_WARNING, "limits.store",
              "what=\"the store could not be read, so that partners begin "
              "without a record\" status=%d",
              status);
}

static void read_addresses(struct limits *limits, const struct hanse_store_row *row) {
  uint8_t key[LIMITS_KEY];
  if (row->key.len != LIMITS_ROW_KEY || row->value.len % sizeof(uint64_t)) return;
  memcpy(key, row->key.at + 1, sizeof key);
  unsigned number =
      (unsigned)(unsigned char)row->key.at[LIMITS_ROW_KEY - 2] << 8 | (unsigned char)row->key.at[LIMITS_ROW_KEY - 1];
  struct limits_peer *peer = limits_peers_find(&limits->peers, key);
  uint32_t count = (uint32_t)(row->value.len / sizeof(uint64_t));
  if (!peer || number * LIMITS_A_ROW >= peer->addresses_due) /* left over: its record is gone */
    hanse_store_delete(limits->host, row->key, NULL, NULL);
  else if (limits_addresses_place(&peer->addresses, number * LIMITS_A_ROW, row->value.at, count) == HANSE_OK)
    peer->addresses_written = peer->addresses.count;
}

static void addresses_read(void *self, void *argument, const struct hanse_store_answer *answer) {
  struct limits *limits = (struct limits *)self;
  (void)argument;
  if (limits->behind.retired) return; /* the successor asks, too */
  for (uint32_t i = 0; answer->status == HANSE_OK && i < answer->count; i++) read_addresses(limits, &answer->rows[i]);
  if (answer->status != HANSE_OK || !answer->more) read_ends(limits, answer->status);
}

static void peers_read(void *self, void *argument, const struct hanse_store_answer *answer) {
  struct limits *limits = (struct limits *)self;
  int status = answer->status;
  (void)argument;
  if (limits->behind.retired) return;
  for (uint32_t i = 0; status == HANSE_OK && i < answer->count; i++)
    limits_record_read(limits, answer->rows[i].value, BEHIND_STORE);
  if (status == HANSE_OK && answer->more) return;
  limits_peers_sort(&limits->peers);
  if (status == HANSE_OK) status = hanse_store_scan(limits->host, HANSE_LIT("a"), addresses_read, NULL);
  if (status != HANSE_OK) read_ends(limits, status);
}

int limits_kept_start(struct limits *limits) {
  limits->behind.write = write_peer;
  limits->behind.again = write_again;
  if (behind_start(&limits->behind, limits->host) != HANSE_OK) return HANSE_NOMEM;
  if (limits->read) return HANSE_OK;
  int status = hanse_store_scan(limits->host, HANSE_LIT("p"), peers_read, NULL);
  if (status == HANSE_OK) behind_await(&limits->awaited, limits->host, BEHIND_STORE);
  if (status == HANSE_SKIP) behind_off(&limits->behind);
  return status == HANSE_SKIP ? HANSE_OK : status;
}

void limits_kept_stop(struct limits *limits) { behind_stop(&limits->behind, limits); }
