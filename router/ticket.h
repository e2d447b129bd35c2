/* Tickets: handles of open transactions, (slot, count) → (instance, object). A ticket travels in our own Via branch; it
   is never searched for. Its second key, the name, is what the peer calls the transaction (RFC 3261 §17.2.3). */
#ifndef ROUTER_TICKET_H
#define ROUTER_TICKET_H

#include <hanse/message.h>

#include "router/hash.h"
#include "router/pool.h"

struct instance;
struct message;

struct ticket {
  uint32_t slot, count; /* count is odd while the ticket is open */
  struct instance *owner;
  void *object;
  struct message *message; /* what was submitted under it; NULL: nothing yet, or it is gone */
  struct hanse_link *rides;
  struct ticket *next, *previous; /* riders of that link; free list by next */
  struct pool_wait wait;
  char *name; /* owned; key of the hash */
  size_t name_room;
  UT_hash_handle hh;
  void *undo_object; /* while a reload may still fail */
  struct instance *undo_owner;
};

struct tickets;

struct tickets *tickets_new(void);
void tickets_free(struct tickets *tickets);
size_t tickets_open(const struct tickets *tickets);

/* NULL: no memory, or 2^24 are open. */
struct ticket *ticket_open(struct tickets *tickets, struct instance *owner, void *object);
void ticket_close(struct tickets *tickets, struct ticket *ticket);
/* NULL: closed, or never was. */
struct ticket *ticket_find(const struct tickets *tickets, hanse_ticket number);
static inline hanse_ticket ticket_number(const struct ticket *ticket) {
  return (hanse_ticket)ticket->count << 32 | ticket->slot;
}
/* HANSE_INVALID: another ticket has that name. HANSE_NOMEM. */
int ticket_name(struct tickets *tickets, struct ticket *ticket, struct hanse_slice name);
struct ticket *ticket_named(const struct tickets *tickets, struct hanse_slice name);
/* Its owner's link_lost will be called when the link closes. NULL ends the ride. */
void ticket_ride(struct ticket *ticket, struct hanse_link *link);

/* A successor takes a ticket over; ticket_adopt_settle(…, keep) ends the time in which it can be undone. */
void ticket_adopt(struct ticket *ticket, struct instance *owner, void *object);
void tickets_adopt_settle(struct tickets *tickets, bool keep);
/* Each open ticket of an instance. The callback may close that ticket. */
void tickets_each(struct tickets *tickets, const struct instance *owner,
                  void (*one)(void *argument, struct ticket *ticket), void *argument);

#endif
