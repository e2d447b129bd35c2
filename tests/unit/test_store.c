/* S1 to S3: what modules ask reaches the store in their own space, in order, also while a reload replaces the store;
   answers come later, once, and never to a module that is gone. */
#include "tests/unit/store_world.h"

struct world {
  struct core *core;
  struct toy store, newer, asker, other;
};

static int begin(void **state) {
  struct world *w = calloc(1, sizeof *w);
  assert_non_null(w);
  w->core = core_new();
  toy_run(w->core, &w->store, "keeper", true);
  toy_run(w->core, &w->asker, "limits", false);
  toy_run(w->core, &w->other, "watch", false);
  toy_commit(w->core, &w->store);
  core_turn(w->core);
  *state = w;
  return 0;
}

static int finish(void **state) {
  struct world *w = *state;
  core_free(w->core);
  free(w);
  return 0;
}

/* S1: each module has a space of its own, whatever it says itself. */
static void own_space(void **state) {
  struct world *w = *state;
  struct hanse_store_request request = {
      .size = sizeof request, .deed = HANSE_STORE_GET, .key = HANSE_LIT("k"), .space = HANSE_LIT("watch")};
  assert_int_equal(hanse_store_ask(w->asker.host, &request, toy_told, &w->asker), HANSE_OK);
  assert_int_equal(toy_get(&w->other, "k"), HANSE_OK);
  assert_string_equal(w->store.seen[0].space.at, "limits");
  assert_string_equal(w->store.seen[1].space.at, "watch");
}

static void times(void **state) {
  struct world *w = *state;
  assert_int_equal(hanse_store_put(w->asker.host, HANSE_LIT("k"), HANSE_LIT("v"), HANSE_SECOND, NULL, NULL), HANSE_OK);
  assert_int_equal(hanse_store_add(w->asker.host, HANSE_LIT("k"), -7, 0, NULL, NULL), HANSE_OK);
  assert_int_equal(hanse_store_put(w->asker.host, HANSE_LIT("k"), HANSE_LIT("v"), INT64_MAX, NULL, NULL), HANSE_OK);
  const struct hanse_store_request *seen = w->store.seen;
  assert_true(seen[0].now > 1700000000 * HANSE_SECOND); /* the wall clock */
  assert_true(seen[0].expires == seen[0].now + HANSE_SECOND);
  assert_true(seen[1].expires == 0 && seen[1].by == -7);
  assert_true(seen[2].expires == 0); /* later than there are numbers for */
  assert_true(hanse_wall_time(w->asker.host) >= seen[0].now);
  for (unsigned n = 0; n < 3; n++) assert_int_equal(toy_answer(&w->store, n, HANSE_OK, ""), HANSE_OK);
  assert_int_equal(w->asker.answered, 0); /* it did not want to know */
}

static void answered_later(void **state) {
  struct world *w = *state;
  assert_int_equal(toy_get(&w->asker, "k"), HANSE_OK);
  assert_int_equal(w->asker.answered, 0);
  assert_true(toy_busy(&w->store));
  assert_int_equal(toy_answer(&w->store, 0, HANSE_OK, "value"), HANSE_OK);
  assert_int_equal(w->asker.answered, 1);
  assert_string_equal(w->asker.value, "value");
  assert_false(toy_busy(&w->store));
}

/* Answers from within ask, twice, from another store, to numbers that nobody has. */
static void wrong_answers(void **state) {
  struct world *w = *state;
  const struct hanse_store_answer answer = {.size = sizeof answer};
  toy_run(w->core, &w->newer, "second", true);
  w->store.answers_soon = true;
  assert_int_equal(toy_get(&w->asker, "k"), HANSE_OK);
  assert_int_equal(w->store.soon, HANSE_INVALID);
  assert_int_equal(w->asker.answered, 0);
  assert_int_equal(hanse_store_answer(w->newer.host, w->store.open[0], &answer), HANSE_GONE);
  assert_int_equal(hanse_store_answer(w->store.host, 0, &answer), HANSE_GONE);
  assert_int_equal(hanse_store_answer(w->store.host, UINT64_MAX, &answer), HANSE_GONE);
  assert_int_equal(toy_answer(&w->store, 0, HANSE_OK, ""), HANSE_OK);
  assert_int_equal(toy_answer(&w->store, 0, HANSE_OK, ""), HANSE_GONE);
  assert_int_equal(w->asker.answered, 1);
}

static void bounds(void **state) {
  struct world *w = *state;
  struct hanse_host *host = w->asker.host;
  char *big = calloc(1, HANSE_STORE_VALUE_MAX + 1);
  struct hanse_slice key = hanse_slice(big, HANSE_STORE_KEY_MAX), longer = hanse_slice(big, key.len + 1);
  struct hanse_slice value = hanse_slice(big, HANSE_STORE_VALUE_MAX), larger = hanse_slice(big, value.len + 1);
  struct hanse_store_request request = {.size = sizeof request, .key = key};
  assert_int_equal(hanse_store_put(host, longer, value, 0, NULL, NULL), HANSE_INVALID);
  assert_int_equal(hanse_store_put(host, key, larger, 0, NULL, NULL), HANSE_INVALID);
  assert_int_equal(hanse_store_put(host, key, value, -1, NULL, NULL), HANSE_INVALID);
  assert_int_equal(hanse_store_get(host, hanse_slice("", 0), NULL, NULL), HANSE_INVALID);
  assert_int_equal(hanse_store_ask(host, &request, NULL, NULL), HANSE_INVALID);
  request.deed = (enum hanse_store_deed)6;
  assert_int_equal(hanse_store_ask(host, &request, NULL, NULL), HANSE_INVALID);
  assert_int_equal(w->store.count, 0);
  assert_int_equal(hanse_store_put(host, key, value, 0, NULL, NULL), HANSE_OK);
  assert_int_equal(hanse_store_scan(host, hanse_slice("", 0), NULL, NULL), HANSE_OK);
  free(big);
}

/* S1: 1 000 requests of one module may be open; another module is not held up by it. */
static void too_many(void **state) {
  struct world *w = *state;
  for (unsigned n = 0; n < HANSE_STORE_OPEN_MAX; n++) assert_int_equal(toy_put(&w->asker, "k"), HANSE_OK);
  assert_int_equal(toy_put(&w->asker, "k"), HANSE_NOMEM);
  assert_int_equal(toy_put(&w->other, "k"), HANSE_OK);
  toy_answer(&w->store, 500, HANSE_OK, "");
  assert_int_equal(toy_put(&w->asker, "k"), HANSE_OK);
  assert_int_equal(toy_put(&w->asker, "k"), HANSE_NOMEM);
}

/* S1: without a store a module runs from memory. */
static void none(void **state) {
  struct world *w = *state;
  toy_commit(w->core, NULL);
  assert_int_equal(toy_get(&w->asker, "k"), HANSE_SKIP);
  assert_int_equal(toy_get(&w->store, "k"), HANSE_SKIP); /* nor does one have one itself */
  toy_commit(w->core, &w->store);
  assert_int_equal(toy_get(&w->store, "k"), HANSE_SKIP);
  assert_int_equal(toy_get(&w->asker, "k"), HANSE_OK);
}

static void refused(void **state) {
  struct world *w = *state;
  w->store.refuses = HANSE_NOMEM;
  assert_int_equal(toy_get(&w->asker, "k"), HANSE_NOMEM);
  assert_int_equal(w->asker.answered, 0);
  assert_false(toy_busy(&w->store));
}

static int answer_rows(struct toy *store, unsigned n, uint32_t count, bool more) {
  static const struct hanse_store_row rows[3];
  const struct hanse_store_answer answer = {.size = sizeof answer, .rows = rows, .count = count, .more = more};
  return hanse_store_answer(store->host, store->open[n], &answer);
}

static void scan(void **state) {
  struct world *w = *state;
  assert_int_equal(hanse_store_scan(w->asker.host, HANSE_LIT("a"), toy_told, &w->asker), HANSE_OK);
  assert_int_equal(answer_rows(&w->store, 0, 3, true), HANSE_OK);
  assert_int_equal(answer_rows(&w->store, 0, 2, true), HANSE_OK);
  assert_true(toy_busy(&w->store) && w->asker.more);
  assert_int_equal(answer_rows(&w->store, 0, 1, false), HANSE_OK);
  assert_int_equal(w->asker.rows, 6);
  assert_false(toy_busy(&w->store) || w->asker.more);
  assert_int_equal(answer_rows(&w->store, 0, 1, false), HANSE_GONE);
}

static void bury(struct toy *toy) {
  instance_bury(toy->instance);
  toy->instance = NULL;
}

/* S2: nobody calls a module that is gone; what it wrote as it stopped is written. */
static void asker_gone(void **state) {
  struct world *w = *state;
  w->asker.asks_in_stop = true;
  assert_int_equal(toy_get(&w->asker, "k"), HANSE_OK);
  assert_int_equal(hanse_store_scan(w->asker.host, HANSE_LIT("a"), toy_told, &w->asker), HANSE_OK);
  bury(&w->asker);
  assert_int_equal(w->asker.status, HANSE_OK);
  assert_int_equal(w->store.count, 3);
  assert_string_equal(w->store.seen[2].key.at, "last");
  assert_int_equal(toy_answer(&w->store, 0, HANSE_OK, "x"), HANSE_OK);
  assert_int_equal(answer_rows(&w->store, 1, 3, true), HANSE_GONE); /* the scan need not go on */
  assert_int_equal(toy_answer(&w->store, 2, HANSE_OK, ""), HANSE_OK);
  assert_int_equal(w->asker.answered, 0);
  assert_false(toy_busy(&w->store));
}

/* S3: the old store answers what it was asked; what the module asks next waits for that, and then goes to the new one.
 */
static void store_replaced(void **state) {
  struct world *w = *state;
  assert_int_equal(toy_put(&w->asker, "a"), HANSE_OK);
  toy_run(w->core, &w->newer, "keeper", true);
  toy_commit(w->core, &w->newer);
  instance_drain(w->store.instance);
  assert_int_equal(toy_get(&w->asker, "b"), HANSE_OK);
  assert_int_equal(toy_get(&w->asker, "c"), HANSE_OK);
  assert_int_equal(toy_get(&w->other, "d"), HANSE_OK);
  core_turn(w->core);
  assert_int_equal(w->newer.count, 1); /* only whose order is not at stake */
  assert_string_equal(w->newer.seen[0].key.at, "d");
  assert_true(toy_busy(&w->store));
  assert_int_equal(toy_answer(&w->store, 0, HANSE_OK, ""), HANSE_OK);
  assert_false(toy_busy(&w->store)); /* it may go */
  assert_int_equal(toy_get(&w->asker, "e"), HANSE_OK);
  core_turn(w->core);
  assert_int_equal(w->newer.count, 4);
  assert_string_equal(w->newer.seen[1].key.at, "b");
  assert_string_equal(w->newer.seen[2].key.at, "c");
  assert_string_equal(w->newer.seen[3].key.at, "e");
  assert_string_equal(w->newer.seen[3].space.at, "limits");
  assert_int_equal(w->store.count, 1);
}

/* A thousand that wait go over in slices, in order. */
static void many_wait(void **state) {
  struct world *w = *state;
  char key[16];
  assert_int_equal(toy_put(&w->asker, "first"), HANSE_OK);
  toy_run(w->core, &w->newer, "keeper", true);
  toy_commit(w->core, &w->newer);
  for (int n = 1; n < (int)HANSE_STORE_OPEN_MAX; n++) {
    snprintf(key, sizeof key, "%d", n);
    assert_int_equal(toy_put(&w->asker, key), HANSE_OK);
  }
  assert_int_equal(toy_put(&w->asker, "k"), HANSE_NOMEM);
  toy_answer(&w->store, 0, HANSE_OK, "");
  unsigned turns = 0, most = 0;
  for (unsigned before = 0; w->newer.count < 999; before = w->newer.count, turns++) {
    loop_turn(w->core->router->loop, false);
    if (w->newer.count - before > most) most = w->newer.count - before;
    assert_true(turns < 100);
  }
  assert_true(most <= 64);
  for (int n = 1; n < (int)HANSE_STORE_OPEN_MAX; n++) {
    snprintf(key, sizeof key, "%d", n);
    assert_string_equal(w->newer.seen[n - 1].key.at, key);
  }
  printf("999 requests that waited for a new store: %u turns, at most %u in one\n", turns, most);
}

/* What waits when no store is left, or the store goes down with it, ends; who asks again then gets SKIP. */
static void store_gone(void **state) {
  struct world *w = *state;
  assert_int_equal(toy_put(&w->asker, "a"), HANSE_OK);
  toy_run(w->core, &w->newer, "keeper", true);
  toy_commit(w->core, &w->newer);
  assert_int_equal(toy_get(&w->asker, "b"), HANSE_OK);
  toy_commit(w->core, NULL);
  w->asker.asks_again = true;
  bury(&w->store);
  core_turn(w->core);
  assert_int_equal(w->asker.answered, 2);
  assert_int_equal(w->asker.answer, HANSE_GONE);
  assert_int_equal(w->asker.status, HANSE_SKIP);
  assert_int_equal(w->newer.count, 0);
}

/* Each answer is followed by a request: that is served in later turns, not in this one for ever. */
static void asks_again(void **state) {
  struct world *w = *state;
  assert_int_equal(toy_put(&w->asker, "a"), HANSE_OK);
  toy_run(w->core, &w->newer, "keeper", true);
  toy_commit(w->core, &w->newer);
  w->newer.refuses = HANSE_NOMEM;
  w->asker.asks_again = true;
  toy_answer(&w->store, 0, HANSE_OK, "");
  core_turn(w->core);
  assert_true(w->asker.answered < 10);
  assert_int_equal(w->asker.status, HANSE_NOMEM);
}

/* S2: what is asked in start waits for the commit; without one nobody hears of it. */
static void asked_in_start(void **state) {
  struct world *w = *state;
  struct hanse_problem problem = {.text = ""};
  struct generation building = {.store = {.named = true}};
  struct toy undone = {.asks_in_start = true}, kept = {.asks_in_start = true}, alone = {.asks_in_start = true};
  struct toy *toys[] = {&undone, &kept, &alone};
  for (int i = 0; i < 3; i++) {
    toy_make(w->core, toys[i], i == 0 ? "undone" : "kept", false);
    toys[i]->instance->building = &building;
    assert_int_equal(hanse_store_get(toys[i]->host, HANSE_LIT("k"), NULL, NULL), i < 2 ? HANSE_OK : HANSE_SKIP);
    assert_int_equal(instance_start(toys[i]->instance, &problem), HANSE_OK);
    toys[i]->instance->building = NULL;
    building.store.named = i < 1;
    assert_int_equal(toys[i]->status, i < 2 ? HANSE_OK : HANSE_SKIP);
  }
  assert_int_equal(w->store.count, 0);
  bury(&undone);
  toy_commit(w->core, &w->store);
  core_turn(w->core);
  assert_int_equal(w->store.count, 2);
  assert_string_equal(w->store.seen[1].key.at, "first");
  assert_int_equal(toy_answer(&w->store, 1, HANSE_SKIP, ""), HANSE_OK);
  assert_int_equal(kept.answered, 1);
  assert_int_equal(undone.answered, 0);
  bury(&kept);
  bury(&alone);
}

/* Not before it is configured, not when it was destroyed. */
static void asked_too_early(void **state) {
  struct world *w = *state;
  struct toy early = {0};
  toy_make(w->core, &early, "early", false);
  assert_int_equal(toy_get(&early, "k"), HANSE_INVALID);
  bury(&early);
  assert_int_equal(w->store.count, 0);
}

/* The process ends: what askers write as they stop still reaches the store, which is stopped last. */
static void at_the_end(void **state) {
  struct world *w = *state;
  w->asker.asks_in_stop = true;
  toy_run(w->core, &w->newer, "keeper", true);
  assert_int_equal(toy_put(&w->asker, "a"), HANSE_OK);
  toy_commit(w->core, &w->newer);
  reap_all(w->core->router);
  assert_int_equal(w->asker.status, HANSE_OK);
  assert_int_equal(w->newer.count, 1); /* after the old one had its turn */
  assert_string_equal(w->newer.seen[0].key.at, "last");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, finish)
  const struct CMUnitTest tests[] = {
      TEST(own_space),       TEST(times),      TEST(answered_later), TEST(wrong_answers), TEST(bounds),
      TEST(too_many),        TEST(none),       TEST(refused),        TEST(scan),          TEST(asker_gone),
      TEST(store_replaced),  TEST(many_wait),  TEST(store_gone),     TEST(asks_again),    TEST(asked_in_start),
      TEST(asked_too_early), TEST(at_the_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
