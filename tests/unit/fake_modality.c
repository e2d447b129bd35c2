/* The policy `modality`, as built, against a host in memory: what is open to whom, in which direction, and which rule
   says so (R52, R88, R104, R24). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#include "plugins/policy/modality.h"
#include "tests/lib/policy_fixture.h"

#define AV HANSE_MODALITY_AUDIO_VIDEO
#define IM HANSE_MODALITY_IM
#define OPEN(...)                                                                   \
  {                                                                                 \
    sizeof((const int[]){__VA_ARGS__}) / sizeof(int), (const int[]) { __VA_ARGS__ } \
  }
#define NOTHING \
  { 0, NULL }
#define ALL_OPEN                                                                                       \
  OPEN(HANSE_MODALITY_IM, HANSE_MODALITY_PRESENCE, HANSE_MODALITY_AUDIO_VIDEO, HANSE_MODALITY_SHARING, \
       HANSE_MODALITY_CONFERENCE, HANSE_MODALITY_FILE, HANSE_MODALITY_OTHER)
#define RULE(number, name, who, way, ...)                                                                            \
  {                                                                                                                  \
    .where = {"m.conf", number}, .domain = {HANSE_LIT(name), {NULL, 0}}, .user = HANSE_LIT(who), .direction = (way), \
    .open = __VA_ARGS__                                                                                              \
  }
#define RULES(rules) \
  { sizeof(rules) / sizeof *(rules), rules }

static const struct modality_rule partner_rules[] = {
    RULE(10, "pic.test", "", MODALITY_BOTH, OPEN(HANSE_MODALITY_IM, HANSE_MODALITY_PRESENCE)),
    RULE(11, "friend.pic.test", "", MODALITY_BOTH, ALL_OPEN),
    RULE(12, "oneway.test", "", MODALITY_IN, OPEN(HANSE_MODALITY_PRESENCE)),
    RULE(13, "oneway.test", "", MODALITY_OUT, OPEN(HANSE_MODALITY_PRESENCE, HANSE_MODALITY_IM)),
};
static const struct modality_rule user_rules[] = {
    RULE(20, "a.test", "alice", MODALITY_BOTH, ALL_OPEN),
    RULE(21, "a.test", "", MODALITY_BOTH, OPEN(HANSE_MODALITY_IM, HANSE_MODALITY_PRESENCE, HANSE_MODALITY_FILE)),
};
static const struct modality_settings settings = {
    .where = {"m.conf", 1},
    .open = OPEN(HANSE_MODALITY_IM, HANSE_MODALITY_PRESENCE, HANSE_MODALITY_AUDIO_VIDEO),
    .direction = MODALITY_BOTH,
    .partners = RULES(partner_rules),
    .users = RULES(user_rules),
};

struct talk {
  bool out;
  const char *user, *ours, *theirs;
  unsigned modalities;
  int action;
};

static void facts_of(const struct talk *talk, struct hanse_facts *facts) {
  struct hanse_address_fact ours = {hanse_text(talk->user), hanse_text(talk->ours)};
  struct hanse_address_fact theirs = {HANSE_LIT("bob"), hanse_text(talk->theirs)};
  *facts = (struct hanse_facts){.size = sizeof *facts,
                                .side = talk->out ? HANSE_SIDE_HOME : HANSE_SIDE_PARTNER,
                                .from = talk->out ? ours : theirs,
                                .to = talk->out ? theirs : ours,
                                .modalities = talk->modalities,
                                .action = (uint8_t)talk->action};
}

static struct fake_judgement judge(struct policy_fixture *f, const struct hanse_facts *facts, enum hanse_stage stage) {
  struct fake_judgement judgement;
  fake_decide(f->policy, stage, facts, false, &judgement);
  return judgement;
}

/* line 0: it passes; else the line of the rule that refuses it. */
static void expect(struct policy_fixture *f, const struct talk *talk, unsigned line) {
  struct hanse_facts facts;
  facts_of(talk, &facts);
  struct fake_judgement judgement = judge(f, &facts, HANSE_STAGE_ADMIT);
  enum hanse_verdict wanted = line ? HANSE_DENY : HANSE_ABSTAIN;
  if (judgement.verdict != wanted || judgement.why.where.line != line)
    fail_msg("%s %s@%s %s: verdict %d by line %u, not %u", talk->out ? "to" : "from", talk->user, talk->ours,
             talk->theirs, judgement.verdict, judgement.why.where.line, line);
  if (!line) return;
  bool session = talk->action == HANSE_ACTION_SESSION;
  assert_int_equal(judgement.why.failure, session ? HANSE_F_MEDIA : HANSE_F_MODALITY);
  assert_string_equal(judgement.why.where.file, "m.conf");
  assert_true(judgement.why.text.len > 20);
}

#define BITS(modality) HANSE_MODALITY_BIT(modality)

static void who_may_what(void **state) {
  (void)state;
  static const struct {
    struct talk talk;
    unsigned line;
  } rows[] = {
      {{true, "x", "b.test", "other.test", BITS(AV), HANSE_ACTION_SESSION}, 0}, /* the default */
      {{true, "x", "b.test", "other.test", BITS(HANSE_MODALITY_FILE), HANSE_ACTION_SESSION}, 1},
      {{false, "x", "b.test", "other.test", BITS(HANSE_MODALITY_OTHER), HANSE_ACTION_REFER}, 1},
      {{true, "x", "b.test", "pic.test", BITS(AV), HANSE_ACTION_SESSION}, 10}, /* R52 */
      {{true, "x", "b.test", "pic.test", BITS(AV) | BITS(IM), HANSE_ACTION_SESSION}, 10},
      {{true, "x", "b.test", "pic.test", BITS(IM), HANSE_ACTION_MESSAGE}, 0},
      {{false, "x", "b.test", "deep.pic.test", BITS(AV), HANSE_ACTION_SESSION}, 10},
      {{false, "x", "b.test", "epic.test", BITS(AV), HANSE_ACTION_SESSION}, 0},
      {{false, "x", "b.test", "pic.test", BITS(HANSE_MODALITY_CONFERENCE), HANSE_ACTION_SUBSCRIBE}, 10}, /* R104 */
      {{false, "x", "b.test", "friend.pic.test", BITS(HANSE_MODALITY_FILE), HANSE_ACTION_SESSION}, 0},
      {{false, "x", "b.test", "very.friend.pic.test", BITS(AV), HANSE_ACTION_SESSION}, 0},
      {{false, "x", "a.test", "friend.pic.test", BITS(AV), HANSE_ACTION_SESSION}, 21}, /* both must open it */
      {{false, "x", "sub.a.test", "other.test", BITS(AV), HANSE_ACTION_SESSION}, 21},
      {{false, "x", "a.test", "other.test", BITS(HANSE_MODALITY_FILE), HANSE_ACTION_SESSION}, 0},
      {{true, "alice", "a.test", "other.test", BITS(HANSE_MODALITY_SHARING), HANSE_ACTION_SESSION}, 0},
      {{true, "ALice", "a.test", "other.test", BITS(AV), HANSE_ACTION_SESSION}, 0},
      {{true, "alicf", "a.test", "other.test", BITS(AV), HANSE_ACTION_SESSION}, 21},
      {{true, "alice", "a.test", "pic.test", BITS(AV), HANSE_ACTION_SESSION}, 10},
      {{false, "x", "b.test", "oneway.test", BITS(IM), HANSE_ACTION_MESSAGE}, 12},
      {{true, "x", "b.test", "oneway.test", BITS(IM), HANSE_ACTION_MESSAGE}, 0},
      {{true, "x", "b.test", "oneway.test", BITS(AV), HANSE_ACTION_SESSION}, 13},
      {{true, "x", "b.test", "pic.test", BITS(HANSE_MODALITY_PROBE), HANSE_ACTION_PROBE}, 0},
      {{true, "x", "b.test", "pic.test", 0, HANSE_ACTION_SESSION}, 0},
      {{true, "x", "b.test", "pic.test", BITS(AV), HANSE_ACTION_END}, 0},
      {{true, "x", "b.test", "pic.test", BITS(AV), HANSE_ACTION_ACKNOWLEDGE}, 0},
      {{true, "", "", "", BITS(HANSE_MODALITY_FILE), HANSE_ACTION_SESSION}, 1},
  };
  struct policy_fixture *f = policy_fixture_new("modality", &settings);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) expect(f, &rows[i].talk, rows[i].line);
  assert_int_equal(fake_counter(f->world, "file"), 2);
  assert_int_equal(fake_counter(f->world, "other"), 1);
  assert_int_equal(fake_counter(f->world, "im"), 1);
  policy_fixture_free(f);
}

/* What a partner says in a talk that we began is ours; what it adds to it is its own. */
static void in_dialogs(void **state) {
  struct policy_fixture *f = policy_fixture_new("modality", &settings);
  struct talk in = {false, "x", "b.test", "oneway.test", BITS(IM), HANSE_ACTION_MESSAGE};
  struct hanse_facts facts;
  (void)state;
  facts_of(&in, &facts);
  facts.flags = HANSE_FACT_IN_DIALOG;
  assert_int_equal(judge(f, &facts, HANSE_STAGE_ADMIT).verdict, HANSE_ABSTAIN); /* it goes back */
  facts.target_name = HANSE_LIT("10.0.0.1:5061");
  assert_int_equal(judge(f, &facts, HANSE_STAGE_ADMIT).verdict, HANSE_DENY); /* the partner began it */
  facts.target_name = hanse_slice("", 0);
  facts.action = HANSE_ACTION_SESSION;
  assert_int_equal(judge(f, &facts, HANSE_STAGE_ADMIT).verdict, HANSE_ABSTAIN); /* a refresh */
  facts.modalities |= BITS(AV);
  assert_int_equal(judge(f, &facts, HANSE_STAGE_ADMIT).verdict, HANSE_DENY);
  /* a caller without a domain, by its token */
  facts_of(&(struct talk){false, "x", "b.test", "", BITS(AV), HANSE_ACTION_SESSION}, &facts);
  facts.flags = HANSE_FACT_IN_DIALOG;
  facts.partner_name = HANSE_LIT("pic.test");
  assert_int_equal(judge(f, &facts, HANSE_STAGE_ADMIT).why.where.line, 10);
  policy_fixture_free(f);
}

/* An offer in the answer: it goes back, and belongs to the same two. */
static void answers(void **state) {
  struct policy_fixture *f = policy_fixture_new("modality", &settings);
  struct hanse_facts facts;
  (void)state;
  facts_of(&(struct talk){true, "x", "b.test", "pic.test", BITS(AV), HANSE_ACTION_SESSION}, &facts);
  facts.flags = HANSE_FACT_ANSWER;
  facts.side = HANSE_SIDE_PARTNER; /* bob answers */
  facts.status = 200;
  assert_int_equal(judge(f, &facts, HANSE_STAGE_ANSWER).why.where.line, 10);
  facts.status = 488;
  assert_int_equal(judge(f, &facts, HANSE_STAGE_ANSWER).verdict, HANSE_ABSTAIN);
  facts.status = 200;
  facts.action = HANSE_ACTION_SUBSCRIBE;
  assert_int_equal(judge(f, &facts, HANSE_STAGE_ANSWER).verdict, HANSE_ABSTAIN);
  policy_fixture_free(f);
}

static void dry(void **state) {
  struct policy_fixture *f = policy_fixture_new("modality", &settings);
  struct hanse_facts facts;
  struct fake_judgement judgement;
  (void)state;
  facts_of(&(struct talk){true, "x", "b.test", "pic.test", BITS(AV), HANSE_ACTION_SESSION}, &facts);
  fake_decide(f->policy, HANSE_STAGE_ADMIT, &facts, true, &judgement);
  assert_int_equal(judgement.verdict, HANSE_DENY);
  assert_int_equal(fake_counter(f->world, "audio_video"), 0);
  assert_string_equal(
      judgement.why.text.at,
      "audio_video is not open by the rule for the partner pic.test; if it is wanted, put it into `open` there");
  /* without memory for the text the verdict and its place stand */
  fake_fail_after(f->world, 0);
  fake_decide(f->policy, HANSE_STAGE_ADMIT, &facts, true, &judgement);
  fake_fail_after(f->world, -1);
  assert_int_equal(judgement.verdict, HANSE_DENY);
  assert_int_equal(judgement.why.where.line, 10);
  policy_fixture_free(f);
}

static void mistakes(void **state) {
  static struct modality_rule twice[] = {RULE(30, "x.test", "", MODALITY_BOTH, NOTHING),
                                         RULE(31, "y.test", "", MODALITY_BOTH, NOTHING),
                                         RULE(32, "x.test", "", MODALITY_OUT, NOTHING)};
  static const struct modality_rule users[] = {RULE(40, "a.test", "Carl", MODALITY_IN, NOTHING),
                                               RULE(41, "a.test", "carl", MODALITY_IN, NOTHING)};
  static const struct modality_rule address[] = {RULE(50, "a.test", "carl@a.test", MODALITY_IN, NOTHING)};
  static struct modality_rule many[4097];
  struct modality_settings wrong = {.direction = MODALITY_BOTH, .partners = RULES(twice)};
  (void)state;
  policy_fixture_refuses("modality", &wrong, 32, "x.test has a rule here and at m.conf:30");
  wrong = (struct modality_settings){.direction = MODALITY_BOTH, .users = RULES(users)};
  policy_fixture_refuses("modality", &wrong, 41, "carl@a.test has a rule here and at m.conf:40");
  wrong = (struct modality_settings){.direction = MODALITY_BOTH, .users = RULES(address)};
  policy_fixture_refuses("modality", &wrong, 50, "before the @");
  for (size_t i = 0; i < 4097; i++) many[i].where = (struct hanse_where){"m.conf", (unsigned)i};
  wrong = (struct modality_settings){.direction = MODALITY_BOTH, .partners = RULES(many)};
  policy_fixture_refuses("modality", &wrong, 4096, "more than 4096 rules");
}

/* 4 096 partners: a verdict costs little more than with one, and a name of 127 labels is no trouble. */
static void many_rules(void **state) {
  enum { COUNT = 4096, ASKED = 20000 };
  static char text[COUNT][32];
  static struct modality_rule rules[COUNT];
  struct modality_settings large = settings;
  struct hanse_facts facts;
  double cost[2];
  (void)state;
  for (size_t i = 0; i < COUNT; i++) {
    snprintf(text[i], sizeof text[i], "p%zu.test", i * 7919 % COUNT);
    rules[i] = (struct modality_rule)RULE((unsigned)i + 1, "", "", MODALITY_BOTH, NOTHING);
    rules[i].domain.name = hanse_text(text[i]);
  }
  large.partners = (struct hanse_list)RULES(rules);
  facts_of(&(struct talk){true, "x", "b.test", "one.two.three.test", BITS(IM), HANSE_ACTION_MESSAGE}, &facts);
  for (int n = 0; n < 2; n++) {
    struct policy_fixture *f = policy_fixture_new("modality", n ? &large : &settings);
    clock_t begin = clock();
    for (size_t i = 0; i < ASKED; i++) assert_int_equal(judge(f, &facts, HANSE_STAGE_ADMIT).verdict, HANSE_ABSTAIN);
    cost[n] = (double)(clock() - begin) * 1e9 / CLOCKS_PER_SEC / ASKED;
    for (size_t i = 0; n && i < COUNT; i++)
      expect(f, &(struct talk){true, "x", "b.test", text[i], BITS(IM), HANSE_ACTION_MESSAGE}, (unsigned)i + 1);
    policy_fixture_free(f);
  }
  print_message("a verdict %.0f ns with 4096 rules, %.0f ns with 4\n", cost[1], cost[0]);
  assert_true(cost[1] < 20 * cost[0] + 5000);
}

static void no_memory(void **state) {
  (void)state;
  policy_fixture_no_memory("modality", &settings);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(who_may_what), cmocka_unit_test(in_dialogs), cmocka_unit_test(answers),   cmocka_unit_test(dry),
      cmocka_unit_test(mistakes),     cmocka_unit_test(many_rules), cmocka_unit_test(no_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
