/* Verdicts that come later, in the fake host: in time, early, late, twice, never; as the router takes them (P31). */
#include "tests/unit/toy.h"

/* What the policy does is written in the text of the message. */
static enum hanse_verdict decide(void *self, const struct hanse_case *c) {
  struct toy *toy = self;
  struct hanse_slice text = c->facts->text;
  toy->decided++;
  toy->token = c->token;
  toy->facts = c->facts;
  if (hanse_same(text, HANSE_LIT("deny"))) return HANSE_DENY;
  if (hanse_same(text, HANSE_LIT("garbage"))) return (enum hanse_verdict)77;
  if (hanse_same(text, HANSE_LIT("allow"))) return HANSE_ALLOW;
  if (hanse_same(text, HANSE_LIT("no memory"))) {
    c->why->failure = HANSE_F_MEMORY;
    return HANSE_DENY;
  }
  if (hanse_same(text, HANSE_LIT("own early"))) {
    const struct hanse_refusal why = {.size = sizeof why, .failure = HANSE_F_BLOCKED};
    toy->resolved = hanse_resolve_verdict(toy->host, c->token, HANSE_DENY, &why);
  }
  return HANSE_DEFER;
}
static void withdrawn(void *self, hanse_token token) {
  struct toy *toy = self;
  assert_true(token != 0);
  toy->withdrawn++;
  /* it is closed by now */
  assert_int_equal(hanse_resolve_verdict(toy->host, token, HANSE_ALLOW, NULL), HANSE_GONE);
}
static const struct hanse_policy policy = {.size = sizeof policy,
                                           .stages = HANSE_STAGE_ADMIT | HANSE_STAGE_ANSWER,
                                           .decide = decide,
                                           .withdrawn = withdrawn,
                                           .answers = HANSE_ACTION_BIT(HANSE_ACTION_SESSION)};
static const struct hanse_policy never = {.size = sizeof never, .stages = HANSE_STAGE_ADMIT, .decide = decide};
static const struct hanse_offer offers[] = {{HANSE_POLICY, NULL, NULL, &policy, NULL, 0}, HANSE_OFFERS_END};
static const struct hanse_offer never_offers[] = {{HANSE_POLICY, NULL, NULL, &never, NULL, 0}, HANSE_OFFERS_END};
static const struct hanse_plugin plugin = TOY(.offers = offers);
static const struct hanse_plugin never_plugin = TOY(.offers = never_offers);

struct bench {
  struct fake_world *world;
  struct fake_instance *instance;
  struct toy *toy;
  struct fake_judgement is;
};

static enum hanse_verdict ask(struct bench *b, const char *text, bool dry) {
  char line[100];
  snprintf(line, sizeof line, "text=\"%s\"", text);
  fake_decide(b->instance, HANSE_STAGE_ADMIT, fake_facts_text(b->world, line), dry, &b->is);
  return b->is.verdict;
}

/* What the plugin's helper would do at last. */
static int helper_answers(struct bench *b, enum hanse_verdict verdict) {
  return hanse_resolve_verdict(fake_host(b->instance), b->toy->token, verdict, NULL);
}

static void became(struct bench *b, enum hanse_verdict verdict, enum hanse_failure failure) {
  hanse_token token = b->is.token;
  int answer;
  enum hanse_failure reason;
  assert_int_equal(fake_judged(b->world, token, &b->is), verdict);
  assert_int_equal(b->is.why.failure, failure);
  assert_true(fake_resolved(b->world, token, &answer, &reason));
  assert_string_equal(fake_left(b->world), "");
}

static void in_time(void **state) {
  struct bench *b = *state;
  assert_int_equal(ask(b, "", false), HANSE_DEFER);
  assert_string_equal(fake_left(b->world), "answers 1");
  assert_int_equal(fake_judged(b->world, b->is.token, &b->is), HANSE_DEFER);
  fake_advance(b->world, 9 * HANSE_SECOND);
  assert_int_equal(helper_answers(b, HANSE_ALLOW), HANSE_OK);
  became(b, HANSE_ALLOW, HANSE_F_NONE);
  assert_int_equal(b->toy->withdrawn, 0);
  assert_true(fake_late_answers(b->world) == 0);
}

static void early(void **state) {
  struct bench *b = *state;
  assert_int_equal(ask(b, "own early", false), HANSE_DENY); /* the plugin itself, before it returned DEFER */
  assert_int_equal(b->toy->resolved, HANSE_OK);
  assert_int_equal(b->is.why.failure, HANSE_F_BLOCKED);
  fake_answer_early(b->world, HANSE_ALLOW, HANSE_F_NONE);
  assert_int_equal(ask(b, "", false), HANSE_ALLOW);
  assert_int_equal(helper_answers(b, HANSE_DENY), HANSE_GONE);
  assert_true(fake_late_answers(b->world) == 1);
  assert_int_equal(ask(b, "", false), HANSE_DEFER); /* the next one is as ever */
  assert_int_equal(helper_answers(b, HANSE_DENY), HANSE_OK);
  became(b, HANSE_DENY, HANSE_F_POLICY);
}

static void late(void **state) {
  struct bench *b = *state;
  fake_deferred_timeout(b->world, 3 * HANSE_SECOND);
  assert_int_equal(ask(b, "", false), HANSE_DEFER);
  fake_advance(b->world, 3 * HANSE_SECOND - 1);
  assert_int_equal(b->toy->withdrawn, 0);
  fake_advance(b->world, 1);
  assert_int_equal(b->toy->withdrawn, 1);
  assert_non_null(fake_logged_with(b->world, "WARNING verdict.late applied=deny"));
  became(b, HANSE_DENY, HANSE_F_DEFERRED);
  assert_int_equal(helper_answers(b, HANSE_ALLOW), HANSE_GONE);
  became(b, HANSE_DENY, HANSE_F_DEFERRED);
  fake_on_failure(b->world, HANSE_ALLOW);
  assert_int_equal(ask(b, "", false), HANSE_DEFER);
  assert_true(fake_time_out(b->world, b->is.token));
  assert_false(fake_time_out(b->world, b->is.token));
  became(b, HANSE_ALLOW, HANSE_F_DEFERRED);
  assert_non_null(fake_logged_with(b->world, "verdict.late applied=allow"));
}

static void twice(void **state) {
  struct bench *b = *state;
  assert_int_equal(ask(b, "", false), HANSE_DEFER);
  assert_int_equal(fake_answer(b->world, b->is.token, HANSE_DENY, HANSE_F_BLOCKED), HANSE_OK);
  assert_int_equal(helper_answers(b, HANSE_ALLOW), HANSE_GONE);
  assert_int_equal(fake_answer(b->world, b->is.token, HANSE_ALLOW, HANSE_F_NONE), HANSE_GONE);
  became(b, HANSE_DENY, HANSE_F_BLOCKED);
}

static void withdrawn_by_the_sender(void **state) {
  struct bench *b = *state;
  assert_int_equal(ask(b, "", false), HANSE_DEFER);
  assert_true(fake_withdraw(b->world, b->is.token));
  assert_int_equal(b->toy->withdrawn, 1);
  became(b, HANSE_DENY, HANSE_F_WITHDRAWN);
  assert_false(fake_withdraw(b->world, b->is.token));
}

/* Who goes with answers owed is told that nobody waits. */
static void unloaded(void **state) {
  struct bench *b = *state;
  assert_int_equal(ask(b, "", false), HANSE_DEFER);
  fake_unload(b->instance);
  became(b, HANSE_DENY, HANSE_F_DEFERRED);
  assert_non_null(fake_logged_with(b->world, "verdict.late"));
}

static void may_not_defer(void **state) {
  struct bench *b = *state;
  assert_int_equal(ask(b, "", true), HANSE_DENY); /* dry */
  assert_true(b->toy->token == 0);
  assert_int_equal(b->is.why.failure, HANSE_F_DEFERRED);
  fake_deferred_max(b->world, 1);
  assert_int_equal(ask(b, "", false), HANSE_DEFER);
  assert_int_equal(ask(b, "", false), HANSE_DENY); /* it owes one already */
  assert_int_equal(b->is.why.failure, HANSE_F_DEFERRED);
  fake_advance(b->world, HANSE_SECOND * 11);
  assert_int_equal(ask(b, "", false), HANSE_DEFER);
  assert_int_equal(helper_answers(b, HANSE_ALLOW), HANSE_OK);
  b->instance = fake_load(b->world, &never_plugin, NULL, NULL);
  assert_int_equal(ask(b, "", false), HANSE_DENY); /* it could not be told that nobody waits */
  assert_non_null(strstr(b->is.why.text.at, "although it may not"));
}

static void what_is_taken(void **state) {
  struct bench *b = *state;
  assert_int_equal(ask(b, "deny", false), HANSE_DENY);
  assert_int_equal(b->is.why.failure, HANSE_F_POLICY);
  assert_string_equal(b->is.why.text.at, "the policy gave no reason");
  assert_string_equal(b->is.why.plugin, "toy");
  assert_int_equal(ask(b, "garbage", false), HANSE_DENY);
  assert_int_equal(b->is.why.failure, HANSE_F_ERROR);
  assert_non_null(fake_logged_with(b->world, "ERROR plugin.garbage slot=decide verdict=77"));
  fake_on_failure(b->world, HANSE_ABSTAIN);
  assert_int_equal(ask(b, "garbage", false), HANSE_ABSTAIN);
  assert_int_equal(ask(b, "no memory", false), HANSE_ABSTAIN);
  assert_int_equal(ask(b, "deny", false), HANSE_DENY);
  unsigned decided = b->toy->decided;
  fake_decide(b->instance, HANSE_STAGE_ROUTED, fake_facts_text(b->world, ""), false, &b->is);
  assert_int_equal(b->is.verdict, HANSE_ABSTAIN); /* a stage that is not its own */
  fake_decide(b->instance, HANSE_STAGE_ANSWER, fake_facts_text(b->world, "action=message"), false, &b->is);
  assert_int_equal(b->is.verdict, HANSE_ABSTAIN); /* an action that is not */
  assert_int_equal(b->toy->decided, decided);
  fake_decide(b->instance, HANSE_STAGE_ANSWER, fake_facts_text(b->world, "action=session text=allow"), false, &b->is);
  assert_int_equal(b->is.verdict, HANSE_ALLOW);
}

/* The facts of a question live as long as an answer is owed, whatever becomes of those that were handed in. */
static void facts_stay(void **state) {
  struct bench *b = *state;
  fake_decide(b->instance, HANSE_STAGE_ADMIT, fake_facts_text(b->world, "from=al@a.test proved=x.test"), false, &b->is);
  const struct hanse_facts *kept = b->toy->facts;
  hanse_token first = b->toy->token;
  assert_int_equal(ask(b, "allow", false), HANSE_ALLOW);
  fake_facts_text(b->world, "from=other@c.test");
  assert_true(hanse_same(kept->from.domain, HANSE_LIT("a.test")) && hanse_same(kept->proved[0], HANSE_LIT("x.test")));
  assert_int_equal(hanse_resolve_verdict(fake_host(b->instance), first, HANSE_ALLOW, NULL), HANSE_OK);
  assert_int_equal(hanse_resolve_found(fake_host(b->instance), first, HANSE_FOUND_YES, NULL), HANSE_GONE);
}

static int setup(void **state) {
  struct bench *b = calloc(1, sizeof *b);
  b->world = fake_world_new();
  b->instance = toy_load(b->world, &plugin, NULL);
  b->toy = toy_of(b->instance);
  *state = b;
  return 0;
}
static int teardown(void **state) {
  fake_world_free(((struct bench *)*state)->world);
  free(*state);
  return 0;
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(in_time),  TEST(early),         TEST(late),          TEST(twice),     TEST(withdrawn_by_the_sender),
      TEST(unloaded), TEST(may_not_defer), TEST(what_is_taken), TEST(facts_stay)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
