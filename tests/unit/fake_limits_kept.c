/* What the policy `limits` keeps over a reload and a restart, in a store and without one (R66). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sdk/fakehost/inside.h"
#include "tests/lib/limits_fixture.h"

static void survives_reload(void **state) {
  (void)state;
  struct limits_settings settings = settings_with(), wider = settings_with();
  settings.addresses = 900;
  settings.suspicious_rate = wider.suspicious_rate = (struct hanse_rate){1, 60 * HANSE_SECOND};
  settings.sender_rate = wider.sender_rate = (struct hanse_rate){10, 3600 * HANSE_SECOND};
  settings.direction = wider.direction = LIMITS_OUT;
  wider.addresses = 1000;
  struct policy_fixture *f = policy_fixture_new("limits", &settings);
  struct hanse_facts out = {.size = sizeof out, .side = HANSE_SIDE_HOME, .from = {HANSE_LIT("al"), HANSE_LIT("us")}};
  for (int i = 0; i < 10; i++) assert_int_equal(send_facts(f->policy, &out, false).verdict, HANSE_ABSTAIN);
  assert_int_equal(ask_many(f, 1, 0, 1000), 900);
  ask(f->policy, 2, "slow.test", "alice");
  answer(f, 2, 404, 20);
  for (int i = 0; i < 3; i++) ask(f->policy, 2, "slow.test", "alice");
  for (int i = 0; i < 50; i++) ask(f->policy, 3, "fast.test", "alice");
  reload(f, &wider);
  assert_int_equal(send_facts(f->policy, &out, false).failure, HANSE_F_RATE);
  assert_int_equal(ask(f->policy, 3, "fast.test", "alice").failure, HANSE_F_RATE);
  fake_advance(f->world, HANSE_SECOND); /* long at the usual pace, but not at its own */
  assert_int_equal(ask(f->policy, 2, "slow.test", "alice").failure, HANSE_F_RATE);
  says(watch(f->policy, true), "domains=slow.test mode=suspicious");
  says(watch(f->policy, true), "domains=wingtip.test mode=no new addresses addresses=900");
  assert_int_equal(ask_many(f, 1, 0, 900), 900);
  assert_int_equal(ask_many(f, 1, 2000, 200), 100); /* as many as there are more now */
  reload(f, &settings);
  assert_int_equal(ask_many(f, 1, 0, 900), 900);
  assert_int_equal(ask_many(f, 1, 9000, 10), 0);
  policy_fixture_free(f);
}

static struct fake_world *early_world;
static int early_save_rest(void *self) {
  fake_store_work(early_world);
  return policy_open("limits")->save_rest(self);
}

static struct policy_fixture *with_store(const struct limits_settings *settings) {
  struct policy_fixture *f = (struct policy_fixture *)calloc(1, sizeof *f);
  f->world = fake_world_new();
  fake_store_open(f->world);
  f->policy = fake_load(f->world, policy_open("limits"), settings, NULL);
  assert_non_null(f->policy);
  fake_store_work(f->world);
  return f;
}

/* As after kill -9: nothing is handed over, and what was not written yet is gone. */
static void restart(struct policy_fixture *f, const struct limits_settings *settings) {
  fake_store_work(f->world);
  ((struct limits *)fake_self(f->policy))->behind.retired = true; /* it writes nothing any more */
  fake_unload(f->policy);
  fake_advance(f->world, 5 * HANSE_SECOND);
  f->policy = fake_load(f->world, policy_open("limits"), settings, NULL);
  assert_non_null(f->policy);
}

static void survives_kill(void **state) {
  (void)state;
  struct limits_settings settings = settings_with();
  settings.addresses = 500;
  struct policy_fixture *f = with_store(&settings);
  assert_int_equal(ask_many(f, 1, 0, 400), 400);
  ask(f->policy, 2, "slow.test", "alice");
  answer(f, 2, 404, 20);
  fake_advance(f->world, HANSE_SECOND);
  restart(f, &settings);
  assert_int_equal(ask_many(f, 1, 300, 10), 10); /* before the store has answered */
  fake_store_work(f->world);
  says(watch(f->policy, true), "domains=slow.test mode=suspicious");
  says(watch(f->policy, false), "addresses=400");
  assert_int_equal(ask_many(f, 1, 0, 400), 400);
  assert_int_equal(ask_many(f, 1, 1000, 200), 100);
  fake_advance(f->world, HANSE_SECOND);
  restart(f, &settings);
  fake_store_work(f->world);
  assert_int_equal(ask_many(f, 1, 1000, 200), 100);
  says(watch(f->policy, true), "addresses=500");
  policy_fixture_free(f);
}

/* A reload while the store is still being read: the successor reads it, and has what was noted meanwhile as well. */
static void reload_meanwhile(void **state) {
  (void)state;
  struct limits_settings settings = settings_with();
  settings.addresses = 500;
  struct policy_fixture *f = with_store(&settings);
  assert_int_equal(ask_many(f, 1, 0, 400), 400);
  fake_advance(f->world, HANSE_SECOND);
  restart(f, &settings);
  assert_int_equal(ask_many(f, 1, 300, 10), 10); /* another record, which goes when the store has answered */
  ask(f->policy, 2, "slow.test", "alice");
  answer(f, 2, 404, 20);
  for (int i = 0; i < 2; i++) reload(f, &settings);
  says(watch(f->policy, true), "domains=slow.test mode=suspicious");
  fake_store_work(f->world);
  says(watch(f->policy, true), "domains=slow.test mode=suspicious");
  says(watch(f->policy, false), "addresses=400");
  assert_int_equal(ask_many(f, 1, 0, 400), 400);
  assert_int_equal(ask_many(f, 1, 1000, 200), 100);
  fake_advance(f->world, HANSE_SECOND);
  fake_store_work(f->world);
  reload(f, &settings); /* now all is handed over, and the store is not asked */
  assert_int_equal(fake_store_work(f->world), 0);
  assert_int_equal(ask_many(f, 1, 0, 400), 400);
  assert_int_equal(ask_many(f, 1, 2000, 200), 0);
  fake_advance(f->world, HANSE_SECOND);
  restart(f, &settings);
  fake_store_work(f->world);
  says(watch(f->policy, true), "domains=slow.test mode=suspicious");
  assert_int_equal(ask_many(f, 1, 2000, 200), 0);
  fake_advance(f->world, HANSE_SECOND);
  policy_fixture_free(f);
}

/* The store answers a predecessor and the successor in turn: whoever is told first, what it tells counts. */
static void reload_between_slices(void **state) {
  (void)state;
  struct limits_settings settings = settings_with();
  settings.addresses = 500;
  struct policy_fixture *f = with_store(&settings);
  assert_int_equal(ask_many(f, 1, 0, 400), 400);
  fake_advance(f->world, HANSE_SECOND);
  restart(f, &settings);
  assert_int_equal(ask_many(f, 1, 600, 10), 10);
  early_world = f->world;
  struct hanse_plugin early = *policy_open("limits");
  early.save_rest = early_save_rest;
  f->policy->plugin = &early;
  reload(f, &settings); /* the successor has read all before the first record is handed over */
  says(watch(f->policy, false), "addresses=400");
  assert_int_equal(ask_many(f, 1, 0, 400), 400);
  assert_int_equal(ask_many(f, 1, 1000, 200), 100);
  fake_advance(f->world, HANSE_SECOND);
  policy_fixture_free(f);
}

/* Each second only what is new is written, and nothing of it twice or not at all. */
static void one_by_one(void **state) {
  (void)state;
  struct limits_settings settings = settings_with();
  settings.addresses = 300;
  struct policy_fixture *f = with_store(&settings);
  for (unsigned i = 0; i < 300; i++) {
    assert_int_equal(ask_many(f, 1, i, 1), 1);
    fake_advance(f->world, HANSE_SECOND);
    fake_store_work(f->world);
  }
  assert_int_equal(fake_store_rows(f->world), 1 + 3);
  restart(f, &settings);
  fake_store_work(f->world);
  assert_int_equal(ask_many(f, 1, 0, 300), 300);
  assert_int_equal(ask_many(f, 1, 300, 10), 0);
  fake_advance(f->world, HANSE_SECOND);
  policy_fixture_free(f);
}

/* A second is all that is lost. */
static void writes_behind(void **state) {
  (void)state;
  const struct limits_settings settings = settings_with();
  struct policy_fixture *f = with_store(&settings);
  assert_int_equal(ask_many(f, 1, 0, 10), 10);
  assert_int_equal(fake_store_work(f->world), 0);
  fake_advance(f->world, HANSE_SECOND);
  assert_int_equal(fake_store_work(f->world), 2);
  fake_advance(f->world, 10 * HANSE_SECOND);
  assert_int_equal(fake_store_work(f->world), 0); /* nothing has changed */
  ask_many(f, 1, 0, 10);
  fake_advance(f->world, 10 * HANSE_SECOND);
  assert_int_equal(fake_store_work(f->world), 0); /* nothing but the time */
  fake_advance(f->world, 60 * HANSE_SECOND);
  ask_many(f, 1, 0, 1);
  fake_advance(f->world, HANSE_SECOND);
  assert_int_equal(fake_store_work(f->world), 1);
  policy_fixture_free(f);
}

/* A store that fails harms no message; when it works again all is written. */
static void store_fails(void **state) {
  (void)state;
  const struct limits_settings settings = settings_with();
  struct policy_fixture *f = with_store(&settings);
  fake_store_fail(f->world, true);
  assert_int_equal(ask_many(f, 1, 0, 200), 200);
  fake_advance(f->world, HANSE_SECOND);
  fake_store_work(f->world);
  assert_int_equal(fake_store_rows(f->world), 0);
  fake_store_fail(f->world, false);
  fake_advance(f->world, 62 * HANSE_SECOND);
  fake_store_work(f->world);
  assert_int_equal(fake_store_rows(f->world), 3); /* the record, 128 addresses, 72 addresses */
  fake_store_fail(f->world, true);
  restart(f, &settings);
  fake_store_work(f->world);
  says(fake_logged(f->world), "limits.store");
  fake_store_fail(f->world, false);
  assert_int_equal(ask_many(f, 1, 0, 10), 10);
  fake_advance(f->world, HANSE_SECOND);
  policy_fixture_free(f);
}

/* Who is dropped leaves nothing in the store; what was left there by half is cleared away. */
static void store_is_cleared(void **state) {
  (void)state;
  struct limits_settings settings = settings_with();
  settings.peers = 2;
  struct policy_fixture *f = with_store(&settings);
  for (unsigned i = 0; i < 50; i++) {
    ask(f->policy, i, "flood.test", "alice");
    fake_advance(f->world, HANSE_SECOND);
    fake_store_work(f->world);
  }
  assert_int_equal(fake_store_rows(f->world), 4);
  settings.peers = 1;
  restart(f, &settings);
  fake_store_work(f->world);
  assert_int_equal(fake_store_rows(f->world), 2);
  fake_store_lose(f->world, HANSE_LIT("p"));
  restart(f, &settings);
  fake_store_work(f->world);
  assert_int_equal(fake_store_rows(f->world), 0);
  policy_fixture_free(f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(survives_reload),       cmocka_unit_test(survives_kill),    cmocka_unit_test(reload_meanwhile),
      cmocka_unit_test(reload_between_slices), cmocka_unit_test(one_by_one),       cmocka_unit_test(writes_behind),
      cmocka_unit_test(store_fails),           cmocka_unit_test(store_is_cleared),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
