/* Calls into plugins are timed only after a long turn, and only for a while (design: who is slow is named). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "router/clock.h"
#include "router/slow.h"

static hanse_time now = 1000 * HANSE_SECOND;

static hanse_time fake(void) { return now; }

static void nothing(struct loop_task *task) { (void)task; }
static void short_work(struct loop_task *task) {
  (void)task;
  now += 4 * HANSE_MSEC;
}
static void long_work(struct loop_task *task) {
  (void)task;
  now += 20 * HANSE_MSEC;
}

static void turn(struct loop *loop, void (*work)(struct loop_task *)) {
  struct loop_task task = {.run = work};
  loop_task_add(loop, &task);
  loop_turn(loop, false);
  loop_task_remove(loop, &task);
}

static void timed_after_a_long_turn(void **state) {
  (void)state;
  struct loop *loop = loop_new();
  loop_clock_source(loop, fake);
  struct slow *slow = slow_new(loop);
  turn(loop, nothing);
  turn(loop, nothing);
  assert_false(slow->timing);
  turn(loop, long_work);
  turn(loop, nothing); /* its end is when the long one is measured */
  turn(loop, nothing);
  assert_true(slow->timing);
  for (int i = 0; i < 200; i++) turn(loop, short_work); /* 0.8 s */
  assert_true(slow->timing);
  for (int i = 0; i < 100; i++) turn(loop, short_work); /* 1.2 s in all */
  assert_false(slow->timing);
  slow_ended(slow, clock_read(), &(const struct watched){"quick", "a build"}, "slot");
  turn(loop, nothing);
  assert_false(slow->timing);
  slow_ended(slow, clock_read() - 6 * HANSE_MSEC, &(const struct watched){"slow", "a build"},
             "slot");                                    /* somebody is: it is looked at longer */
  for (int i = 0; i < 2000; i++) turn(loop, short_work); /* 8 s */
  assert_true(slow->timing);
  for (int i = 0; i < 600; i++) turn(loop, short_work); /* 10.4 s in all */
  assert_false(slow->timing);
  slow_free(slow);
  loop_free(loop);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(timed_after_a_long_turn)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
