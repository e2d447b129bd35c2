#include "router/ticket.h"

#include <stdlib.h>
#include <utlist.h>

#include "router/instance.h"

/* Slots lie in chunks that never move, so that a ticket is an address and a number at once. */
#define CHUNK 256u
#define CHUNKS 65536u
/* A name's room of so many octets stays with its slot: the next transaction's name is about as long. */
#define NAME_ROOM 128u

struct tickets {
  struct ticket **chunks;
  uint32_t chunk_count;
  struct ticket *spare; /* free list, by next */
  struct ticket *names; /* hash by name */
  size_t open;
};

struct tickets *tickets_new(void) {
  struct tickets *tickets = calloc(1, sizeof *tickets);
  if (tickets) tickets->chunks = calloc(CHUNKS, sizeof(struct ticket *));
  if (tickets && tickets->chunks) return tickets;
  free(tickets);
  return NULL;
}

void tickets_free(struct tickets *tickets) {
  if (!tickets) return;
  HASH_CLEAR(hh, tickets->names);
  for (uint32_t i = 0; i < tickets->chunk_count; i++) {
    for (uint32_t k = 0; k < CHUNK; k++) free(tickets->chunks[i][k].name);
    free(tickets->chunks[i]);
  }
  free(tickets->chunks);
  free(tickets);
}

size_t tickets_open(const struct tickets *tickets) { return tickets->open; }

static bool grow(struct tickets *tickets) {
  if (tickets->chunk_count == CHUNKS) return false;
  struct ticket *chunk = calloc(CHUNK, sizeof *chunk);
  if (!chunk) return false;
  for (uint32_t i = CHUNK; i-- > 0;) {
    chunk[i].slot = tickets->chunk_count * CHUNK + i;
    chunk[i].next = tickets->spare;
    tickets->spare = &chunk[i];
  }
  tickets->chunks[tickets->chunk_count++] = chunk;
  return true;
}

struct ticket *ticket_open(struct tickets *tickets, struct instance *owner, void *object) {
  if (!tickets->spare && !grow(tickets)) return NULL;
  struct ticket *ticket = tickets->spare;
  tickets->spare = ticket->next;
  *ticket = (struct ticket){.slot = ticket->slot,
                            .count = ticket->count + 1,
                            .name = ticket->name,
                            .name_room = ticket->name_room,
                            .owner = owner,
                            .object = object};
  owner->tickets++;
  tickets->open++;
  return ticket;
}

static void name_forget(struct tickets *tickets, struct ticket *ticket) {
  if (!ticket->hh.tbl) return;
  HASH_DELETE(hh, tickets->names, ticket);
  ticket->hh.tbl = NULL;
  if (ticket->name_room <= NAME_ROOM) return;
  free(ticket->name);
  ticket->name = NULL;
  ticket->name_room = 0;
}

/* Room for a name of n octets, none of which is hashed now. */
static bool name_fits(struct ticket *ticket, size_t n) {
  if (n <= ticket->name_room) return true;
  char *name = realloc(ticket->name, n);
  if (!name) return false;
  ticket->name = name;
  ticket->name_room = n;
  return true;
}

void ticket_close(struct tickets *tickets, struct ticket *ticket) {
  name_forget(tickets, ticket);
  ticket_ride(ticket, NULL);
  pool_wait_cancel(&ticket->wait);
  ticket->owner->tickets--;
  ticket->count++;
  ticket->owner = NULL;
  ticket->undo_owner = NULL; /* whatever becomes of the reload, it stays closed */
  ticket->message = NULL;
  ticket->next = tickets->spare;
  tickets->spare = ticket;
  tickets->open--;
}

struct ticket *ticket_find(const struct tickets *tickets, hanse_ticket number) {
  uint32_t slot = (uint32_t)number, count = (uint32_t)(number >> 32);
  if (slot / CHUNK >= tickets->chunk_count || !(count & 1)) return NULL;
  struct ticket *ticket = &tickets->chunks[slot / CHUNK][slot % CHUNK];
  return ticket->count == count ? ticket : NULL;
}

static struct ticket *named(const struct tickets *tickets, struct hanse_slice name, unsigned hash) {
  struct ticket *found = NULL;
  HASH_FIND_BYHASHVALUE(hh, tickets->names, name.at, name.len, hash, found);
  return found;
}

int ticket_name(struct tickets *tickets, struct ticket *ticket, struct hanse_slice name) {
  unsigned hash;
  HASH_VALUE(name.at, name.len, hash);
  if (named(tickets, name, hash)) return HANSE_INVALID;
  name_forget(tickets, ticket);
  if (!name_fits(ticket, name.len)) return HANSE_NOMEM;
  if (name.len) memcpy(ticket->name, name.at, name.len);
  HASH_ADD_KEYPTR_BYHASHVALUE(hh, tickets->names, ticket->name, name.len, hash, ticket);
  return ticket->hh.tbl ? HANSE_OK : HANSE_NOMEM;
}

struct ticket *ticket_named(const struct tickets *tickets, struct hanse_slice name) {
  unsigned hash;
  HASH_VALUE(name.at, name.len, hash);
  return named(tickets, name, hash);
}

void ticket_ride(struct ticket *ticket, struct hanse_link *link) {
  if (ticket->rides == link) return;
  if (ticket->rides) {
    DL_DELETE2(ticket->rides->upper.riders, ticket, previous, next);
    link_release(ticket->rides);
  }
  ticket->rides = link;
  if (!link) return;
  link_hold(link);
  DL_APPEND2(link->upper.riders, ticket, previous, next);
}

void ticket_adopt(struct ticket *ticket, struct instance *owner, void *object) {
  if (!ticket->undo_owner) {
    ticket->undo_owner = ticket->owner;
    ticket->undo_object = ticket->object;
  }
  ticket->owner->tickets--;
  ticket->owner = owner;
  ticket->object = object;
  owner->tickets++;
}

static void settle(struct ticket *ticket, bool keep) {
  if (!keep) {
    ticket->owner->tickets--;
    ticket->owner = ticket->undo_owner;
    ticket->object = ticket->undo_object;
    ticket->owner->tickets++;
  }
  ticket->undo_owner = NULL;
}

void tickets_adopt_settle(struct tickets *tickets, bool keep) {
  for (uint32_t i = 0; i < tickets->chunk_count; i++)
    for (uint32_t k = 0; k < CHUNK; k++)
      if (tickets->chunks[i][k].undo_owner) settle(&tickets->chunks[i][k], keep);
}

void tickets_each(struct tickets *tickets, const struct instance *owner,
                  void (*one)(void *argument, struct ticket *ticket), void *argument) {
  for (uint32_t i = 0; i < tickets->chunk_count; i++)
    for (uint32_t k = 0; k < CHUNK; k++)
      if (tickets->chunks[i][k].count & 1 && tickets->chunks[i][k].owner == owner)
        one(argument, &tickets->chunks[i][k]);
}
