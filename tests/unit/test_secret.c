/* What outlives the process: keys, boot number, lock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka wants the four above */
#include <cmocka.h>
#include <dirent.h>
#include <limits.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "router/boot.h"
#include "router/lock.h"
#include "router/secret.h"

static int make_folder(void **state) {
  char *folder = strdup("/tmp/hanse-secret-XXXXXX");
  if (!folder || !mkdtemp(folder)) return -1;
  *state = folder;
  return 0;
}

static int remove_folder(void **state) {
  DIR *folder = opendir(*state);
  for (struct dirent *entry; folder && (entry = readdir(folder));) unlinkat(dirfd(folder), entry->d_name, 0);
  closedir(folder);
  rmdir(*state);
  free(*state);
  return 0;
}

static const char *path_of(const char *folder, const char *name) {
  static char path[PATH_MAX];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

static void put_file(const char *folder, const char *name, const char *text, mode_t mode) {
  unlink(path_of(folder, name));
  FILE *file = fopen(path_of(folder, name), "w");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
  assert_int_equal(chmod(path_of(folder, name), mode), 0);
}

static size_t files_in(const char *name) {
  size_t count = 0;
  DIR *folder = opendir(name);
  for (struct dirent *entry; (entry = readdir(folder));) count += entry->d_name[0] != '.' || entry->d_name[1] > '.';
  closedir(folder);
  return count;
}

static struct secret *must_open(const char *folder) {
  struct hanse_problem problem = {0};
  struct secret *secret = secret_open(folder, geteuid(), &problem);
  if (!secret) fail_msg("%s", problem.text);
  return secret;
}

static const struct hanse_slice parts[] = {{"partner.test", 12}, {"", 0}, {"call-1", 6}};

static void made_once(void **state) {
  struct stat what;
  uint8_t first[SECRET_MAC], again[SECRET_MAC];
  struct secret *secret = must_open(*state);
  assert_int_equal(stat(path_of(*state, "secret"), &what), 0);
  assert_int_equal(what.st_mode & 07777, 0600);
  assert_int_equal(files_in(*state), 1); /* nothing temporary is left */
  assert_int_equal(secret_seal(secret, HANSE_KEY_CURRENT, parts, 3, first), HANSE_OK);
  assert_int_equal(secret_seal(secret, HANSE_KEY_PREVIOUS, parts, 3, again), HANSE_GONE);
  assert_int_equal(secret_key_id(secret, HANSE_KEY_PREVIOUS), 0);
  uint8_t id = secret_key_id(secret, HANSE_KEY_CURRENT);
  secret_free(secret);
  secret = must_open(*state); /* after a restart */
  assert_int_equal(secret_seal(secret, HANSE_KEY_CURRENT, parts, 3, again), HANSE_OK);
  assert_memory_equal(first, again, SECRET_MAC);
  assert_int_equal(secret_key_id(secret, HANSE_KEY_CURRENT), id);
  secret_free(secret);
}

#define KEY_A "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define KEY_B "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define KEY_C "aa0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

/* Written down once, from another implementation: nodes of a pool that run other versions must agree. */
static void known_macs(void **state) {
  static const uint8_t brief[SECRET_MAC] = {0xc2, 0x5a, 0x37, 0x9e, 0xbe, 0x2c, 0xf8, 0x30,
                                            0x5a, 0xb0, 0xe4, 0xc3, 0x69, 0x2b, 0x57, 0xd8};
  static const uint8_t ample[SECRET_MAC] = {0x60, 0x2c, 0x82, 0xab, 0xa3, 0x21, 0xf0, 0x48,
                                            0x1b, 0x46, 0xce, 0x9f, 0xc7, 0xfb, 0xca, 0x5a};
  uint8_t mac[SECRET_MAC];
  char text[1017];
  memset(text, 'x', sizeof text);
  put_file(*state, "secret", "hanse-secret 1\ncurrent " KEY_A "\n", 0600);
  struct secret *secret = must_open(*state);
  assert_int_equal(secret_seal(secret, HANSE_KEY_CURRENT, parts, 3, mac), HANSE_OK);
  assert_memory_equal(mac, brief, SECRET_MAC);
  struct hanse_slice longest = hanse_slice(text, sizeof text);
  assert_int_equal(secret_seal(secret, HANSE_KEY_CURRENT, &longest, 1, mac), HANSE_OK);
  assert_memory_equal(mac, ample, SECRET_MAC);
  longest.len--; /* the longest that is brief */
  assert_true(secret_seal(secret, HANSE_KEY_CURRENT, &longest, 1, mac) == HANSE_OK &&
              secret_check(secret, HANSE_KEY_CURRENT, &longest, 1, mac) &&
              !secret_check(secret, HANSE_KEY_CURRENT, &(struct hanse_slice){text, 1017}, 1, mac));
  secret_free(secret);
}

static void lengths_count(void **state) {
  static const struct hanse_slice lists[][3] = {
      {{"ab", 2}, {"c", 1}, {"", 0}},  {{"a", 1}, {"bc", 2}, {"", 0}}, {{"abc", 3}, {"", 0}, {"", 0}},
      {{"", 0}, {"abc", 3}, {"", 0}},  {{"a", 1}, {"b", 1}, {"c", 1}}, {{"abc\0\0\0\0\0\0\0\0", 11}, {"", 0}, {"", 0}},
      {{NULL, 0}, {"ab", 2}, {"c", 1}}};
  enum { COUNT = sizeof lists / sizeof *lists };
  uint8_t macs[2 * COUNT][SECRET_MAC];
  struct secret *secret = must_open(*state);
  for (size_t i = 0; i < COUNT; i++) {
    secret_seal(secret, HANSE_KEY_CURRENT, lists[i], 3, macs[2 * i]);
    secret_seal(secret, HANSE_KEY_CURRENT, lists[i], 2, macs[2 * i + 1]);
    assert_true(secret_check(secret, HANSE_KEY_CURRENT, lists[i], 3, macs[2 * i]));
    assert_false(secret_check(secret, HANSE_KEY_CURRENT, lists[i], 2, macs[2 * i]));
    assert_false(secret_check(secret, HANSE_KEY_PREVIOUS, lists[i], 3, macs[2 * i]));
  }
  for (size_t i = 0; i < 2 * COUNT; i++)
    for (size_t j = 0; j < i; j++)
      if (memcmp(macs[i], macs[j], SECRET_MAC) == 0) fail_msg("%zu %zu", i, j);
  secret_free(secret);
}

static bool seals_alike(const struct secret *a, enum hanse_key ka, const struct secret *b, enum hanse_key kb) {
  uint8_t one[SECRET_MAC];
  return secret_seal(a, ka, parts, 3, one) == HANSE_OK && secret_check(b, kb, parts, 3, one);
}

static void replaced(void **state) {
  struct hanse_problem problem = {0};
  put_file(*state, "secret", "hanse-secret 1\ncurrent " KEY_A "\n", 0600);
  struct secret *before = must_open(*state), *now = must_open(*state);
  assert_int_equal(secret_load(now, &problem), HANSE_OK); /* unchanged: no key becomes previous */
  assert_false(seals_alike(before, HANSE_KEY_CURRENT, now, HANSE_KEY_PREVIOUS));
  put_file(*state, "secret", "hanse-secret 1\ncurrent " KEY_B "\n", 0600);
  assert_int_equal(secret_load(now, &problem), HANSE_OK);
  assert_true(seals_alike(before, HANSE_KEY_CURRENT, now, HANSE_KEY_PREVIOUS));
  assert_false(seals_alike(before, HANSE_KEY_CURRENT, now, HANSE_KEY_CURRENT));
  assert_int_equal(secret_load(now, &problem), HANSE_OK); /* again: the previous one stays */
  assert_true(seals_alike(before, HANSE_KEY_CURRENT, now, HANSE_KEY_PREVIOUS));
  put_file(*state, "secret", "hanse-secret 1 # ours\r\n\ncurrent " KEY_C "\nprevious " KEY_A "  # until May\n", 0400);
  assert_int_equal(secret_load(now, &problem), HANSE_OK); /* what the file says of the previous one counts */
  assert_true(seals_alike(before, HANSE_KEY_CURRENT, now, HANSE_KEY_PREVIOUS));
  secret_free(before);
  secret_free(now);
}

/* G9: what others could have read or written is not taken; and no key stands in a message (I2). */
static void bad_files(void **state) {
  static const struct row {
    const char *text, *says;
    mode_t mode;
  } rows[] = {
      {"", ":1:", 0600},
      {"hanse-secret 2\ncurrent " KEY_A "\n", ":1:", 0600},
      {"hanse-secret 1\n", ":2:", 0600},
      {"hanse-secret 1\nprevious " KEY_A "\n", ":3:", 0600},
      {"hanse-secret 1\ncurrent " KEY_A "0\n", ":2:", 0600},
      {"hanse-secret 1\ncurrent 12\n", ":2:", 0600},
      {"hanse-secret 1\ncurrent " KEY_A "\ncurrent " KEY_B "\n", ":3:", 0600},
      {"hanse-secret 1\ncurrent 0000000000000000000000000000000000000000000000000000000000000000\n", ":2:", 0600},
      {"hanse-secret 1\ncurrent x00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n", ":2:", 0600},
      {"hanse-secret 1\ncurrent " KEY_A "\nnext " KEY_B "\n", ":3:", 0600},
      {"hanse-secret 1\ncurrent " KEY_A "\n", "secret", 0644},
      {"hanse-secret 1\ncurrent " KEY_A "\n", "secret", 0620},
  };
  struct secret *running = must_open(*state);
  uint8_t before[SECRET_MAC];
  secret_seal(running, HANSE_KEY_CURRENT, parts, 3, before);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct hanse_problem problem = {0};
    put_file(*state, "secret", rows[i].text, rows[i].mode);
    struct secret *secret = secret_open(*state, geteuid(), &problem);
    if (secret || !strstr(problem.text, rows[i].says)) fail_msg("%zu: %s", i, problem.text);
    if (strstr(problem.text, "0102030405")) fail_msg("the key is printed: %s", problem.text);
    assert_int_not_equal(secret_load(running, &problem), HANSE_OK);
    assert_true(secret_check(running, HANSE_KEY_CURRENT, parts, 3, before)); /* a bad file changes nothing */
  }
  secret_free(running);
}

static void no_folder(void **state) {
  struct hanse_problem problem = {0};
  uint32_t boot = 7;
  int fd = 7;
  assert_null(secret_open("/nonexistent/hanse", geteuid(), &problem));
  assert_non_null(strstr(problem.text, "/nonexistent/hanse"));
  assert_int_equal(boot_next("/nonexistent/hanse", &boot, &problem), HANSE_FAIL);
  assert_int_equal(lock_take("/nonexistent/hanse", &fd, &problem), HANSE_FAIL);
  assert_true(boot == 7 && fd == 7);
  put_file(*state, "target", "hanse-secret 1\ncurrent " KEY_A "\n", 0600);
  char target[PATH_MAX];
  snprintf(target, sizeof target, "%s", path_of(*state, "target"));
  assert_int_equal(symlink("/nonexistent/secret", path_of(*state, "secret")), 0); /* a link that leads nowhere */
  assert_null(secret_open(*state, geteuid(), &problem));
}

static void boot_grows(void **state) {
  struct hanse_problem problem = {0};
  uint32_t boot = 0;
  for (uint32_t i = 1; i <= 5; i++) {
    assert_int_equal(boot_next(*state, &boot, &problem), HANSE_OK);
    assert_int_equal(boot, i);
  }
  put_file(*state, "boot", "4294967293\n", 0600);
  assert_int_equal(boot_next(*state, &boot, &problem), HANSE_OK);
  assert_int_equal(boot, 4294967294u);
  static const char *const bad[] = {"",    "x\n", "-1\n", "5", "5\n6\n", "4294967295\n", "99999999999999999999999\n",
                                    " 5\n"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    put_file(*state, "boot", bad[i], 0600);
    if (boot_next(*state, &boot, &problem) != HANSE_FAIL) fail_msg("%s", bad[i]);
    assert_non_null(strstr(problem.text, "/boot: "));
  }
}

/* Many processes at once, some of which are killed: no number is given twice. */
static void boot_in_parallel(void **state) {
  enum { CHILDREN = 8, TIMES = 25 };
  int ends[2];
  pid_t children[CHILDREN];
  static bool given[CHILDREN * TIMES + 2];
  assert_int_equal(pipe(ends), 0);
  for (int i = 0; i < CHILDREN; i++) {
    children[i] = fork();
    if (children[i] != 0) continue;
    for (int j = 0; j < TIMES; j++) {
      struct hanse_problem problem;
      uint32_t boot;
      if (boot_next(*state, &boot, &problem) != HANSE_OK || write(ends[1], &boot, 4) != 4) _exit(1);
      if (i == 0 && j == 10) kill(getpid(), SIGKILL);
    }
    _exit(0);
  }
  close(ends[1]);
  uint32_t boot;
  size_t count = 0;
  while (read(ends[0], &boot, 4) == 4) {
    assert_true(boot > 0 && boot < sizeof given);
    assert_false(given[boot]);
    given[boot] = true;
    count++;
  }
  close(ends[0]);
  for (int i = 0; i < CHILDREN; i++) assert_int_equal(waitpid(children[i], NULL, 0), children[i]);
  assert_int_equal(count, (CHILDREN - 1) * TIMES + 11);
}

/* G13 */
static void one_process(void **state) {
  struct hanse_problem problem = {0};
  int ready[2], fd = -1;
  char byte;
  assert_int_equal(pipe(ready), 0);
  pid_t child = fork();
  if (child == 0) {
    if (lock_take(*state, &fd, &problem) != HANSE_OK || write(ready[1], "x", 1) != 1) _exit(1);
    pause();
    _exit(0);
  }
  assert_int_equal(read(ready[0], &byte, 1), 1);
  assert_int_equal(lock_take(*state, &fd, &problem), HANSE_FAIL);
  char want[64];
  snprintf(want, sizeof want, "already running as pid %d", (int)child);
  assert_non_null(strstr(problem.text, want));
  kill(child, SIGKILL); /* the lock ends with its process, however that ends */
  waitpid(child, NULL, 0);
  assert_int_equal(lock_take(*state, &fd, &problem), HANSE_OK);
  int second = -1;
  assert_int_equal(lock_take(*state, &second, &problem), HANSE_FAIL);
  lock_release(fd);
  assert_int_equal(lock_take(*state, &second, &problem), HANSE_OK);
  lock_release(second);
  close(ready[0]);
  close(ready[1]);
}

int main(void) {
#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)
  const struct CMUnitTest tests[] = {
      WITH_FOLDER(made_once),  WITH_FOLDER(known_macs),       WITH_FOLDER(lengths_count),
      WITH_FOLDER(replaced),   WITH_FOLDER(bad_files),        WITH_FOLDER(no_folder),
      WITH_FOLDER(boot_grows), WITH_FOLDER(boot_in_parallel), WITH_FOLDER(one_process),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
