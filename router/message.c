#include "router/message.h"

#include <stdlib.h>
#include <utlist.h>

#include "router/instance.h"
#include "router/router.h"
#include "router/ticket.h"

/* What is kept beside the octets themselves as long as the message lives: its transaction and what facts and route need
   of their own. More is fetched in pieces of MESSAGE_MORE. */
#define MESSAGE_KEPT 512u
#define MESSAGE_MORE 1024u
/* Octets that a message may use beyond limits.message: its index, edits, transactions. */
#define MESSAGE_ALLOWANCE ((size_t)1 << 20)

/* A common message with its octets is one small block; a large one has room for the index and the edits of a common
   request and the route headers that we add. */
#define SMALL ((size_t)2096 - sizeof(struct block))
#define LARGE ((size_t)8192 - sizeof(struct block))

void message_stores(struct router *router) {
  router->small = (struct block_store){.room = SMALL, .most = 256};
  router->large = (struct block_store){.room = LARGE, .most = 16};
}

static size_t align(size_t n) { return (n + 15u) & ~(size_t)15u; }

/* Kept memory is measured out, since many messages may wait for their answers at once; scratch memory is there for a
   turn of the loop, and comes from the router's store. */
static bool is_scratch(const struct message_memory *memory) { return memory == &memory->message->scratch; }

static struct block *fetch(struct message_memory *memory, size_t n) {
  if (is_scratch(memory)) return block_take(&memory->message->router->large, n);
  size_t room = n > MESSAGE_MORE ? n : MESSAGE_MORE;
  struct block *block = malloc(sizeof *block + room);
  if (block) block->room = room;
  return block;
}

static void let_go(struct message_memory *memory, struct block *block) {
  memory->message->spent -= block->room;
  if (is_scratch(memory))
    block_give(&memory->message->router->large, block);
  else
    free(block);
}

static void *arena_more(struct hanse_arena *arena, size_t n) {
  struct message_memory *memory = (struct message_memory *)(void *)arena;
  struct message *message = memory->message;
  if (n > message->bound || message->spent > message->bound - n) {
    message->used_up = true;
    return NULL;
  }
  struct block *block = fetch(memory, n);
  if (!block) return NULL;
  message->spent += block->room;
  if (message->spent > message->bound) {
    message->used_up = true;
    let_go(memory, block);
    return NULL;
  }
  block->next = memory->blocks;
  memory->blocks = block;
  if ((size_t)(arena->end - arena->at) >= block->room - n) return block->bytes; /* the present piece has more left */
  arena->at = block->bytes + n;
  arena->end = block->bytes + block->room;
  return block->bytes;
}

static void memory_begin(struct message *message, struct message_memory *memory, char *first, size_t room) {
  memory->arena.size = sizeof memory->arena;
  memory->arena.at = first;
  memory->arena.end = first + room;
  memory->arena.more = arena_more;
  memory->message = message;
}

static void memory_clear(struct message_memory *memory) {
  while (memory->blocks) {
    struct block *block = memory->blocks;
    memory->blocks = block->next;
    let_go(memory, block);
  }
}

struct message *message_new(struct router *router, struct instance *owner, struct hanse_link *link,
                            struct hanse_slice bytes) {
  size_t own = align(sizeof(struct message));
  struct block *self = block_take(&router->small, own + align(bytes.len + 1) + MESSAGE_KEPT);
  if (!self) return NULL;
  struct message *message = (struct message *)(void *)self->bytes;
  memset(message, 0, sizeof *message);
  message->self = self;
  memory_begin(message, &message->kept, self->bytes + own, self->room - own);
  memory_begin(message, &message->scratch, NULL, 0);
  message->spent = self->room - own;
  message->bound = (size_t)router->node.message_bytes + MESSAGE_ALLOWANCE;
  message->router = router;
  message->owner = owner;
  struct hanse_message *public = &message->public;
  public->size = sizeof *public;
  public->arena = &message->kept.arena;
  public->scratch = &message->scratch.arena;
  public->facts = &message->facts;
  public->marks = &message->marks;
  public->arrived = *router->clock;
  message->facts.size = sizeof message->facts;
  message->marks.size = sizeof message->marks;
  hanse_copy(public->arena, bytes, &public->bytes); /* the first piece was sized for it */
  public->link = link_hold(link);
  message->facts.side = (uint8_t)link->side;
  message->facts.proved = link->proved;
  message->facts.proved_count = link->proved_count;
  message->facts.certificate = link->certificate;
  owner->messages++;
  DL_APPEND2(owner->made, message, made_previous, made_next);
  return message;
}

void message_came(struct message *message) {
  message->came = true;
  message->public.link->upper.in_flight++;
  message->public.link->upper.messages_in++;
}

void message_partner_set(struct message *message, const struct hanse_partner *partner) {
  if (partner && message->set != partner->set) {
    struct partner_set *before = message->set;
    message->set = partner_set_hold(partner->set);
    partner_set_release(before);
  }
  message->facts.partner = partner;
}

int message_follow(struct message *message, const struct message *other) {
  struct hanse_facts *facts = &message->facts;
  const struct hanse_facts *known = &other->facts;
  message_partner_set(message, known->partner);
  facts->flags |= known->flags & HANSE_FACT_RELAYED;
  facts->wire_type = known->wire_type;
  facts->federation = known->federation;
  facts->terms = known->terms;
  facts->decision = known->decision;
  if (!known->through.len) return HANSE_OK;
  return hanse_copy(&message->kept.arena, known->through, &facts->through);
}

void message_pair(struct message *message, struct message *lowered) {
  lowered->lowered = true;
  lowered->other = message;
  message->other = lowered;
}

void message_part(struct message *message) {
  if (message->other) message->other->other = NULL;
  message->other = NULL;
}

/* Nobody says any more what became of the one; whoever sent the other is told that, by the way. */
static void lose(struct message *message) {
  message->way.stage = WAY_LOST;
  DL_APPEND2(message->router->ready, message, way.previous, way.next);
  loop_task_add(message->router->loop, &message->router->ready_task);
}

static void leave_other(struct message *message) {
  struct message *other = message->other;
  message_part(message);
  if (message->lowered) lose(other);
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

void message_settle(struct message *message) {
  memory_clear(&message->scratch);
  message->scratch.arena.at = message->scratch.arena.end = NULL;
}

void message_free(struct message *message) {
  if (!message) return;
  struct ticket *ticket = ticket_find(message->router->tickets, message->public.ticket);
  if (ticket && ticket->message == message) ticket->message = NULL; /* the ticket outlives it in a successor's hands */
  if (message->other) leave_other(message);
  if (message->way.stage == WAY_LOST) DL_DELETE2(message->router->ready, message, way.previous, way.next);
  route_release(&message->way.route);
  if (message->counted) message->counted->in_flight--;
  partner_set_release(message->set);
  if (message->came) message->public.link->upper.in_flight--;
  link_release(message->public.link);
  if (message->asker) link_release(message->asker);
  message->owner->messages--;
  DL_DELETE2(message->owner->made, message, made_previous, made_next);
  memory_clear(&message->scratch);
  memory_clear(&message->kept);
  block_give(&message->router->small, message->self);
}
