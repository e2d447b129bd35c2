/* The policy ask_socket on a host in memory; the test itself is the helper at the other end of the socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* wants the four above */

#include <hanse/fake_host.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

struct fixture {
  struct fake_world *world;
  char path[60];
  int listener, link;
};

static void come(struct fixture *f) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strcpy(address.sun_path, f->path);
  f->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal(bind(f->listener, (struct sockaddr *)&address, sizeof address), 0);
  assert_int_equal(listen(f->listener, 4), 0);
}

static void hang_up(struct fixture *f) {
  if (f->link >= 0) close(f->link);
  f->link = -1;
}

static void go_away(struct fixture *f) {
  hang_up(f);
  if (f->listener >= 0) close(f->listener);
  f->listener = -1;
  unlink(f->path);
}

static struct fake_instance *load(struct fixture *f, const char *more, struct fake_instance *predecessor) {
  char settings[200];
  snprintf(settings, sizeof settings, "path = \"%s\"; %s", f->path, more);
  return fake_load_text(f->world, fake_open(HANSE_PLUGIN_FILE), settings, predecessor);
}

static int setup(void **state) {
  static unsigned number;
  struct fixture *f = *state = calloc(1, sizeof *f);
  snprintf(f->path, sizeof f->path, "/tmp/ask_socket-%d-%u", (int)getpid(), number++);
  f->link = -1;
  come(f);
  f->world = fake_world_new();
  return 0;
}

static int teardown(void **state) {
  struct fixture *f = *state;
  while (fake_newest(f->world)) fake_unload(fake_newest(f->world));
  assert_string_equal(fake_left(f->world), "");
  fake_world_free(f->world);
  go_away(f);
  free(f);
  return 0;
}

static struct fake_judgement judge(struct fixture *f, const char *facts, bool dry) {
  struct fake_judgement judgement;
  fake_decide(fake_newest(f->world), HANSE_STAGE_ADMIT, fake_facts_text(f->world, facts), dry, &judgement);
  return judgement;
}

/* What the thread has done comes to the loop as a post; the test is the loop. */
static void wait_for_thread(struct fake_world *world) { assert_true(fake_await_posts(world, 10 * HANSE_SECOND) > 0); }

/* The question that comes, on a new connection or the one there is. Its id. */
static int read_question(struct fixture *f, const char *words) {
  char line[8192];
  size_t length = 0;
  if (f->link < 0) f->link = accept(f->listener, NULL, NULL);
  do {
    ssize_t n = recv(f->link, line + length, sizeof line - 1 - length, 0);
    if (n <= 0) fail_msg("no whole question came");
    length += (size_t)n;
  } while (line[length - 1] != '\n');
  line[length] = '\0';
  if (!strstr(line, words)) fail_msg("%s lacks %s", line, words);
  return atoi(strstr(line, "\"id\":") + 5);
}

static void say(struct fixture *f, const char *text) {
  assert_int_equal(send(f->link, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static void reply(struct fixture *f, int id, const char *rest) {
  char line[200];
  snprintf(line, sizeof line, "{\"id\": %d, %s}\n", id, rest);
  say(f, line);
}

static int verdict_of(struct fixture *f, hanse_token token) {
  enum hanse_failure failure;
  int verdict;
  return fake_resolved(f->world, token, &verdict, &failure) ? verdict : HANSE_DEFER;
}

#define FIRST "side=partner from=eve@b.example to=bob@a.example text=hello"

static void asks_and_passes_on_the_answer(void **state) {
  static const char *const said[] = {"\"verdict\": \"allow\"", "\"verdict\": \"deny\", \"reason\": \"no\"",
                                     "\"verdict\": \"abstain\""};
  static const int wanted[] = {HANSE_ALLOW, HANSE_DENY, HANSE_ABSTAIN};
  struct fixture *f = *state;
  assert_non_null(load(f, "", NULL));
  for (int i = 0; i < 3; i++) { /* all on one connection */
    struct fake_judgement judgement = judge(f, FIRST, false);
    assert_int_equal(judgement.verdict, HANSE_DEFER);
    int id = read_question(f,
                           "\"direction\":\"in\",\"from\":\"eve@b.example\",\"to\":\"bob@a.example\","
                           "\"text\":\"hello\"}\n");
    assert_int_equal(verdict_of(f, judgement.token), HANSE_DEFER);
    reply(f, id, said[i]);
    wait_for_thread(f->world);
    assert_int_equal(verdict_of(f, judgement.token), wanted[i]);
  }
  assert_int_equal(judge(f, FIRST, true).verdict, HANSE_ABSTAIN); /* dry: nobody is asked */
  assert_int_equal(fake_counter(f->world, "asked"), 3);
  assert_int_equal(fake_counter(f->world, "unanswered"), 0);
}

static void says_once_that_the_helper_is_away_and_once_that_it_is_back(void **state) {
  struct fixture *f = *state;
  fake_on_failure(f->world, HANSE_ALLOW);
  assert_non_null(load(f, "", NULL));
  go_away(f);
  for (int i = 0; i < 3; i++) {
    struct fake_judgement judgement = judge(f, FIRST, false);
    assert_int_equal(judgement.verdict, HANSE_DEFER);
    wait_for_thread(f->world);
    assert_int_equal(verdict_of(f, judgement.token), HANSE_ALLOW);
    assert_int_equal(fake_logged_with(f->world, "ask_socket.away") != NULL, i == 0);
    fake_forget_log(f->world);
  }
  assert_int_equal(fake_counter(f->world, "unanswered"), 3);
  come(f);
  struct fake_judgement judgement = judge(f, FIRST, false);
  reply(f, read_question(f, "hello"), "\"verdict\": \"deny\"");
  wait_for_thread(f->world);
  assert_int_equal(verdict_of(f, judgement.token), HANSE_DENY);
  assert_non_null(fake_logged_with(f->world, "ask_socket.back"));
}

static void asks_again_when_the_helper_was_started_anew(void **state) {
  struct fixture *f = *state;
  assert_non_null(load(f, "", NULL));
  for (int i = 0; i < 2; i++) {
    struct fake_judgement judgement = judge(f, FIRST, false);
    reply(f, read_question(f, "hello"), "\"verdict\": \"allow\"");
    wait_for_thread(f->world);
    assert_int_equal(verdict_of(f, judgement.token), HANSE_ALLOW);
    hang_up(f);
  }
  assert_int_equal(fake_counter(f->world, "unanswered"), 0);
}

/* Whatever comes back that is no answer: the call has failed, and a new connection. */
static void takes_no_other_line_for_an_answer(void **state) {
  static const char *const lines[] = {"what?\n",
                                      "\n",
                                      "[]\n",
                                      "{\"id\": 1}\n",
                                      "{\"id\": 999, \"verdict\": \"allow\"}\n",
                                      "{\"id\": \"1\", \"verdict\": \"allow\"}\n",
                                      "{\"id\": 1, \"verdict\": \"maybe\"}\n",
                                      "{\"id\": 1, \"verdict\": \"allow\", \"reason\": 7}\n"};
  struct fixture *f = *state;
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    struct fake_instance *instance = load(f, "", NULL);
    struct fake_judgement judgement = judge(f, FIRST, false);
    assert_int_equal(read_question(f, "hello"), 1);
    say(f, lines[i]);
    wait_for_thread(f->world);
    struct fake_judgement told;
    if (fake_judged(f->world, judgement.token, &told) != HANSE_DENY || told.why.failure != HANSE_F_ERROR)
      fail_msg("taken for an answer: %s", lines[i]);
    assert_int_equal(recv(f->link, (char[1]){0}, 1, 0), 0); /* it has hung up */
    hang_up(f);
    fake_unload(instance);
  }
}

static void reads_no_more_than_an_answer_may_have(void **state) {
  struct fixture *f = *state;
  char much[2001];
  memset(much, ' ', sizeof much - 1);
  much[sizeof much - 1] = '\0';
  assert_non_null(load(f, "timeout = \"10s\";", NULL));
  struct fake_judgement judgement = judge(f, FIRST, false);
  read_question(f, "hello");
  say(f, much);
  wait_for_thread(f->world);
  assert_int_equal(verdict_of(f, judgement.token), HANSE_DENY);
}

static void does_not_wait_longer_than_it_may(void **state) {
  struct fixture *f = *state;
  assert_non_null(load(f, "timeout = \"20ms\";", NULL));
  struct fake_judgement judgement = judge(f, FIRST, false);
  read_question(f, "hello");
  wait_for_thread(f->world);
  assert_int_equal(verdict_of(f, judgement.token), HANSE_DENY);
}

static void shows_the_beginning_of_a_long_text_and_cuts_no_character(void **state) {
  struct fixture *f = *state;
  struct hanse_facts facts = *fake_facts_text(f->world, FIRST);
  char text[6001] = "x";
  for (size_t i = 1; i + 1 < sizeof text; i += 2) memcpy(text + i, "\xc3\xa4", 2);
  facts.text = hanse_slice(text, 5999);
  assert_non_null(load(f, "", NULL));
  struct fake_judgement judgement;
  fake_decide(fake_newest(f->world), HANSE_STAGE_ADMIT, &facts, false, &judgement);
  reply(f, read_question(f, "\xc3\xa4\"}"), "\"verdict\": \"allow\"");
  wait_for_thread(f->world);
  assert_int_equal(verdict_of(f, judgement.token), HANSE_ALLOW);
}

static void finishes_after_a_reload_what_it_had_begun(void **state) {
  struct fixture *f = *state;
  struct fake_instance *before = load(f, "timeout = \"10s\";", NULL);
  struct fake_judgement judgement = judge(f, FIRST, false);
  int id = read_question(f, "hello");
  assert_non_null(load(f, "timeout = \"11s\";", before));
  reply(f, id, "\"verdict\": \"allow\"");
  wait_for_thread(f->world);
  assert_int_equal(verdict_of(f, judgement.token), HANSE_ALLOW);
  fake_unload(before);
}

static void forgets_a_message_that_does_not_wait(void **state) {
  struct fixture *f = *state;
  struct fake_judgement judgement;
  assert_non_null(load(f, "timeout = \"10s\";", NULL));
  hanse_token gone = judge(f, FIRST, false).token, late = judge(f, FIRST, false).token;
  hanse_token twice = judge(f, FIRST, false).token;
  assert_true(fake_withdraw(f->world, gone));
  assert_true(fake_time_out(f->world, late));
  assert_int_equal(fake_answer(f->world, twice, HANSE_ALLOW, HANSE_F_NONE), HANSE_OK);
  for (int i = 0; i < 3; i++) {
    reply(f, read_question(f, "hello"), "\"verdict\": \"deny\"");
    wait_for_thread(f->world);
  }
  assert_int_equal(fake_late_answers(f->world), 3);
  assert_int_equal(fake_judged(f->world, twice, &judgement), HANSE_ALLOW); /* not what the helper says now */
}

static void stops_while_it_asks(void **state) {
  struct fixture *f = *state;
  struct fake_instance *instance = load(f, "timeout = \"60s\";", NULL);
  for (int i = 0; i < 3; i++) judge(f, FIRST, false);
  read_question(f, "hello");
  time_t began = time(NULL);
  fake_unload(instance);
  assert_in_range(time(NULL) - began, 0, 10);
}

/* What the sender chose is no failure of the helper; what there is no room for is. */
static void tells_what_cannot_be_asked(void **state) {
  struct fixture *f = *state;
  char user[401] = "";
  memset(user, 'e', sizeof user - 1);
  const struct hanse_slice users[] = {hanse_text(user), HANSE_LIT("e\xffve")};
  struct hanse_facts facts = *fake_facts_text(f->world, FIRST);
  struct fake_judgement judgement;
  assert_non_null(load(f, "", NULL));
  fake_on_failure(f->world, HANSE_ALLOW);
  for (int i = 0; i < 2; i++) {
    facts.from.user = users[i];
    fake_decide(fake_newest(f->world), HANSE_STAGE_ADMIT, &facts, false, &judgement);
    assert_int_equal(judgement.verdict, HANSE_DENY);
    assert_int_equal(judgement.why.failure, HANSE_F_POLICY);
  }
  assert_int_equal(fake_counter(f->world, "unanswered"), 0);
  fake_on_failure(f->world, HANSE_DENY);
  for (int i = 0; i < 256; i++) assert_int_equal(judge(f, FIRST, false).verdict, HANSE_DEFER);
  assert_int_equal(judge(f, FIRST, false).why.failure, HANSE_F_ERROR);
  fake_deferred_max(f->world, 0);
  assert_int_equal(judge(f, FIRST, false).why.failure, HANSE_F_DEFERRED);
  assert_int_equal(fake_counter(f->world, "unanswered"), 2);
}

static void load_and_ask(void *argument) {
  struct fixture f = {.world = fake_world_new()};
  strcpy(f.path, argument);
  if (load(&f, "", NULL)) judge(&f, FIRST, false); /* nobody answers */
  fake_world_free(f.world);
}

static void survives_without_memory(void **state) {
  struct fixture *f = *state;
#if defined(__SANITIZE_ADDRESS__)
  skip(); /* a sanitizer needs memory itself where a thread begins, and ends without it */
#endif
  go_away(f);
  assert_true(fake_each_allocation_fails(load_and_ask, f->path) > 0);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(asks_and_passes_on_the_answer),
      TEST(says_once_that_the_helper_is_away_and_once_that_it_is_back),
      TEST(asks_again_when_the_helper_was_started_anew),
      TEST(takes_no_other_line_for_an_answer),
      TEST(reads_no_more_than_an_answer_may_have),
      TEST(does_not_wait_longer_than_it_may),
      TEST(shows_the_beginning_of_a_long_text_and_cuts_no_character),
      TEST(finishes_after_a_reload_what_it_had_begun),
      TEST(forgets_a_message_that_does_not_wait),
      TEST(stops_while_it_asks),
      TEST(tells_what_cannot_be_asked),
      TEST(survives_without_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
