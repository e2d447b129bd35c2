#include "contacts_table.h"

#include <stdlib.h>
#include <utlist.h>

/* Growing visits all entries in one turn of the loop: some milliseconds at 100 000, which happens once at most. */
#define HASH_INITIAL_NUM_BUCKETS 32768U
#define HASH_INITIAL_NUM_BUCKETS_LOG2 15U
#include "keyed.h"

#define CONTACTS_PART 256 /* octets of a user part or domain that count */

struct contacts_entry {
  struct contacts_pair pair; /* first */
  UT_hash_handle hh;
};

struct contacts_user {
  uint8_t id[CONTACTS_USER];
  struct contacts_pair *pairs; /* the one used longest ago first */
  size_t count;
  UT_hash_handle hh;
};

/* ---- ids ---- */

static void add_address(crypto_generichash_state *state, const struct hanse_address_fact *address) {
  unsigned char text[2 * CONTACTS_PART + 1];
  size_t n = 0;
  for (size_t i = 0; i < address->user.len && i < CONTACTS_PART; i++)
    text[n++] = (unsigned char)hanse_lower(address->user.at[i]);
  text[n++] = '\0';
  size_t domain = address->domain.len < CONTACTS_PART ? address->domain.len : CONTACTS_PART;
  if (domain) memcpy(text + n, address->domain.at, domain);
  text[n + domain] = '\0';
  crypto_generichash_update(state, text, n + domain + 1);
}

void contacts_table_ids(const struct hanse_address_fact *ours, const struct hanse_address_fact *theirs,
                        uint8_t id[CONTACTS_ID], uint8_t user[CONTACTS_USER]) {
  crypto_generichash_state state;
  uint8_t whole[crypto_generichash_BYTES_MIN];
  _Static_assert(CONTACTS_USER <= crypto_generichash_BYTES_MIN, "the user's id is a part of a hash");
  crypto_generichash_init(&state, NULL, 0, sizeof whole);
  add_address(&state, ours);
  crypto_generichash_final(&state, whole, sizeof whole);
  memcpy(user, whole, CONTACTS_USER);
  crypto_generichash_init(&state, NULL, 0, CONTACTS_ID);
  add_address(&state, ours);
  add_address(&state, theirs);
  crypto_generichash_final(&state, id, CONTACTS_ID);
}

static size_t add_text(unsigned char *text, size_t at, struct hanse_slice part) {
  if (part.len) memcpy(text + at, part.at, part.len);
  text[at + part.len] = '\0';
  return at + part.len + 1;
}

uint64_t contacts_table_quick(const struct contacts_table *table, const struct hanse_address_fact *ours,
                              const struct hanse_address_fact *theirs) {
  const struct hanse_slice parts[] = {ours->user, ours->domain, theirs->user, theirs->domain};
  unsigned char text[4 * (CONTACTS_PART + 1)], out[crypto_shorthash_BYTES];
  size_t n = 0;
  uint64_t quick;
  for (size_t i = 0; i < 4; i++) {
    if (parts[i].len > CONTACTS_PART) return 0;
    n = add_text(text, n, parts[i]);
  }
  crypto_shorthash(out, text, n, table->key);
  memcpy(&quick, out, sizeof quick);
  return quick;
}

struct contacts_pair *contacts_table_recent(const struct contacts_table *table, uint64_t quick) {
  const struct contacts_recent *recent = &table->recent[quick % CONTACTS_RECENT];
  return quick && recent->quick == quick ? recent->pair : NULL;
}

void contacts_table_remember(struct contacts_table *table, uint64_t quick, struct contacts_pair *pair) {
  struct contacts_recent *recent = &table->recent[quick % CONTACTS_RECENT];
  if (!quick) return;
  if (recent->pair) recent->pair->recent = NULL;
  if (pair->recent) *pair->recent = (struct contacts_recent){0};
  *recent = (struct contacts_recent){quick, pair};
  pair->recent = recent;
}

/* ---- users ---- */

static struct contacts_user *find_user(const struct contacts_table *table, const uint8_t id[CONTACTS_USER]) {
  struct contacts_user *user = NULL;
  HASH_FIND_BYHASHVALUE(hh, table->users, id, CONTACTS_USER, keyed_hash(table->key, id, CONTACTS_USER), user);
  return user;
}

static struct contacts_user *user_of(struct contacts_table *table, const uint8_t id[CONTACTS_USER]) {
  struct contacts_user *user = find_user(table, id);
  if (user) return user;
  user = (struct contacts_user *)calloc(1, sizeof *user);
  if (!user) return NULL;
  memcpy(user->id, id, CONTACTS_USER);
  HASH_ADD_BYHASHVALUE(hh, table->users, id, CONTACTS_USER, keyed_hash(table->key, id, CONTACTS_USER), user);
  if (user->hh.tbl) return user;
  free(user);
  return NULL;
}

static void user_drop(struct contacts_table *table, struct contacts_user *user) {
  if (user->count) return;
  HASH_DELETE(hh, table->users, user);
  free(user);
}

/* ---- pairs ---- */

struct contacts_pair *contacts_table_find(const struct contacts_table *table, const uint8_t id[CONTACTS_ID]) {
  struct contacts_entry *entry = NULL;
  HASH_FIND_BYHASHVALUE(hh, table->entries, id, CONTACTS_ID, keyed_hash(table->key, id, CONTACTS_ID), entry);
  return entry ? &entry->pair : NULL;
}

struct contacts_pair *contacts_table_add(struct contacts_table *table, const uint8_t id[CONTACTS_ID],
                                         const uint8_t user[CONTACTS_USER]) {
  struct contacts_user *owner = user_of(table, user);
  struct contacts_entry *entry = owner ? (struct contacts_entry *)calloc(1, sizeof *entry) : NULL;
  if (entry) {
    memcpy(entry->pair.id, id, CONTACTS_ID);
    HASH_ADD_BYHASHVALUE(hh, table->entries, pair.id, CONTACTS_ID, keyed_hash(table->key, id, CONTACTS_ID), entry);
  }
  if (!entry || !entry->hh.tbl) {
    free(entry);
    if (owner) user_drop(table, owner);
    return NULL;
  }
  struct contacts_pair *pair = &entry->pair;
  pair->user = owner;
  DL_APPEND(table->all, pair);
  DL_APPEND2(owner->pairs, pair, user_prev, user_next);
  owner->count++;
  table->count++;
  return pair;
}

void contacts_table_touch(struct contacts_table *table, struct contacts_pair *pair) {
  DL_DELETE(table->all, pair);
  DL_APPEND(table->all, pair);
  DL_DELETE2(pair->user->pairs, pair, user_prev, user_next);
  DL_APPEND2(pair->user->pairs, pair, user_prev, user_next);
}

void contacts_table_remove(struct contacts_table *table, struct contacts_pair *pair) {
  struct contacts_entry *entry = (struct contacts_entry *)(void *)pair;
  struct contacts_user *user = pair->user;
  if (pair->recent) *pair->recent = (struct contacts_recent){0};
  HASH_DELETE(hh, table->entries, entry);
  DL_DELETE(table->all, pair);
  DL_DELETE2(user->pairs, pair, user_prev, user_next);
  user->count--;
  table->count--;
  user_drop(table, user);
  free(entry);
}

void contacts_table_clear(struct contacts_table *table) {
  while (table->all) contacts_table_remove(table, table->all);
}

struct contacts_pair *contacts_table_victim(const struct contacts_table *table, const uint8_t user[CONTACTS_USER],
                                            size_t most_of_user, size_t most) {
  const struct contacts_user *owner = find_user(table, user);
  if (owner && (owner->count >= most_of_user || table->count >= most)) return owner->pairs;
  return table->count >= most ? table->all : NULL;
}

const uint8_t *contacts_table_user(const struct contacts_pair *pair) { return pair->user->id; }
