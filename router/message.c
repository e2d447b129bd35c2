#include "router/message.h"

#include <stdlib.h>
#include <utlist.h>

#include "router/instance.h"
#include "router/router.h"
#include "router/ticket.h"

/* What index, transaction and edits cut from the arena beside the octets themselves: up to 4.7 KiB for a request with
   up to 32 headers, so that the common one needs no second piece; more is fetched in blocks of MESSAGE_BLOCK. */
#define MESSAGE_EXTRA 4864u
#define MESSAGE_BLOCK 4096u
/* Octets that a message may use beyond limits.message: its index, edits, transactions. */
#define MESSAGE_ALLOWANCE ((size_t)1 << 20)

struct block {
  struct block *next;
  _Alignas(max_align_t) char bytes[];
};

static size_t align(size_t n) { return (n + 15u) & ~(size_t)15u; }

static void *arena_more(struct hanse_arena *arena, size_t n) {
  struct message *message = (struct message *)((char *)arena - offsetof(struct message, arena));
  size_t size = n > MESSAGE_BLOCK ? n : MESSAGE_BLOCK;
  if (message->spent > message->bound || size > message->bound - message->spent) return NULL;
  struct block *block = malloc(sizeof *block + size);
  if (!block) return NULL;
  block->next = message->blocks;
  message->blocks = block;
  message->spent += size;
  if (n == size) return block->bytes; /* the rest of the present piece stays in use */
  arena->at = block->bytes + n;
  arena->end = block->bytes + size;
  return block->bytes;
}

static void arena_begin(struct message *message, size_t room, size_t bound) {
  message->room = room;
  message->spent = room;
  message->bound = bound;
  message->arena.size = sizeof message->arena;
  message->arena.at = (char *)message + align(sizeof *message);
  message->arena.end = message->arena.at + room;
  message->arena.more = arena_more;
}

struct message *message_new(struct router *router, struct instance *owner, struct hanse_link *link,
                            struct hanse_slice bytes) {
  size_t room = align(bytes.len + 1) + MESSAGE_EXTRA;
  struct message *message = malloc(align(sizeof *message) + room);
  if (!message) return NULL;
  memset(message, 0, sizeof *message);
  arena_begin(message, room, (size_t)router->node.message_bytes + MESSAGE_ALLOWANCE);
  message->router = router;
  message->owner = owner;
  struct hanse_message *public = &message->public;
  public->size = sizeof *public;
  public->arena = &message->arena;
  public->facts = &message->facts;
  public->marks = &message->marks;
  public->arrived = *router->clock;
  message->facts.size = sizeof message->facts;
  message->marks.size = sizeof message->marks;
  hanse_copy(&message->arena, bytes, &public->bytes); /* the first piece was sized for it */
  public->link = link_hold(link);
  message->facts.side = (uint8_t)link->side;
  message->facts.proved = link->proved;
  message->facts.proved_count = link->proved_count;
  link->upper.in_flight++;
  link->upper.messages_in++;
  owner->messages++;
  DL_APPEND2(owner->made, message, made_previous, made_next);
  return message;
}

void message_partner_set(struct message *message, const struct hanse_partner *partner) {
  if (partner && message->set != partner->set) {
    struct partner_set *before = message->set;
    message->set = partner_set_hold(partner->set);
    partner_set_release(before);
  }
  message->facts.partner = partner;
}

static void route_release(struct hanse_route *route) {
  for (uint32_t i = 0; i < route->count; i++) target_release(route->targets[i]);
  route->count = 0;
}

void message_in_flight(struct message *message) {
  if (message->facts.side != HANSE_SIDE_HOME || !message->facts.partner || message->counted) return;
  message->counted = (struct hanse_partner *)(uintptr_t)message->facts.partner; /* its set is held */
  message->counted->in_flight++;
}

void message_free(struct message *message) {
  if (!message) return;
  struct ticket *ticket = ticket_find(message->router->tickets, message->public.ticket);
  if (ticket && ticket->message == message) ticket->message = NULL; /* the ticket outlives it in a successor's hands */
  route_release(&message->way.route);
  if (message->counted) message->counted->in_flight--;
  partner_set_release(message->set);
  message->public.link->upper.in_flight--;
  link_release(message->public.link);
  message->owner->messages--;
  DL_DELETE2(message->owner->made, message, made_previous, made_next);
  for (struct block *block = message->blocks; block;) {
    struct block *next = block->next;
    free(block);
    block = next;
  }
  free(message);
}
