/* What nobody reaches any more is freed by a thread: all of it, in order, before the disposer ends. */
#include "contract/disposer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the ones above first */
#include <cmocka.h>

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { MANY = 1000 };

static struct {
  int order[MANY];
  atomic_int count;
  pthread_t thread;
  sem_t go;
} seen;

static int setup(void **state) {
  (void)state;
  atomic_store(&seen.count, 0);
  return sem_init(&seen.go, 0, 0);
}

static void destroy(void *object) {
  seen.thread = pthread_self();
  seen.order[atomic_load(&seen.count)] = *(int *)object;
  atomic_fetch_add(&seen.count, 1);
  free(object);
}

static void destroy_later(void *object) {
  sem_wait(&seen.go);
  destroy(object);
}

static int *number(int value) {
  int *object = malloc(sizeof *object);
  assert_non_null(object);
  *object = value;
  return object;
}

static void all_are_freed_in_order_elsewhere(void **state) {
  (void)state;
  struct disposer *disposer = disposer_new();
  assert_false(disposer_busy(disposer));
  for (int i = 0; i < MANY; i++) dispose(disposer, destroy, number(i));
  disposer_free(disposer);
  assert_int_equal(atomic_load(&seen.count), MANY);
  for (int i = 0; i < MANY; i++) assert_int_equal(seen.order[i], i);
  assert_false(pthread_equal(seen.thread, pthread_self()));
}

static void it_tells_that_it_is_busy(void **state) {
  (void)state;
  struct disposer *disposer = disposer_new();
  dispose(disposer, destroy_later, number(1));
  dispose(disposer, destroy, number(2));
  assert_true(disposer_busy(disposer));
  assert_int_equal(atomic_load(&seen.count), 0); /* and who disposes does not wait */
  sem_post(&seen.go);
  while (disposer_busy(disposer)) sched_yield();
  assert_int_equal(atomic_load(&seen.count), 2);
  disposer_free(disposer);
}

static void without_one_it_is_done_here(void **state) {
  (void)state;
  dispose(NULL, destroy, number(7));
  assert_int_equal(atomic_load(&seen.count), 1);
  assert_true(pthread_equal(seen.thread, pthread_self()));
  disposer_free(NULL);
  disposer_free(disposer_new()); /* it never had anything to do */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(all_are_freed_in_order_elsewhere, setup),
      cmocka_unit_test_setup(it_tells_that_it_is_busy, setup),
      cmocka_unit_test_setup(without_one_it_is_done_here, setup),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
