/* Allocations that fail in turn: a plugin that bears it, one that leaks, one that forgets a timer (P33). */
#include "tests/unit/toy.h"

struct keeper {
  struct hanse_host *host;
  struct hanse_timer timer;
  char *name, *more;
};

enum fault { NONE, LEAKS, FORGETS_TIMER } fault;

static void *never_read; /* so that no compiler leaves the leak out */

static void fire(void *self, struct hanse_timer *timer) { (void)self, (void)timer; }

static void destroy(void *self) {
  struct keeper *k = self;
  free(k->name);
  free(k->more);
  free(k);
}

static int create(struct hanse_host *host, void **self) {
  struct keeper *k = calloc(1, sizeof *k);
  if (!k) return HANSE_NOMEM;
  k->host = host;
  k->name = strdup("a name");
  if (!k->name) {
    if (fault != LEAKS) free(k);
    never_read = k;
    return HANSE_NOMEM;
  }
  *self = k;
  return HANSE_OK;
}

static int configure(void *self, const void *settings, struct hanse_problem *problem) {
  struct keeper *k = self;
  (void)settings;
  k->more = malloc(16);
  char *grown = k->more ? realloc(k->more, 100000) : NULL;
  if (grown) k->more = grown;
  if (!grown) hanse_explain(problem, "no memory");
  return grown ? HANSE_OK : HANSE_NOMEM;
}

static int start(void *self) {
  struct keeper *k = self;
  struct hanse_timers *list = hanse_timers(k->host, HANSE_SECOND); /* the host's memory fails, too */
  if (!list) return HANSE_NOMEM;
  hanse_timer_start(k->host, list, &k->timer, fire);
  return HANSE_OK;
}

static void stop(void *self) {
  struct keeper *k = self;
  if (fault != FORGETS_TIMER) hanse_timer_stop(k->host, &k->timer);
}

static const struct hanse_plugin plugin = {
    HANSE_NEEDS(HANSE_ABI_MINOR), .name = "toy",  .version = "1", .summary = "",     .create = create,
    .configure = configure,       .start = start, .stop = stop,   .destroy = destroy};

static void life(void *argument) {
  unsigned *loaded = argument;
  struct fake_world *world = fake_world_new();
  void *mine = malloc(10); /* what the test needs itself does not fail */
  struct fake_instance *instance = fake_load_text(world, &plugin, NULL, NULL);
  assert_non_null(mine);
  free(mine);
  assert_int_equal(fake_status(world), instance ? HANSE_OK : HANSE_NOMEM);
  assert_true(instance || *fake_problem(world));
  *loaded += instance != NULL;
  fake_world_free(world);
}

static void each_fails(void **state) {
  unsigned loaded = 0;
  (void)state;
  assert_int_equal(fake_each_allocation_fails(life, &loaded), 5); /* calloc, strdup, malloc, realloc, timers */
  assert_int_equal(loaded, 2);                                    /* the first run and the last */
  assert_false(fake_allocation_failed());
}

static void leaking(void) {
  unsigned loaded = 0;
  fault = LEAKS;
  fake_each_allocation_fails(life, &loaded);
}
static void forgetting(void) {
  unsigned loaded = 0;
  fault = FORGETS_TIMER;
  fake_each_allocation_fails(life, &loaded);
}

static void found_out(void **state) {
  (void)state;
  toy_ends(leaking, "when allocation 2 had failed, 1 blocks of memory were left");
  toy_ends(forgetting, "this was left: timers 1");
}

static void whole_process(void **state) {
  (void)state;
  fake_fail_allocation(2);
  void *first = malloc(10), *second = malloc(10), *third = calloc(1, 10);
  fake_fail_allocation(0);
  assert_true(first && !second && third && fake_allocation_failed());
  free(first);
  free(third);
}

/* Timers of an instance that is gone are told, not fired. */
static void timers_left(void **state) {
  struct fake_world *world = fake_world_new();
  (void)state;
  fault = FORGETS_TIMER;
  fake_unload(toy_load(world, &plugin, NULL));
  fault = NONE;
  assert_non_null(fake_logged_with(world, "ERROR plugin.leftover timers=1"));
  assert_string_equal(fake_left(world), "timers 1");
  fake_advance(world, 2 * HANSE_SECOND);
  fake_world_free(world);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(each_fails), cmocka_unit_test(found_out),
                                     cmocka_unit_test(whole_process), cmocka_unit_test(timers_left)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
