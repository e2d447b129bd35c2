#include "router/lift.h"

#include "router/ticket.h"

/* The module that speaks the protocol of the target; NULL: none does any more. */
static const struct protocol *target_protocol(const struct message *message) {
  return generation_protocol(message->router->now, target_key(message->way.route.targets[0])->protocol);
}

static enum step refuse(struct message *message, const struct instance *by, enum hanse_failure failure,
                        const char *what) {
  stage_refuse(message, failure, (struct hanse_where){0}, "%s; the other side speaks \"%.*s\"", what,
               HANSE_FMT(target_key(message->way.route.targets[0])->protocol));
  message->way.why.plugin = by->name;
  return STEP_REFUSE;
}

/* Targets of its own hold: either message may end first. */
static int follow_route(struct message *lowered, const struct hanse_route *route) {
  struct hanse_target **own = hanse_alloc(&lowered->kept.arena, route->count * sizeof *own);
  if (!own) return HANSE_NOMEM;
  for (uint32_t i = 0; i < route->count; i++) own[i] = target_hold(route->targets[i]);
  lowered->way.route = *route;
  lowered->way.route.targets = own;
  return HANSE_OK;
}

/* The message that it is made of may end first. */
static int follow_terms(struct message *lowered, const struct hanse_terms *terms) {
  return hanse_copy(&lowered->kept.arena, terms->decoration, &lowered->facts.terms.decoration);
}

/* The text that a mark puts in its place was lifted already. */
static int follow_marks(struct message *lowered, const struct hanse_marks *marks) {
  struct hanse_arena *arena = &lowered->kept.arena;
  lowered->marks = *marks;
  lowered->marks.set &= ~(uint32_t)HANSE_MARK_TEXT;
  lowered->marks.text = hanse_slice(NULL, 0);
  int status = hanse_copy(arena, marks->notice, &lowered->marks.notice);
  return status ? status : hanse_copy(arena, marks->log_as, &lowered->marks.log_as);
}

static struct message *make(struct message *message, struct instance *speaker) {
  struct message *lowered = message_new(message->router, speaker, message->public.link, hanse_slice("", 0));
  if (!lowered) return NULL;
  if (message_follow(lowered, message) == HANSE_OK && follow_terms(lowered, &message->facts.terms) == HANSE_OK &&
      follow_marks(lowered, &message->marks) == HANSE_OK && follow_route(lowered, &message->way.route) == HANSE_OK)
    return lowered;
  message_free(lowered);
  return NULL;
}

static enum hanse_failure lift(struct message *message, struct hanse_lifted *out) {
  struct instance *owner = message->owner;
  struct calling before = instance_enter(owner, "lift");
  enum hanse_failure failure = owner->protocol->lift(owner->self, &message->public, out);
  instance_leave(before);
  return failure;
}

static enum hanse_failure lower(struct message *lowered, const struct hanse_lifted *in) {
  struct instance *owner = lowered->owner;
  struct calling before = instance_enter(owner, "lower");
  enum hanse_failure failure = owner->protocol->lower(owner->self, &lowered->public, in);
  instance_leave(before);
  return failure;
}

enum step stage_lift(struct message *message) {
  struct instance *owner = message->owner;
  const struct protocol *protocol = target_protocol(message);
  struct hanse_lifted neutral = {.size = sizeof neutral};
  if (!owner->protocol->lift || !owner->protocol->conclude)
    return refuse(message, owner, HANSE_F_FOREIGN, "this protocol does not pass into others");
  if (!protocol || !protocol->instance || !protocol->slots->lower)
    return refuse(message, owner, HANSE_F_FOREIGN, "nothing passes into that protocol");
  if (message->dry) return STEP_ON;
  enum hanse_failure failure = lift(message, &neutral);
  if (failure) return refuse(message, owner, failure, "the message has no neutral form");
  struct message *lowered = make(message, protocol->instance);
  if (!lowered) return refuse(message, owner, HANSE_F_MEMORY, "no memory");
  failure = lower(lowered, &neutral);
  if (failure) {
    message_free(lowered);
    return refuse(message, protocol->instance, failure, "the message cannot be expressed there");
  }
  struct ticket *ticket = ticket_find(message->router->tickets, lowered->public.ticket);
  if (ticket) ticket->message = lowered; /* its answers are this partner's */
  message_pair(message, lowered);
  return STEP_ON;
}

int lift_concluded(struct message *lowered, uint16_t status, const struct hanse_refusal *why) {
  struct message *message = lowered->lowered ? lowered->other : NULL;
  if (!message) return HANSE_GONE;
  struct instance *owner = message->owner;
  message_part(message);
  struct calling before = instance_enter(owner, why ? "refuse" : "conclude");
  if (why)
    owner->protocol->refuse(owner->self, &message->public, why);
  else
    owner->protocol->conclude(owner->self, &message->public, status);
  instance_leave(before);
  return HANSE_OK;
}
