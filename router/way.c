#include "router/way.h"

#include <utlist.h>

#include "router/conversation.h"
#include "router/found.h"
#include "router/log.h"
#include "router/report.h"
#include "router/stage.h"
#include "router/ticket.h"
#include "router/token.h"

/* How often a reload may make a waiting message begin again. */
#define WAY_RESTARTS 8

static const char *stage_name(uint8_t stage) {
  static const char *const names[] = {"none", "identify", "admit", "route", "routed", "deliver", "answer", "return"};
  return stage < sizeof names / sizeof names[0] ? names[stage] : "?";
}

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

/* Runs stages until one waits or refuses, or the last one is through. Being known is one ALLOW vote in each stage, so
   `allowed` set by IDENTIFY stays. */
static enum step run_stages(struct message *message, uint8_t last) {
  struct way *way = &message->way;
  for (;;) {
    enum step step = run_stage(message);
    if (step != STEP_ON) return step;
    way->policy = 0;
    way->stage = stage_after(way->stage);
    if (way->stage == last) return STEP_ON;
  }
}

static void forget_found(struct message *message) {
  if (message->way.found_targets) found_clear(message->way.found_targets);
  message->way.found_targets = NULL;
}

/* A reload came while it waited: it is judged by the new generation, from the start. */
static void restart(struct message *message) {
  struct way *way = &message->way;
  for (uint32_t i = 0; i < way->route.count; i++) target_release(way->route.targets[i]);
  way->route.count = 0;
  forget_found(message);
  way->stage = way->stage == WAY_ANSWER ? WAY_ANSWER : WAY_IDENTIFY;
  way->policy = 0;
  way->resolved = 0;
  way->allowed = 0;
  way->generation = message->router->now->number;
  way->restarts++;
}

/* ---- the ends ---- */

static void deliver(struct message *message) {
  struct instance *owner = message->owner;
  struct hanse_link *link = message->public.link;
  link->upper.wire_type = message->facts.side == HANSE_SIDE_PARTNER ? message->facts.wire_type : 0;
  link->upper.pinned = message->router->now->number;
  report_accepted(message);
  message->way.stage = WAY_NONE;
  struct running before = instance_enter(owner, "deliver");
  owner->protocol->deliver(owner->self, &message->public, &message->way.route);
  instance_leave(before);
}

static void refuse(struct message *message) {
  struct instance *owner = message->owner;
  report_refused(message, &message->way.why);
  message->way.stage = WAY_NONE;
  struct running before = instance_enter(owner, "refuse");
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
  struct running before = instance_enter(owner, "answer");
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

/* ---- waiting ---- */

static void verdict_late(void *self, struct hanse_timer *timer) {
  struct router *router = self;
  struct message *message = (struct message *)((char *)timer - offsetof(struct message, way.timer));
  bool allow = router->now->default_allow;
  struct hanse_refusal why = {
      .size = sizeof why, .failure = HANSE_F_DEFERRED, .text = HANSE_LIT("the deferred verdict did not come in time")};
  log_event(HANSE_WARNING, "way", "verdict.late", "stage=%s decision=%llx applied=%s", stage_name(message->way.stage),
            (unsigned long long)message->facts.decision, allow ? "allow" : "deny");
  if (message->way.stage == WAY_IDENTIFY || message->way.stage == WAY_ROUTE) {
    way_resolve_found(router, message->way.token, HANSE_FOUND_NO, &why);
  } else {
    way_resolve_verdict(router, message->way.token, allow ? HANSE_ALLOW : HANSE_DENY, &why);
  }
}

static void wait_begin(struct message *message) {
  struct router *router = message->router;
  struct instance *owner = message->owner;
  struct way *way = &message->way;
  if (conversation_hold(router, message) != HANSE_OK) log_event(HANSE_ERROR, "way", "memory", "conversation");
  if (way->resolved) { /* the answer came before the slot had returned: it takes effect now, not inside the slot */
    token_close(router->tokens, way->token);
    DL_APPEND2(router->ready, message, way.previous, way.next);
    loop_task_add(router->loop, &router->ready_task);
    return;
  }
  way->waiting = 1;
  timers_start(router->deferred, &way->timer, verdict_late);
  if (way->told || message->answers) return;
  way->told = 1;
  struct running before = instance_enter(owner, "waiting");
  owner->protocol->waiting(owner->self, &message->public);
  instance_leave(before);
}

/* The plugin whose token it holds hears that nobody waits any more. */
static void tell_withdrawn(struct message *message) {
  struct token *token = token_find(message->router->tokens, message->way.token);
  if (!token) return;
  struct instance *owner = token->owner;
  hanse_token number = message->way.token;
  token_close(message->router->tokens, number);
  for (const struct hanse_offer *offer = owner->plugin->offers; offer && offer->capability; offer++) {
    void (*withdrawn)(void *, hanse_token) = NULL;
    if (offer->capability == HANSE_POLICY) withdrawn = ((const struct hanse_policy *)offer->slots)->withdrawn;
    if (offer->capability == HANSE_FEDERATION) withdrawn = ((const struct hanse_federation *)offer->slots)->withdrawn;
    if (!withdrawn) continue;
    struct running before = instance_enter(owner, "withdrawn");
    withdrawn(owner->self, number);
    instance_leave(before);
    return;
  }
}

static void wait_end(struct message *message) {
  timers_stop(&message->way.timer);
  message->way.waiting = 0;
}

static void run(struct message *message);

/* The next of its conversation may go. */
static void let_next(struct message *message) {
  struct router *router = message->router;
  struct message *next = conversation_next(router, message);
  if (!next) return;
  DL_APPEND2(router->ready, next, way.previous, way.next);
  loop_task_add(router->loop, &router->ready_task);
}

static void run(struct message *message) {
  struct way *way = &message->way;
  if (way->generation != message->router->now->number) restart(message);
  enum step step;
  if (way->restarts > WAY_RESTARTS)
    step = stage_refuse(message, HANSE_F_DEFERRED, (struct hanse_where){0}, "reloads came faster than verdicts");
  else
    step = run_stages(message, message->answers ? WAY_RETURN : WAY_DELIVER);
  if (step == STEP_WAIT) {
    wait_begin(message);
    return;
  }
  forget_found(message);
  let_next(message);
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

static void fire_in(void *owner, struct hanse_timer *timer) { timer->fire(owner, timer); }

int way_init(struct router *router) {
  router->ready_task.run = run_ready;
  hanse_time length = router->now ? router->now->settings->policy.deferred : 30 * HANSE_SECOND;
  router->deferred = timers_list(router->timers, router, length, fire_in);
  return router->deferred ? HANSE_OK : HANSE_NOMEM;
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

void way_submit(struct router *router, struct message *message) {
  struct ticket *ticket = ticket_find(router->tickets, message->public.ticket);
  if (ticket) ticket->message = message;
  message->facts.decision = (uint64_t)router->node.boot << 32 | ++router->decisions;
  if (message->public.link->upper.in_flight > router->now->in_flight_max) {
    refuse_now(message, HANSE_F_BUSY, 1 * HANSE_SECOND, "limits.messages_in_flight_per_link is reached on this link");
  } else {
    begin(message, WAY_IDENTIFY);
  }
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
  if (ticket->message) {
    const struct hanse_facts *asked = &ticket->message->facts;
    message_partner_set(answer, asked->partner);
    answer->facts.wire_type = asked->wire_type;
    answer->facts.decision = asked->decision;
  }
  if (!router->now->answer.count && !router->conversations) {
    give_back(answer, false);
    return HANSE_OK;
  }
  begin(answer, WAY_ANSWER);
  return HANSE_OK;
}

/* Takes a message out of wherever it waits. False: it waits nowhere. */
static bool take_out(struct message *message) {
  struct way *way = &message->way;
  if (way->stage == WAY_NONE) return false;
  if (way->waiting) {
    wait_end(message);
    tell_withdrawn(message);
    let_next(message);
  } else if (way->conversation && way->conversation->holder != message) {
    conversation_leave(message);
  } else {
    DL_DELETE2(message->router->ready, message, way.previous, way.next);
    let_next(message);
  }
  forget_found(message);
  way->stage = WAY_NONE;
  return true;
}

int way_withdraw(struct router *router, struct message *message) {
  (void)router;
  return take_out(message) ? HANSE_OK : HANSE_GONE;
}

static struct message *resolve(struct router *router, hanse_token number) {
  struct token *token = token_find(router->tokens, number);
  struct message *message = token ? token->message : NULL;
  if (!message || message->way.resolved) {
    ++*router->late_verdicts;
    return NULL;
  }
  message->way.resolved = 1;
  if (!message->way.waiting) return message; /* its slot has not returned: wait_begin will see it */
  token_close(router->tokens, number);
  wait_end(message);
  DL_APPEND2(router->ready, message, way.previous, way.next);
  loop_task_add(router->loop, &router->ready_task);
  return message;
}

/* The text of a reason is the plugin's; it must live as long as the message. */
static void keep_reason(struct message *message, const struct hanse_refusal *why) {
  struct hanse_slice text;
  if (!why) return;
  message->way.why = *why;
  if (hanse_copy(&message->arena, why->text, &text) != HANSE_OK) text = hanse_slice(NULL, 0);
  message->way.why.text = text;
}

int way_resolve_verdict(struct router *router, hanse_token token, enum hanse_verdict verdict,
                        const struct hanse_refusal *why) {
  struct message *message = resolve(router, token);
  if (!message) return HANSE_GONE;
  message->way.verdict = (uint8_t)(verdict == HANSE_DEFER ? HANSE_DENY : verdict);
  keep_reason(message, why);
  return HANSE_OK;
}

int way_resolve_found(struct router *router, hanse_token token, enum hanse_found found,
                      const struct hanse_refusal *why) {
  struct message *message = resolve(router, token);
  if (!message) return HANSE_GONE;
  message->way.found = (uint8_t)(found == HANSE_FOUND_LATER ? HANSE_FOUND_NO : found);
  keep_reason(message, why);
  return HANSE_OK;
}

static void end_withdrawn(struct message *message, const char *text) {
  if (take_out(message)) refuse_now(message, HANSE_F_WITHDRAWN, 0, text);
}

void way_link_closed(struct router *router, struct hanse_link *link) {
  struct conversation *conversation, *next;
  HASH_ITER(hh, router->conversations, conversation, next) {
    struct message *message = conversation->behind;
    while (message) {
      struct message *after = message->way.next;
      if (message->public.link == link) end_withdrawn(message, "its connection is gone");
      message = after;
    }
    if (conversation->holder->public.link == link) end_withdrawn(conversation->holder, "its connection is gone");
  }
}

void way_instance_gone(struct router *router, const struct instance *instance) {
  struct conversation *conversation, *next;
  HASH_ITER(hh, router->conversations, conversation, next) {
    struct message *holder = conversation->holder;
    struct token *token = token_find(router->tokens, holder->way.token);
    if (token && token->owner == instance) way_resolve_verdict(router, holder->way.token, HANSE_DENY, NULL);
  }
}

bool way_try(struct message *message) {
  message->way.stage = WAY_IDENTIFY;
  message->way.generation = message->router->now->number;
  enum step step = run_stages(message, WAY_DELIVER);
  forget_found(message);
  message->way.stage = WAY_NONE;
  return step == STEP_ON;
}
