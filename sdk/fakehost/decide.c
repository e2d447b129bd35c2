/* The fake host asks policies and tells observers. */
#include "contract/verdict.h"
#include "sdk/fakehost/inside.h"

static bool concerns(const struct hanse_policy *policy, const struct hanse_facts *facts, enum hanse_stage stage) {
  if (!(policy->stages & (uint32_t)stage)) return false;
  return stage != HANSE_STAGE_ANSWER || !policy->answers || policy->answers & HANSE_ACTION_BIT(facts->action);
}

/* As the router takes a verdict: what is none, and a DENY without a reason, get one; `on_failure` stands in for what
   could not be judged. */
static enum hanse_verdict take(struct fake_question *question, int verdict, bool open) {
  const char *module = question->instance ? question->instance->host.module : "gone";
  enum hanse_failure failure;
  const char *fault = verdict_fault(verdict, open, &failure);
  if (fault) {
    char text[200];
    int n = snprintf(text, sizeof text, fault, module);
    if (failure == HANSE_F_ERROR)
      fake_say(question->world, HANSE_ERROR, "plugin.garbage", "slot=decide verdict=%d", verdict);
    question->why = (struct hanse_refusal){.size = sizeof question->why, .failure = failure};
    question->why.text = fake_text_kept(question->world, hanse_slice(text, (size_t)n));
    verdict = HANSE_DENY;
  }
  if (verdict == HANSE_DENY && verdict_cannot_judge(question->why.failure)) verdict = question->world->instead;
  if (verdict == HANSE_DENY) verdict_reason(&question->why, module);
  return (enum hanse_verdict)verdict;
}

/* Copies that outlive the question. */
static void tell(const struct fake_question *question, enum hanse_verdict verdict, struct fake_judgement *out) {
  struct fake_world *world = question->world;
  *out = (struct fake_judgement){verdict, question->marks, question->why, question->name};
  out->marks.notice = fake_text_kept(world, out->marks.notice);
  out->marks.text = fake_text_kept(world, out->marks.text);
  out->marks.log_as = fake_text_kept(world, out->marks.log_as);
  out->why.text = fake_text_kept(world, out->why.text);
}

static enum hanse_verdict ask(struct fake_question *question, const struct hanse_policy *policy, bool dry) {
  struct fake_instance *instance = question->instance;
  struct hanse_case c = {.size = sizeof c,
                         .stage = question->stage,
                         .dry = dry,
                         .facts = &question->facts,
                         .marks = &question->marks,
                         .arena = &question->kept.arena,
                         .token = question->token,
                         .why = &question->why,
                         .allowed = question->stage == HANSE_STAGE_ROUTED && instance->world->allowed};
  enum hanse_verdict verdict;
  FAKE_CALL(verdict = policy->decide(instance->self, &c));
  return verdict;
}

void fake_decide(struct fake_instance *instance, enum hanse_stage stage, const struct hanse_facts *facts, bool dry,
                 struct fake_judgement *out) {
  const struct hanse_offer *offer = fake_offer(instance, HANSE_POLICY);
  const struct hanse_policy *policy = offer ? offer->slots : NULL;
  if (!policy) fake_end("\"%s\" is asked for a verdict and offers no policy", instance->plugin->name);
  struct fake_question *question = fake_question_new(instance, policy->withdrawn, dry);
  question->stage = stage;
  question->marks = instance->world->marks;
  question->marks.size = sizeof question->marks;
  fake_facts_keep(&question->kept, &question->facts, facts);
  enum hanse_verdict verdict = concerns(policy, facts, stage) ? ask(question, policy, dry) : HANSE_ABSTAIN;
  int taken = fake_question_settle(question, (int)verdict, HANSE_DEFER);
  tell(question, take(question, taken, question->standing == FAKE_OPEN), out);
}

enum hanse_verdict fake_judged(struct fake_world *world, hanse_token token, struct fake_judgement *out) {
  struct fake_question *question = fake_question_named(world, token);
  if (!question || question->found) fake_end("no policy was asked under the token %llu", (unsigned long long)token);
  bool open = question->standing == FAKE_OPEN;
  tell(question, open ? HANSE_DEFER : take(question, question->answer, false), out);
  return out->verdict;
}

void fake_allowed(struct fake_world *world, bool allowed) { world->allowed = allowed; }

void fake_marked(struct fake_world *world, const struct hanse_marks *marks) { world->marks = *marks; }

void fake_event(struct fake_instance *instance, enum hanse_event_kind kind, const struct hanse_facts *facts,
                const struct hanse_refusal *why) {
  const struct hanse_offer *offer = fake_offer(instance, HANSE_OBSERVER);
  const struct hanse_observer *observer = offer ? offer->slots : NULL;
  if (!observer) fake_end("\"%s\" is told of an event and offers no observer", instance->plugin->name);
  if (!(observer->mask & (uint32_t)kind)) return;
  const struct hanse_event event = {
      .size = sizeof event, .kind = kind, .facts = facts, .link = instance->world->links, .why = why};
  FAKE_CALL(observer->event(instance->self, &event));
}
