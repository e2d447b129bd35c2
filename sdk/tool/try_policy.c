/* A policy: each stage, each action, each text, in earnest and dry. */
#include <hanse/utf8.h>
#include <stdlib.h>
#include <time.h>

#include "contract/option_pool.h"
#include "sdk/tool/hostile.h"
#include "sdk/tool/try.h"

enum { WAITED_FOR = 4, WAIT_MS = 300, HUGE_TEXT = (1 << 20) - 1000, MESSAGE_BOUND = 4 << 20 };
#define KNOWN_MARKS                                                                                           \
  (HANSE_MARK_VERIFIED | HANSE_MARK_NOTICE | HANSE_MARK_IDENTITY | HANSE_MARK_DIAGNOSTICS | HANSE_MARK_TEXT | \
   HANSE_MARK_LOG_AS)

struct judging {
  struct bed *bed;
  const struct hanse_policy *policy;
  unsigned asked, deferred;
  unsigned told; /* bits: what was reported, so that it is once */
};

enum { TOLD_VERDICT = 1, TOLD_DRY = 2, TOLD_WITHDRAWN = 4, TOLD_FAILURE = 8, TOLD_MARKS = 16, TOLD_COUNTED = 32 };

static void tell(struct judging *j, unsigned bit, const char *what) {
  if (j->told & bit) return;
  j->told |= bit;
  report_add(j->bed->trial->report, REPORT_WRONG, "decide", "%s", what);
}

static void judge_marks(struct judging *j, const struct hanse_case *c) {
  const struct hanse_marks *marks = c->marks;
  bool text = !(marks->set & HANSE_MARK_TEXT) || hanse_is_utf8(marks->text);
  bool notice = !(marks->set & HANSE_MARK_NOTICE) || hanse_is_utf8(marks->notice);
  if (marks->set & ~(uint32_t)KNOWN_MARKS) tell(j, TOLD_MARKS, "sets marks that do not exist; see enum hanse_mark");
  if (hanse_is_utf8(c->facts->text) && (!text || !notice))
    tell(j, TOLD_MARKS, "sets a text or a notice that is not UTF-8, which no protocol can write");
}

static void judge_verdict(struct judging *j, const struct hanse_case *c, enum hanse_verdict verdict) {
  char what[160];
  if ((unsigned)verdict > HANSE_DEFER) {
    snprintf(what, sizeof what, "returns %d, which is no verdict; HANSE_ABSTAIN, _ALLOW, _DENY or _DEFER",
             (int)verdict);
    tell(j, TOLD_VERDICT, what);
  }
  if (verdict == HANSE_DEFER && c->dry)
    tell(j, TOLD_DRY, "defers although `dry` is set; nobody waits then, it says at once what it would do");
  if (verdict == HANSE_DEFER && !j->policy->withdrawn)
    tell(j, TOLD_WITHDRAWN, "defers and has no `withdrawn`; it must be told when nobody waits any more");
  if (verdict == HANSE_DENY && c->why->failure == HANSE_F_NONE)
    tell(j, TOLD_FAILURE, "denies without a failure; fill c->why (hanse_refusal_say), it becomes the answer");
  judge_marks(j, c);
}

/* A thread or another process may need a moment of the machine's time for its answer. */
static void wait_for_answer(struct judging *j, hanse_token token) {
  const struct timespec moment = {0, 1000000};
  for (int i = 0; i < WAIT_MS && !watch_answered(&j->bed->watch, token); i++) {
    bed_wait(j->bed, HANSE_MSEC);
    nanosleep(&moment, NULL);
  }
  if (!watch_answered(&j->bed->watch, token)) bed_wait(j->bed, 60 * HANSE_SECOND);
}

/* Some deferred verdicts are waited for, some withdrawn, some still open when the instance ends: false. */
static bool settle(struct judging *j, hanse_token token) {
  unsigned n = j->deferred++;
  if (n % 3 == 0 && n < 3 * WAITED_FOR) wait_for_answer(j, token);
  if (watch_answered(&j->bed->watch, token)) return true;
  if (n % 3 == 2 || !j->policy->withdrawn) return false;
  trial_call(j->bed->trial, "withdrawn");
  j->policy->withdrawn(fake_self(j->bed->instance), token);
  trial_returned(j->bed->trial);
  return true;
}

static const char *stage_name(uint32_t stage) {
  return stage == HANSE_STAGE_ADMIT ? "ADMIT" : stage == HANSE_STAGE_ROUTED ? "ROUTED" : "ANSWER";
}

/* A message that is judged. Of a verdict that stays deferred it stays as well, as long as this child. */
struct judged {
  struct hanse_facts facts;
  struct hanse_marks marks;
  struct hanse_refusal why;
  struct hanse_case c;
  struct option_pool pool;
};

static struct judged *judged_new(struct judging *j, uint32_t stage, const struct hanse_facts *facts, bool dry) {
  struct judged *judged = (struct judged *)calloc(1, sizeof *judged);
  if (!judged) abort(); /* there is no memory for the check itself */
  option_pool_init(&judged->pool);
  judged->pool.bound = MESSAGE_BOUND;
  judged->facts = *facts;
  judged->marks.size = sizeof judged->marks;
  judged->why.size = sizeof judged->why;
  judged->c = (struct hanse_case){.size = sizeof judged->c,
                                  .stage = stage,
                                  .dry = dry,
                                  .facts = &judged->facts,
                                  .marks = &judged->marks,
                                  .arena = &judged->pool.arena,
                                  .token = dry ? 0 : watch_token(&j->bed->watch),
                                  .why = &judged->why,
                                  .allowed = stage == HANSE_STAGE_ROUTED && j->asked % 2};
  return judged;
}

static void judged_free(struct judged *judged) {
  option_pool_clear(&judged->pool);
  free(judged);
}

static enum hanse_verdict decide(struct judging *j, struct judged *judged, const char *text) {
  struct bed *bed = j->bed;
  const struct hanse_case *c = &judged->c;
  uint64_t counted = bed_counted(bed);
  bed->watch.dry = c->dry;
  trial_call(bed->trial, "decide (stage %s, action %s, %s%s)", stage_name(c->stage),
             hostile_action_name(c->facts->action), text, c->dry ? ", dry" : "");
  enum hanse_verdict verdict = j->policy->decide(fake_self(bed->instance), c);
  trial_returned(bed->trial);
  bed->watch.dry = false;
  if (c->dry && bed_counted(bed) != counted)
    tell(j, TOLD_COUNTED, "counts although `dry` is set; explain and check ask so, nothing may be counted then");
  return verdict;
}

static void ask(struct judging *j, uint32_t stage, const struct hanse_facts *facts, const char *text, bool dry) {
  struct judged *judged = judged_new(j, stage, facts, dry);
  enum hanse_verdict verdict = decide(j, judged, text);
  bool open = false;
  j->asked++;
  judge_verdict(j, &judged->c, verdict);
  if (verdict == HANSE_DEFER && !dry) open = !settle(j, judged->c.token);
  if (j->asked % 16 == 0) bed_wait(j->bed, HANSE_SECOND);
  if (!open) judged_free(judged);
}

static bool has_answers(unsigned action) { return action != HANSE_ACTION_ACKNOWLEDGE; }

static void ask_all(struct judging *j, uint32_t stage, unsigned action, const char *name, struct hanse_slice text) {
  struct hanse_facts facts;
  hostile_facts(j->asked / 2, &facts);
  facts.action = (uint8_t)action;
  facts.text = text;
  facts.bytes = (uint32_t)text.len + 400;
  if (stage == HANSE_STAGE_ANSWER) {
    facts.flags |= HANSE_FACT_ANSWER | HANSE_FACT_FINAL;
    facts.status = (uint16_t)(100 + j->asked % 600);
  }
  ask(j, stage, &facts, name, true);
  ask(j, stage, &facts, name, false);
}

static void ask_stage(struct judging *j, uint32_t stage, struct hanse_slice huge) {
  for (unsigned action = 0; action < HOSTILE_ACTIONS; action++) {
    if (stage == HANSE_STAGE_ANSWER && !has_answers(action)) continue;
    for (const struct hostile_text *text = hostile_texts; text->name; text++)
      ask_all(j, stage, action, text->name, text->text);
  }
  ask_all(j, stage, HANSE_ACTION_MESSAGE, "a text of a megabyte", huge);
}

void try_policy(struct bed *bed, const struct hanse_policy *policy) {
  struct judging j = {.bed = bed, .policy = policy};
  unsigned wrong = bed->trial->report->of[REPORT_WRONG];
  char *huge = hostile_long(HUGE_TEXT); /* stays, for verdicts that stay deferred */
  watch_begin(&bed->watch, bed->instance, bed->trial, "decide");
  for (uint32_t stage = HANSE_STAGE_ADMIT; stage <= HANSE_STAGE_ANSWER; stage *= 2)
    if (policy->stages & stage) ask_stage(&j, stage, hanse_slice(huge, huge ? HUGE_TEXT : 0));
  if (bed->trial->report->of[REPORT_WRONG] == wrong)
    report_add(bed->trial->report, REPORT_OK, "decide",
               "asked %u times, half of them dry: each stage, each action, %u verdicts deferred", j.asked, j.deferred);
}
