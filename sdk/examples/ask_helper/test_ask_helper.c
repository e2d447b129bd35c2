/* The policy ask_helper on a host in memory; the program that it runs is a script, which ends when the test says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* wants the four above */

#include <errno.h>
#include <fcntl.h>
#include <hanse/fake_host.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct fixture {
  struct fake_world *world;
  char folder[40], program[60], fifo[60], settings[200];
};

static void write_program(struct fixture *f, const char *body) {
  FILE *file = fopen(f->program, "w");
  assert_non_null(file);
  fprintf(file, "#!/bin/sh\n%s\n", body);
  assert_int_equal(fchmod(fileno(file), 0755), 0);
  assert_int_equal(fclose(file), 0);
}

/* A program that waits until somebody writes with which status it shall end. */
static void write_slow_program(struct fixture *f) {
  char body[120];
  snprintf(body, sizeof body, "read status <%s; exit $status", f->fifo);
  write_program(f, body);
}

static void let_it_end(struct fixture *f, const char *status) {
  int fd = open(f->fifo, O_WRONLY); /* waits until the program reads */
  assert_true(fd >= 0 && write(fd, status, strlen(status)) > 0);
  close(fd);
}

static struct fake_instance *load(struct fixture *f, const char *more, struct fake_instance *predecessor) {
  snprintf(f->settings, sizeof f->settings, "program = \"%s\"; %s", f->program, more);
  return fake_load_text(f->world, fake_open(HANSE_PLUGIN_FILE), f->settings, predecessor);
}

static int setup(void **state) {
  struct fixture *f = *state = calloc(1, sizeof *f);
  strcpy(f->folder, "/tmp/ask_helper-XXXXXX");
  assert_non_null(mkdtemp(f->folder));
  snprintf(f->program, sizeof f->program, "%s/program", f->folder);
  snprintf(f->fifo, sizeof f->fifo, "%s/fifo", f->folder);
  assert_int_equal(mkfifo(f->fifo, 0600), 0);
  write_slow_program(f);
  f->world = fake_world_new();
  return 0;
}

static int teardown(void **state) {
  struct fixture *f = *state;
  while (fake_newest(f->world)) fake_unload(fake_newest(f->world));
  assert_string_equal(fake_left(f->world), "");
  fake_world_free(f->world);
  unlink(f->program);
  unlink(f->fifo);
  rmdir(f->folder);
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

/* What the message that waits for the token is told. */
static int verdict_of(struct fixture *f, hanse_token token) {
  enum hanse_failure failure;
  int verdict;
  return fake_resolved(f->world, token, &verdict, &failure) ? verdict : HANSE_DEFER;
}

#define FIRST "side=partner from=eve@b.example to=bob@a.example"

static void asks_and_passes_on_the_answer(void **state) {
  static const int wanted[] = {HANSE_ALLOW, HANSE_DENY, HANSE_ABSTAIN};
  struct fixture *f = *state;
  assert_non_null(load(f, "", NULL));
  for (int status = 0; status <= 2; status++) {
    char text[2] = {(char)('0' + status), '\0'};
    struct fake_judgement judgement = judge(f, FIRST, false);
    assert_int_equal(judgement.verdict, HANSE_DEFER);
    assert_int_equal(verdict_of(f, judgement.token), HANSE_DEFER);
    let_it_end(f, text);
    wait_for_thread(f->world);
    assert_int_equal(verdict_of(f, judgement.token), wanted[status]);
  }
  assert_int_equal(fake_counter(f->world, "asked"), 3);
  assert_int_equal(fake_counter(f->world, "unanswered"), 0);
}

static void tells_the_program_who_writes_to_whom(void **state) {
  struct fixture *f = *state;
  write_program(f, "[ \"$1 $2 $#\" = 'eve@b.example bob@a.example 2' ] || exit 1");
  assert_non_null(load(f, "", NULL));
  struct fake_judgement judgement = judge(f, FIRST, false);
  wait_for_thread(f->world);
  assert_int_equal(verdict_of(f, judgement.token), HANSE_ALLOW);
}

static void asks_nobody_when_it_is_dry_or_within_a_conversation(void **state) {
  struct fixture *f = *state;
  assert_non_null(load(f, "", NULL));
  assert_int_equal(judge(f, FIRST, true).verdict, HANSE_ABSTAIN);
  assert_int_equal(judge(f, FIRST " flags=in_dialog", false).verdict, HANSE_ABSTAIN);
  assert_int_equal(fake_counter(f->world, "asked"), 0);
}

static void kills_a_program_that_takes_too_long(void **state) {
  struct fixture *f = *state;
  struct fake_judgement told;
  assert_non_null(load(f, "timeout = \"20ms\";", NULL));
  struct fake_judgement judgement = judge(f, FIRST, false);
  wait_for_thread(f->world);
  assert_int_equal(fake_judged(f->world, judgement.token, &told), HANSE_DENY);
  assert_int_equal(told.why.failure, HANSE_F_ERROR); /* for which `on_failure` stands in */
  assert_int_equal(fake_counter(f->world, "unanswered"), 1);
  assert_non_null(fake_logged_with(f->world, "ask_helper.unanswered from=eve@b.example"));
  assert_int_equal(open(f->fifo, O_WRONLY | O_NONBLOCK), -1); /* nobody is left who would read */
}

static void lets_the_administrator_say_what_no_answer_means(void **state) {
  struct fixture *f = *state;
  fake_on_failure(f->world, HANSE_ALLOW);
  write_program(f, "exit 3");
  assert_non_null(load(f, "", NULL));
  struct fake_judgement judgement = judge(f, FIRST, false);
  wait_for_thread(f->world);
  assert_int_equal(verdict_of(f, judgement.token), HANSE_ALLOW);
  fake_deferred_max(f->world, 0);
  assert_int_equal(judge(f, FIRST, false).verdict, HANSE_ALLOW);
  assert_int_equal(fake_counter(f->world, "unanswered"), 2);
}

/* Nothing of it runs: what it asked for cannot come. */
static void fails_where_it_may_not_defer(void **state) {
  struct fixture *f = *state;
  fake_deferred_max(f->world, 0);
  assert_non_null(load(f, "", NULL));
  struct fake_judgement judgement = judge(f, FIRST, false);
  assert_int_equal(judgement.verdict, HANSE_DENY);
  assert_int_equal(judgement.why.failure, HANSE_F_DEFERRED);
  assert_int_equal(fake_counter(f->world, "asked"), 0);
}

/* Or whoever writes from one would have a vote by `on_failure`. */
static void denies_an_address_that_is_too_long(void **state) {
  struct fixture *f = *state;
  char facts[500], user[401] = "";
  memset(user, 'e', sizeof user - 1);
  snprintf(facts, sizeof facts, "side=partner from=%s@b.example to=bob@a.example", user);
  fake_on_failure(f->world, HANSE_ALLOW);
  assert_non_null(load(f, "", NULL));
  struct fake_judgement judgement = judge(f, facts, false);
  assert_int_equal(judgement.verdict, HANSE_DENY);
  assert_int_equal(judgement.why.failure, HANSE_F_POLICY);
  assert_non_null(strstr(judgement.why.text.at, "longer than"));
}

static void answers_what_does_not_fit_at_once(void **state) {
  struct fixture *f = *state;
  assert_non_null(load(f, "", NULL));
  for (int i = 0; i < 64; i++) assert_int_equal(judge(f, FIRST, false).verdict, HANSE_DEFER);
  struct fake_judgement judgement = judge(f, FIRST, false);
  assert_int_equal(judgement.verdict, HANSE_DENY);
  assert_int_equal(judgement.why.failure, HANSE_F_ERROR);
  assert_non_null(strstr(judgement.why.text.at, "too many questions"));
}

static void finishes_after_a_reload_what_it_had_begun(void **state) {
  struct fixture *f = *state;
  struct fake_instance *before = load(f, "", NULL);
  assert_non_null(before);
  struct fake_judgement judgement = judge(f, FIRST, false);
  assert_non_null(load(f, "timeout = \"11s\";", before));
  let_it_end(f, "1");
  wait_for_thread(f->world);
  assert_int_equal(verdict_of(f, judgement.token), HANSE_DENY);
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
    let_it_end(f, "1");
    wait_for_thread(f->world);
  }
  assert_int_equal(fake_late_answers(f->world), 3);
  assert_int_equal(fake_judged(f->world, twice, &judgement), HANSE_ALLOW); /* not what the helper says now */
}

static void stops_while_it_asks(void **state) {
  struct fixture *f = *state;
  struct fake_instance *instance = load(f, "timeout = \"60s\";", NULL);
  assert_non_null(instance);
  for (int i = 0; i < 3; i++) judge(f, FIRST, false);
  time_t began = time(NULL);
  fake_unload(instance);
  assert_in_range(time(NULL) - began, 0, 10);
  assert_int_equal(open(f->fifo, O_WRONLY | O_NONBLOCK), -1);
}

static void refuses_a_program_that_is_not_there(void **state) {
  struct fixture *f = *state;
  unlink(f->program);
  assert_null(load(f, "", NULL));
  assert_non_null(strstr(fake_problem(f->world), "is no absolute path of a program"));
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(asks_and_passes_on_the_answer),
      TEST(tells_the_program_who_writes_to_whom),
      TEST(asks_nobody_when_it_is_dry_or_within_a_conversation),
      TEST(kills_a_program_that_takes_too_long),
      TEST(lets_the_administrator_say_what_no_answer_means),
      TEST(fails_where_it_may_not_defer),
      TEST(denies_an_address_that_is_too_long),
      TEST(answers_what_does_not_fit_at_once),
      TEST(finishes_after_a_reload_what_it_had_begun),
      TEST(forgets_a_message_that_does_not_wait),
      TEST(stops_while_it_asks),
      TEST(refuses_a_program_that_is_not_there),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
