/* ADMIT, ROUTED and ANSWER: every policy of the stage is asked, in configured order, until one denies. ALLOW is a vote,
   not an end; one is enough, being known counts as one. The outcome does not depend on the order, which only decides
   the denial that is told. */
#include "contract/failure.h"
#include "contract/verdict.h"
#include "router/log.h"
#include "router/stage.h"

#define SLOT "decide"

static void refusal_begin(struct hanse_refusal *why) { *why = (struct hanse_refusal){.size = sizeof *why}; }

static void note_vote(struct way *way, const struct instance *voter) {
  way->allowed = 1;
  if (way->stage != WAY_ADMIT) return;
  way->several_admitted |= way->admitted && way->admitted != voter;
  if (!way->admitted) way->admitted = voter;
}

/* Is somebody else than this one for it? All of ADMIT have spoken by then, so that the order has no say. */
static bool admitted_before(const struct way *way, const struct instance *asked) {
  return way->known || way->several_admitted || (way->admitted && way->admitted != asked);
}

/* What all policies of a stage are told; `token` and `allowed` are each one's own. */
static struct hanse_case case_of(struct message *message, enum hanse_stage stage) {
  return (struct hanse_case){.size = sizeof(struct hanse_case),
                             .stage = stage,
                             .dry = message->dry,
                             .facts = &message->facts,
                             .marks = &message->marks,
                             .arena = &message->kept.arena,
                             .why = &message->way.why};
}

/* The token that a policy could defer with is opened beforehand: an answer may come before the slot returns. A policy
   without `withdrawn` does not defer. */
static inline enum hanse_verdict ask(struct message *message, const struct judge *judge, struct hanse_case *c) {
  struct instance *instance = judge->instance;
  const struct slow *slow = message->router->slow;
  refusal_begin(&message->way.why);
  if (judge->slots->withdrawn) c->token = stage_token(message, instance, judge->slots->withdrawn);
  if (c->stage == HANSE_STAGE_ROUTED) c->allowed = admitted_before(&message->way, instance);
  watchdog_next(&instance->watched);
  hanse_time since = slow->timing ? clock_read() : 0;
  enum hanse_verdict verdict = judge->slots->decide(instance->self, c);
  if (since) slow_ended(instance->slow, since, &instance->watched, SLOT);
  return verdict;
}

/* Refused by this policy, for what `why` says. */
static enum step deny(struct message *message, const struct judge *judge) {
  verdict_reason(&message->way.why, judge->instance->name);
  return STEP_REFUSE;
}

/* What stands in for a verdict that was not given; `why` says so, if it is a denial. */
static enum step stand_in(struct message *message, const struct judge *judge) {
  if (judge->instance->health.instead == HANSE_DENY) return deny(message, judge);
  if (judge->instance->health.instead == HANSE_ALLOW) note_vote(&message->way, judge->instance);
  return STEP_ON;
}

/* The call failed. One that was answered later is counted where its answer came, or did not (wait.c). */
static HANSE_RARE enum step failed(struct message *message, const struct judge *judge) {
  if (!message->way.resolved && !message->dry) health_failed(judge->instance, message->way.why.failure);
  return stand_in(message, judge);
}

/* What it returned is no verdict, or one that it may not give. */
static HANSE_RARE enum step faulty(struct message *message, const struct judge *judge, int verdict) {
  enum hanse_failure failure = HANSE_F_ERROR;
  const char *fault = verdict_fault(verdict, false, &failure);
  if (failure == HANSE_F_ERROR)
    log_event(HANSE_ERROR, judge->instance->name, "plugin.garbage", "slot=decide verdict=%d", verdict);
  stage_refuse(message, failure, (struct hanse_where){0}, fault, judge->instance->name);
  return failed(message, judge);
}

/* Takes one verdict into account; STEP_ON: the next policy. way->resolved: it was deferred. */
static enum step weigh(struct message *message, const struct judge *judge, enum hanse_verdict verdict) {
  switch (verdict) {
    case HANSE_ABSTAIN:
      return STEP_ON;
    case HANSE_ALLOW:
      note_vote(&message->way, judge->instance);
      return STEP_ON;
    case HANSE_DENY:
      return health_could_not_judge(message) ? failed(message, judge) : deny(message, judge);
    case HANSE_DEFER:
      return message->way.token ? STEP_WAIT : faulty(message, judge, (int)verdict);
  }
  return faulty(message, judge, (int)verdict);
}

/* ---- one that fails ---- */

static HANSE_RARE enum step unasked(struct message *message, const struct judge *judge) {
  if (judge->instance->health.instead != HANSE_DENY) return stand_in(message, judge);
  stage_refuse(message, HANSE_F_UNJUDGED, (struct hanse_where){0},
               "module \"%s\" is not asked, since its calls fail (%s); `hansectl modules` shows since when",
               judge->instance->name, failure_row(judge->instance->health.failure)->name);
  message->way.why.retry_after = message->router->now->settings->policy.retry;
  return deny(message, judge);
}

/* Of a policy whose last call failed: is it asked about this message? */
static HANSE_RARE bool is_asked(const struct message *message, struct instance *instance) {
  return !instance->health.bypassed || (!message->dry && health_asks(instance));
}

/* It was: does it work again? */
static HANSE_RARE void note(const struct message *message, struct instance *instance, enum hanse_verdict verdict) {
  if (message->way.resolved || message->dry) return; /* wait.c has noted it; nobody is to */
  if (verdict == HANSE_ABSTAIN || verdict == HANSE_ALLOW || (verdict == HANSE_DENY && !health_could_not_judge(message)))
    health_worked(instance);
}

/* ---- all of a stage ---- */

/* What was asked of a policy that could defer is over, unless it did; it may have been answered meanwhile. */
static enum hanse_verdict end_token(struct message *message, struct hanse_case *c, enum hanse_verdict verdict) {
  c->token = 0;
  if (verdict != HANSE_DEFER)
    stage_token_drop(message);
  else if (message->way.resolved)
    verdict = (enum hanse_verdict)message->way.verdict;
  return verdict;
}

static enum step settle(struct message *message, const struct judge *judge, struct hanse_case *c,
                        enum hanse_verdict verdict) {
  if (c->token) verdict = end_token(message, c, verdict);
  enum step step = weigh(message, judge, verdict);
  message->way.resolved = 0;
  return step;
}

static HANSE_RARE enum step ask_ailing(struct message *message, const struct judge *judge, struct hanse_case *c) {
  if (!is_asked(message, judge->instance)) return unasked(message, judge);
  enum hanse_verdict verdict = ask(message, judge, c);
  if (c->token) verdict = end_token(message, c, verdict);
  note(message, judge->instance, verdict);
  return settle(message, judge, c, verdict);
}

/* A policy is listed only for stages at which it judges (prepare.c). */
static inline bool concerns(const struct hanse_policy *slots, const struct hanse_facts *facts, uint32_t stage) {
  return stage != HANSE_STAGE_ANSWER || !slots->answers || slots->answers & HANSE_ACTION_BIT(facts->action);
}

static inline enum step one(struct message *message, const struct judge *judge, struct hanse_case *c) {
  if (!concerns(judge->slots, &message->facts, c->stage)) return STEP_ON;
  if (judge->instance->health.ailing) return ask_ailing(message, judge, c);
  enum hanse_verdict verdict = ask(message, judge, c);
  if (verdict == HANSE_ABSTAIN && !c->token) return STEP_ON; /* most of them have nothing to say of most messages */
  return settle(message, judge, c, verdict);
}

static inline enum step all(struct message *message, const struct judges *judges, enum hanse_stage stage) {
  struct way *way = &message->way;
  struct hanse_case c = case_of(message, stage);
  enum step step = STEP_ON;
  uint16_t at = way->policy;
  if (way->resolved && at < judges->count) step = settle(message, &judges->items[at++], &c, way->verdict);
  way->token = 0;
  for (; step == STEP_ON && at < judges->count; at++) step = one(message, &judges->items[at], &c);
  way->policy = step == STEP_ON ? at : (uint16_t)(at - 1); /* one that defers is asked for, when it has answered */
  return step;
}

enum step stage_judge(struct message *message, const struct judges *judges, enum hanse_stage stage) {
  const struct way *way = &message->way;
  struct running before = watchdog_running();
  watchdog_leave((struct running){before.who, SLOT}); /* whose it is, is said for each */
  enum step step = all(message, judges, stage);
  watchdog_leave(before);
  if (step != STEP_ON) return step;
  if (way->known || way->allowed || stage == HANSE_STAGE_ANSWER || message->router->now->default_allow) return STEP_ON;
  return stage_refuse(message, HANSE_F_DEFAULT, (struct hanse_where){0},
                      "no policy allowed it; policy.default is deny");
}
