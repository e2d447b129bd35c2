/* The fake host serves plugins that are no protocol: a small one of each kind, as an author might write it (P30). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include <hanse/fake_host.h>

struct toy {
  struct hanse_host *host;
  struct hanse_timers *soon;
  struct hanse_timer timer;
  hanse_token waiting;
  int posted;
};

static void answer(void *self, struct hanse_timer *timer) {
  struct toy *toy = self;
  const struct hanse_refusal why = {.size = sizeof why, .failure = HANSE_F_POLICY};
  (void)timer;
  hanse_resolve_verdict(toy->host, toy->waiting, HANSE_DENY, &why);
}

/* Long texts are denied, those of "slow" after a second; the others get a notice. */
static enum hanse_verdict decide(void *self, const struct hanse_case *c) {
  struct toy *toy = self;
  if (hanse_same(c->facts->from.user, HANSE_LIT("slow")) && !c->dry) {
    toy->waiting = c->token;
    hanse_timer_start(toy->host, toy->soon, &toy->timer, answer);
    return HANSE_DEFER;
  }
  if (c->facts->text.len > 10) {
    c->why->failure = HANSE_F_POLICY;
    return HANSE_DENY;
  }
  c->marks->set |= HANSE_MARK_NOTICE;
  return hanse_copy(c->arena, HANSE_LIT("seen"), &c->marks->notice) == HANSE_OK ? HANSE_ALLOW : HANSE_ABSTAIN;
}

static enum hanse_found confirm(void *self, const struct hanse_partner *partner, struct hanse_question *question) {
  struct toy *toy = self;
  const char *edge = hanse_partner_settings(toy->host, partner);
  return hanse_peer_proves(question->peer, hanse_text(edge)) ? HANSE_FOUND_YES : HANSE_FOUND_NO;
}

static enum hanse_found route(void *self, const struct hanse_partner *partner, struct hanse_question *question) {
  struct toy *toy = self;
  const struct hanse_place place = {.size = sizeof place,
                                    .port = 5061,
                                    .host = hanse_text(hanse_partner_settings(toy->host, partner)),
                                    .prove = question->domain};
  question->lasts = HANSE_SECOND;
  return hanse_route_add(toy->host, question->targets, &place) == HANSE_OK ? HANSE_FOUND_YES : HANSE_FOUND_NO;
}

/* Two rows, in two calls. */
static enum hanse_outcome run(void *self, struct hanse_rows *rows, void **cursor) {
  struct toy *toy = self;
  hanse_row_begin(toy->host, rows);
  hanse_row_text(toy->host, rows, "who", hanse_row_argument(toy->host, rows, "who"));
  hanse_row_number(toy->host, rows, "n", *cursor ? 2 : 1);
  if (*cursor) return HANSE_DONE;
  *cursor = toy;
  return HANSE_MORE;
}

static void withdrawn(void *self, hanse_token token) {
  struct toy *toy = self;
  (void)token;
  hanse_timer_stop(toy->host, &toy->timer);
}

static const struct hanse_argument arguments_of_run[] = {{"who", HANSE_ARGUMENT_REQUIRED, "whom"}, {NULL, 0, NULL}};
static const struct hanse_policy policy = {
    .size = sizeof policy, .stages = HANSE_STAGE_ADMIT, .decide = decide, .withdrawn = withdrawn};
static const struct hanse_federation federation = {.size = sizeof federation, .confirm = confirm, .route = route};
static const struct hanse_command command = {
    .size = sizeof command, .name = "toy", .help = "", .arguments = arguments_of_run, .run = run};
static const struct hanse_offer offers[] = {{HANSE_POLICY, NULL, NULL, &policy, NULL, 0},
                                            {HANSE_FEDERATION, "toy", NULL, &federation, NULL, 0},
                                            {HANSE_COMMAND, "toy", NULL, &command, NULL, 0},
                                            HANSE_OFFERS_END};

static int create(struct hanse_host *host, void **self) {
  struct toy *toy = calloc(1, sizeof *toy);
  if (!toy) return HANSE_NOMEM;
  toy->host = host;
  *self = toy;
  return HANSE_OK;
}
static int configure(void *self, const void *settings, struct hanse_problem *problem) {
  (void)self, (void)settings, (void)problem;
  return HANSE_OK;
}
static int start(void *self) {
  struct toy *toy = self;
  toy->soon = hanse_timers(toy->host, HANSE_SECOND);
  return toy->soon ? HANSE_OK : HANSE_NOMEM;
}
static const struct hanse_plugin toy_plugin = {HANSE_NEEDS(9),         .name = "toy",    .version = "1",
                                               .summary = "",          .offers = offers, .create = create,
                                               .configure = configure, .start = start,   .destroy = free};

static int setup(void **state) {
  struct fake_world *world = fake_world_new();
  fake_partner(world, "b.test");
  fake_partner_settings(world, "edge.b.test");
  fake_home(world, "a.test");
  *state = fake_load(world, &toy_plugin, NULL, NULL) ? world : NULL;
  return *state ? 0 : -1;
}
static int teardown(void **state) {
  assert_string_equal(fake_left(*state), "");
  fake_world_free(*state);
  return 0;
}

static void test_policy(void **state) {
  struct fake_instance *toy = fake_newest(*state);
  struct hanse_facts facts = {.size = sizeof facts, .text = HANSE_LIT("short")};
  struct fake_judgement judgement;
  fake_decide(toy, HANSE_STAGE_ADMIT, &facts, false, &judgement);
  assert_int_equal(judgement.verdict, HANSE_ALLOW);
  assert_true(hanse_same(judgement.marks.notice, HANSE_LIT("seen")));
  facts.text = HANSE_LIT("longer than ten");
  fake_decide(toy, HANSE_STAGE_ADMIT, &facts, true, &judgement);
  assert_int_equal(judgement.verdict, HANSE_DENY);
  assert_int_equal(judgement.why.failure, HANSE_F_POLICY);
}

static void test_deferred(void **state) {
  struct fake_instance *toy = fake_newest(*state);
  const struct hanse_facts facts = {.size = sizeof facts, .from = {.user = HANSE_LIT("slow")}};
  struct fake_judgement judgement;
  enum hanse_failure failure;
  int verdict;
  fake_decide(toy, HANSE_STAGE_ADMIT, &facts, false, &judgement);
  assert_int_equal(judgement.verdict, HANSE_DEFER);
  assert_false(fake_resolved(*state, judgement.token, &verdict, &failure));
  fake_advance(*state, 2 * HANSE_SECOND);
  assert_true(fake_resolved(*state, judgement.token, &verdict, &failure));
  assert_int_equal(verdict, HANSE_DENY);
  assert_int_equal(failure, HANSE_F_POLICY);
  assert_int_equal(hanse_resolve_verdict(fake_host(toy), judgement.token, HANSE_ALLOW, NULL), HANSE_GONE);
}

static void test_federation(void **state) {
  struct fake_instance *toy = fake_newest(*state);
  const struct hanse_slice proved[] = {HANSE_LIT("x.test"), HANSE_LIT("edge.b.test")};
  struct fake_finding finding;
  assert_int_equal(fake_ask(toy, "b.test", proved, 2, &finding), HANSE_FOUND_YES);
  assert_int_equal(fake_ask(toy, "b.test", proved, 1, &finding), HANSE_FOUND_NO);
  assert_int_equal(fake_ask(toy, "b.test", NULL, 0, &finding), HANSE_FOUND_YES);
  assert_int_equal(finding.place_count, 1);
  assert_true(hanse_same(finding.places[0].host, HANSE_LIT("edge.b.test")));
  assert_true(finding.lasts == HANSE_SECOND);
}

static void test_command(void **state) {
  const struct fake_argument arguments[] = {{"who", "me"}, {NULL, NULL}};
  const char *rows;
  assert_int_equal(fake_command(fake_newest(*state), "toy", arguments, &rows), HANSE_DONE);
  assert_string_equal(rows, "who=me n=1 \nwho=me n=2 ");
  assert_int_equal(fake_command(fake_newest(*state), "none", arguments, &rows), HANSE_NO_SUCH_THING);
  const struct fake_argument unknown[] = {{"who", "me"}, {"why", "so"}, {NULL, NULL}};
  assert_int_equal(fake_command(fake_newest(*state), "toy", unknown, &rows), HANSE_USAGE);
  assert_int_equal(fake_command(fake_newest(*state), "toy", NULL, &rows), HANSE_USAGE);
  assert_int_equal(fake_command_cut(fake_newest(*state), "toy", arguments, 1, &rows), HANSE_MORE);
  assert_string_equal(rows, "who=me n=1 ");
}

static void posted(void *self, void *argument) { ((struct toy *)self)->posted += *(int *)argument; }

static void test_posts_and_entries(void **state) {
  struct fake_instance *toy = fake_newest(*state);
  struct hanse_where where;
  const char *kind;
  int three = 3;
  assert_int_equal(hanse_post(fake_host(toy), posted, &three), HANSE_OK);
  assert_int_equal(hanse_post(fake_host(toy), posted, &three), HANSE_OK);
  assert_int_equal(fake_run_posts(*state), 2);
  assert_int_equal(((struct toy *)fake_self(toy))->posted, 6);
  assert_true(hanse_entry_find(fake_host(toy), HANSE_LIT("a.test"), &kind, &where));
  assert_string_equal(kind, "home");
  assert_true(hanse_entry_find(fake_host(toy), HANSE_LIT("b.test"), &kind, &where));
  assert_false(hanse_entry_find(fake_host(toy), HANSE_LIT("c.test"), &kind, &where));
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {TEST(test_policy), TEST(test_deferred), TEST(test_federation), TEST(test_command),
                                     TEST(test_posts_and_entries)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
