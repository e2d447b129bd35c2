/* Writing to the store behind the scenes: what changed waits in a list, and is written a second later, in pieces.
   Nothing waits for that. */
#ifndef POLICY_BEHIND_H
#define POLICY_BEHIND_H

#include <hanse/store.h>

/* Where things come from that were known before. */
enum behind_origin { BEHIND_PREDECESSOR = 1, BEHIND_STORE = 2 };

/* What was known before and is not here yet; zeroed before first use. */
struct behind_awaited {
  unsigned from;    /* enum behind_origin: from there not all is here yet */
  hanse_time until; /* so long is waited for it */
};

/* Something will come from there; it is waited for some seconds at most. */
void behind_await(struct behind_awaited *awaited, struct hanse_host *host, enum behind_origin origin);
/* All has come from there. */
void behind_have(struct behind_awaited *awaited, enum behind_origin origin);
/* Not all is here, and it is not too late for it. */
bool behind_waits(const struct behind_awaited *awaited, const struct hanse_host *host);

/* Lies in what is kept; zeroed before first use. */
struct behind_item {
  struct behind_item *next, *prev;
  bool waits;
};

struct behind {
  struct hanse_host *host;
  struct hanse_timers *every_second; /* NULL: there is no store */
  struct hanse_timers *soon;         /* for the next piece */
  struct hanse_timer timer;
  struct behind_item *waiting;
  hanse_time failed; /* when the store last failed; 0: since then all was written again */
  bool repeats;      /* some is left of that */
  bool retired;      /* a successor writes now */
  /* Asks the store to write one; adds to *rows how many requests that took. What hanse_store_put returned. */
  int (*write)(void *self, struct behind_item *item, int *rows);
  /* A while after the store failed: puts what there is into the list, some in each call; `anew`: from the first one on.
     True: some is left, call again soon. */
  bool (*again)(void *self, bool anew);
};

/* In `start`. HANSE_OK, HANSE_NOMEM. */
int behind_start(struct behind *behind, struct hanse_host *host);
/* There is no store: nothing waits any more. */
void behind_off(struct behind *behind);
/* In `stop`: writes what still waits. `self` as in the slots. */
void behind_stop(struct behind *behind, void *self);
/* A successor has taken over. */
void behind_retire(struct behind *behind);

/* It has changed. */
void behind_add(struct behind *behind, struct behind_item *item);
/* It goes. */
void behind_remove(struct behind *behind, struct behind_item *item);
/* The store answers a write. */
void behind_answered(struct behind *behind, const struct hanse_store_answer *answer);

#endif
