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

/* Where pairs come from that were noted before. */
enum contacts_origin { CONTACTS_PREDECESSOR = 1, CONTACTS_STORE = 2 };

struct contacts {
  struct hanse_host *host;
  const struct contacts_settings *settings;
  struct contacts_table table;
  struct behind behind;
  unsigned awaited;         /* enum contacts_origin: from there not all is here yet */
  hanse_time lenient_until; /* so long nobody is refused for that */
  bool read;                /* the predecessor has read the store, and hands over what it has */
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

/* Pairs will come from there; nobody is refused until all have come, for some seconds at most. */
void contacts_await(struct contacts *contacts, enum contacts_origin origin);
/* All have come from there. */
void contacts_have(struct contacts *contacts, enum contacts_origin origin);
/* Not all are here: nobody is refused. */
bool contacts_reads_yet(const struct contacts *contacts);

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
