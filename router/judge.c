/* ADMIT, ROUTED and ANSWER: every policy of the stage is asked, in configured order, until one denies. ALLOW is a vote,
   not an end; one is enough, being known counts as one. The outcome does not depend on the order, which only decides
   the denial that is told. */
#include "contract/verdict.h"
#include "router/log.h"
#include "router/stage.h"

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

/* The token that a policy could defer with is opened beforehand: an answer may come before the slot returns. A policy
   without `withdrawn` does not defer. */
static hanse_token open_token(struct message *message, const struct judge *judge) {
  if (judge->slots->withdrawn) return stage_token(message, judge->instance, judge->slots->withdrawn);
  return message->way.token = 0;
}

static enum hanse_verdict ask(struct message *message, const struct judge *judge, enum hanse_stage stage) {
  struct way *way = &message->way;
  refusal_begin(&way->why);
  struct hanse_case c = {.size = sizeof c,
                         .stage = stage,
                         .dry = message->dry,
                         .facts = &message->facts,
                         .marks = &message->marks,
                         .arena = &message->kept.arena,
                         .token = open_token(message, judge),
                         .why = &way->why,
                         .allowed = stage == HANSE_STAGE_ROUTED && admitted_before(way, judge->instance)};
  struct calling before = instance_enter(judge->instance, "decide");
  enum hanse_verdict verdict = judge->slots->decide(judge->instance->self, &c);
  instance_leave(before);
  if (verdict != HANSE_DEFER && way->token) stage_token_drop(message);
  if (verdict == HANSE_DEFER && way->resolved) verdict = (enum hanse_verdict)way->verdict; /* answered meanwhile */
  return verdict;
}

static enum step deny(struct message *message, const struct judge *judge) {
  verdict_reason(&message->way.why, judge->instance->name);
  return STEP_REFUSE;
}

static enum step faulty(struct message *message, const struct judge *judge, int verdict, enum hanse_failure failure,
                        const char *fault) {
  if (failure == HANSE_F_ERROR)
    log_event(HANSE_ERROR, judge->instance->name, "plugin.garbage", "slot=decide verdict=%d", verdict);
  stage_refuse(message, failure, (struct hanse_where){0}, fault, judge->instance->name);
  message->way.why.plugin = judge->instance->name;
  return STEP_REFUSE;
}

/* Takes one verdict into account; STEP_ON: the next policy. */
static enum step weigh(struct message *message, const struct judge *judge, enum hanse_verdict verdict) {
  enum hanse_failure failure;
  const char *fault = verdict_fault((int)verdict, message->way.token != 0, &failure);
  if (fault) return faulty(message, judge, (int)verdict, failure, fault);
  if (verdict == HANSE_DENY) return deny(message, judge);
  if (verdict == HANSE_DEFER) return STEP_WAIT;
  if (verdict == HANSE_ALLOW) note_vote(&message->way, judge->instance);
  return STEP_ON;
}

static bool concerns(const struct hanse_policy *slots, const struct hanse_facts *facts, enum hanse_stage stage) {
  if (!(slots->stages & (uint32_t)stage)) return false;
  return stage != HANSE_STAGE_ANSWER || !slots->answers || slots->answers & HANSE_ACTION_BIT(facts->action);
}

enum step stage_judge(struct message *message, const struct judges *judges, enum hanse_stage stage) {
  struct way *way = &message->way;
  for (; way->policy < judges->count; way->policy++) {
    const struct judge *judge = &judges->items[way->policy];
    if (!concerns(judge->slots, &message->facts, stage)) continue;
    enum hanse_verdict verdict = way->resolved ? (enum hanse_verdict)way->verdict : ask(message, judge, stage);
    way->resolved = 0;
    enum step step = weigh(message, judge, verdict);
    if (step != STEP_ON) return step;
  }
  if (way->known || way->allowed || stage == HANSE_STAGE_ANSWER || message->router->now->default_allow) return STEP_ON;
  return stage_refuse(message, HANSE_F_DEFAULT, (struct hanse_where){0},
                      "no policy allowed it; policy.default is deny");
}
