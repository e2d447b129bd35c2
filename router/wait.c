#include "router/wait.h"

#include <utlist.h>

#include "contract/abi.h"
#include "contract/verdict.h"
#include "router/conversation.h"
#include "router/decision.h"
#include "router/found.h"
#include "router/generation.h"
#include "router/log.h"
#include "router/token.h"

/* ---- who may go on ---- */

static void go_on(struct message *message) {
  struct router *router = message->router;
  DL_APPEND2(router->ready, message, way.previous, way.next);
  loop_task_add(router->loop, &router->ready_task);
}

void wait_let_next(struct message *message) {
  struct message *next = conversation_next(message->router, message);
  if (next) go_on(next);
}

/* ---- answers ---- */

static bool wants_found(const struct message *message) {
  return message->way.stage == WAY_IDENTIFY || message->way.stage == WAY_ROUTE;
}

#define WHY_LEAST ABI_REACH(struct hanse_refusal, where)

/* The text of a reason is the plugin's; it must live as long as the message. */
static void keep_reason(struct message *message, const struct hanse_refusal *why) {
  struct hanse_refusal *own = &message->way.why;
  struct hanse_slice text;
  if (!why || !abi_copy(own, sizeof *own, why, WHY_LEAST)) return;
  if (hanse_copy(&message->kept.arena, why->text, &text) != HANSE_OK) text = hanse_slice(NULL, 0);
  own->text = text;
}

/* What a plugin answered is one octet of the message; whatever is no value of the enumeration stays none. */
static uint8_t narrow(int answer) { return (unsigned)answer < UINT8_MAX ? (uint8_t)answer : UINT8_MAX; }

/* Nobody owes it an answer any more. While the slot that asked has not returned the message does not wait yet: its
   stage will see what has come. */
static void end_wait(struct message *message) {
  struct way *way = &message->way;
  token_close(message->router->tokens, way->token);
  way->token = 0;
  if (!way->waiting) return;
  timers_stop(&way->timer);
  way->waiting = 0;
  go_on(message);
}

static void resolved(struct message *message, int answer, const struct hanse_refusal *why) {
  struct way *way = &message->way;
  way->resolved = 1;
  if (wants_found(message))
    way->found = narrow(answer);
  else
    way->verdict = narrow(answer);
  keep_reason(message, why);
  end_wait(message);
}

/* Whether the policy that deferred works, by what it answered. */
static void note_verdict(struct instance *owner, unsigned verdict, const struct message *message) {
  if (verdict > HANSE_DENY)
    health_failed(owner, HANSE_F_ERROR);
  else if (verdict == HANSE_DENY && health_could_not_judge(message))
    health_failed(owner, message->way.why.failure);
  else if (owner->health.ailing)
    health_worked(owner);
}

/* Answers of the DNS are remembered for longer than this takes: more often means that they are not. */
#define ASKS_MAX 8

void wait_ask_again(struct router *router, hanse_token number) {
  const struct hanse_refusal why = {
      .size = sizeof why, .failure = HANSE_F_SRV, .text = HANSE_LIT("what the resolver answers is not remembered")};
  struct token *token = token_find(router->tokens, number);
  if (!token) return; /* the message is gone */
  struct message *message = token->message;
  if (++message->way.asks > ASKS_MAX) {
    resolved(message, HANSE_FOUND_NO, &why);
    return;
  }
  message->way.policy = 0; /* all types are asked again, in their order */
  end_wait(message);
}

static int resolve(struct router *router, hanse_token number, bool found, int answer, const struct hanse_refusal *why) {
  struct token *token = token_find(router->tokens, number);
  if (!token) {
    ++*router->late_verdicts;
    return HANSE_GONE;
  }
  struct message *message = token->message;
  struct instance *owner = token->owner;
  if (wants_found(message) != found) return HANSE_INVALID;
  if (why && why->size < WHY_LEAST)
    log_event(HANSE_ERROR, owner->name, "plugin.garbage", "call=resolve why.size=%u text=\"set it to sizeof\"",
              why->size);
  resolved(message, answer, why);
  if (!found) note_verdict(owner, (unsigned)answer, message);
  return HANSE_OK;
}

int wait_resolve_verdict(struct router *router, hanse_token token, enum hanse_verdict verdict,
                         const struct hanse_refusal *why) {
  return resolve(router, token, false, verdict == HANSE_DEFER ? HANSE_DENY : (int)verdict, why);
}

int wait_resolve_found(struct router *router, hanse_token token, enum hanse_found found,
                       const struct hanse_refusal *why) {
  return resolve(router, token, true, found == HANSE_FOUND_LATER ? HANSE_FOUND_NO : (int)found, why);
}

/* ---- the wait ---- */

static const char *stage_name(uint8_t stage) {
  static const char *const names[] = {"none",    "identify", "admit", "route", "routed",
                                      "deliver", "answer",   "lost",  "return"};
  return stage < sizeof names / sizeof names[0] ? names[stage] : "?";
}

/* Who was asked forgets the question. */
static void tell_withdrawn(struct message *message) {
  hanse_token number = message->way.token;
  const struct token *token = token_find(message->router->tokens, number);
  if (!token) return;
  struct instance *owner = token->owner;
  void (*withdrawn)(void *, hanse_token) = token->withdrawn;
  token_close(message->router->tokens, number);
  message->way.token = 0;
  struct calling before = instance_enter(owner, "withdrawn");
  withdrawn(owner->self, number);
  instance_leave(before);
}

/* No answer came: nothing found, or a verdict in whose place another one stands. */
static void time_over(void *self, struct hanse_timer *timer) {
  struct message *message = (struct message *)((char *)timer - offsetof(struct message, way.timer));
  const struct token *token = token_find(((struct router *)self)->tokens, message->way.token);
  struct instance *asked = token && !wants_found(message) ? token->owner : NULL;
  struct hanse_refusal why = {
      .size = sizeof why, .failure = HANSE_F_DEFERRED, .text = HANSE_LIT("the deferred answer did not come in time")};
  char word[HANSE_DECISION_TEXT];
  decision_word(message->facts.decision, word);
  log_event(HANSE_WARNING, "way", "verdict.late", "stage=%s decision=%s applied=%s", stage_name(message->way.stage),
            word, verdict_name(asked ? asked->health.instead : HANSE_DENY));
  tell_withdrawn(message);
  resolved(message, asked ? (int)HANSE_DENY : (int)HANSE_FOUND_NO, &why);
  if (asked && asked->state == INSTANCE_STARTED) health_failed(asked, HANSE_F_DEFERRED);
}

void wait_begin(struct message *message) {
  struct router *router = message->router;
  struct instance *owner = message->owner;
  struct way *way = &message->way;
  if (conversation_hold(router, message) != HANSE_OK) log_event(HANSE_ERROR, "way", "memory", "conversation");
  way->waiting = 1;
  timers_start(router->deferred, &way->timer, time_over);
  if (way->told || message->answers) return;
  way->told = 1;
  struct calling before = instance_enter(owner, "waiting");
  owner->protocol->waiting(owner->self, &message->public);
  instance_leave(before);
}

bool wait_take_out(struct message *message) {
  struct way *way = &message->way;
  if (way->stage == WAY_NONE) return false;
  if (way->waiting) {
    timers_stop(&way->timer);
    way->waiting = 0;
    tell_withdrawn(message);
    wait_let_next(message);
  } else if (way->conversation && way->conversation->holder != message) {
    conversation_leave(message);
  } else {
    DL_DELETE2(message->router->ready, message, way.previous, way.next);
    wait_let_next(message);
  }
  found_forget(message);
  way->stage = WAY_NONE;
  return true;
}

static void asked_gone(void *argument, struct token *token) {
  struct router *router = argument;
  if (token->message->way.waiting) time_over(router, &token->message->way.timer);
}

void wait_asked_gone(struct router *router, const struct instance *instance) {
  tokens_each(router->tokens, instance, asked_gone, router);
}

static void fire_in(void *owner, struct hanse_timer *timer) { timer->fire(owner, timer); }

int wait_limit(struct router *router, hanse_time longest) {
  struct hanse_timers *list = timers_list(router->timers, router, longest, fire_in);
  if (!list) return HANSE_NOMEM;
  router->deferred = list;
  return HANSE_OK;
}
