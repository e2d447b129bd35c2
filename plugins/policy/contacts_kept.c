/* What the store keeps: under a pair's id whose it is, and when it was last used, for as long as it may be. No message
   waits for it. Without a store all is kept in memory only. */
#include "contacts.h"

/* The user's id, then microseconds since 1970, least significant octet first. */
enum { CONTACTS_VALUE = CONTACTS_USER + 8 };
/* To visit a pair that was not used lately takes 0.1 µs. */
#define CONTACTS_VISITED_A_CALL 2000

static void put_time(uint8_t *at, int64_t wall) {
  for (int i = 0; i < 8; i++) at[i] = (uint8_t)((uint64_t)wall >> 8 * i);
}

static int64_t read_time(const uint8_t *at) {
  uint64_t wall = 0;
  for (int i = 7; i >= 0; i--) wall = wall << 8 | at[i];
  return (int64_t)wall;
}

/* ---- writing ---- */

static void written(void *self, void *argument, const struct hanse_store_answer *answer) {
  (void)argument;
  behind_answered(&((struct contacts *)self)->behind, answer);
}

static int write_pair(void *self, struct behind_item *item, int *rows) {
  struct contacts *contacts = (struct contacts *)self;
  struct contacts_pair *pair =
      (struct contacts_pair *)(void *)((char *)item - offsetof(struct contacts_pair, unwritten));
  uint8_t value[CONTACTS_VALUE];
  hanse_time age = hanse_now(contacts->host) - pair->used, rest = contacts->settings->age - age;
  memcpy(value, contacts_table_user(pair), CONTACTS_USER);
  put_time(value + CONTACTS_USER, hanse_wall_time(contacts->host) - age);
  int status =
      hanse_store_put(contacts->host, hanse_slice((const char *)pair->id, CONTACTS_ID),
                      hanse_slice((const char *)value, sizeof value), rest > 0 ? rest : HANSE_SECOND, written, NULL);
  if (status == HANSE_OK) pair->written = pair->used;
  ++*rows;
  return status;
}

static void write_later(void *self, struct contacts_pair *pair) {
  behind_add(&((struct contacts *)self)->behind, &pair->unwritten);
}

static bool write_again(void *self, bool anew) {
  struct contacts *contacts = (struct contacts *)self;
  return contacts_table_visit(&contacts->table, anew, CONTACTS_VISITED_A_CALL, write_later, contacts);
}

/* ---- reading ---- */

static void read_row(struct contacts *contacts, const struct hanse_store_row *row) {
  uint8_t id[CONTACTS_ID], value[CONTACTS_VALUE];
  if (row->key.len != sizeof id || row->value.len != sizeof value) return;
  memcpy(id, row->key.at, sizeof id);
  memcpy(value, row->value.at, sizeof value);
  int64_t wall = read_time(value + CONTACTS_USER);
  if (wall < 0) return; /* damaged */
  int64_t age = hanse_wall_time(contacts->host) - wall;
  hanse_time used = hanse_now(contacts->host) - (age > 0 ? age : 0); /* the clock may have been set back */
  struct contacts_pair *pair = contacts_restore(contacts, id, value, used);
  if (pair && !pair->unwritten.waits) pair->written = used;
}

static void rows_read(void *self, void *argument, const struct hanse_store_answer *answer) {
  struct contacts *contacts = (struct contacts *)self;
  (void)argument;
  if (contacts->behind.retired) return; /* the successor asks, too */
  for (uint32_t i = 0; answer->status == HANSE_OK && i < answer->count; i++) read_row(contacts, &answer->rows[i]);
  if (answer->status == HANSE_OK && answer->more) return;
  behind_have(&contacts->awaited, BEHIND_STORE);
  if (answer->status != HANSE_OK)
    hanse_log(contacts->host, HANSE_WARNING, "contacts.store",
              "what=\"the store could not be read, so that nobody is known who was written to before\" status=%d",
              answer->status);
}

int contacts_kept_start(struct contacts *contacts) {
  contacts->behind.write = write_pair;
  contacts->behind.again = write_again;
  if (behind_start(&contacts->behind, contacts->host) != HANSE_OK) return HANSE_NOMEM;
  if (contacts->read) return HANSE_OK;
  int status = hanse_store_scan(contacts->host, hanse_slice(NULL, 0), rows_read, NULL);
  if (status == HANSE_OK) behind_await(&contacts->awaited, contacts->host, BEHIND_STORE);
  if (status == HANSE_SKIP) behind_off(&contacts->behind);
  return status == HANSE_SKIP ? HANSE_OK : status;
}

void contacts_kept_stop(struct contacts *contacts) { behind_stop(&contacts->behind, contacts); }
