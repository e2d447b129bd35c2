/* H10: remote parties choose many of our keys; what they hash to is known to nobody outside of this process, and is
   another in the next one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka wants the four above */
#include <cmocka.h>
#include <sys/wait.h>
#include <unistd.h>

#include "router/hash.h"

#define NAME "alice.fabrikam.example"

static const char *self; /* this program */

/* What a process of its own makes of NAME. */
static uint64_t elsewhere(void) {
  uint64_t value = 0;
  int ends[2], status;
  char fd[16];
  assert_int_equal(pipe(ends), 0);
  snprintf(fd, sizeof fd, "%d", ends[1]);
  pid_t child = fork();
  if (child == 0) {
    execl(self, self, "hash", fd, (char *)NULL);
    _exit(1);
  }
  close(ends[1]);
  assert_int_equal(read(ends[0], &value, sizeof value), sizeof value);
  close(ends[0]);
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  return value;
}

static void the_key_is_the_process_s_own(void **state) {
  (void)state;
  uint64_t here = hash_keyed(NAME, sizeof NAME - 1), one = elsewhere(), two = elsewhere();
  assert_int_equal(hash_keyed(NAME, sizeof NAME - 1), here);
  assert_true(here != one && here != two && one != two);
}

struct entry {
  UT_hash_handle hh;
  char key[16];
};

/* What uthash's tables are filled by is that hash. */
static void tables_use_it(void **state) {
  enum { MANY = 1000 };
  (void)state;
  static struct entry entries[MANY];
  struct entry *table = NULL, *found;
  for (int i = 0; i < MANY; i++) {
    int n = snprintf(entries[i].key, sizeof entries[i].key, "call-%d", i);
    HASH_ADD_KEYPTR(hh, table, entries[i].key, (unsigned)n, &entries[i]);
    assert_true(HASH_ADDED(hh, &entries[i]));
    assert_int_equal(entries[i].hh.hashv, (unsigned)hash_keyed(entries[i].key, (size_t)n));
  }
  HASH_FIND(hh, table, "call-999", 8, found);
  assert_ptr_equal(found, &entries[MANY - 1]);
  HASH_CLEAR(hh, table);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_key_is_the_process_s_own),
      cmocka_unit_test(tables_use_it),
  };
  if (argc == 3) {
    uint64_t value = hash_keyed(NAME, sizeof NAME - 1);
    return write(atoi(argv[2]), &value, sizeof value) == sizeof value ? 0 : 1;
  }
  self = argv[0];
  return cmocka_run_group_tests(tests, NULL, NULL);
}
