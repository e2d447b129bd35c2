/* Pairs of one of our users and somebody outside whom that user wrote to: found by an id, bounded for each user and in
   all.

   Which pair goes when there are too many: of the user who adds one, the one that he used longest ago. Only where he
   has none the one goes that was used longest ago of all. So nobody outside makes any go, and of ours who writes to
   everybody loses his own. What is put back, after a restart or a reload, stands in the order in which it comes, before
   all that was used since. */
#ifndef POLICY_CONTACTS_TABLE_H
#define POLICY_CONTACTS_TABLE_H

#include <hanse/facts.h>

#include "behind.h"
#include "blocks.h"

enum { CONTACTS_ID = 16, CONTACTS_USER = 8 };

struct contacts_user;  /* contacts_table.c */
struct contacts_entry; /* a pair with its place in the table: contacts_table.c */

struct contacts_pair {
  uint8_t id[CONTACTS_ID];
  struct contacts_recent *recent;              /* where it is remembered; NULL: nowhere */
  struct contacts_pair *next, *prev;           /* of all, the one used longest ago first */
  struct contacts_pair *user_next, *user_prev; /* of the user's */
  struct contacts_user *user;
  struct behind_item unwritten;
  hanse_time used, written; /* when our user last wrote; what of that is kept */
};

/* An id costs a cryptographic hash; pairs that talk are found by a quick one. */
enum { CONTACTS_RECENT = 1024 };
struct contacts_recent {
  uint64_t quick;
  struct contacts_pair *pair;
};

struct contacts_table {
  struct contacts_entry *entries;
  struct blocks entry_blocks, user_blocks;
  struct contacts_recent recent[CONTACTS_RECENT];
  struct contacts_user *users;
  struct contacts_pair *all;
  struct contacts_pair *used; /* of all, from here on those that were used here; NULL: none was */
  struct contacts_pair *next; /* the next one that contacts_table_visit will see */
  size_t count;
  uint8_t key[16];
};

/* The table was zeroed, but for its key. */
void contacts_table_init(struct contacts_table *table);
/* Frees all at once. */
void contacts_table_free(struct contacts_table *table);

/* What stands for the two addresses together, and for the first alone; letters of user parts count without regard to
   case. The same in every process, so that it can be kept. */
void contacts_table_ids(const struct hanse_address_fact *ours, const struct hanse_address_fact *theirs,
                        uint8_t id[CONTACTS_ID], uint8_t user[CONTACTS_USER]);

/* A keyed hash of both addresses as they are written; 0: they are too long for it. */
uint64_t contacts_table_quick(const struct contacts_table *table, const struct hanse_address_fact *ours,
                              const struct hanse_address_fact *theirs);
/* The pair that was remembered under this hash, if no other one was since; NULL: look for its id. */
struct contacts_pair *contacts_table_recent(const struct contacts_table *table, uint64_t quick);
void contacts_table_remember(struct contacts_table *table, uint64_t quick, struct contacts_pair *pair);

struct contacts_pair *contacts_table_find(const struct contacts_table *table, const uint8_t id[CONTACTS_ID]);
/* A new one, behind those that were not used here yet; the caller made room. NULL: no memory. */
struct contacts_pair *contacts_table_add(struct contacts_table *table, const uint8_t id[CONTACTS_ID],
                                         const uint8_t user[CONTACTS_USER]);
/* It was used just now. */
void contacts_table_touch(struct contacts_table *table, struct contacts_pair *pair);
void contacts_table_remove(struct contacts_table *table, struct contacts_pair *pair);

/* Visits some more pairs, at most so many; `anew`: from the first one on. What is used meanwhile may be seen twice.
   True: some are left. */
bool contacts_table_visit(struct contacts_table *table, bool anew, size_t most,
                          void (*visit)(void *argument, struct contacts_pair *pair), void *argument);

/* Which pair has to go before this user gets another one, with so many of his and so many in all; NULL: none. */
struct contacts_pair *contacts_table_victim(const struct contacts_table *table, const uint8_t user[CONTACTS_USER],
                                            size_t most_of_user, size_t most);
/* Whose it is. */
const uint8_t *contacts_table_user(const struct contacts_pair *pair);

#endif
