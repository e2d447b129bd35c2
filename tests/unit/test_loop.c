#include "router/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* wants those before it */

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "router/clock.h"

static char said[256];
static void say(char c) {
  size_t n = strlen(said);
  if (n + 1 < sizeof said) said[n] = c;
}

static int setup(void **state) {
  memset(said, 0, sizeof said);
  *state = loop_new();
  return *state ? 0 : -1;
}
static int teardown(void **state) {
  loop_free(*state);
  return 0;
}

struct task {
  struct loop_task task;
  struct loop *loop;
  char letter;
  int again;
  struct task *removes;
};
static void run_task(struct loop_task *at) {
  struct task *task = (struct task *)at;
  say(task->letter);
  if (task->again-- > 0) loop_task_add(task->loop, at);
  if (task->removes) loop_task_remove(task->loop, &task->removes->task);
}
static struct task task_of(struct loop *loop, char letter) {
  return (struct task){{.run = run_task}, loop, letter, 0, NULL};
}

static void tasks_run_once_in_order(void **state) {
  struct loop *loop = *state;
  struct task a = task_of(loop, 'a'), b = task_of(loop, 'b'), c = task_of(loop, 'c');
  loop_task_add(loop, &a.task);
  loop_task_add(loop, &b.task);
  loop_task_add(loop, &a.task);
  loop_task_add(loop, &c.task);
  loop_task_remove(loop, &b.task);
  loop_task_remove(loop, &b.task);
  loop_turn(loop, true);
  assert_string_equal(said, "ac");
  loop_turn(loop, false);
  assert_string_equal(said, "ac");
}

static void a_task_added_from_a_task_waits_a_turn(void **state) {
  struct loop *loop = *state;
  struct task a = task_of(loop, 'a'), b = task_of(loop, 'b');
  a.again = 2;
  loop_task_add(loop, &a.task);
  loop_task_add(loop, &b.task);
  loop_turn(loop, true);
  assert_string_equal(said, "ab");
  loop_turn(loop, true); /* would sleep for ever if a pending task did not keep it awake */
  assert_string_equal(said, "aba");
  loop_turn(loop, true);
  assert_string_equal(said, "abaa");
}

static void a_task_may_remove_one_of_the_same_turn(void **state) {
  struct loop *loop = *state;
  struct task a = task_of(loop, 'a'), b = task_of(loop, 'b'), c = task_of(loop, 'c');
  a.removes = &b;
  loop_task_add(loop, &a.task);
  loop_task_add(loop, &b.task);
  loop_task_add(loop, &c.task);
  loop_turn(loop, false);
  assert_string_equal(said, "ac");
}

struct hook {
  struct loop_hook hook;
  struct loop *loop;
  char letter;
  struct hook *removes;
  struct loop_task *adds;
};
static void run_hook(struct loop_hook *at) {
  struct hook *hook = (struct hook *)at;
  say(hook->letter);
  if (hook->removes) loop_hook_remove(hook->loop, &hook->removes->hook);
  if (hook->adds) loop_task_add(hook->loop, hook->adds);
}
static struct hook hook_of(struct loop *loop, char letter) {
  return (struct hook){{.run = run_hook}, loop, letter, NULL, NULL};
}

static void hooks_run_each_turn_flush_before_reap(void **state) {
  struct loop *loop = *state;
  struct hook r = hook_of(loop, 'r'), f = hook_of(loop, 'f'), g = hook_of(loop, 'g');
  loop_hook_add(loop, LOOP_REAP, &r.hook);
  loop_hook_add(loop, LOOP_FLUSH, &f.hook);
  loop_hook_add(loop, LOOP_FLUSH, &g.hook);
  loop_turn(loop, false);
  loop_turn(loop, false);
  assert_string_equal(said, "fgrfgr");
}

static void hooks_may_remove_themselves_and_the_next(void **state) {
  struct loop *loop = *state;
  struct hook a = hook_of(loop, 'a'), b = hook_of(loop, 'b'), c = hook_of(loop, 'c');
  loop_hook_add(loop, LOOP_FLUSH, &a.hook);
  loop_hook_add(loop, LOOP_FLUSH, &b.hook);
  loop_hook_add(loop, LOOP_FLUSH, &c.hook);
  a.removes = &b;
  c.removes = &c;
  loop_turn(loop, false);
  loop_turn(loop, false);
  assert_string_equal(said, "aca");
}

static void work_found_at_the_reap_point_keeps_it_awake(void **state) {
  struct loop *loop = *state;
  struct task t = task_of(loop, 't');
  struct hook r = hook_of(loop, 'r');
  r.adds = &t.task;
  loop_hook_add(loop, LOOP_REAP, &r.hook);
  loop_turn(loop, true);
  assert_string_equal(said, "rt");
  r.adds = NULL;
  loop_again(loop);
  loop_turn(loop, true);
  assert_string_equal(said, "rtr");
}

struct poster {
  struct loop *loop;
  atomic_int ran, refused;
  int posts;
  bool elsewhere;
};
static void posted(void *argument) {
  struct poster *poster = argument;
  assert_true(loop_here(poster->loop));
  if (++poster->ran == poster->posts) loop_stop(poster->loop);
}
static void *post_many(void *argument) {
  struct poster *poster = argument;
  poster->elsewhere = !loop_here(poster->loop);
  for (int i = 0; i < poster->posts; i++)
    while (loop_post(poster->loop, posted, poster) != HANSE_OK) usleep(100);
  return NULL;
}

static void posts_from_another_thread_run_here(void **state) {
  struct poster poster = {.loop = *state, .posts = 100000};
  pthread_t thread;
  assert_int_equal(pthread_create(&thread, NULL, post_many, &poster), 0);
  loop_run(*state);
  pthread_join(thread, NULL);
  assert_true(poster.elsewhere);
  assert_int_equal(poster.ran, 100000);
}

static void posts_are_bounded(void **state) {
  struct poster poster = {.loop = *state, .posts = INT32_MAX};
  int taken = 0;
  while (taken < 100000 && loop_post(*state, posted, &poster) == HANSE_OK) taken++;
  assert_int_equal(taken, 65536);
  loop_turn(*state, true);
  assert_int_equal(poster.ran, 65536);
  assert_int_equal(loop_post(*state, posted, &poster), HANSE_OK); /* and is freed, not run, with the loop */
}

static hanse_time fake_now;
static hanse_time fake_clock(void) { return fake_now; }
static void take_time(struct loop_task *task) {
  (void)task;
  fake_now += 1000;
}

static void turns_are_measured_without_waiting(void **state) {
  struct loop *loop = *state;
  fake_now = 5 * HANSE_SECOND;
  loop_clock_source(loop, fake_clock);
  struct loop_task task = {.run = take_time};
  loop_task_add(loop, &task);
  loop_turn(loop, false);
  loop_turn(loop, false); /* ends the first turn: 1000 us, so below 2^10 */
  assert_int_equal(loop_histogram(loop)[10], 1);
  assert_int_equal(loop_last_turn(loop), 1000);
  hanse_time ran;
  assert_int_equal(loop_longest_turn_taken(loop, &ran), 1000);
  assert_int_equal(ran, 0); /* nobody looked closely */
  loop_turn(loop, false);
  assert_int_equal(loop_longest_turn_taken(loop, &ran), 0);
  assert_int_equal(loop_longest_turn(loop), 1000);
  assert_int_equal(loop_histogram(loop)[0], 1); /* the second took nothing */
}

static void the_clock_stands_still_within_a_turn(void **state) {
  struct loop *loop = *state;
  fake_now = 5 * HANSE_SECOND;
  loop_clock_source(loop, fake_clock);
  const hanse_time *now = loop_clock(loop);
  assert_int_equal(*now, 5 * HANSE_SECOND);
  fake_now += 7;
  assert_int_equal(*now, 5 * HANSE_SECOND);
  loop_turn(loop, false);
  assert_int_equal(*now, 5 * HANSE_SECOND + 7);
  fake_now += 7;
  loop_clock_update(loop);
  assert_int_equal(*now, 5 * HANSE_SECOND + 14);
}

static void sleep_task(struct loop_task *task) {
  (void)task;
  usleep(20000);
}
static void work_task(struct loop_task *task) {
  (void)task;
  for (hanse_time end = clock_read_thread() + 5000; clock_read_thread() < end;) {
  }
}

/* A turn that had to wait is long, but did not run for long. */
static void a_close_look_tells_work_from_waiting(void **state) {
  struct loop *loop = *state;
  struct loop_task sleeps = {.run = sleep_task}, works = {.run = work_task};
  struct {
    struct loop_task *task;
    bool closely;
    hanse_time from, to;
  } rows[] = {{&works, false, 0, 0}, {&sleeps, true, 0, 4999}, {&works, true, 5000, 19999}, {&works, false, 0, 0}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    hanse_time ran = -1;
    loop_look_closely(loop, rows[i].closely);
    loop_task_add(loop, rows[i].task);
    loop_turn(loop, false);
    loop_look_closely(loop, false);
    loop_turn(loop, false);
    assert_true(loop_longest_turn_taken(loop, &ran) >= (rows[i].task == &sleeps ? 20000 : 5000));
    assert_in_range(ran, rows[i].from, rows[i].to);
  }
}

static void on_turn(void) { say('t'); }
static void on_idle(void) { say('i'); }
static void ring(void *argument) { (void)argument; }

static void the_watcher_is_told(void **state) {
  struct loop *loop = *state;
  loop_watch(loop, on_turn, on_idle);
  loop_turn(loop, false);
  loop_post(loop, ring, NULL);
  loop_turn(loop, true);
  assert_string_equal(said, "tit");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(tasks_run_once_in_order, setup, teardown),
      cmocka_unit_test_setup_teardown(a_task_added_from_a_task_waits_a_turn, setup, teardown),
      cmocka_unit_test_setup_teardown(a_task_may_remove_one_of_the_same_turn, setup, teardown),
      cmocka_unit_test_setup_teardown(hooks_run_each_turn_flush_before_reap, setup, teardown),
      cmocka_unit_test_setup_teardown(hooks_may_remove_themselves_and_the_next, setup, teardown),
      cmocka_unit_test_setup_teardown(work_found_at_the_reap_point_keeps_it_awake, setup, teardown),
      cmocka_unit_test_setup_teardown(posts_from_another_thread_run_here, setup, teardown),
      cmocka_unit_test_setup_teardown(posts_are_bounded, setup, teardown),
      cmocka_unit_test_setup_teardown(turns_are_measured_without_waiting, setup, teardown),
      cmocka_unit_test_setup_teardown(the_clock_stands_still_within_a_turn, setup, teardown),
      cmocka_unit_test_setup_teardown(a_close_look_tells_work_from_waiting, setup, teardown),
      cmocka_unit_test_setup_teardown(the_watcher_is_told, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
