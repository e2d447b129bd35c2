/* What the store keeps: under "p" and a peer's key its record, under "a", the key and a number 128 of its addresses. It
   is read at the start and written a second after a change; no message waits for it. Without a store all is kept in
   memory only. */
#include <utlist.h>

#include "limits.h"

#define LIMITS_A_ROW 128u                /* addresses */
#define LIMITS_WRITES 200                /* a second */
#define LIMITS_AGAIN (60 * HANSE_SECOND) /* after the store failed */
/* The longest that the rule of addresses waits for the store. */
#define LIMITS_WAIT (10 * HANSE_SECOND)

enum { ROW_KEY = 1 + LIMITS_KEY + 2 };

static struct hanse_slice row_key(char *buf, char kind, const uint8_t key[LIMITS_KEY], int number) {
  buf[0] = kind;
  memcpy(buf + 1, key, LIMITS_KEY);
  buf[1 + LIMITS_KEY] = (char)(number >> 8);
  buf[2 + LIMITS_KEY] = (char)(number & 0xff);
  return hanse_slice(buf, kind == 'a' ? ROW_KEY : 1 + LIMITS_KEY);
}

/* ---- writing ---- */

static void written(void *self, void *argument, const struct hanse_store_answer *answer) {
  struct limits *limits = (struct limits *)self;
  (void)argument;
  if (answer->status == HANSE_OK || limits->successor) return;
  limits->write_failed = hanse_now(limits->host);
  if (limits->every_second && !limits->write.list)
    hanse_timer_start(limits->host, limits->every_second, &limits->write, limits->write.fire);
}

static void take_out(struct limits *limits, struct limits_peer *peer) {
  if (peer->unwritten) DL_DELETE2(limits->unwritten, peer, write_previous, write_next);
  peer->unwritten = false;
}

/* HANSE_OK: all of it is on its way; how many rows that took is added to *rows. */
static int write_peer(struct limits *limits, struct limits_peer *peer, int *rows) {
  char key[ROW_KEY], record[LIMITS_RECORD];
  const struct limits_addresses *addresses = &peer->addresses;
  int status = HANSE_OK;
  for (uint32_t row = peer->addresses_written / LIMITS_A_ROW; row * LIMITS_A_ROW < addresses->count; row++) {
    uint32_t first = row * LIMITS_A_ROW, rest = addresses->count - first,
             count = rest < LIMITS_A_ROW ? rest : LIMITS_A_ROW;
    if (first + count <= peer->addresses_written) continue;
    struct hanse_slice value = hanse_slice((const char *)(addresses->ids + first), count * sizeof *addresses->ids);
    status = hanse_store_put(limits->host, row_key(key, 'a', peer->key, (int)row), value, 0, written, NULL);
    if (status != HANSE_OK) return status;
    peer->addresses_written = first + count;
    ++*rows;
  }
  struct hanse_slice text = hanse_slice(record, limits_record_write(limits, peer, record));
  status = hanse_store_put(limits->host, row_key(key, 'p', peer->key, 0), text, 0, written, NULL);
  if (status == HANSE_OK) peer->written = hanse_now(limits->host);
  ++*rows;
  return status;
}

/* What does not fit among the open requests waits for the next time. */
static void write_some(struct limits *limits, int most) {
  int status = HANSE_OK;
  for (int rows = 0; limits->unwritten && rows < most && status == HANSE_OK;) {
    status = write_peer(limits, limits->unwritten, &rows);
    if (status == HANSE_OK) take_out(limits, limits->unwritten);
  }
  if (status != HANSE_SKIP) return;
  limits->every_second = NULL; /* there is no store any more */
  while (limits->unwritten) take_out(limits, limits->unwritten);
}

static void write_again(struct limits *limits) {
  struct limits_peer *peer = NULL;
  limits->write_failed = 0;
  while ((peer = limits_peers_next(&limits->peers, peer)) != NULL) {
    peer->addresses_written = 0;
    limits_kept_change(limits, peer);
  }
}

static void fire(void *self, struct hanse_timer *timer) {
  struct limits *limits = (struct limits *)self;
  if (limits->successor) return;
  if (limits->write_failed && hanse_now(limits->host) - limits->write_failed > LIMITS_AGAIN) write_again(limits);
  write_some(limits, LIMITS_WRITES);
  if ((limits->unwritten || limits->write_failed) && limits->every_second && !timer->list)
    hanse_timer_start(limits->host, limits->every_second, timer, fire);
}

void limits_kept_change(struct limits *limits, struct limits_peer *peer) {
  if (peer->unwritten || !limits->every_second) return;
  peer->unwritten = true;
  DL_APPEND2(limits->unwritten, peer, write_previous, write_next);
  if (!limits->write.list) hanse_timer_start(limits->host, limits->every_second, &limits->write, fire);
}

void limits_kept_forget(struct limits *limits, struct limits_peer *peer) {
  char key[ROW_KEY];
  uint32_t count = peer->addresses.count > peer->addresses_due ? peer->addresses.count : peer->addresses_due;
  take_out(limits, peer);
  if (limits->every_second) {
    hanse_store_delete(limits->host, row_key(key, 'p', peer->key, 0), NULL, NULL);
    for (uint32_t row = 0; row * LIMITS_A_ROW < count; row++)
      hanse_store_delete(limits->host, row_key(key, 'a', peer->key, (int)row), NULL, NULL);
  }
  limits_peers_remove(&limits->peers, peer);
}

/* ---- reading ---- */

static void read_ends(struct limits *limits, int status) {
  limits->lenient_until = 0;
  if (status != HANSE_OK)
    hanse_log(limits->host, HANSE_WARNING, "limits.store",
              "what=\"the store could not be read, so that partners begin "
              "without a record\" status=%d",
              status);
}

static void read_addresses(struct limits *limits, const struct hanse_store_row *row) {
  uint8_t key[LIMITS_KEY];
  if (row->key.len != ROW_KEY || row->value.len % sizeof(uint64_t)) return;
  memcpy(key, row->key.at + 1, sizeof key);
  unsigned number = (unsigned)(unsigned char)row->key.at[ROW_KEY - 2] << 8 | (unsigned char)row->key.at[ROW_KEY - 1];
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
  for (uint32_t i = 0; answer->status == HANSE_OK && i < answer->count; i++) read_addresses(limits, &answer->rows[i]);
  if (answer->status != HANSE_OK || !answer->more) read_ends(limits, answer->status);
}

static void peers_read(void *self, void *argument, const struct hanse_store_answer *answer) {
  struct limits *limits = (struct limits *)self;
  int status = answer->status;
  (void)argument;
  for (uint32_t i = 0; status == HANSE_OK && i < answer->count; i++) limits_record_read(limits, answer->rows[i].value);
  if (status == HANSE_OK && answer->more) return;
  limits_peers_sort(&limits->peers);
  if (status == HANSE_OK) status = hanse_store_scan(limits->host, HANSE_LIT("a"), addresses_read, NULL);
  if (status != HANSE_OK) read_ends(limits, status);
}

int limits_kept_start(struct limits *limits) {
  struct limits_peer *peer = NULL;
  limits->every_second = hanse_timers(limits->host, HANSE_SECOND);
  if (!limits->every_second) return HANSE_NOMEM;
  int status = limits->adopted ? HANSE_OK : hanse_store_scan(limits->host, HANSE_LIT("p"), peers_read, NULL);
  if (limits->adopted)
    while ((peer = limits_peers_next(&limits->peers, peer)) != NULL) limits_kept_change(limits, peer);
  else if (status == HANSE_OK)
    limits->lenient_until = hanse_now(limits->host) + LIMITS_WAIT;
  if (status == HANSE_SKIP) limits->every_second = NULL;
  return status == HANSE_SKIP ? HANSE_OK : status;
}

void limits_kept_stop(struct limits *limits) {
  hanse_timer_stop(limits->host, &limits->write);
  if (!limits->successor) write_some(limits, (int)HANSE_STORE_OPEN_MAX);
}
