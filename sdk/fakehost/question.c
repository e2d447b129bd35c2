/* What the fake host has asked policies and federation types: tokens, answers that come early, late and twice, and the
   time for them. */
#include <stdlib.h>

#include "contract/verdict.h"
#include "sdk/fakehost/inside.h"

enum { TOKEN_BASE = 1000 };

/* ---- life ---- */

static void question_free(struct fake_question *question) {
  fake_pieces_clear(&question->kept);
  free(question);
}

/* What was answered at once is kept until the next question: texts of the judgement may lie in it. */
static void forget_last(struct fake_world *world) {
  if (world->last_question) question_free(world->last_question);
  world->last_question = NULL;
}

/* A slot without `withdrawn` never defers; neither does one that is asked without consequences. */
static bool may_defer(const struct fake_instance *instance, const struct fake_question *question, bool dry) {
  return question->withdrawn && !dry && instance->owes < instance->world->deferred_max;
}

struct fake_question *fake_question_new(struct fake_instance *instance, void (*withdrawn)(void *, hanse_token),
                                        bool dry) {
  struct fake_world *world = instance->world;
  forget_last(world);
  struct fake_question *question = fake_keep(sizeof *question);
  question->world = world;
  question->instance = instance;
  question->withdrawn = withdrawn;
  question->standing = FAKE_ASKED;
  question->name = TOKEN_BASE + ++world->tokens;
  question->why.size = sizeof question->why;
  question->targets.question = question;
  fake_pieces_begin(&question->kept, world);
  if (may_defer(instance, question, dry)) question->token = question->name;
  question->next = world->questions;
  world->questions = question;
  return question;
}

static void unlink_question(struct fake_question *question) {
  struct fake_question **at = &question->world->questions;
  while (*at != question) at = &(*at)->next;
  *at = question->next;
}

void fake_questions_free(struct fake_world *world) {
  forget_last(world);
  while (world->questions) {
    struct fake_question *question = world->questions;
    world->questions = question->next;
    question_free(question);
  }
}

size_t fake_questions_open(const struct fake_world *world) {
  size_t n = 0;
  for (const struct fake_question *one = world->questions; one; one = one->next) n += one->standing == FAKE_OPEN;
  return n;
}

struct fake_question *fake_question_named(const struct fake_world *world, hanse_token name) {
  struct fake_question *one = world->questions;
  while (one && one->name != name) one = one->next;
  if (!one && world->last_question && world->last_question->name == name) return world->last_question;
  return one;
}

static struct fake_question *with_token(const struct fake_world *world, hanse_token token) {
  for (struct fake_question *one = world->questions; token && one; one = one->next)
    if (one->token == token) return one;
  return NULL;
}

/* ---- answers ---- */

static void keep_reason(struct fake_question *question, const struct hanse_refusal *why) {
  if (!why) return;
  question->why = *why;
  question->why.text = fake_text_kept(question->world, why->text);
}

static void end_wait(struct fake_question *question) {
  question->token = 0;
  if (question->standing != FAKE_OPEN) return;
  question->standing = FAKE_ENDED;
  if (question->instance) question->instance->owes--;
}

void fake_question_conclude(struct fake_question *question, int answer, const struct hanse_refusal *why) {
  question->answered = true;
  question->answer = answer;
  keep_reason(question, why);
  end_wait(question);
}

/* Answered before its slot has returned, because a test wants it so. */
static void answer_early(struct fake_question *question) {
  struct fake_world *world = question->world;
  const struct hanse_refusal why = {
      .size = sizeof why, .failure = world->early_failure, .text = HANSE_LIT("as the test says")};
  if (!world->early || !question->token) return;
  world->early = false;
  fake_question_conclude(question, world->early_answer, &why);
}

int fake_question_settle(struct fake_question *question, int answer, int later) {
  struct fake_world *world = question->world;
  if (answer == later) answer_early(question);
  if (answer != later) question->token = 0;
  if (answer == later && question->answered) answer = question->answer;
  question->answered = false;
  if (answer == later && question->token) {
    question->standing = FAKE_OPEN;
    question->deferred = true;
    question->instance->owes++;
    question->due = world->now + world->deferred;
    return later;
  }
  question->token = 0;
  question->standing = FAKE_ENDED;
  question->answer = answer;
  if (question->deferred) return answer; /* a test may ask for it by its name */
  unlink_question(question);
  world->last_question = question;
  return answer;
}

void fake_question_again(struct fake_question *question) {
  question->token = TOKEN_BASE + ++question->world->tokens;
  question->standing = FAKE_ASKED;
  question->instance->owes--;
}

static int resolve(struct hanse_host *host, hanse_token token, bool found, int answer,
                   const struct hanse_refusal *why) {
  struct fake_world *world = fake_instance_of(host)->world;
  struct fake_question *question = with_token(world, token);
  if (!question) {
    world->late++;
    return HANSE_GONE;
  }
  if (question->found != found) return HANSE_INVALID;
  fake_question_conclude(question, answer, why);
  return HANSE_OK;
}

static int resolve_verdict(struct hanse_host *host, hanse_token token, enum hanse_verdict verdict,
                           const struct hanse_refusal *why) {
  if (fake_foreign(host, "resolve_verdict")) return HANSE_THREAD;
  return resolve(host, token, false, verdict == HANSE_DEFER ? HANSE_DENY : (int)verdict, why);
}

static int resolve_found(struct hanse_host *host, hanse_token token, enum hanse_found found,
                         const struct hanse_refusal *why) {
  if (fake_foreign(host, "resolve_found")) return HANSE_THREAD;
  return resolve(host, token, true, found == HANSE_FOUND_LATER ? HANSE_FOUND_NO : (int)found, why);
}

/* ---- the wait ---- */

static void tell_withdrawn(struct fake_question *question) {
  hanse_token token = question->token;
  question->token = 0; /* it is closed when the plugin hears of it */
  if (!token || !question->instance) return;
  FAKE_CALL(question->withdrawn(question->instance->self, token));
}

struct fake_question *fake_question_due(const struct fake_world *world, hanse_time until) {
  struct fake_question *first = NULL;
  for (struct fake_question *one = world->questions; one; one = one->next)
    if (one->standing == FAKE_OPEN && one->due <= until && (!first || one->due < first->due)) first = one;
  return first;
}

void fake_question_expire(struct fake_question *question) {
  struct fake_world *world = question->world;
  const struct hanse_refusal why = {
      .size = sizeof why, .failure = HANSE_F_DEFERRED, .text = HANSE_LIT("the deferred answer did not come in time")};
  if (question->due > world->now) question->due = world->now;
  fake_say(world, HANSE_WARNING, "verdict.late", "applied=%s",
           verdict_name(question->found ? HANSE_DENY : world->instead));
  tell_withdrawn(question);
  fake_question_conclude(question, question->found ? (int)HANSE_FOUND_NO : (int)HANSE_DENY, &why);
}

static struct fake_question *open_one(const struct fake_world *world, hanse_token name) {
  struct fake_question *question = fake_question_named(world, name);
  return question && question->standing == FAKE_OPEN ? question : NULL;
}

bool fake_time_out(struct fake_world *world, hanse_token token) {
  struct fake_question *question = open_one(world, token);
  if (question) fake_question_expire(question);
  return question != NULL;
}

bool fake_withdraw(struct fake_world *world, hanse_token token) {
  const struct hanse_refusal why = {.size = sizeof why, .failure = HANSE_F_WITHDRAWN};
  struct fake_question *question = open_one(world, token);
  if (!question) return false;
  tell_withdrawn(question);
  fake_question_conclude(question, question->found ? (int)HANSE_FOUND_NO : (int)HANSE_DENY, &why);
  return true;
}

void fake_questions_drop(struct fake_instance *owner) {
  for (struct fake_question *one = owner->world->questions; one; one = one->next) {
    if (one->instance != owner) continue;
    if (one->standing == FAKE_OPEN) fake_question_expire(one);
  }
}

void fake_questions_forget(const struct fake_instance *owner) {
  for (struct fake_question *one = owner->world->questions; one; one = one->next)
    if (one->instance == owner) one->instance = NULL;
}

/* ---- for tests ---- */

int fake_answer(struct fake_world *world, hanse_token token, int answer, enum hanse_failure failure) {
  const struct hanse_refusal why = {.size = sizeof why, .failure = failure, .text = HANSE_LIT("as the test says")};
  struct fake_question *question = open_one(world, token);
  if (!question) return HANSE_GONE;
  fake_question_conclude(question, answer, failure ? &why : NULL);
  return HANSE_OK;
}

void fake_answer_early(struct fake_world *world, int answer, enum hanse_failure failure) {
  world->early = true;
  world->early_answer = answer;
  world->early_failure = failure;
}

bool fake_resolved(const struct fake_world *world, hanse_token token, int *answer, enum hanse_failure *failure) {
  const struct fake_question *question = fake_question_named(world, token);
  if (!question || question->standing != FAKE_ENDED) return false;
  *answer = question->answer;
  if (!question->found && *answer == HANSE_DENY && verdict_cannot_judge(question->why.failure))
    *answer = (int)world->instead;
  *failure = question->why.failure;
  return true;
}

uint64_t fake_late_answers(const struct fake_world *world) { return world->late; }
void fake_deferred_timeout(struct fake_world *world, hanse_time longest) { world->deferred = longest; }
void fake_deferred_max(struct fake_world *world, unsigned most) { world->deferred_max = most; }
void fake_on_failure(struct fake_world *world, enum hanse_verdict instead) { world->instead = instead; }

void fake_question_ops(struct hanse_host_ops *ops) {
  ops->resolve_verdict = resolve_verdict;
  ops->resolve_found = resolve_found;
}
