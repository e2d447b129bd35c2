#include "router/way.h"

#include <utlist.h>

#include "router/conversation.h"
#include "router/found.h"
#include "router/lift.h"
#include "router/pressure.h"
#include "router/report.h"
#include "router/stage.h"
#include "router/ticket.h"
#include "router/wait.h"

/* How often a reload may make a waiting message begin again. */
#define WAY_RESTARTS 8
/* When to come again while this node goes out of service. */
#define WAY_DRAINING (10 * HANSE_SECOND)
/* When to come again when memory is short. */
#define WAY_SHORT (5 * HANSE_SECOND)
/* How long a deferred answer may take before a configuration says so. */
#define WAY_DEFERRED (30 * HANSE_SECOND)

/* ---- the stages in order ---- */

static uint8_t stage_after(uint8_t stage) {
  switch (stage) {
    case WAY_IDENTIFY:
      return WAY_ADMIT;
    case WAY_ADMIT:
      return WAY_ROUTE;
    case WAY_ROUTE:
      return WAY_ROUTED;
    case WAY_ROUTED:
      return WAY_DELIVER;
    default:
      return WAY_RETURN;
  }
}

static enum step run_stage(struct message *message) {
  const struct generation *generation = message->router->now;
  switch (message->way.stage) {
    case WAY_IDENTIFY:
      return stage_identify(message);
    case WAY_ADMIT:
      return stage_judge(message, &generation->admit, HANSE_STAGE_ADMIT);
    case WAY_ROUTE:
      return stage_route(message);
    case WAY_ROUTED:
      return stage_judge(message, &generation->routed, HANSE_STAGE_ROUTED);
    default:
      return stage_judge(message, &generation->answer, HANSE_STAGE_ANSWER);
  }
}

/* Runs stages until one waits or refuses, or the last one is through. Nothing of a stage but what it found is left for
   the next: not whose answer it waited for, not how its policies voted. */
static enum step run_stages(struct message *message, uint8_t last) {
  struct way *way = &message->way;
  for (;;) {
    enum step step = run_stage(message);
    if (step != STEP_ON) return step;
    way->policy = 0;
    way->resolved = 0;
    way->allowed = 0;
    way->stage = stage_after(way->stage);
    if (way->stage == last) return STEP_ON;
  }
}

/* A reload came while it waited: it is judged by the new generation, from the start. */
static void restart(struct message *message) {
  struct way *way = &message->way;
  for (uint32_t i = 0; i < way->route.count; i++) target_release(way->route.targets[i]);
  way->route.count = 0;
  found_forget(message);
  stage_identify_again(message);
  if (way->stage != WAY_ANSWER) message->facts.flags &= ~(uint32_t)HANSE_FACT_RELAYED; /* ROUTE says it anew */
  message->marks = (struct hanse_marks){.size = sizeof message->marks};
  way->stage = way->stage == WAY_ANSWER ? WAY_ANSWER : WAY_IDENTIFY;
  way->policy = 0;
  way->resolved = 0;
  way->known = 0;
  way->allowed = 0;
  way->admitted = NULL;
  way->several_admitted = false;
  way->generation = message->router->now->number;
  way->restarts++;
}

/* ---- the ends ---- */

static void deliver(struct message *message) {
  struct message *leaves = message->other ? message->other : message;
  struct instance *owner = leaves->owner;
  struct hanse_link *link = message->public.link;
  link->upper.wire_type = message->facts.side == HANSE_SIDE_PARTNER ? message->facts.wire_type : 0;
  link->upper.pinned = message->router->now->number;
  report_accepted(message);
  message_in_flight(message);
  message->way.stage = WAY_NONE;
  struct calling before = instance_enter(owner, "deliver");
  owner->protocol->deliver(owner->self, &leaves->public, &leaves->way.route);
  instance_leave(before);
}

static void refuse(struct message *message) {
  struct instance *owner = message->owner;
  report_refused(message, &message->way.why);
  message->way.stage = WAY_NONE;
  struct calling before = instance_enter(owner, "refuse");
  owner->protocol->refuse(owner->self, &message->public, &message->way.why);
  instance_leave(before);
}

/* An answer that passed, or was denied, goes to the transaction behind its ticket, which may be gone by now. */
static void give_back(struct message *answer, bool denied) {
  struct router *router = answer->router;
  struct ticket *ticket = ticket_find(router->tickets, answer->answers);
  answer->way.stage = WAY_NONE;
  if (!ticket || ticket->owner != answer->owner) {
    ++*router->stray_answers;
    message_free(answer);
    return;
  }
  if (denied) {
    report_refused(answer, &answer->way.why);
  } else {
    report_answered(answer, ticket->message);
  }
  struct instance *owner = ticket->owner;
  struct calling before = instance_enter(owner, "answer");
  owner->protocol->answer(owner->self, ticket->object, &answer->public, denied ? &answer->way.why : NULL);
  instance_leave(before);
}

static void end(struct message *message, enum step step) {
  if (message->answers) {
    give_back(message, step == STEP_REFUSE);
  } else if (step == STEP_REFUSE) {
    refuse(message);
  } else {
    deliver(message);
  }
}

/* ---- running ---- */

/* The pin is the first accepted message's, which may have overtaken this one since IDENTIFY. */
static enum step check_pin(struct message *message) {
  if (message->facts.side != HANSE_SIDE_PARTNER || stage_link_serves(message, message->facts.wire_type)) return STEP_ON;
  return stage_refuse(message, HANSE_F_LINK_TYPE, (struct hanse_where){0},
                      "this connection serves another federation type");
}

/* Behind the last stage, where the target speaks another protocol. */
static enum step lift(struct message *message) { return lift_is_due(message) ? stage_lift(message) : STEP_ON; }

static enum step run_from_here(struct message *message) {
  struct way *way = &message->way;
  if (way->stage == WAY_LOST)
    return stage_refuse(message, HANSE_F_ERROR, (struct hanse_where){0},
                        "the module of the other protocol did not say what became of it");
  if (way->generation != message->router->now->number) restart(message);
  if (way->restarts > WAY_RESTARTS)
    return stage_refuse(message, HANSE_F_DEFERRED, (struct hanse_where){0}, "reloads came faster than verdicts");
  if (message->answers) return run_stages(message, WAY_RETURN);
  enum step step = run_stages(message, WAY_DELIVER);
  if (step == STEP_ON) step = check_pin(message);
  return step == STEP_ON ? lift(message) : step;
}

static void run(struct message *message) {
  enum step step = run_from_here(message);
  if (step == STEP_WAIT) {
    wait_begin(message);
    return;
  }
  found_forget(message);
  wait_let_next(message);
  end(message, step);
}

static void run_ready(struct loop_task *task) {
  struct router *router = (struct router *)((char *)task - offsetof(struct router, ready_task));
  struct message *last = router->ready ? router->ready->way.previous : NULL;
  while (router->ready) { /* those that become ready meanwhile wait for the next turn */
    struct message *message = router->ready;
    DL_DELETE2(router->ready, message, way.previous, way.next);
    run(message);
    if (message == last) break;
  }
  if (router->ready) loop_task_add(router->loop, task);
}

/* ---- the doors ---- */

int way_init(struct router *router) {
  router->ready_task.run = run_ready;
  return wait_limit(router, WAY_DEFERRED);
}

static void refuse_now(struct message *message, enum hanse_failure failure, hanse_time retry_after, const char *text) {
  stage_refuse(message, failure, (struct hanse_where){0}, "%s", text);
  message->way.why.retry_after = retry_after;
  end(message, STEP_REFUSE);
}

static void begin(struct message *message, uint8_t stage) {
  struct router *router = message->router;
  message->way.stage = stage;
  message->way.generation = router->now->number;
  struct conversation *conversation = conversation_find(router, message);
  if (!conversation) {
    run(message);
    return;
  }
  uint32_t most = (uint32_t)router->now->settings->limits.held_per_conversation;
  if (conversation_join(conversation, message, most) != HANSE_OK)
    refuse_now(message, HANSE_F_BUSY, 5 * HANSE_SECOND, "too many messages wait behind a deferred one");
}

/* A partner's link answers for all that came on it. The home link carries everybody's, so there each recipient has its
   own bound (route.c): one that does not answer leaves the others alone. */
static bool too_many(const struct message *message) {
  const struct hanse_link *link = message->public.link;
  return link->side == HANSE_SIDE_PARTNER && link->upper.in_flight > message->router->now->in_flight_max;
}

/* What is in hand comes to its end; the end of a dialog frees more than it costs. */
static bool too_short(const struct message *message) {
  return pressure_level(message->router->pressure) >= TRANSPORT_NO_NEW_WORK &&
         !(message->facts.flags & HANSE_FACT_IN_DIALOG);
}

void way_submit(struct router *router, struct message *message) {
  struct ticket *ticket = ticket_find(router->tickets, message->public.ticket);
  if (ticket) ticket->message = message;
  message->facts.decision = router_decision(router);
  if (router->draining && !(message->facts.flags & HANSE_FACT_IN_DIALOG)) {
    refuse_now(message, HANSE_F_DRAINING, WAY_DRAINING, "this node is being taken out of service");
  } else if (too_short(message)) {
    refuse_now(message, HANSE_F_BUSY, WAY_SHORT, "memory is short (limits.memory)");
  } else if (too_many(message)) {
    refuse_now(message, HANSE_F_BUSY, 1 * HANSE_SECOND, "limits.messages_in_flight_per_link is reached on this link");
  } else {
    begin(message, WAY_IDENTIFY);
  }
}

/* Nothing waits anywhere, so that nothing can be before it. */
static void judge_answer(struct message *answer) {
  const struct generation *generation = answer->router->now;
  answer->way.stage = WAY_ANSWER;
  answer->way.generation = generation->number;
  enum step step = STEP_ON;
  if (generation->answer.count) step = stage_judge(answer, &generation->answer, HANSE_STAGE_ANSWER);
  if (step == STEP_WAIT)
    wait_begin(answer);
  else
    give_back(answer, step == STEP_REFUSE);
}

/* An answer is accompanied, not judged: its peer is the one that was recorded when the message was routed. */
int way_answer(struct router *router, hanse_ticket number, struct message *answer) {
  struct ticket *ticket = ticket_find(router->tickets, number);
  if (!ticket || ticket->owner != answer->owner) {
    ++*router->stray_answers;
    message_free(answer);
    return HANSE_GONE;
  }
  answer->answers = number;
  answer->facts.certificate = NULL;
  if (ticket->message) {
    const struct hanse_facts *asked = &ticket->message->facts;
    answer->asker = link_hold(ticket->message->public.link);
    answer->facts.certificate = asked->certificate;
    message_follow(answer, ticket->message);
    answer->facts.terms.decoration = hanse_slice("", 0); /* its addresses are the protocol's to give back */
    if (asked->terms.carries && stage_carried(answer) != STEP_ON) {
      give_back(answer, true);
      return HANSE_OK;
    }
  }
  if (router->conversations)
    begin(answer, WAY_ANSWER);
  else
    judge_answer(answer);
  return HANSE_OK;
}

int way_withdraw(struct router *router, struct message *message) {
  (void)router;
  if (message->other && !message->lowered) {
    message_part(message); /* what was made of it goes on alone */
    return HANSE_OK;
  }
  return wait_take_out(message) ? HANSE_OK : HANSE_GONE;
}

/* Ends what waits and is concerned, wherever in its conversation it stands. */
static void end_waiting(struct router *router, bool (*concerned)(const struct message *message, const void *what),
                        const void *what, const char *text) {
  struct conversation *conversation, *next;
  HASH_ITER(hh, router->conversations, conversation, next) {
    struct message *holder = conversation->holder;
    struct message *message = conversation->behind;
    while (message) {
      struct message *after = message->way.next;
      if (concerned(message, what) && wait_take_out(message)) refuse_now(message, HANSE_F_WITHDRAWN, 0, text);
      message = after;
    }
    if (concerned(holder, what) && wait_take_out(holder)) refuse_now(holder, HANSE_F_WITHDRAWN, 0, text);
  }
}

static bool came_on(const struct message *message, const void *link) { return message->public.link == link; }
static bool is_of(const struct message *message, const void *instance) { return message->owner == instance; }

void way_link_closed(struct router *router, struct hanse_link *link) {
  end_waiting(router, came_on, link, "its connection is gone");
}

void way_instance_gone(struct router *router, const struct instance *instance) {
  wait_asked_gone(router, instance);
  end_waiting(router, is_of, instance, "its module is gone");
}

bool way_try(struct message *message) {
  message->way.stage = WAY_IDENTIFY;
  message->way.generation = message->router->now->number;
  enum step step = run_stages(message, WAY_DELIVER);
  if (step == STEP_ON) step = lift(message);
  found_forget(message);
  message->way.stage = WAY_NONE;
  return step == STEP_ON;
}
