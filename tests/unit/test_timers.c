#include "router/timers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* wants those before it */

#include "router/clock.h"

static hanse_time fake_now;
static hanse_time fake_clock(void) { return fake_now; }

struct bench {
  struct loop *loop;
  struct timers *timers;
  char fired[64]; /* a letter for each, in order */
  int count;
};

struct mine { /* a timer with its letter */
  struct hanse_timer timer;
  struct bench *bench;
  char letter;
  struct hanse_timers *again; /* started again in this list when it fires */
  struct mine *stops;         /* stopped when it fires */
  const void *buries;         /* this owner goes when it fires */
};

static void fire(void *self, struct hanse_timer *timer) {
  struct mine *mine = (struct mine *)timer;
  struct bench *bench = mine->bench;
  (void)self;
  assert_null(timer->list);
  bench->fired[bench->count++ % 63] = mine->letter;
  if (mine->again) timers_start(mine->again, timer, fire);
  if (mine->stops) timers_stop(&mine->stops->timer);
  if (mine->buries) timers_owner_gone(bench->timers, mine->buries);
}

static int setup(void **state) {
  struct bench *bench = test_calloc(1, sizeof *bench);
  fake_now = 1000 * HANSE_SECOND;
  bench->loop = loop_new();
  loop_clock_source(bench->loop, fake_clock);
  bench->timers = timers_new(bench->loop);
  *state = bench;
  return bench->loop && bench->timers ? 0 : -1;
}

static int teardown(void **state) {
  struct bench *bench = *state;
  timers_free(bench->timers);
  loop_free(bench->loop);
  test_free(bench);
  return 0;
}

static void advance(struct bench *bench, hanse_time by) {
  fake_now += by;
  loop_clock_update(bench->loop);
  timers_due(bench->timers);
}

static struct mine letter(struct bench *bench, char c) { return (struct mine){.bench = bench, .letter = c}; }

static void one_list_per_owner_and_length(void **state) {
  struct bench *bench = *state;
  int a, b;
  struct hanse_timers *list = timers_list(bench->timers, &a, HANSE_SECOND, NULL);
  assert_non_null(list);
  assert_ptr_equal(timers_list(bench->timers, &a, HANSE_SECOND, NULL), list);
  assert_ptr_not_equal(timers_list(bench->timers, &a, 2 * HANSE_SECOND, NULL), list);
  assert_ptr_not_equal(timers_list(bench->timers, &b, HANSE_SECOND, NULL), list);
}

static void they_fire_in_time_and_order(void **state) {
  struct bench *bench = *state;
  struct hanse_timers *brief = timers_list(bench->timers, bench, 500 * HANSE_MSEC, NULL);
  struct hanse_timers *lengthy = timers_list(bench->timers, bench, 4 * HANSE_SECOND, NULL);
  struct mine a = letter(bench, 'a'), b = letter(bench, 'b'), c = letter(bench, 'c');
  timers_start(lengthy, &a.timer, fire);
  timers_start(brief, &b.timer, fire);
  advance(bench, 100 * HANSE_MSEC);
  timers_start(brief, &c.timer, fire);
  assert_int_equal(timers_running(bench->timers, bench), 3);
  advance(bench, 399 * HANSE_MSEC);
  assert_string_equal(bench->fired, "");
  advance(bench, 1 * HANSE_MSEC);
  assert_string_equal(bench->fired, "b");
  advance(bench, 100 * HANSE_MSEC);
  assert_string_equal(bench->fired, "bc");
  advance(bench, 3 * HANSE_SECOND);
  assert_string_equal(bench->fired, "bc");
  advance(bench, 400 * HANSE_MSEC);
  assert_string_equal(bench->fired, "bca");
  assert_int_equal(timers_running(bench->timers, bench), 0);
}

static void started_again_is_later(void **state) {
  struct bench *bench = *state;
  struct hanse_timers *list = timers_list(bench->timers, bench, HANSE_SECOND, NULL);
  struct mine a = letter(bench, 'a'), b = letter(bench, 'b');
  timers_start(list, &a.timer, fire);
  timers_start(list, &b.timer, fire);
  advance(bench, 600 * HANSE_MSEC);
  timers_start(list, &a.timer, fire);
  assert_int_equal(timers_running(bench->timers, bench), 2);
  advance(bench, 600 * HANSE_MSEC);
  assert_string_equal(bench->fired, "b");
  advance(bench, 400 * HANSE_MSEC);
  assert_string_equal(bench->fired, "ba");
}

static void stopped_does_not_fire(void **state) {
  struct bench *bench = *state;
  struct hanse_timers *list = timers_list(bench->timers, bench, HANSE_SECOND, NULL);
  struct mine a = letter(bench, 'a'), b = letter(bench, 'b');
  timers_start(list, &a.timer, fire);
  timers_start(list, &b.timer, fire);
  timers_stop(&a.timer);
  timers_stop(&a.timer);
  advance(bench, HANSE_SECOND);
  assert_string_equal(bench->fired, "b");
}

static void one_that_fires_may_stop_the_next(void **state) {
  struct bench *bench = *state;
  struct hanse_timers *list = timers_list(bench->timers, bench, HANSE_SECOND, NULL);
  struct mine a = letter(bench, 'a'), b = letter(bench, 'b'), c = letter(bench, 'c');
  a.stops = &b;
  timers_start(list, &a.timer, fire);
  timers_start(list, &b.timer, fire);
  timers_start(list, &c.timer, fire);
  advance(bench, HANSE_SECOND);
  assert_string_equal(bench->fired, "ac");
}

static void one_of_length_nothing_does_not_hold_the_turn(void **state) {
  struct bench *bench = *state;
  struct hanse_timers *list = timers_list(bench->timers, bench, 0, NULL);
  struct mine a = letter(bench, 'a');
  a.again = list;
  timers_start(list, &a.timer, fire);
  timers_due(bench->timers);
  assert_int_equal(bench->count, TIMERS_A_TURN);
  timers_stop(&a.timer);
}

static void a_storm_is_spread_over_turns(void **state) {
  struct bench *bench = *state;
  enum { MANY = 3 * TIMERS_A_TURN };
  struct hanse_timers *list = timers_list(bench->timers, bench, HANSE_SECOND, NULL);
  struct hanse_timers *other = timers_list(bench->timers, bench, 2 * HANSE_SECOND, NULL);
  struct mine *many = test_calloc(MANY, sizeof *many);
  struct mine z = letter(bench, 'z');
  for (int i = 0; i < MANY; i++) {
    many[i] = letter(bench, 'm');
    timers_start(list, &many[i].timer, fire);
  }
  timers_start(other, &z.timer, fire);
  advance(bench, 60 * HANSE_SECOND);
  assert_int_equal(bench->count, TIMERS_A_TURN + 1); /* the other list is not held up */
  for (int i = 0; i < 10 && bench->count < MANY + 1; i++) loop_turn(bench->loop, true); /* and it does not sleep */
  assert_int_equal(bench->count, MANY + 1);
  test_free(many);
}

static void owners_go_with_their_lists(void **state) {
  struct bench *bench = *state;
  int owner_a, owner_b;
  struct mine a = letter(bench, 'a'), b = letter(bench, 'b'), c = letter(bench, 'c');
  timers_start(timers_list(bench->timers, &owner_a, HANSE_SECOND, NULL), &a.timer, fire);
  timers_start(timers_list(bench->timers, &owner_b, HANSE_SECOND, NULL), &b.timer, fire);
  timers_start(timers_list(bench->timers, &owner_a, 2 * HANSE_SECOND, NULL), &c.timer, fire);
  assert_int_equal(timers_running(bench->timers, &owner_a), 2);
  timers_owner_gone(bench->timers, &owner_a);
  assert_null(a.timer.list);
  assert_null(c.timer.list);
  assert_int_equal(timers_running(bench->timers, &owner_a), 0);
  advance(bench, 10 * HANSE_SECOND);
  assert_string_equal(bench->fired, "b");
}

static void an_owner_may_go_while_its_timers_fire(void **state) {
  struct bench *bench = *state;
  int owner_a, owner_b;
  struct mine a = letter(bench, 'a'), b = letter(bench, 'b'), c = letter(bench, 'c'), d = letter(bench, 'd');
  a.buries = &owner_a;
  timers_start(timers_list(bench->timers, &owner_a, HANSE_SECOND, NULL), &a.timer, fire);
  timers_start(timers_list(bench->timers, &owner_a, HANSE_SECOND, NULL), &b.timer, fire);
  timers_start(timers_list(bench->timers, &owner_a, 2 * HANSE_SECOND, NULL), &c.timer, fire);
  timers_start(timers_list(bench->timers, &owner_b, HANSE_SECOND, NULL), &d.timer, fire);
  advance(bench, 10 * HANSE_SECOND);
  assert_string_equal(bench->fired, "ad");
}

static int entered;
static void fire_in(void *owner, struct hanse_timer *timer) {
  entered++;
  timer->fire(owner, timer);
}

static void fire_in_stands_around_each(void **state) {
  struct bench *bench = *state;
  entered = 0;
  struct hanse_timers *list = timers_list(bench->timers, bench, HANSE_SECOND, fire_in);
  struct mine a = letter(bench, 'a'), b = letter(bench, 'b');
  timers_start(list, &a.timer, fire);
  timers_start(list, &b.timer, fire);
  advance(bench, HANSE_SECOND);
  assert_int_equal(entered, 2);
  assert_string_equal(bench->fired, "ab");
}

/* With the real clock: the loop sleeps until the earliest, not longer and not for nothing. */
static void the_loop_wakes_for_them(void **state) {
  struct bench *bench = *state;
  loop_clock_source(bench->loop, clock_read);
  struct hanse_timers *far = timers_list(bench->timers, bench, 60 * HANSE_SECOND, NULL);
  struct hanse_timers *near = timers_list(bench->timers, bench, 20 * HANSE_MSEC, NULL);
  struct mine a = letter(bench, 'a'), b = letter(bench, 'b');
  timers_start(far, &a.timer, fire);
  timers_start(near, &b.timer, fire);
  hanse_time begin = clock_read();
  int turns = 0;
  while (bench->count == 0) {
    loop_turn(bench->loop, true);
    turns++;
  }
  assert_true(clock_read() - begin >= 20 * HANSE_MSEC);
  assert_true(turns <= 5);
  assert_string_equal(bench->fired, "b");
  timers_stop(&a.timer);
}

/* A process that was stopped (H8): what is due fires when the input of meanwhile could be read, a moment later; how
   long it was stopped makes no difference to that. */
static void time_that_nobody_saw_does_not_count(void **state) {
  struct bench *bench = *state;
  struct hanse_timers *list = timers_list(bench->timers, bench, 10 * HANSE_SECOND, NULL);
  struct mine a = letter(bench, 'a');
  timers_start(list, &a.timer, fire);
  fake_now += 4 * HANSE_SECOND;
  loop_turn(bench->loop, false);
  hanse_time before = *loop_clock(bench->loop);
  fake_now += 30 * HANSE_SECOND;
  loop_turn(bench->loop, false);
  assert_int_equal(*loop_clock(bench->loop) - before, 6 * HANSE_SECOND - LOOP_LATE);
  timers_due(bench->timers);
  assert_int_equal(bench->count, 0);
  advance(bench, LOOP_LATE - 1);
  assert_int_equal(bench->count, 0);
  advance(bench, 1);
  assert_string_equal(bench->fired, "a");
}

static void a_turn_that_is_a_little_late_counts(void **state) {
  struct bench *bench = *state;
  struct hanse_timers *list = timers_list(bench->timers, bench, HANSE_SECOND, NULL);
  struct mine a = letter(bench, 'a');
  timers_start(list, &a.timer, fire);
  fake_now += HANSE_SECOND + LOOP_LATE - 1;
  loop_turn(bench->loop, false);
  timers_due(bench->timers);
  assert_string_equal(bench->fired, "a");
}

/* Who sleeps long because there is nothing to do does not stand still. */
static void a_long_sleep_counts(void **state) {
  struct bench *bench = *state;
  struct hanse_timers *list = timers_list(bench->timers, bench, 600 * HANSE_SECOND, NULL);
  struct mine a = letter(bench, 'a');
  hanse_time before = *loop_clock(bench->loop);
  timers_start(list, &a.timer, fire);
  fake_now += 500 * HANSE_SECOND;
  loop_turn(bench->loop, false);
  assert_int_equal(*loop_clock(bench->loop) - before, 500 * HANSE_SECOND);
  timers_stop(&a.timer);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(one_list_per_owner_and_length, setup, teardown),
      cmocka_unit_test_setup_teardown(they_fire_in_time_and_order, setup, teardown),
      cmocka_unit_test_setup_teardown(started_again_is_later, setup, teardown),
      cmocka_unit_test_setup_teardown(stopped_does_not_fire, setup, teardown),
      cmocka_unit_test_setup_teardown(one_that_fires_may_stop_the_next, setup, teardown),
      cmocka_unit_test_setup_teardown(one_of_length_nothing_does_not_hold_the_turn, setup, teardown),
      cmocka_unit_test_setup_teardown(a_storm_is_spread_over_turns, setup, teardown),
      cmocka_unit_test_setup_teardown(owners_go_with_their_lists, setup, teardown),
      cmocka_unit_test_setup_teardown(an_owner_may_go_while_its_timers_fire, setup, teardown),
      cmocka_unit_test_setup_teardown(fire_in_stands_around_each, setup, teardown),
      cmocka_unit_test_setup_teardown(the_loop_wakes_for_them, setup, teardown),
      cmocka_unit_test_setup_teardown(time_that_nobody_saw_does_not_count, setup, teardown),
      cmocka_unit_test_setup_teardown(a_turn_that_is_a_little_late_counts, setup, teardown),
      cmocka_unit_test_setup_teardown(a_long_sleep_counts, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
