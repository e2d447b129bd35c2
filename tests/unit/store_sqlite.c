/* S1, S5 to S7: the store in a file of SQLite. */
#include "tests/unit/store_contract.h"

#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "plugins/store/sqlite.h"

static struct sqlite_settings settings = {.sync_interval = 20 * HANSE_MSEC};
static const void *contract_settings(const char *folder) {
  (void)folder;
  return &settings;
}

static const char *path(const char *name) {
  static char text[100];
  snprintf(text, sizeof text, "%s/%s", contract_folder, name);
  return text;
}

static void unload(struct store_test *t) {
  fake_unload(t->store);
  t->store = NULL;
}

/* ---- across runs ---- */

/* S5: a stop writes everything; the file is ours alone. */
static void survives(void **state) {
  struct store_test *t = *state;
  struct stat found;
  put(t, "a", "k", "v", 0);
  put(t, "a", "short", "v", 10 * HANSE_SECOND);
  add(t, "a", "n", 7, 0);
  unload(t);
  load(t, NULL);
  holds(t, "a", "k", "v");
  holds(t, "a", "n", "7");
  static const char *const names[] = {"store.db", "store.db-wal", "store.db-shm"};
  for (int i = 0; i < 3; i++) {
    assert_int_equal(stat(path(names[i]), &found), 0);
    assert_int_equal(found.st_mode & 07777, 0600);
  }
  fake_advance(t->world, 10 * HANSE_SECOND);
  holds(t, "a", "short", NULL);
}

/* A broader mode is narrowed. */
static void narrowed(void **state) {
  struct store_test *t = *state;
  struct stat found;
  put(t, "a", "k", "v", 0);
  unload(t);
  assert_int_equal(chmod(path("store.db"), 0644), 0);
  load(t, NULL);
  holds(t, "a", "k", "v");
  assert_int_equal(stat(path("store.db"), &found), 0);
  assert_int_equal(found.st_mode & 07777, 0600);
}

/* S6: writes are answered when they are committed: together, within the interval, however many there are. */
static void together(void **state) {
  struct store_test *t = *state;
  time_t end = time(NULL) + PATIENCE;
  hanse_inquiry first = get(t, "a", "k"); /* behind it lies what the thread does when it starts */
  while (!t->told[first].over && time(NULL) < end) fake_run_posts(t->world);
  hanse_inquiry written = put(t, "a", "k", "v", 0), read = get(t, "a", "k");
  while (!t->told[read].over && time(NULL) < end) fake_run_posts(t->world);
  is(t, read, HANSE_OK, "v"); /* no time went by */
  assert_false(t->told[written].over);
  settle(t);
  is(t, written, HANSE_OK, NULL);
  char key[16];
  for (int n = 0; n < 1000; n++) {
    snprintf(key, sizeof key, "%d", n);
    written = put(t, "a", key, "v", 0);
  }
  while (!t->told[written].over && time(NULL) < end) fake_run_posts(t->world);
  is(t, written, HANSE_OK, NULL); /* nor now: a thousand do not wait for it */
}

/* ---- files that cannot be used ---- */

static void write_file(const char *name, const char *octets, size_t n) {
  int fd = open(path(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  assert_true(fd >= 0 && write(fd, octets, n) == (ssize_t)n);
  close(fd);
}

static void refused(struct store_test *t, const char *says) {
  assert_null(fake_load(t->world, &hanse_plugin, &settings, NULL));
  if (!strstr(fake_problem(t->world), says)) fail_msg("\"%s\" does not say \"%s\"", fake_problem(t->world), says);
}

static void sql(const char *text) {
  sqlite3 *db;
  assert_int_equal(sqlite3_open(path("store.db"), &db), SQLITE_OK);
  assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
  sqlite3_close(db);
}

/* S7: what is not ours is left alone, with a sentence that says what to do. */
static void not_ours(void **state) {
  struct store_test *t = *state;
  char octets[100];
  unload(t);
  assert_int_equal(remove(path("store.db")), 0);
  write_file("store.db", "# a configuration\nnode = 1;\n", 27);
  refused(t, "not a database of SQLite; move it away");
  int fd = open(path("store.db"), O_RDONLY);
  assert_int_equal(read(fd, octets, sizeof octets), 27);
  close(fd);
  assert_int_equal(remove(path("store.db")), 0);
  sql("CREATE TABLE theirs (x)");
  refused(t, "of another program; move it away");
  sql("DROP TABLE theirs; PRAGMA application_id=1752068965; PRAGMA user_version=2");
  refused(t, "a newer version");
  sql("PRAGMA user_version=1");
  load(t, NULL);
  holds(t, "a", "k", NULL);
  unload(t);
  assert_int_equal(remove(path("store.db")), 0);
  assert_int_equal(mkdir(path("store.db"), 0700), 0);
  refused(t, "cannot be written");
  assert_int_equal(rmdir(path("store.db")), 0);
  assert_int_equal(symlink("/dev/null", path("store.db")), 0);
  refused(t, "cannot be written");
  assert_int_equal(remove(path("store.db")), 0);
  settings.path = HANSE_LIT("/nowhere/at/all.db");
  refused(t, "make the folder");
  settings.path = HANSE_LIT("store.db");
  refused(t, "the whole path");
  settings.path = HANSE_LIT("");
  load(t, NULL);
}

static void fill(struct store_test *t, int rows) {
  char key[16], value[200];
  memset(value, 'x', sizeof value - 1);
  value[sizeof value - 1] = '\0';
  for (int n = 0; n < rows; n++) {
    snprintf(key, sizeof key, "%d", n);
    put(t, "a", key, value, 0);
  }
  settle(t);
}

static int never(void *self) {
  (void)self;
  return HANSE_SKIP;
}
/* As --check does: created and configured, never started. */
static void looked_at(struct store_test *t) {
  struct hanse_plugin checked = hanse_plugin;
  checked.start = never;
  assert_null(fake_load(t->world, &checked, &settings, NULL));
  assert_int_equal(fake_status(t->world), HANSE_SKIP);
}

/* S7: a damaged file is moved aside, kept, and begun anew. --check only looks. */
static void damaged(void **state) {
  struct store_test *t = *state;
  glob_t found;
  char octets[4096];
  fill(t, 500);
  unload(t);
  memset(octets, 0x5a, sizeof octets);
  int fd = open(path("store.db"), O_WRONLY);
  for (int page = 1; page < 8; page++) assert_int_equal(pwrite(fd, octets, sizeof octets, page * 4096), sizeof octets);
  close(fd);
  looked_at(t);
  assert_int_equal(glob(path("store.db.corrupt-*"), 0, NULL, &found), GLOB_NOMATCH);
  load(t, NULL);
  put(t, "a", "new", "v", 0);
  holds(t, "a", "new", "v");
  holds(t, "a", "1", NULL);
  assert_int_equal(glob(path("store.db.corrupt-*"), 0, NULL, &found), 0);
  assert_int_equal(found.gl_pathc, 1);
  globfree(&found);
}

/* ---- a full disk ---- */

/* S7: writes fail, with an answer, reads go on; when there is room again, it works by itself. */
static void disk_full(void **state) {
  struct store_test *t = *state;
  struct rlimit before, small = {0, RLIM_INFINITY};
  fill(t, 100);
  signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  small.rlim_max = before.rlim_max;
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0); /* as a full disk: nothing grows any more, in any file */
  hanse_inquiry last = 0, other = 0;
  for (int n = 0; n < 5; n++) {
    last = put(t, "a", "1", "new", 0);
    other = add(t, "a", "n", 1, 0);
    settle(t);
  }
  is(t, last, HANSE_FAIL, NULL);
  is(t, other, HANSE_FAIL, NULL);
  assert_int_equal(fake_counter(t->world, "failed"), 10);
  assert_non_null(strstr(fake_logged(t->world), "store.failing"));
  hanse_inquiry read = get(t, "a", "1"), all = scan(t, "a", "");
  settle(t);
  is(t, read, HANSE_OK, NULL);
  assert_int_equal(t->told[read].length, 199); /* the old one */
  assert_int_equal(t->told[all].rows, 100);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
  last = put(t, "a", "1", "new", 0);
  settle(t);
  is(t, last, HANSE_OK, NULL);
  holds(t, "a", "1", "new");
  assert_non_null(strstr(fake_logged(t->world), "store.works"));
}

/* The disk is full before there is a file: it starts, says so, and goes on when there is room. */
static void full_from_the_start(void **state) {
  struct store_test *t = *state;
  struct rlimit before, small = {0, RLIM_INFINITY};
  unload(t);
  assert_int_equal(remove(path("store.db")), 0);
  signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  small.rlim_max = before.rlim_max;
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
  load(t, NULL);
  hanse_inquiry written = put(t, "a", "k", "v", 0), read = get(t, "a", "k");
  settle(t);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
  is(t, written, HANSE_FAIL, NULL);
  is(t, read, HANSE_FAIL, NULL);
  time_t end = time(NULL) + PATIENCE;
  do {
    written = put(t, "a", "k", "v", 0);
    settle(t);
  } while (t->told[written].status != HANSE_OK && time(NULL) < end);
  holds(t, "a", "k", "v");
}

/* ---- pace ---- */

static double now(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

/* How many writes a second, and what one costs the loop's thread. */
static void pace(void **state) {
  struct store_test *t = *state;
  char key[16];
  settle(t);
  double from = now();
  clock_t used = clock();
  struct timespec cpu_from, cpu_to;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu_from);
  for (int n = 0; n < 3000; n++) {
    snprintf(key, sizeof key, "%d", n);
    const struct hanse_store_request request = {.deed = HANSE_STORE_ADD, .key = hanse_text(key), .by = 1};
    ask(t, "a", &request);
  }
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu_to);
  settle(t);
  double took = now() - from;
  double loop = (double)(cpu_to.tv_sec - cpu_from.tv_sec) * 1e6 + (double)(cpu_to.tv_nsec - cpu_from.tv_nsec) / 1e3;
  printf("3 000 counters written in %.0f ms (%.0f a second, %.0f ms of processor); to ask cost the loop %.2f µs each\n",
         took * 1e3, 3000 / took, (double)(clock() - used) / CLOCKS_PER_SEC * 1e3, loop / 3000);
  assert_true(took < 10);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      CONTRACT TEST(survives),   TEST(narrowed), TEST(together), TEST(not_ours), TEST(damaged), TEST(disk_full),
      TEST(full_from_the_start), TEST(pace)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
