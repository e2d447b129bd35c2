/* The parts of the policy `contacts`: whom one of our users wrote to may write back to that user; of others nothing is
   let through, where a home server cannot tell who is on a user's list (R55). */
#ifndef POLICY_CONTACTS_H
#define POLICY_CONTACTS_H

#include <hanse/plugin.h>

#include "behind.h"
#include "contacts_table.h"

enum contacts_hold { CONTACTS_UNVERIFIED = 1, CONTACTS_STRANGERS = 2, CONTACTS_ALL = 3, CONTACTS_NOBODY = 4 };

struct contacts_settings {
  struct hanse_where where;
  int hold; /* enum contacts_hold */
  bool vote;
  hanse_time age;
  int64_t pairs, pairs_per_user;
};

struct contacts {
  struct hanse_host *host;
  const struct contacts_settings *settings;
  struct contacts_table table;
  struct behind behind;
  struct behind_awaited awaited; /* till all is here nobody is refused */
  bool read;                     /* the predecessor has read the store, and hands over what it has */
  uint64_t *refused, *passed, *noted, *dropped;
};

/* Does this outside user answer one of ours, who wrote to him within `age`? */
const struct contacts_pair *contacts_known(struct contacts *contacts, const struct hanse_address_fact *ours,
                                           const struct hanse_address_fact *theirs);
/* One of ours writes to somebody outside. */
void contacts_note(struct contacts *contacts, const struct hanse_address_fact *ours,
                   const struct hanse_address_fact *theirs);
/* Puts back what was kept; `used` in the host's time. The one that exists stays, if it is newer. NULL: it is too old,
   by its age or beside those that are there, or there is no memory. */
struct contacts_pair *contacts_restore(struct contacts *contacts, const uint8_t id[CONTACTS_ID],
                                       const uint8_t user[CONTACTS_USER], hanse_time used);

/* POLICY */
enum hanse_verdict contacts_decide(void *self, const struct hanse_case *c);
/* OBSERVER: what passed all stages on its way out. */
void contacts_event(void *self, const struct hanse_event *event);
/* COMMAND: whether somebody may write to one of ours. */
enum hanse_outcome contacts_rows(void *self, struct hanse_rows *rows, void **cursor);

/* Across a reload, in pieces. */
int contacts_save(void *self);
int contacts_save_rest(void *self);
int contacts_adopt(void *self, const struct hanse_saved *saved);

/* The store: read once at the start, written behind. */
int contacts_kept_start(struct contacts *contacts);
void contacts_kept_stop(struct contacts *contacts);

#endif
