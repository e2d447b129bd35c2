/* What every store must do (store.h): included once, by the test of a store, which says how one is loaded. */
#ifndef TESTS_UNIT_STORE_CONTRACT_H
#define TESTS_UNIT_STORE_CONTRACT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <hanse/fake_host.h>

#define ANSWERS_MAX 4096
#define ROWS_MAX 4096
#define PATIENCE 20 /* s */

/* How one answer was; of a scan, all its slices. */
struct told {
  hanse_inquiry inquiry;
  int status;
  int64_t number;
  size_t length;
  char value[256];
  uint32_t rows, slices;
  bool over;
};

struct store_test {
  struct fake_world *world;
  struct fake_instance *store;
  hanse_inquiry asked;
  struct told told[ANSWERS_MAX]; /* by inquiry */
  char keys[ROWS_MAX][64];       /* of scans */
  size_t key_count, octets;
  hanse_inquiry nobody; /* for this one nobody waits any more */
  bool in_ask;
};

/* Of the test that includes this: how the store is loaded; a folder of its own is made before and removed afterwards.
 */
static const void *contract_settings(const char *folder);
static char contract_folder[] = "/tmp/hanse-store-XXXXXX";

/* ---- asking ---- */

static int note(void *argument, hanse_inquiry inquiry, const struct hanse_store_answer *answer) {
  struct store_test *t = argument;
  assert_true(inquiry && inquiry <= t->asked && inquiry < ANSWERS_MAX);
  assert_false(t->in_ask); /* never from within ask */
  struct told *told = &t->told[inquiry];
  assert_false(told->over); /* once */
  told->status = answer->status;
  told->number = answer->number;
  told->length = answer->value.len;
  snprintf(told->value, sizeof told->value, "%.*s", HANSE_FMT(answer->value));
  told->rows += answer->count;
  told->slices++;
  told->over = !answer->more;
  size_t octets = 0;
  assert_true(answer->count <= HANSE_STORE_SLICE_ROWS);
  for (uint32_t i = 0; i < answer->count; i++) {
    assert_true(octets <= HANSE_STORE_SLICE_OCTETS);
    octets += answer->rows[i].key.len + answer->rows[i].value.len;
    if (t->key_count < ROWS_MAX)
      snprintf(t->keys[t->key_count++], sizeof t->keys[0], "%.*s", HANSE_FMT(answer->rows[i].key));
  }
  t->octets += octets;
  return inquiry == t->nobody ? HANSE_GONE : HANSE_OK;
}

/* The number of the inquiry; 0: it was not taken. */
static hanse_inquiry ask(struct store_test *t, const char *space, const struct hanse_store_request *request) {
  hanse_inquiry inquiry = ++t->asked;
  assert_true(inquiry < ANSWERS_MAX);
  t->in_ask = true;
  int status = fake_store_ask(t->store, inquiry, space, request);
  t->in_ask = false;
  assert_true(status == HANSE_OK || status == HANSE_NOMEM);
  if (status == HANSE_OK) return inquiry;
  t->told[inquiry] = (struct told){.status = status, .over = true};
  return 0;
}

/* Lets everything go on until all that was asked is answered, but for `open` inquiries. */
static void settle_but(struct store_test *t, size_t open) {
  time_t end = time(NULL) + PATIENCE;
  for (size_t left = open + 1; left > open;) {
    left = 0;
    fake_run_posts(t->world);
    fake_advance(t->world, 10 * HANSE_MSEC);
    for (hanse_inquiry i = 1; i <= t->asked; i++) left += !t->told[i].over;
    if (left > open) usleep(50);
    if (time(NULL) > end) fail_msg("%zu requests are not answered", left);
  }
}
static void settle(struct store_test *t) { settle_but(t, 0); }

static hanse_inquiry put(struct store_test *t, const char *space, const char *key, const char *value,
                         hanse_time lasts) {
  const struct hanse_store_request request = {
      .deed = HANSE_STORE_PUT, .key = hanse_text(key), .value = hanse_text(value), .lasts = lasts};
  return ask(t, space, &request);
}
static hanse_inquiry get(struct store_test *t, const char *space, const char *key) {
  const struct hanse_store_request request = {.deed = HANSE_STORE_GET, .key = hanse_text(key)};
  return ask(t, space, &request);
}
static hanse_inquiry add(struct store_test *t, const char *space, const char *key, int64_t by, hanse_time lasts) {
  const struct hanse_store_request request = {
      .deed = HANSE_STORE_ADD, .key = hanse_text(key), .by = by, .lasts = lasts};
  return ask(t, space, &request);
}
static hanse_inquiry delete (struct store_test *t, const char *space, const char *key) {
  const struct hanse_store_request request = {.deed = HANSE_STORE_DELETE, .key = hanse_text(key)};
  return ask(t, space, &request);
}
static hanse_inquiry scan(struct store_test *t, const char *space, const char *prefix) {
  const struct hanse_store_request request = {.deed = HANSE_STORE_SCAN, .key = hanse_text(prefix)};
  return ask(t, space, &request);
}

static void is(const struct store_test *t, hanse_inquiry inquiry, int status, const char *value) {
  assert_true(t->told[inquiry].over);
  assert_int_equal(t->told[inquiry].status, status);
  if (value) assert_string_equal(t->told[inquiry].value, value);
}

/* What is there now. */
static void holds(struct store_test *t, const char *space, const char *key, const char *value) {
  hanse_inquiry inquiry = get(t, space, key);
  settle(t);
  is(t, inquiry, value ? HANSE_OK : HANSE_SKIP, value);
}

/* ---- life ---- */

static void load(struct store_test *t, struct fake_instance *predecessor) {
  t->store = fake_load(t->world, &hanse_plugin, contract_settings(contract_folder), predecessor);
  if (!t->store) fail_msg("%s", fake_problem(t->world));
}

static int begin(void **state) {
  struct store_test *t = calloc(1, sizeof *t);
  assert_non_null(t);
  memcpy(contract_folder + sizeof contract_folder - 7, "XXXXXX", 6);
  assert_non_null(mkdtemp(contract_folder));
  t->world = fake_world_new();
  fake_state_dir(t->world, contract_folder);
  fake_store_told(t->world, note, t);
  load(t, NULL);
  *state = t;
  return 0;
}

static int finish(void **state) {
  struct store_test *t = *state;
  char command[100];
  if (t->store) fake_unload(t->store);
  assert_string_equal(fake_left(t->world), "");
  fake_world_free(t->world);
  free(t);
  snprintf(command, sizeof command, "rm -rf %s", contract_folder);
  return system(command);
}

/* ---- the contract ---- */

static void put_and_get(void **state) {
  struct store_test *t = *state;
  hanse_inquiry none = get(t, "a", "k"), first = put(t, "a", "k", "one", 0), one = get(t, "a", "k");
  hanse_inquiry second = put(t, "a", "k", "two", 0), two = get(t, "a", "k"), other = get(t, "b", "k");
  assert_false(t->told[one].over); /* later */
  settle(t);
  is(t, none, HANSE_SKIP, NULL);
  is(t, first, HANSE_OK, NULL);
  is(t, one, HANSE_OK, "one");
  is(t, second, HANSE_OK, NULL);
  is(t, two, HANSE_OK, "two");
  is(t, other, HANSE_SKIP, NULL); /* another's space */
}

/* Spaces and keys that run into each other, and octets of any kind. */
static void odd_keys(void **state) {
  struct store_test *t = *state;
  static const char zero[] = "a\0b", high[] = "\xff\xfe'\"%_*[\n";
  put(t, "ab", "c", "1", 0);
  put(t, "a", "bc", "2", 0);
  struct hanse_store_request odd = {
      .deed = HANSE_STORE_PUT, .key = hanse_slice(zero, 3), .value = hanse_slice(zero, 3)};
  ask(t, "a", &odd);
  put(t, "a", high, "4", 0);
  put(t, "a", "empty", "", 0);
  holds(t, "ab", "c", "1");
  holds(t, "a", "bc", "2");
  holds(t, "a", high, "4");
  holds(t, "a", "a", NULL);
  holds(t, "a", "empty", "");
  odd.deed = HANSE_STORE_GET;
  hanse_inquiry got = ask(t, "a", &odd);
  hanse_inquiry all = scan(t, "a", ""), some = scan(t, "a", "\xff");
  settle(t);
  assert_int_equal(t->told[got].length, 3);
  assert_int_equal(t->told[all].rows, 4);
  assert_int_equal(t->told[some].rows, 1);
}

static void deleted(void **state) {
  struct store_test *t = *state;
  put(t, "a", "k", "v", 0);
  hanse_inquiry once = delete (t, "a", "k"), twice = delete (t, "a", "k"), got = get(t, "a", "k");
  settle(t);
  is(t, once, HANSE_OK, NULL);
  is(t, twice, HANSE_SKIP, NULL);
  is(t, got, HANSE_SKIP, NULL);
}

static void counters(void **state) {
  struct store_test *t = *state;
  hanse_inquiry one = add(t, "a", "n", 5, 0), two = add(t, "a", "n", -7, 0), read = add(t, "a", "n", 0, 0);
  put(t, "a", "text", "5x", 0);
  put(t, "a", "big", "9223372036854775807", 0);
  put(t, "a", "small", "-9223372036854775808", 0);
  hanse_inquiry text = add(t, "a", "text", 1, 0), over = add(t, "a", "big", 1, 0), under = add(t, "a", "small", -1, 0);
  hanse_inquiry middle = add(t, "a", "small", INT64_MAX, 0);
  settle(t);
  assert_int_equal(t->told[one].number, 5);
  assert_int_equal(t->told[two].number, -2);
  assert_int_equal(t->told[read].number, -2);
  is(t, text, HANSE_INVALID, NULL);
  is(t, over, HANSE_INVALID, NULL);
  is(t, under, HANSE_INVALID, NULL);
  assert_int_equal(t->told[middle].number, -1);
  holds(t, "a", "n", "-2");
  holds(t, "a", "text", "5x");
}

/* By the wall clock; a counter keeps the time that it was made with, a written row gets a new one. */
static void expiry(void **state) {
  struct store_test *t = *state;
  put(t, "a", "brief", "v", 1 * HANSE_SECOND);
  put(t, "a", "long", "v", 10 * HANSE_SECOND);
  settle(t);
  fake_advance(t->world, 2 * HANSE_SECOND);
  hanse_inquiry both = scan(t, "a", ""); /* before any of it is dropped */
  settle(t);
  delete (t, "a", "long");
  settle(t);
  assert_int_equal(t->told[both].rows, 1);
  put(t, "a", "short", "v", 10 * HANSE_SECOND);
  put(t, "a", "again", "v", 10 * HANSE_SECOND);
  add(t, "a", "n", 1, 10 * HANSE_SECOND);
  holds(t, "a", "short", "v");
  fake_advance(t->world, 6 * HANSE_SECOND);
  add(t, "a", "n", 1, 10 * HANSE_SECOND);
  put(t, "a", "again", "w", 10 * HANSE_SECOND);
  holds(t, "a", "n", "2");
  fake_advance(t->world, 6 * HANSE_SECOND);
  hanse_inquiry all = scan(t, "a", ""), gone = delete (t, "a", "short"), anew = add(t, "a", "n", 1, 0);
  settle(t);
  assert_int_equal(t->told[all].rows, 1);
  is(t, gone, HANSE_SKIP, NULL);
  assert_int_equal(t->told[anew].number, 1);
  holds(t, "a", "short", NULL);
  holds(t, "a", "again", "w");
}

/* What is over is not kept for ever. */
static void purged(void **state) {
  struct store_test *t = *state;
  char key[16];
  for (int n = 0; n < 500; n++) {
    snprintf(key, sizeof key, "%d", n);
    put(t, "a", key, "v", n % 2 ? HANSE_SECOND : 0);
  }
  settle(t);
  time_t end = time(NULL) + PATIENCE;
  while (fake_counter(t->world, "expired") < 250) {
    fake_advance(t->world, HANSE_SECOND);
    fake_run_posts(t->world);
    usleep(50);
    if (time(NULL) > end) fail_msg("%d were dropped", (int)fake_counter(t->world, "expired"));
  }
  assert_int_equal(fake_counter(t->world, "expired"), 250);
  hanse_inquiry all = scan(t, "a", "");
  settle(t);
  assert_int_equal(t->told[all].rows, 250);
}

static bool has_key(const struct store_test *t, const char *key) {
  for (size_t i = 0; i < t->key_count; i++)
    if (!strcmp(t->keys[i], key)) return true;
  return false;
}

/* Each row once, in slices; what is written meanwhile does not make it endless. */
static void scans(void **state) {
  struct store_test *t = *state;
  char key[32];
  for (int n = 0; n < 1000; n++) {
    snprintf(key, sizeof key, "%s%d", n % 2 ? "odd/" : "even/", n);
    put(t, "a", key, "v", 0);
  }
  put(t, "b", "odd/b", "v", 0);
  settle(t);
  hanse_inquiry odd = scan(t, "a", "odd/");
  settle(t);
  assert_int_equal(t->told[odd].rows, 500);
  assert_true(t->told[odd].slices >= 2);
  assert_true(has_key(t, "odd/1") && has_key(t, "odd/999") && !has_key(t, "even/0") && !has_key(t, "odd/b"));
  hanse_inquiry nothing = scan(t, "a", "none");
  for (size_t i = 0; i < t->key_count; i++)
    for (size_t k = 0; k < i; k++) assert_string_not_equal(t->keys[i], t->keys[k]);
  t->key_count = 0;
  hanse_inquiry all = scan(t, "a", "");
  for (int n = 0; n < 1000; n += 2) { /* while it goes on: half of the rows, and some more */
    snprintf(key, sizeof key, "even/%d", n);
    if (n % 4)
      put(t, "a", key, "w", 0);
    else
      delete (t, "a", key);
  }
  settle(t);
  assert_int_equal(t->told[nothing].rows, 0);
  assert_true(t->told[all].rows >= 500 && t->told[all].rows <= 1500);
  for (int n = 1; n < 1000; n += 2) {
    snprintf(key, sizeof key, "odd/%d", n);
    assert_true(has_key(t, key));
  }
}

/* Whoever scanned is gone: it ends with the first slice. */
static void scan_for_nobody(void **state) {
  struct store_test *t = *state;
  char key[16];
  for (int n = 0; n < 1000; n++) {
    snprintf(key, sizeof key, "%d", n);
    put(t, "a", key, "v", 0);
  }
  settle(t);
  t->nobody = scan(t, "a", "");
  while (!t->told[t->nobody].slices) settle_but(t, 1);
  t->told[t->nobody].over = true; /* no further slice may come */
  for (int n = 0; n < 20; n++) holds(t, "a", "1", "v");
  assert_int_equal(t->told[t->nobody].slices, 1);
}

/* The largest keys and values; slices stay bounded by octets. */
static void large(void **state) {
  struct store_test *t = *state;
  char *value = malloc(HANSE_STORE_VALUE_MAX);
  char key[HANSE_STORE_KEY_MAX];
  assert_non_null(value);
  memset(value, 'x', HANSE_STORE_VALUE_MAX);
  memset(key, 'k', sizeof key);
  for (int n = 0; n < 5; n++) {
    key[0] = (char)('a' + n);
    const struct hanse_store_request request = {.deed = HANSE_STORE_PUT,
                                                .key = hanse_slice(key, sizeof key),
                                                .value = hanse_slice(value, HANSE_STORE_VALUE_MAX)};
    ask(t, "a", &request);
  }
  const struct hanse_store_request request = {.deed = HANSE_STORE_GET, .key = hanse_slice(key, sizeof key)};
  hanse_inquiry got = ask(t, "a", &request), all = scan(t, "a", "");
  settle(t);
  free(value);
  is(t, got, HANSE_OK, NULL);
  assert_int_equal(t->told[got].length, HANSE_STORE_VALUE_MAX);
  assert_int_equal(t->told[all].rows, 5);
  assert_true(t->told[all].slices >= 3);
  assert_int_equal(t->octets, 5 * (HANSE_STORE_VALUE_MAX + HANSE_STORE_KEY_MAX));
}

/* A stop answers what was asked before; nothing is answered afterwards. */
static void answers_in_stop(void **state) {
  struct store_test *t = *state;
  char key[16];
  for (int n = 0; n < 300; n++) {
    snprintf(key, sizeof key, "%d", n);
    put(t, "a", key, "v", 0);
  }
  hanse_inquiry got = get(t, "a", "299"), all = scan(t, "a", "");
  fake_unload(t->store);
  for (hanse_inquiry i = 1; i <= 300; i++) is(t, i, HANSE_OK, NULL);
  is(t, got, HANSE_OK, "v");
  assert_true(t->told[all].over && t->told[all].status == HANSE_GONE);
  t->store = NULL;
  fake_advance(t->world, HANSE_SECOND); /* no time-out of it is left */
}

/* The successor has what the predecessor had, and what that was still asked. */
static void swapped(void **state) {
  struct store_test *t = *state;
  char key[16];
  for (int n = 0; n < 700; n++) {
    snprintf(key, sizeof key, "%d", n);
    put(t, "a", key, "v", n % 3 ? 0 : 100 * HANSE_SECOND);
    if (n == 350) settle(t);
  }
  struct fake_instance *old = t->store;
  hanse_inquiry before = add(t, "a", "n", 1, 0);
  load(t, old);
  settle_but(t, 0);
  is(t, before, HANSE_OK, NULL);
  hanse_inquiry after = add(t, "a", "n", 1, 0), all = scan(t, "a", "");
  settle(t);
  fake_unload(old);
  assert_int_equal(t->told[after].number, 2);
  assert_int_equal(t->told[all].rows, 701);
  fake_advance(t->world, 100 * HANSE_SECOND);
  hanse_inquiry rest = scan(t, "a", "");
  settle(t);
  assert_int_equal(t->told[rest].rows, 701 - 234);
}

#ifndef HANSE_SANITIZED

/* Each allocation fails in turn: what was asked is refused, or answered, or fails with an answer; the store lives on.
 */
static void no_memory(void **state) {
  struct store_test *t = *state;
  char key[16];
  long n = 1, failures = 0;
  for (bool any = true; any && n < 400; n++) {
    fake_fail_allocation((unsigned)n);
    snprintf(key, sizeof key, "%ld", n);
    hanse_inquiry first = put(t, "a", key, "v", 0);
    hanse_inquiry sum = add(t, "a", "n", 1, 0);
    get(t, "a", key);
    scan(t, "a", "1");
    delete (t, "a", "none");
    settle(t);
    fake_fail_allocation(0);
    any = fake_allocation_failed();
    failures += fake_allocation_failed();
    holds(t, "a", key, first && t->told[first].status == HANSE_OK ? "v" : NULL);
    if (sum && t->told[sum].status == HANSE_OK) assert_true(t->told[sum].number > 0);
  }
  assert_true(failures > 0);
  put(t, "a", "after", "v", 0);
  holds(t, "a", "after", "v");
  printf("%ld allocations failed in turn\n", failures);
}
#define CONTRACT_NO_MEMORY TEST(no_memory),
#else
#define CONTRACT_NO_MEMORY
#endif

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, finish)
#define CONTRACT                                                                                             \
  TEST(put_and_get), TEST(odd_keys), TEST(deleted), TEST(counters), TEST(expiry), TEST(purged), TEST(scans), \
      TEST(scan_for_nobody), TEST(large), TEST(answers_in_stop), TEST(swapped), CONTRACT_NO_MEMORY

#endif
