/* H5: where the bounds of memory and the figures come from: files of the kernel, here written by the test. */
#include "router/memory_use.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* wants those before it */

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define MIB (1024ull * 1024)

struct place {
  char folder[64], proc[100], groups[100];
  struct memory_files files;
};

static void put(const struct place *place, const char *path, const char *text) {
  char name[PATH_MAX];
  snprintf(name, sizeof name, "%s/%s", place->folder, path);
  for (char *slash = name + strlen(place->folder); (slash = strchr(slash + 1, '/')) != NULL;) {
    *slash = '\0';
    mkdir(name, 0700);
    *slash = '/';
  }
  FILE *file = fopen(name, "w");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
}

static int setup(void **state) {
  struct place *place = test_calloc(1, sizeof *place);
  snprintf(place->folder, sizeof place->folder, "/tmp/hanse-memory-XXXXXX");
  assert_non_null(mkdtemp(place->folder));
  snprintf(place->proc, sizeof place->proc, "%s/proc", place->folder);
  snprintf(place->groups, sizeof place->groups, "%s/groups", place->folder);
  put(place, "proc/statm", "40000 2560 900 200 0 3000 0\n");
  put(place, "groups/unused", "");
  *state = place;
  return 0;
}

static int teardown(void **state) {
  struct place *place = *state;
  char command[200];
  memory_files_close(&place->files);
  snprintf(command, sizeof command, "rm -r %s", place->folder);
  int status = system(command);
  test_free(place);
  return status;
}

static struct memory_use look(struct place *place, uint64_t stated) {
  memory_files_close(&place->files);
  memory_files_open(&place->files, place->proc, place->groups);
  return memory_use_read(&place->files, stated);
}

static void check(struct memory_use use, const char *bound, uint64_t used, uint64_t limit) {
  assert_string_equal(use.bound, bound);
  assert_int_equal(use.used, used);
  assert_int_equal(use.limit, limit);
}

static uint64_t page(void) { return (uint64_t)sysconf(_SC_PAGESIZE); }

static void nothing_bounds(void **state) {
  check(look(*state, 0), "none", 2560 * page(), 0);
  put(*state, "proc/cgroup", "0::/\n"); /* no file of it is there */
  check(look(*state, 0), "none", 2560 * page(), 0);
}

static void the_configuration_bounds(void **state) {
  check(look(*state, 64 * MIB), "limits.memory", 2560 * page(), 64 * MIB);
}

static void a_group_of_version_1(void **state) {
  put(*state, "proc/cgroup", "9:name=systemd:/a\n4:memory:/system/hanse\n0::/\n");
  put(*state, "groups/memory/system/hanse/memory.limit_in_bytes", "104857600\n");
  put(*state, "groups/memory/system/hanse/memory.usage_in_bytes", "52428800\n");
  put(*state, "groups/memory/system/hanse/memory.stat",
      "cache 9\nrss 5\nactive_file 1048576\ninactive_file 1048576\ntotal_active_file 77777777\n");
  check(look(*state, 0), "cgroup", 48 * MIB, 100 * MIB);
  check(look(*state, 1000 * MIB), "cgroup", 48 * MIB, 100 * MIB); /* the nearer one counts */
  check(look(*state, 11 * MIB), "limits.memory", 2560 * page(), 11 * MIB);
  put(*state, "groups/memory/system/hanse/memory.limit_in_bytes", "9223372036854771712\n");
  check(look(*state, 0), "none", 2560 * page(), 0);
}

static void a_group_of_version_2(void **state) {
  put(*state, "proc/cgroup", "0::/system/hanse\n");
  put(*state, "groups/system/hanse/memory.max", "max\n");
  put(*state, "groups/system/hanse/memory.current", "41943040\n");
  put(*state, "groups/system/hanse/memory.stat", "anon 1\nfile 9\nactive_file 0\ninactive_file 0\n");
  check(look(*state, 0), "none", 2560 * page(), 0);
  put(*state, "groups/system/hanse/memory.max", "83886080\n"); /* set while we run: seen without opening again */
  check(memory_use_read(&((struct place *)*state)->files, 0), "cgroup", 40 * MIB, 80 * MIB);
}

/* A container sees its own group as the root, under a path from outside. */
static void a_group_that_is_mounted_as_the_root(void **state) {
  put(*state, "proc/cgroup", "0::/outside/container\n");
  put(*state, "groups/memory.max", "83886080\n");
  put(*state, "groups/memory.current", "41943040\n");
  check(look(*state, 0), "cgroup", 40 * MIB, 80 * MIB);
}

static void broken_files_bound_nothing(void **state) {
  static const char *const lines[] = {"", "\n", "4\n", "4:memory\n", ":::\n", "0::", "4:memory:/../../x\n"};
  for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
    put(*state, "proc/cgroup", lines[i]);
    put(*state, "groups/memory.max", "-5\n");
    check(look(*state, 0), "none", 2560 * page(), 0);
  }
  put(*state, "proc/statm", "");
  check(look(*state, 0), "none", 0, 0);
}

static void resource_limits_bound(void **state) {
  struct rlimit before, now;
  assert_int_equal(getrlimit(RLIMIT_DATA, &before), 0);
  now = before;
  now.rlim_cur = 1ull << 40;
  assert_int_equal(setrlimit(RLIMIT_DATA, &now), 0);
  struct memory_use use = look(*state, 0);
  assert_int_equal(setrlimit(RLIMIT_DATA, &before), 0);
  check(use, "RLIMIT_DATA", 3000 * page(), 1ull << 40);
}

static void the_real_files_can_be_read(void **state) {
  struct place *place = *state;
  memory_files_open(&place->files, "/proc/self", "/sys/fs/cgroup");
  struct memory_use use = memory_use_read(&place->files, 1ull << 50);
  assert_true(use.limit > 0);
  assert_true(use.used > 1 * MIB);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(nothing_bounds),
      TEST(the_configuration_bounds),
      TEST(a_group_of_version_1),
      TEST(a_group_of_version_2),
      TEST(resource_limits_bound),
      TEST(a_group_that_is_mounted_as_the_root),
      TEST(broken_files_bound_nothing),
      TEST(the_real_files_can_be_read),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
