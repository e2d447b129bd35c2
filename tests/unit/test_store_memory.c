/* H4, S1: every allocation of the desk between modules and the store may fail: a request is then not taken, and said to
   be so; each that was taken is answered once, and nothing is left open. */
#include <stdio.h>
#include <stdlib.h>

#ifdef HANSE_SANITIZED /* brings its own malloc */

int main(void) {
  printf("1..0 # SKIP sanitizers have an allocator of their own\n");
  return 0;
}

#else

#include <hanse/fake_host.h>
#include "tests/unit/store_world.h"

static void taken(unsigned *count, int status) {
  assert_true(status == HANSE_OK || status == HANSE_NOMEM);
  *count += status == HANSE_OK;
}

/* At first to one store; then, while that works, to the next one. */
static unsigned scenario(struct core *core, struct toy *asker, struct toy *old, struct toy *newer) {
  unsigned count = 0;
  for (int i = 0; i < 3; i++) taken(&count, toy_put(asker, "k"));
  core->router->now->store.instance = newer->instance;
  for (int i = 0; i < 3; i++) taken(&count, toy_get(asker, "k"));
  for (unsigned n = 0; n < old->count; n++) toy_answer(old, n, HANSE_OK, "");
  core_turn(core);
  for (unsigned n = 0; n < newer->count; n++) toy_answer(newer, n, HANSE_OK, "");
  return count;
}

/* Whether there were n allocations. */
static bool with_failure(long n) {
  struct toy *toys = calloc(3, sizeof *toys);
  struct core *core = core_new();
  toy_run(core, &toys[0], "asker", false);
  toy_run(core, &toys[1], "keeper", true);
  toy_run(core, &toys[2], "keeper", true);
  toy_commit(core, &toys[1]);
  core_turn(core);
  fake_fail_allocation((unsigned)n);
  unsigned count = scenario(core, &toys[0], &toys[1], &toys[2]);
  fake_fail_allocation(0);
  assert_int_equal(toys[0].answered, count);
  assert_int_equal(toys[1].count + toys[2].count, count);
  assert_false(toy_busy(&toys[1]) || toy_busy(&toys[2]));
  core_free(core);
  free(toys);
  return fake_allocation_failed();
}

static void each_fails(void **state) {
  long n = 1;
  (void)state;
  while (with_failure(n)) n++;
  printf("%ld allocations failed in turn\n", n - 1);
  assert_true(n > 6); /* a request is one at least */
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(each_fails)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
