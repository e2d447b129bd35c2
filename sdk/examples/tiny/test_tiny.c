/* The protocol tiny on a host in memory: no router, no network. alice@a.test is ours, bob@b.test a partner's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* wants the four above */

#include <hanse/fake_host.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bench {
  struct fake_world *world;
  struct fake_instance *tiny;
  struct hanse_link *home, *partner;
  struct hanse_target *inside, *outside;
};

static int setup(void **state) {
  struct bench *b = *state = calloc(1, sizeof *b);
  assert_non_null(b);
  b->world = fake_world_new();
  b->tiny = fake_load_text(b->world, fake_open(HANSE_PLUGIN_FILE), "patience = \"10s\";", NULL);
  if (!b->tiny) fail_msg("%s", fake_problem(b->world));
  b->home = fake_link(b->world, HANSE_SIDE_HOME, "10.0.0.1:5061", "edge.a.test:5061");
  b->partner = fake_link(b->world, HANSE_SIDE_PARTNER, "192.0.2.2:5061", "edge.a.test:5061");
  b->inside = fake_target(b->world, "pool.a.test:5061");
  b->outside = fake_target(b->world, "talk.b.test:5061");
  fake_target_link(b->inside, b->home, HANSE_OK);
  fake_target_link(b->outside, b->partner, HANSE_OK);
  fake_route(b->world, HANSE_SIDE_HOME, &b->outside, 1);
  fake_route(b->world, HANSE_SIDE_PARTNER, &b->inside, 1);
  return 0;
}

static int teardown(void **state) {
  struct bench *b = *state;
  while (fake_newest(b->world)) fake_unload(fake_newest(b->world));
  assert_string_equal(fake_left(b->world), ""); /* what has not been given back is a defect */
  fake_world_free(b->world);
  free(b);
  return 0;
}

static void receive(struct hanse_link *link, const char *octets) { fake_receive(link, hanse_text(octets)); }

/* What was written is exactly this; afterwards it is forgotten. */
static void expect(struct hanse_link *link, const char *octets) {
  assert_string_equal(fake_output(link).at ? fake_output(link).at : "", octets);
  fake_take(link);
}

/* One line `say` was written, which ends so; its ID goes to `id`. */
static void expect_say(struct hanse_link *link, char id[17], const char *end) {
  struct hanse_slice line = fake_output(link);
  assert_true(line.len > 21 && memcmp(line.at, "say ", 4) == 0);
  memcpy(id, line.at + 4, 16);
  id[16] = '\0';
  assert_string_equal(line.at + 20, end);
  fake_take(link);
}

static void answer(struct hanse_link *link, const char *verb, const char *id) {
  char line[64];
  snprintf(line, sizeof line, "%s %s%s\n", verb, id, *verb == 'n' ? " not-here" : "");
  receive(link, line);
}

static void a_text_and_its_answer(void **state) {
  struct bench *b = *state;
  char id[17];
  receive(b->home, "say 1 alice@a.test bob@b.test hi\\nthere\n");
  expect_say(b->partner, id, " alice@a.test bob@b.test hi\\nthere\n");
  assert_true(hanse_same(fake_facts(b->world)->text, HANSE_LIT("hi\nthere"))); /* as policies read it */
  assert_int_equal(fake_facts(b->world)->modality, HANSE_MODALITY_IM);
  answer(b->partner, "ok", id);
  expect(b->home, "ok 1\n");
  receive(b->partner, "say 2 bob@b.test alice@a.test hi\n");
  expect_say(b->home, id, " bob@b.test alice@a.test hi\n");
  answer(b->home, "no", id);
  expect(b->partner, "no 2 not-delivered\n");
  assert_int_equal(fake_counter(b->world, "texts"), 2);
}

/* However octets arrive. */
static void in_pieces(void **state) {
  struct bench *b = *state;
  static const char text[] = "say 1 alice@a.test bob@b.test hi\nping\n";
  char id[17];
  for (size_t i = 0; text[i]; i++) fake_receive(b->home, hanse_slice(text + i, 1));
  expect_say(b->partner, id, " alice@a.test bob@b.test hi\n");
  expect(b->home, "pong\n");
  answer(b->partner, "ok", id);
  expect(b->home, "ok 1\n");
}

/* Others are not to suffer for it. */
static void a_bad_text_is_refused_and_the_link_goes_on(void **state) {
  struct bench *b = *state;
  char id[17];
  receive(b->home, "say 1 alice bob@b.test hi\nsay 2 alice@a.test bob@b.test \xff\nping\n");
  expect(b->home, "no 1 parse\nno 2 parse\npong\n");
  assert_int_equal(fake_refused(b->world), HANSE_F_PARSE);
  assert_false(fake_link_was_shut(b->home));
  expect(b->partner, "");
  receive(b->home, "say 3 alice@a.test bob@b.test hi\n");
  expect_say(b->partner, id, " alice@a.test bob@b.test hi\n");
}

static void what_is_no_line_ends_the_link(void **state) {
  static const char *const bad[] = {"hello\nping\n", "\nping\n", "say\nping\n", "say 1 alice@a.test\nping\n",
                                    "ok\nping\n"};
  struct bench *b = *state;
  char endless[9000];
  memset(endless, 'x', sizeof endless);
  for (size_t i = 0; i <= sizeof bad / sizeof *bad; i++) {
    struct hanse_link *link = fake_link(b->world, HANSE_SIDE_PARTNER, "192.0.2.3:5061", "edge.a.test:5061");
    bool last = i == sizeof bad / sizeof *bad;
    fake_receive(link, last ? hanse_slice(endless, sizeof endless) : hanse_text(bad[i]));
    if (!fake_link_was_shut(link) || fake_output(link).len) fail_msg("case %zu", i); /* nothing behind it counts */
    fake_link_close(link, HANSE_CLOSE_OURS);
  }
}

/* Tickets can be guessed: an answer counts only from where the text went. */
static void a_forged_answer(void **state) {
  struct bench *b = *state;
  struct hanse_link *stranger = fake_link(b->world, HANSE_SIDE_PARTNER, "192.0.2.9:5061", "edge.a.test:5061");
  char id[17];
  receive(b->home, "say 1 alice@a.test bob@b.test hi\n");
  expect_say(b->partner, id, " alice@a.test bob@b.test hi\n");
  answer(stranger, "ok", id);
  answer(stranger, "ok", "ffffffffffffffff");
  expect(b->home, "");
  answer(b->partner, "ok", id);
  answer(b->partner, "ok", id); /* once */
  expect(b->home, "ok 1\n");
}

struct seen {
  struct hanse_slice asked; /* the sender, as the text says it */
  const struct hanse_facts *answer;
};

static void keep_facts(void *argument, struct hanse_message *message) {
  struct seen *seen = argument;
  if (message->facts->flags & HANSE_FACT_ANSWER)
    seen->answer = message->facts;
  else
    seen->asked = message->facts->from.user;
}

/* A policy takes its time over an answer; nobody waits for it any more, and its facts still hold. */
static void an_answer_outlives_what_it_answers(void **state) {
  struct bench *b = *state;
  struct seen seen = {.answer = NULL};
  char id[17];
  fake_look(b->world, keep_facts, &seen);
  fake_judge_answers(b->world, FAKE_HOLD, HANSE_F_NONE);
  receive(b->home, "say 1 alice@a.test bob@b.test hi\n");
  expect_say(b->partner, id, " alice@a.test bob@b.test hi\n");
  answer(b->partner, "ok", id);
  assert_non_null(seen.answer);
  assert_ptr_not_equal(seen.answer->from.user.at, seen.asked.at); /* memory of its own */
  fake_advance(b->world, 11 * HANSE_SECOND);
  expect(b->home, "no 1 timeout\n");
  assert_true(hanse_same(seen.answer->from.user, HANSE_LIT("alice")));
  assert_true(hanse_same(seen.answer->from.domain, HANSE_LIT("a.test")));
  assert_true(hanse_same(seen.answer->to.user, HANSE_LIT("bob")));
  assert_true(hanse_same(seen.answer->to.domain, HANSE_LIT("b.test")));
  assert_true(fake_release(b->world, FAKE_PASS, HANSE_F_NONE));
  expect(b->home, "");
}

static void what_can_go_wrong_on_the_way(void **state) {
  struct bench *b = *state;
  char id[17];
  fake_judge(b->world, HANSE_SIDE_HOME, FAKE_REFUSE, HANSE_F_BLOCKED);
  receive(b->home, "say 1 alice@a.test bob@b.test hi\n");
  expect(b->home, "no 1 blocked\n");
  fake_judge(b->world, HANSE_SIDE_HOME, FAKE_PASS, HANSE_F_NONE);
  fake_target_link(b->outside, NULL, HANSE_SKIP); /* a link has to be opened first … */
  receive(b->home, "say 2 alice@a.test bob@b.test hi\n");
  fake_target_ready(b->outside, NULL, HANSE_F_CONNECT); /* … and cannot */
  expect(b->home, "no 2 connect\n");
  fake_target_link(b->outside, b->partner, HANSE_OK);
  receive(b->home, "say 3 alice@a.test bob@b.test hi\n");
  fake_advance(b->world, 11 * HANSE_SECOND);
  expect(b->home, "no 3 timeout\n");
  fake_judge_answers(b->world, FAKE_REFUSE, HANSE_F_POLICY);
  fake_take(b->partner);
  receive(b->home, "say 4 alice@a.test bob@b.test hi\n");
  expect_say(b->partner, id, " alice@a.test bob@b.test hi\n");
  answer(b->partner, "ok", id);
  expect(b->home, "no 4 policy\n");
  receive(b->home, "say 5 alice@a.test bob@b.test hi\n");
  fake_link_close(b->partner, HANSE_CLOSE_PEER);
  expect(b->home, "no 5 link-lost\n");
}

/* A second target takes what the first one cannot. */
static void the_next_target(void **state) {
  struct bench *b = *state;
  struct hanse_link *other = fake_link(b->world, HANSE_SIDE_PARTNER, "192.0.2.4:5061", "edge.a.test:5061");
  struct hanse_target *both[] = {b->outside, fake_target(b->world, "talk2.b.test:5061")};
  char id[17];
  fake_route(b->world, HANSE_SIDE_HOME, both, 2);
  fake_target_link(both[1], other, HANSE_OK);
  fake_link_full(b->partner, true);
  receive(b->home, "say 1 alice@a.test bob@b.test hi\n");
  expect_say(other, id, " alice@a.test bob@b.test hi\n");
  answer(other, "ok", id);
  expect(b->home, "ok 1\n");
}

/* ---- other networks ---- */

static void lifted(void **state) {
  struct bench *b = *state;
  const struct hanse_lifted *neutral = fake_lifted(b->world);
  fake_judge(b->world, HANSE_SIDE_PARTNER, FAKE_LIFT, HANSE_F_NONE);
  receive(b->partner, "say 1 bob@b.test alice@a.test a\\\\b\\nc\n");
  assert_int_equal(neutral->kind, HANSE_LIFTED_IM);
  assert_true(hanse_same(neutral->text, HANSE_LIT("a\\b\nc")));
  assert_true(hanse_same(neutral->from.user, HANSE_LIT("bob")));
  expect(b->partner, "");
  assert_true(fake_conclude(b->world, 202, HANSE_F_NONE));
  expect(b->partner, "ok 1\n");
  receive(b->partner, "say 2 bob@b.test alice@a.test hi\n");
  assert_true(fake_conclude(b->world, 404, HANSE_F_NONE));
  expect(b->partner, "no 2 not-delivered\n");
  receive(b->partner, "say 3 bob@b.test alice@a.test hi\n");
  assert_true(fake_conclude(b->world, 0, HANSE_F_CONNECT));
  expect(b->partner, "no 3 connect\n");
}

static struct hanse_lifted neutral(const char *to, const char *subject, const char *text) {
  struct hanse_lifted out = {.size = sizeof out, .kind = HANSE_LIFTED_IM, .hops = 5};
  out.from = (struct hanse_address_fact){HANSE_LIT("alice"), HANSE_LIT("a.test")};
  out.to = (struct hanse_address_fact){hanse_text(to), HANSE_LIT("b.test")};
  out.subject = hanse_text(subject);
  out.text = hanse_text(text);
  return out;
}

static void lowered(void **state) {
  struct bench *b = *state;
  struct hanse_lifted message = neutral("bob", "To the point", "two\r\nlines, one \\");
  char id[17];
  assert_int_equal(fake_lower(b->tiny, b->home, &message), HANSE_F_NONE);
  expect_say(b->partner, id, " alice@a.test bob@b.test [To the point] two\\nlines, one \\\\\n");
  assert_int_equal(fake_concluded(b->world), 0);
  answer(b->partner, "ok", id);
  assert_int_equal(fake_concluded(b->world), 200);
  expect(b->home, ""); /* that link speaks another protocol */
  assert_int_equal(fake_lower(b->tiny, b->home, &message), HANSE_F_NONE);
  fake_advance(b->world, 11 * HANSE_SECOND);
  assert_int_equal(fake_refused(b->world), HANSE_F_TIMEOUT);
}

static void what_has_no_word_here_is_refused(void **state) {
  struct bench *b = *state;
  struct hanse_lifted message = neutral("bob by name", "", "hi");
  assert_int_equal(fake_lower(b->tiny, b->home, &message), HANSE_F_FOREIGN_CONTENT);
  message = neutral("", "", "hi");
  assert_int_equal(fake_lower(b->tiny, b->home, &message), HANSE_F_FOREIGN_CONTENT);
  message = neutral("bob", "", "hi");
  message.kind = HANSE_LIFTED_NONE;
  assert_int_equal(fake_lower(b->tiny, b->home, &message), HANSE_F_FOREIGN);
  char large[9000] = "";
  memset(large, 'x', sizeof large - 1);
  message = neutral("bob", "", large);
  assert_int_equal(fake_lower(b->tiny, b->home, &message), HANSE_F_TOO_LARGE);
  expect(b->partner, "");
}

static void demand_notice(void *argument, struct hanse_message *message) {
  (void)argument;
  message->marks->set |= HANSE_MARK_NOTICE;
}

static void a_mark_is_never_left_out(void **state) {
  struct bench *b = *state;
  fake_look(b->world, demand_notice, NULL);
  receive(b->home, "say 1 alice@a.test bob@b.test hi\n");
  expect(b->home, "no 1 mark\n");
}

/* ---- life ---- */

/* A successor takes the links; an answer to what the old code wrote still finds it. */
static void a_reload(void **state) {
  struct bench *b = *state;
  char id[17];
  receive(b->home, "say 1 alice@a.test bob@b.test hi\n");
  expect_say(b->partner, id, " alice@a.test bob@b.test hi\n");
  assert_non_null(fake_load_text(b->world, fake_open(HANSE_PLUGIN_FILE), NULL, b->tiny));
  answer(b->partner, "ok", id);
  expect(b->home, "ok 1\n");
}

/* Whoever waits is told when it ends. */
static void the_end(void **state) {
  struct bench *b = *state;
  receive(b->home, "say 1 alice@a.test bob@b.test hi\n");
  fake_judge(b->world, HANSE_SIDE_HOME, FAKE_HOLD, HANSE_F_NONE);
  receive(b->home, "say 2 alice@a.test bob@b.test hi\n");
  fake_unload(b->tiny);
  assert_non_null(strstr(fake_output(b->home).at, "no 1 draining\n"));
  assert_non_null(strstr(fake_output(b->home).at, "no 2 draining\n"));
}

static void one_course(void *argument) {
  void *state = argument;
  struct bench *b;
  char id[17];
  b = calloc(1, sizeof *b);
  (void)state;
  b->world = fake_world_new();
  b->tiny = fake_load_text(b->world, fake_open(HANSE_PLUGIN_FILE), NULL, NULL);
  if (b->tiny) {
    struct hanse_lifted message = neutral("bob", "s", "hi");
    b->home = fake_link(b->world, HANSE_SIDE_HOME, "10.0.0.1:5061", "edge.a.test:5061");
    b->partner = fake_link(b->world, HANSE_SIDE_PARTNER, "192.0.2.2:5061", "edge.a.test:5061");
    b->outside = fake_target(b->world, "talk.b.test:5061");
    fake_target_link(b->outside, b->partner, HANSE_OK);
    fake_route(b->world, HANSE_SIDE_HOME, &b->outside, 1);
    receive(b->home, "say 1 alice@a.test bob@b.test hi\n");
    if (fake_output(b->partner).len) {
      memcpy(id, fake_output(b->partner).at + 4, 16);
      id[16] = '\0';
      answer(b->partner, "ok", id);
    }
    fake_lower(b->tiny, b->home, &message);
    fake_unload(b->tiny);
  }
  fake_world_free(b->world);
  free(b);
}

static void without_memory(void **state) {
  (void)state;
  assert_true(fake_each_allocation_fails(one_course, NULL) > 5);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(a_text_and_its_answer),
      TEST(in_pieces),
      TEST(a_bad_text_is_refused_and_the_link_goes_on),
      TEST(what_is_no_line_ends_the_link),
      TEST(a_forged_answer),
      TEST(an_answer_outlives_what_it_answers),
      TEST(what_can_go_wrong_on_the_way),
      TEST(the_next_target),
      TEST(lifted),
      TEST(lowered),
      TEST(what_has_no_word_here_is_refused),
      TEST(a_mark_is_never_left_out),
      TEST(a_reload),
      TEST(the_end),
      cmocka_unit_test(without_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
