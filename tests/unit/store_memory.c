/* S1, S4: the store in memory. */
#include "tests/unit/store_contract.h"

#include "plugins/store/memory.h"

static struct memory_settings settings = {64 << 20};
static const void *contract_settings(const char *folder) {
  (void)folder;
  return &settings;
}

/* S4: over its limit nothing more is kept; what is there stays, and there is room again when something goes. */
static void limit(void **state) {
  struct store_test *t = *state;
  char key[16], value[200];
  memset(value, 'x', sizeof value - 1);
  value[sizeof value - 1] = '\0';
  fake_unload(t->store);
  settings.limit = 64 << 10;
  load(t, NULL);
  int kept = 0;
  for (int n = 0; n < 500; n++) {
    snprintf(key, sizeof key, "%d", n);
    hanse_inquiry inquiry = put(t, "a", key, value, 0);
    settle(t);
    kept += t->told[inquiry].status == HANSE_OK;
    if (kept <= n) is(t, inquiry, HANSE_NOMEM, NULL);
  }
  assert_true(kept > 150 && kept < 300);
  assert_int_equal(fake_counter(t->world, "refused"), 500 - kept);
  assert_non_null(strstr(fake_logged(t->world), "store.full"));
  hanse_inquiry sum = add(t, "a", "n", 1, 0), gone = delete (t, "a", "0"), again = put(t, "a", "1000", value, 0);
  hanse_inquiry same = put(t, "a", "1", "smaller", 0);
  settle(t);
  settings.limit = 64 << 20;
  is(t, gone, HANSE_OK, NULL);
  is(t, again, HANSE_OK, NULL);
  is(t, same, HANSE_OK, NULL);
  assert_true(t->told[sum].status == HANSE_NOMEM || t->told[sum].status == HANSE_OK);
  holds(t, "a", "1", "smaller");
}

/* S4: a predecessor that does not give all does not hold the successor up for ever. */
static void rest_lost(void **state) {
  struct store_test *t = *state;
  const struct hanse_slice first = HANSE_LIT("memory 1\n");
  const struct hanse_saved saved = {sizeof saved, 1, &first};
  assert_int_equal(memory_adopt(fake_self(t->store), &saved), HANSE_OK);
  hanse_inquiry inquiry = get(t, "a", "k");
  fake_advance(t->world, 9 * HANSE_SECOND);
  assert_false(t->told[inquiry].over);
  fake_advance(t->world, 2 * HANSE_SECOND);
  is(t, inquiry, HANSE_SKIP, NULL);
  assert_non_null(strstr(fake_logged(t->world), "store.rest_lost"));
}

/* Records of other versions, cut ones, ones whose lengths lie. */
static void odd_records(void **state) {
  struct store_test *t = *state;
  static const char lie[] = "rows 1\n\0\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff";
  const struct hanse_slice records[] = {HANSE_LIT("memory 9\n"), HANSE_LIT("rows 1\nabc"),
                                        hanse_slice(lie, sizeof lie - 1), hanse_slice("", 0), HANSE_LIT("end 1\n")};
  const struct hanse_saved saved = {sizeof saved, 5, records};
  assert_int_equal(memory_adopt(fake_self(t->store), &saved), HANSE_OK);
  holds(t, "a", "k", NULL);
}

/* S4: 100 000 rows: no turn takes long, whoever scans. */
static void quick(void **state) {
  struct store_test *t = *state;
  struct memory *memory = fake_self(t->store);
  char key[16];
  for (int n = 0; n < 100000; n++) {
    int length = snprintf(key, sizeof key, "%d", n);
    assert_int_equal(memory_put(&memory->table, HANSE_LIT("a"), hanse_slice(key, (size_t)length), HANSE_LIT("v"), 0),
                     HANSE_OK);
  }
  hanse_inquiry inquiry = scan(t, "a", "9999");
  struct timespec from, to;
  double longest = 0;
  int turns = 0;
  for (; !t->told[inquiry].over && turns < 1000; turns++) {
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
    fake_advance(t->world, HANSE_MSEC);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
    double took = (double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6;
    if (took > longest) longest = took;
  }
  assert_int_equal(t->told[inquiry].rows, 11);
  printf("a scan of 100 000 rows: %d turns, the longest %.2f ms\n", turns, longest);
#ifndef HANSE_SANITIZED
  assert_true(longest < 2);
#endif
}

int main(void) {
  const struct CMUnitTest tests[] = {CONTRACT TEST(limit), TEST(rest_lost), TEST(odd_records), TEST(quick)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
