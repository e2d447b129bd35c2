/* hanse/worker.h (P40): a thread of a plugin's own, whose jobs go and come in order, and all come back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <hanse/fake_host.h>
#include <hanse/worker.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>

#define MOST 5

struct task {
  struct hanse_job job;
  unsigned number;
  bool waits, worked;
  pthread_t by;
};

struct fixture {
  struct fake_world *world;
  struct fake_instance *instance;
  struct hanse_worker worker;
  struct task tasks[MOST + 1];
  unsigned back, worked; /* came back; and had been worked on */
  bool gives;            /* each one that comes back brings the next */
};

static int create(struct hanse_host *host, void **self) {
  *self = host;
  return HANSE_OK;
}
static int configure(void *self, const void *settings, struct hanse_problem *problem) {
  (void)self, (void)settings, (void)problem;
  return HANSE_OK;
}
static int start(void *self) {
  (void)self;
  return HANSE_OK;
}
static void destroy(void *self) { (void)self; }
static const struct hanse_offer offers[] = {HANSE_OFFERS_END};
static const struct hanse_plugin plugin = {HANSE_NEEDS(HANSE_ABI_MINOR),
                                           .name = "worker",
                                           .version = "1",
                                           .summary = "",
                                           .offers = offers,
                                           .create = create,
                                           .configure = configure,
                                           .start = start,
                                           .destroy = destroy};

static void work(void *self, struct hanse_job *job) {
  struct fixture *f = self;
  struct task *task = (struct task *)job;
  struct pollfd end = {.fd = f->worker.stopped, .events = POLLIN};
  if (task->waits) poll(&end, 1, 60000);
  task->by = pthread_self();
  task->worked = true;
}

static void back(void *self, struct hanse_job *job) {
  struct fixture *f = self;
  struct task *task = (struct task *)job;
  if (!f->gives) assert_int_equal(task->number, f->back);
  f->back++;
  f->worked += task->worked;
  if (f->gives && f->back < 100) assert_int_equal(hanse_worker_give(&f->worker, job), HANSE_OK);
}

static int setup(void **state) {
  struct fixture *f = *state = calloc(1, sizeof *f);
  f->world = fake_world_new();
  f->instance = fake_load(f->world, &plugin, NULL, NULL);
  for (unsigned i = 0; i <= MOST; i++) f->tasks[i].number = i;
  return hanse_worker_start(&f->worker, fake_host(f->instance), f, MOST, work, back);
}

static int teardown(void **state) {
  struct fixture *f = *state;
  assert_string_equal(fake_left(f->world), "");
  fake_world_free(f->world);
  free(f);
  return 0;
}

static void run_until(struct fixture *f, unsigned wanted) {
  const struct timespec pause = {.tv_nsec = 1000000};
  for (int i = 0; i < 10000 && f->back < wanted; i++)
    if (!fake_run_posts(f->world)) nanosleep(&pause, NULL);
  assert_int_equal(f->back, wanted);
}

static void test_order(void **state) {
  struct fixture *f = *state;
  for (unsigned i = 0; i < MOST; i++) assert_int_equal(hanse_worker_give(&f->worker, &f->tasks[i].job), HANSE_OK);
  run_until(f, MOST);
  assert_int_equal(f->worked, MOST);
  for (unsigned i = 0; i < MOST; i++) {
    assert_false(pthread_equal(f->tasks[i].by, pthread_self()));
    assert_true(pthread_equal(f->tasks[i].by, f->tasks[0].by));
  }
  hanse_worker_stop(&f->worker, false);
  assert_int_equal(f->back, MOST);
}

static void test_bound(void **state) {
  struct fixture *f = *state;
  f->tasks[0].waits = true;
  for (unsigned i = 0; i < MOST; i++) assert_int_equal(hanse_worker_give(&f->worker, &f->tasks[i].job), HANSE_OK);
  assert_int_equal(hanse_worker_give(&f->worker, &f->tasks[MOST].job), HANSE_NOMEM);
  hanse_worker_stop(&f->worker, false); /* ends the one that waits; the others go back as they are */
  assert_int_equal(f->back, MOST);
  assert_in_range(f->worked, 0, 1);
}

static void test_finish(void **state) {
  struct fixture *f = *state;
  for (unsigned i = 0; i < MOST; i++) assert_int_equal(hanse_worker_give(&f->worker, &f->tasks[i].job), HANSE_OK);
  hanse_worker_stop(&f->worker, true);
  assert_int_equal(f->back, MOST);
  assert_int_equal(f->worked, MOST);
}

/* What comes back may bring the next one: nothing is locked then, and room is again. */
static void test_gives_on(void **state) {
  struct fixture *f = *state;
  f->gives = true;
  for (unsigned i = 0; i < MOST; i++) assert_int_equal(hanse_worker_give(&f->worker, &f->tasks[i].job), HANSE_OK);
  run_until(f, 100 + MOST - 1);
  assert_int_equal(f->worker.open, 0);
  hanse_worker_stop(&f->worker, false);
}

static void test_idle(void **state) {
  struct fixture *f = *state;
  hanse_worker_stop(&f->worker, true);
  assert_int_equal(f->back, 0);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {TEST(test_order), TEST(test_bound), TEST(test_finish), TEST(test_gives_on),
                                     TEST(test_idle)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
