/* Across a reload, in pieces, the one used longest ago first. Until all are handed over nobody is refused. A record is
   a format, then pairs of one size. */
#include <stdlib.h>

#include "contacts.h"

#define CONTACTS_BEGIN "contacts begin\n"
#define CONTACTS_END "contacts end\n"
#define CONTACTS_FORMAT "contacts 1\n"
/* To save a pair and to adopt it takes 0.5 µs, and a call may take 2 ms. */
#define CONTACTS_A_CALL 1500
/* The longest that it may take. */
#define CONTACTS_WAIT (10 * HANSE_SECOND)

struct contacts_saved {
  uint8_t id[CONTACTS_ID], user[CONTACTS_USER];
  hanse_time used, written;
};

int contacts_save(void *self) {
  struct contacts *contacts = (struct contacts *)self;
  return hanse_save(contacts->host, HANSE_LIT(CONTACTS_BEGIN));
}

static const struct contacts_pair *next_of(const struct contacts *contacts) {
  return contacts->saved ? contacts->saved->next : contacts->table.all;
}

int contacts_save_rest(void *self) {
  struct contacts *contacts = (struct contacts *)self;
  const size_t head = sizeof CONTACTS_FORMAT - 1;
  const struct contacts_pair *pair;
  size_t count = 0;
  behind_retire(&contacts->behind);
  if (!next_of(contacts)) return hanse_save(contacts->host, HANSE_LIT(CONTACTS_END));
  char *record = (char *)malloc(head + CONTACTS_A_CALL * sizeof(struct contacts_saved));
  if (!record) return HANSE_NOMEM;
  memcpy(record, CONTACTS_FORMAT, head);
  for (; count < CONTACTS_A_CALL && (pair = next_of(contacts)) != NULL; contacts->saved = pair, count++) {
    struct contacts_saved saved = {.used = pair->used, .written = pair->unwritten.waits ? 0 : pair->written};
    memcpy(saved.id, pair->id, sizeof saved.id);
    memcpy(saved.user, contacts_table_user(pair), sizeof saved.user);
    memcpy(record + head + count * sizeof saved, &saved, sizeof saved);
  }
  int status = hanse_save(contacts->host, hanse_slice(record, head + count * sizeof(struct contacts_saved)));
  free(record);
  return status == HANSE_OK ? HANSE_AGAIN : status;
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
      contacts->adopted = true;
      contacts->began = hanse_now(contacts->host);
      contacts->lenient_until = contacts->began + CONTACTS_WAIT;
    } else if (begins(record, HANSE_LIT(CONTACTS_END))) {
      contacts_complete(contacts);
    } else if (begins(record, HANSE_LIT(CONTACTS_FORMAT))) {
      adopt_pairs(contacts, record);
    }
  }
  return HANSE_OK;
}
