/* Threads of a plugin: hanse_post reaches the loop's thread, every other call does nothing and is told. Also that the
   table has no gap (P34). */
#include <pthread.h>

#include "tests/unit/toy.h"

static const struct hanse_plugin plugin = TOY(.offers = NULL);

struct helper {
  struct hanse_host *host;
  int seal, canonical, save, status;
  uint64_t *counter;
};

static void arrived(void *self, void *argument) {
  struct toy *toy = self;
  toy->resolved = ((struct helper *)argument)->status;
}

static void *work(void *argument) {
  struct helper *helper = argument;
  struct hanse_slice out;
  uint8_t mac[16];
  helper->seal = hanse_seal(helper->host, HANSE_KEY_CURRENT, NULL, 0, mac);
  helper->canonical = hanse_canonical(helper->host, NULL, HANSE_LIT("a.test"), &out);
  helper->save = hanse_save(helper->host, HANSE_LIT("x"));
  helper->counter = hanse_counter(helper->host, "seen", "");
  ++*helper->counter;
  hanse_log(helper->host, HANSE_INFO, "toy.works", "what=\"%s\"", "a thread may log");
  helper->status = 42;
  assert_int_equal(hanse_post(helper->host, arrived, helper), HANSE_OK);
  return NULL;
}

static void from_a_thread(void **state) {
  struct fake_world *world = fake_world_new();
  struct fake_instance *instance = toy_load(world, &plugin, NULL);
  struct helper helper = {.host = fake_host(instance)};
  pthread_t thread;
  (void)state;
  assert_int_equal(fake_await_posts(world, HANSE_MSEC), 0); /* nobody posts */
  assert_int_equal(pthread_create(&thread, NULL, work, &helper), 0);
  assert_int_equal(fake_await_posts(world, 20 * HANSE_SECOND), 1);
  pthread_join(thread, NULL);
  assert_int_equal(toy_of(instance)->resolved, 42);
  assert_int_equal(helper.seal, HANSE_THREAD);
  assert_int_equal(helper.canonical, HANSE_THREAD);
  assert_int_equal(helper.save, HANSE_THREAD);
  assert_true(fake_counter(world, "seen") == 0);
  assert_non_null(fake_logged_with(world, "ERROR plugin.thread call=seal"));
  assert_non_null(fake_logged_with(world, "ERROR plugin.thread call=counter"));
  assert_non_null(fake_logged_with(world, "INFO toy.works what=\"a thread may log\""));
  fake_world_free(world);
}

static int posted_in_stop;
static void stop(void *self) { posted_in_stop = hanse_post(((struct toy *)self)->host, arrived, NULL); }
static const struct hanse_plugin stopping = TOY(.stop = stop);

static void after_stop(void **state) {
  struct fake_world *world = fake_world_new();
  struct fake_instance *instance = toy_load(world, &stopping, NULL);
  struct helper helper = {.host = fake_host(instance)};
  (void)state;
  assert_int_equal(hanse_post(fake_host(instance), arrived, &helper), HANSE_OK);
  fake_unload(instance);
  assert_int_equal(posted_in_stop, HANSE_GONE);
  assert_int_equal(fake_run_posts(world), 0); /* what was left is dropped with the instance */
  fake_world_free(world);
}

/* Every call of the contract is there. */
static void no_gap(void **state) {
  struct fake_world *world = fake_world_new();
  const struct hanse_host_ops *ops = fake_host(toy_load(world, &plugin, NULL))->ops;
  (void)state;
  assert_int_equal(ops->size, sizeof *ops);
  void (*const *call)(void) =
      (void (*const *)(void))(const void *)((const char *)ops + offsetof(struct hanse_host_ops, log));
  for (size_t i = 0; i < (sizeof *ops - offsetof(struct hanse_host_ops, log)) / sizeof *call; i++)
    if (!call[i]) fail_msg("call %zu of the table is missing", i);
  fake_world_free(world);
}

/* Lines are those of the router's log. */
static void lines(void **state) {
  struct fake_world *world = fake_world_new();
  struct hanse_host *host = fake_host(toy_load(world, &plugin, NULL));
  (void)state;
  assert_string_equal(fake_logged(world), "");
  hanse_log(host, HANSE_WARNING, "toy.odd", "from=%s n=%d text=%s", "al ice", 3, "a\nb\"c");
  hanse_log(host, HANSE_DEBUG, "toy.plain", " ");
  assert_string_equal(fake_log_line(world, 0), "WARNING toy.odd from=\"al ice\" n=3 text=\"a\\x0ab\\\"c\"");
  assert_string_equal(fake_log_line(world, 1), "DEBUG toy.plain");
  assert_null(fake_log_line(world, 2));
  assert_string_equal(fake_logged(world), "DEBUG toy.plain");
  assert_null(fake_logged_with(world, "toy.even"));
  fake_forget_log(world);
  assert_null(fake_log_line(world, 0));
  fake_world_free(world);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(from_a_thread), cmocka_unit_test(after_stop),
                                     cmocka_unit_test(no_gap), cmocka_unit_test(lines)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
