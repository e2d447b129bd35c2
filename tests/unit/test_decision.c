/* Words of decisions, and the last ones that are kept (J1). */
#include "router/decision.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants the ones above first */
#include <cmocka.h>

static int by_text(const void *a, const void *b) { return memcmp(a, b, HANSE_DECISION_TEXT); }

/* One number, one word: over a run of numbers, over the border of the halves, and of two boots. */
static void words_are_unique(void **state) {
  enum { N = 200000 };
  static char words[3 * N][HANSE_DECISION_TEXT];
  size_t neighbours = 0;
  (void)state;
  for (uint64_t i = 0; i < N; i++) {
    decision_word((uint64_t)1 << 32 | i, words[i]);
    decision_word((uint64_t)1 << 32 | (0xfff00000u + i), words[N + i]);
    decision_word((uint64_t)2 << 32 | i, words[2 * N + i]);
  }
  for (size_t i = 0; i < 3 * N; i++) {
    assert_int_equal(strlen(words[i]), HANSE_DECISION_TEXT - 1);
    assert_int_equal(strspn(words[i], "0123456789abcdefghjkmnpqrstvwxyz"), HANSE_DECISION_TEXT - 1);
    if (i) neighbours += !memcmp(words[i], words[i - 1], 4);
  }
  printf("words that begin like the one before: %zu of %d\n", neighbours, 3 * N);
  assert_true(neighbours < 20); /* their order is not that of the numbers */
  qsort(words, 3 * N, HANSE_DECISION_TEXT, by_text);
  for (size_t i = 1; i < 3 * N; i++) assert_int_not_equal(by_text(words[i - 1], words[i]), 0);
}

static void note(struct decisions **ring, uint64_t number) {
  struct decision decision = {.number = number, .failure = HANSE_F_POLICY};
  decision_word(number, decision.word);
  decisions_note(ring, &decision);
}

static void the_last_are_kept(void **state) {
  struct decisions *ring = NULL;
  char word[HANSE_DECISION_TEXT], upper[HANSE_DECISION_TEXT];
  (void)state;
  assert_null(decisions_back(ring, 0));
  assert_null(decisions_find(ring, HANSE_LIT("00000000")));
  for (uint64_t i = 1; i <= DECISIONS_KEPT + 10; i++) {
    note(&ring, i);
    assert_int_equal(decisions_back(ring, 0)->number, i);
    if (i == 3) assert_null(decisions_back(ring, 3));
  }
  assert_int_equal(decisions_back(ring, DECISIONS_KEPT - 1)->number, 11);
  assert_null(decisions_back(ring, DECISIONS_KEPT));
  decision_word(10, word);
  assert_null(decisions_find(ring, hanse_text(word)));
  decision_word(11, word);
  assert_int_equal(decisions_find(ring, hanse_text(word))->number, 11);
  for (size_t i = 0; i < sizeof word; i++)
    upper[i] = word[i] >= 'a' && word[i] <= 'z' ? (char)(word[i] - 'a' + 'A') : word[i];
  assert_int_equal(decisions_find(ring, hanse_text(upper))->number, 11);
  assert_null(decisions_find(ring, HANSE_LIT("")));
  decisions_free(ring);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(words_are_unique), cmocka_unit_test(the_last_are_kept)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
