/* Across a reload, in pieces, the one used longest ago first. Until all are handed over nobody is refused. A record is
   a format, then pairs of one size. What the store has not told yet the successor asks it itself. */
#include <stdlib.h>

#include "contacts.h"

#define CONTACTS_BEGIN "contacts begin\n"
#define CONTACTS_READ "contacts have read the store\n"
#define CONTACTS_END "contacts end\n"
#define CONTACTS_FORMAT "contacts 1\n"
/* To save a pair and to adopt it takes 0.5 µs, and a call may take 2 ms. */
#define CONTACTS_A_CALL 1000

struct contacts_saved {
  uint8_t id[CONTACTS_ID], user[CONTACTS_USER];
  hanse_time used, written;
};

int contacts_save(void *self) {
  struct contacts *contacts = (struct contacts *)self;
  int status = hanse_save(contacts->host, HANSE_LIT(CONTACTS_BEGIN));
  bool read = contacts->behind.every_second && !(contacts->awaited.from & BEHIND_STORE);
  if (status != HANSE_OK || !read) return status;
  return hanse_save(contacts->host, HANSE_LIT(CONTACTS_READ));
}

struct contacts_record {
  char *text;
  size_t used;
};

static void put(void *argument, struct contacts_pair *pair) {
  struct contacts_record *record = (struct contacts_record *)argument;
  struct contacts_saved saved = {.used = pair->used, .written = pair->unwritten.waits ? 0 : pair->written};
  memcpy(saved.id, pair->id, sizeof saved.id);
  memcpy(saved.user, contacts_table_user(pair), sizeof saved.user);
  memcpy(record->text + record->used, &saved, sizeof saved);
  record->used += sizeof saved;
}

int contacts_save_rest(void *self) {
  struct contacts *contacts = (struct contacts *)self;
  const size_t head = sizeof CONTACTS_FORMAT - 1;
  struct contacts_record record = {(char *)malloc(head + CONTACTS_A_CALL * sizeof(struct contacts_saved)), head};
  if (!record.text) return HANSE_NOMEM;
  memcpy(record.text, CONTACTS_FORMAT, head);
  bool more = contacts_table_visit(&contacts->table, !contacts->behind.retired, CONTACTS_A_CALL, put, &record);
  behind_retire(&contacts->behind);
  int status = hanse_save(contacts->host, hanse_slice(record.text, record.used));
  free(record.text);
  if (status != HANSE_OK) return status;
  return more ? HANSE_AGAIN : hanse_save(contacts->host, HANSE_LIT(CONTACTS_END));
}

/* ---- the successor ---- */

static bool begins(struct hanse_slice record, struct hanse_slice with) {
  return record.len >= with.len && memcmp(record.at, with.at, with.len) == 0;
}

static void adopt_pairs(struct contacts *contacts, struct hanse_slice record) {
  struct contacts_saved saved;
  for (size_t at = sizeof CONTACTS_FORMAT - 1; record.len - at >= sizeof saved; at += sizeof saved) {
    memcpy(&saved, record.at + at, sizeof saved);
    struct contacts_pair *pair = contacts_restore(contacts, saved.id, saved.user, saved.used);
    if (!pair) continue;
    if (!pair->written) pair->written = saved.written;
    if (!saved.written) behind_add(&contacts->behind, &pair->unwritten);
  }
}

int contacts_adopt(void *self, const struct hanse_saved *saved) {
  struct contacts *contacts = (struct contacts *)self;
  for (uint32_t i = 0; i < saved->count; i++) {
    struct hanse_slice record = saved->records[i];
    if (begins(record, HANSE_LIT(CONTACTS_BEGIN))) {
      behind_await(&contacts->awaited, contacts->host, BEHIND_PREDECESSOR);
    } else if (begins(record, HANSE_LIT(CONTACTS_READ))) {
      contacts->read = true;
    } else if (begins(record, HANSE_LIT(CONTACTS_END))) {
      behind_have(&contacts->awaited, BEHIND_PREDECESSOR);
    } else if (begins(record, HANSE_LIT(CONTACTS_FORMAT))) {
      adopt_pairs(contacts, record);
    }
  }
  return HANSE_OK;
}
