/* The fake host's tickets. */
#include <stdlib.h>

#include "sdk/fakehost/inside.h"

struct fake_ticket *fake_ticket_find(const struct fake_world *world, hanse_ticket ticket) {
  uint32_t slot = (uint32_t)ticket, count = (uint32_t)(ticket >> 32);
  if (slot >= world->ticket_count || !(count & 1) || world->tickets[slot].count != count) return NULL;
  return &world->tickets[slot];
}

static hanse_ticket number(const struct fake_world *world, const struct fake_ticket *ticket) {
  return (hanse_ticket)ticket->count << 32 | (uint32_t)(ticket - world->tickets);
}

static struct fake_ticket *spare(struct fake_world *world) {
  for (size_t i = 0; i < world->ticket_count; i++)
    if (!(world->tickets[i].count & 1)) return &world->tickets[i];
  struct fake_ticket *grown = fake_keep_more(world->tickets, (world->ticket_count + 1) * sizeof *grown);
  world->tickets = grown;
  memset(&grown[world->ticket_count], 0, sizeof *grown);
  return &grown[world->ticket_count++];
}

static int ticket_open(struct hanse_host *host, void *object, hanse_ticket *out) {
  if (fake_foreign(host, "ticket_open")) return HANSE_THREAD;
  struct fake_world *world = fake_instance_of(host)->world;
  void *piece = fake_memory(world, 1); /* so that it can run out here too */
  if (!piece) return HANSE_NOMEM;
  free(piece);
  struct fake_ticket *ticket = spare(world);
  uint32_t count = ticket->count + 1;
  memset(ticket, 0, sizeof *ticket);
  ticket->count = count;
  ticket->owner = fake_instance_of(host);
  ticket->object = object;
  *out = number(world, ticket);
  return HANSE_OK;
}

static void ride(struct fake_ticket *ticket, struct hanse_link *link) {
  if (ticket->rides) ticket->rides->holds--;
  ticket->rides = link;
  if (link) link->holds++;
}

static void ticket_close(struct hanse_host *host, hanse_ticket which) {
  struct fake_ticket *ticket = fake_ticket_find(fake_instance_of(host)->world, which);
  if (!ticket) return;
  if (ticket->owner != fake_instance_of(host)) fake_end("a plugin closes a ticket that is not its own");
  ride(ticket, NULL);
  free(ticket->name.at);
  uint32_t count = ticket->count + 1;
  memset(ticket, 0, sizeof *ticket);
  ticket->count = count;
}

static int ticket_object(struct hanse_host *host, hanse_ticket which, void **object) {
  const struct fake_ticket *ticket = fake_ticket_find(fake_instance_of(host)->world, which);
  if (!ticket) return HANSE_GONE;
  if (ticket->owner != fake_instance_of(host)) return HANSE_SKIP;
  *object = ticket->object;
  return HANSE_OK;
}

static hanse_ticket by_name(struct hanse_host *host, struct hanse_slice name) {
  const struct fake_world *world = fake_instance_of(host)->world;
  for (size_t i = 0; i < world->ticket_count; i++) {
    const struct fake_ticket *ticket = &world->tickets[i];
    if (ticket->count & 1 && ticket->named && hanse_same(hanse_slice(ticket->name.at, ticket->name.len), name))
      return number(world, ticket);
  }
  return 0;
}

static int ticket_name(struct hanse_host *host, hanse_ticket which, struct hanse_slice name) {
  struct fake_ticket *ticket = fake_ticket_find(fake_instance_of(host)->world, which);
  if (!ticket) return HANSE_GONE;
  if (by_name(host, name)) return HANSE_INVALID;
  if (fake_allocation_fails()) return HANSE_NOMEM;
  fake_buffer_cut(&ticket->name, ticket->name.len);
  fake_buffer_add(&ticket->name, name.at, name.len);
  ticket->named = true;
  return HANSE_OK;
}

static void ticket_ride(struct hanse_host *host, hanse_ticket which, struct hanse_link *link) {
  struct fake_ticket *ticket = fake_ticket_find(fake_instance_of(host)->world, which);
  if (ticket) ride(ticket, link);
}

static int ticket_adopt(struct hanse_host *host, hanse_ticket which, void *object) {
  struct fake_ticket *ticket = fake_ticket_find(fake_instance_of(host)->world, which);
  if (!ticket) return HANSE_GONE;
  ticket->undo_owner = ticket->owner;
  ticket->undo_object = ticket->object;
  ticket->owner = fake_instance_of(host);
  ticket->object = object;
  return HANSE_OK;
}

void fake_ticket_settle(struct fake_world *world, bool keep) {
  for (size_t i = 0; i < world->ticket_count; i++) {
    struct fake_ticket *ticket = &world->tickets[i];
    if (!ticket->undo_owner) continue;
    if (!keep) {
      ticket->owner = ticket->undo_owner;
      ticket->object = ticket->undo_object;
    }
    ticket->undo_owner = NULL;
  }
}

static int hand_over(struct hanse_host *host, hanse_ticket which, struct hanse_link *link, struct hanse_slice bytes) {
  const struct fake_ticket *ticket = fake_ticket_find(fake_instance_of(host)->world, which);
  if (!ticket || ticket->owner == fake_instance_of(host)) return HANSE_GONE;
  FAKE_CALL(ticket->owner->protocol->hand_over(ticket->owner->self, link, bytes));
  return HANSE_OK;
}

/* Riders are told one by one, since what is told may open and close tickets. */
void fake_ticket_link_closed(struct fake_world *world, struct hanse_link *link) {
  for (size_t i = 0; i < world->ticket_count; i++) {
    struct fake_ticket *ticket = &world->tickets[i];
    if (ticket->rides != link) continue;
    ride(ticket, NULL);
    FAKE_CALL(ticket->owner->protocol->link_lost(ticket->owner->self, ticket->object, link));
  }
}

size_t fake_tickets_open(const struct fake_world *world) {
  size_t n = 0;
  for (size_t i = 0; i < world->ticket_count; i++) n += world->tickets[i].count & 1;
  return n;
}

void fake_ticket_ops(struct hanse_host_ops *ops) {
  ops->ticket_open = ticket_open;
  ops->ticket_close = ticket_close;
  ops->ticket_object = ticket_object;
  ops->ticket_name = ticket_name;
  ops->ticket_by_name = by_name;
  ops->ticket_ride = ticket_ride;
  ops->ticket_adopt = ticket_adopt;
  ops->hand_over = hand_over;
}
