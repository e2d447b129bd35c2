/* A plugin that was copied only in part is refused, wherever it was cut: the dynamic loader would die of it. */
#include "contract/shared_object.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka wants the ones above first */
#include <cmocka.h>

static struct hanse_slice content;

static int setup(void **state) {
  FILE *file = fopen(HANSE_BUILD_DIR "/bad/declines_start.so", "rb");
  (void)state;
  assert_non_null(file);
  char *bytes = malloc(1 << 22);
  content = hanse_slice(bytes, fread(bytes, 1, 1 << 22, file));
  fclose(file);
  return content.len > 4096 ? 0 : -1;
}
static int teardown(void **state) {
  (void)state;
  free((char *)(uintptr_t)content.at);
  return 0;
}

/* In memory of exactly that size, so that reading past its end is found. */
static int check(struct hanse_slice bytes, char *why, size_t cap) {
  char *copy = malloc(bytes.len ? bytes.len : 1);
  memcpy(copy, bytes.at, bytes.len);
  int status = shared_object_check(hanse_slice(copy, bytes.len), why, cap);
  free(copy);
  return status;
}

static void whole(void **state) {
  char why[160] = "";
  (void)state;
  assert_int_equal(check(content, why, sizeof why), HANSE_OK);
  char *longer = malloc(content.len + 1);
  memcpy(longer, content.at, content.len);
  longer[content.len] = '\0';
  assert_int_equal(check(hanse_slice(longer, content.len + 1), why, sizeof why), HANSE_OK);
  free(longer);
}

static void cut_off(void **state) {
  char why[160];
  (void)state;
  for (size_t n = 0; n < content.len; n += n < 4096 ? 1 : 61)
    if (check(hanse_slice(content.at, n), why, sizeof why) != HANSE_INVALID) fail_msg("cut after %zu octets", n);
  assert_int_equal(check(hanse_slice(content.at, content.len - 1), why, sizeof why), HANSE_INVALID);
  assert_non_null(strstr(why, "is cut off after"));
}

/* Whatever its first octets say, nothing outside of it is read. */
static void hostile_heads(void **state) {
  char why[160], head[4096];
  unsigned chance = 1;
  (void)state;
  for (int i = 0; i < 20000; i++) {
    memcpy(head, content.at, sizeof head);
    for (int k = 0; k < 3; k++) {
      chance = chance * 1103515245u + 12345u;
      head[(chance >> 16) % 512] = (char)(chance >> 8);
    }
    check(hanse_slice(head, sizeof head), why, sizeof why);
  }
  memset(head, 0xff, sizeof head);
  memcpy(head, content.at, 16);
  assert_int_equal(check(hanse_slice(head, sizeof head), why, sizeof why), HANSE_INVALID);
  assert_int_equal(
      check(HANSE_LIT("#!/bin/sh\necho hello, this is a script and no plugin at all, whatever its name is"), why,
            sizeof why),
      HANSE_INVALID);
  assert_non_null(strstr(why, "is no shared object"));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(whole), cmocka_unit_test(cut_off),
                                     cmocka_unit_test(hostile_heads)};
  return cmocka_run_group_tests(tests, setup, teardown);
}
