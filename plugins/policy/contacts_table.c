#include "contacts_table.h"

#include <utlist.h>

#include "keyed.h"

/* To grow, a table visits all its entries in one turn of the loop, 28 ms at 200 000. So each has from the start as many
   buckets as it will need, and does not grow: at most that many pairs are three to a bucket. uthash has no other way to
   say so; it defines its own figures whatever was defined before. */
#undef HASH_INITIAL_NUM_BUCKETS
#undef HASH_INITIAL_NUM_BUCKETS_LOG2
#undef HASH_BKT_CAPACITY_THRESH
#define HASH_INITIAL_NUM_BUCKETS 65536U
#define HASH_INITIAL_NUM_BUCKETS_LOG2 16U
#define HASH_BKT_CAPACITY_THRESH 1000U

#define CONTACTS_PART 256 /* octets of a user part or domain that count */

struct contacts_entry {
  struct contacts_pair pair; /* first */
  UT_hash_handle hh;
};

struct contacts_user {
  uint8_t id[CONTACTS_USER];
  struct contacts_pair *pairs; /* the one used longest ago first */
  struct contacts_pair *used;  /* from here on those that were used here; NULL: none was */
  size_t count;
  UT_hash_handle hh;
};

void contacts_table_init(struct contacts_table *table) {
  table->entry_blocks.size = sizeof(struct contacts_entry);
  table->user_blocks.size = sizeof(struct contacts_user);
}

void contacts_table_free(struct contacts_table *table) {
  HASH_CLEAR(hh, table->entries);
  HASH_CLEAR(hh, table->users);
  blocks_free(&table->entry_blocks);
  blocks_free(&table->user_blocks);
}

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
  user = (struct contacts_user *)blocks_take(&table->user_blocks);
  if (!user) return NULL;
  memcpy(user->id, id, CONTACTS_USER);
  HASH_ADD_BYHASHVALUE(hh, table->users, id, CONTACTS_USER, keyed_hash(table->key, id, CONTACTS_USER), user);
  if (user->hh.tbl) return user;
  blocks_give(&table->user_blocks, user);
  return NULL;
}

static void user_drop(struct contacts_table *table, struct contacts_user *user) {
  if (user->count) return;
  HASH_DELETE(hh, table->users, user);
  blocks_give(&table->user_blocks, user);
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
  struct contacts_entry *entry = owner ? (struct contacts_entry *)blocks_take(&table->entry_blocks) : NULL;
  if (entry) {
    memcpy(entry->pair.id, id, CONTACTS_ID);
    HASH_ADD_BYHASHVALUE(hh, table->entries, pair.id, CONTACTS_ID, keyed_hash(table->key, id, CONTACTS_ID), entry);
  }
  if (!entry || !entry->hh.tbl) {
    if (entry) blocks_give(&table->entry_blocks, entry);
    if (owner) user_drop(table, owner);
    return NULL;
  }
  struct contacts_pair *pair = &entry->pair;
  pair->user = owner;
  DL_PREPEND_ELEM(table->all, table->used, pair);
  DL_PREPEND_ELEM2(owner->pairs, owner->used, pair, user_prev, user_next);
  owner->count++;
  table->count++;
  return pair;
}

/* Takes it out of both lists. */
static void leave(struct contacts_table *table, struct contacts_pair *pair) {
  struct contacts_user *user = pair->user;
  if (table->used == pair) table->used = pair->next;
  if (table->next == pair) table->next = pair->next;
  if (user->used == pair) user->used = pair->user_next;
  DL_DELETE(table->all, pair);
  DL_DELETE2(user->pairs, pair, user_prev, user_next);
}

void contacts_table_touch(struct contacts_table *table, struct contacts_pair *pair) {
  leave(table, pair);
  DL_APPEND(table->all, pair);
  DL_APPEND2(pair->user->pairs, pair, user_prev, user_next);
  if (!table->used) table->used = pair;
  if (!pair->user->used) pair->user->used = pair;
}

void contacts_table_remove(struct contacts_table *table, struct contacts_pair *pair) {
  struct contacts_entry *entry = (struct contacts_entry *)(void *)pair;
  struct contacts_user *user = pair->user;
  if (pair->recent) *pair->recent = (struct contacts_recent){0};
  leave(table, pair);
  HASH_DELETE(hh, table->entries, entry);
  user->count--;
  table->count--;
  user_drop(table, user);
  blocks_give(&table->entry_blocks, entry);
}

bool contacts_table_visit(struct contacts_table *table, bool anew, size_t most,
                          void (*visit)(void *argument, struct contacts_pair *pair), void *argument) {
  if (anew) table->next = table->all;
  for (size_t n = 0; n < most && table->next; n++) {
    struct contacts_pair *pair = table->next;
    table->next = pair->next;
    visit(argument, pair);
  }
  return table->next != NULL;
}

struct contacts_pair *contacts_table_victim(const struct contacts_table *table, const uint8_t user[CONTACTS_USER],
                                            size_t most_of_user, size_t most) {
  const struct contacts_user *owner = find_user(table, user);
  if (owner && (owner->count >= most_of_user || table->count >= most)) return owner->pairs;
  return table->count >= most ? table->all : NULL;
}

const uint8_t *contacts_table_user(const struct contacts_pair *pair) { return pair->user->id; }
