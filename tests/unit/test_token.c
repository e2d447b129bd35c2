/* Tokens: questions that a plugin will answer later. */
#include "router/token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
/* cmocka wants the ones above first */
#include <cmocka.h>

#include "router/instance.h"
#include "router/message.h"

static void withdrawn(void *self, hanse_token token) { (void)self, (void)token; }

static void once(void **state) {
  struct tokens *tokens = tokens_new();
  struct instance owner = {.tokens = 0};
  struct message message = {.dry = false};
  (void)state;
  hanse_token number = token_open(tokens, &owner, &message, withdrawn);
  assert_int_not_equal(number, 0); /* 0 says that there is none */
  struct token *token = token_find(tokens, number);
  assert_ptr_equal(token->message, &message);
  assert_ptr_equal(token->owner, &owner);
  assert_true(token->withdrawn == withdrawn);
  assert_int_equal(owner.tokens, 1);
  token_close(tokens, number);
  assert_null(token_find(tokens, number));
  token_close(tokens, number);
  token_close(tokens, 0);
  assert_int_equal(owner.tokens, 0);
  hanse_token next = token_open(tokens, &owner, &message, withdrawn);
  assert_int_not_equal(next, number);
  assert_null(token_find(tokens, number)); /* a late answer to the old question finds nobody */
  token_close(tokens, number);
  assert_non_null(token_find(tokens, next));
  tokens_free(tokens);
}

static void foreign_numbers(void **state) {
  struct tokens *tokens = tokens_new();
  struct instance owner = {.tokens = 0};
  struct message message = {.dry = false};
  (void)state;
  assert_null(token_find(tokens, (hanse_token)1 << 32));
  hanse_token number = token_open(tokens, &owner, &message, withdrawn);
  for (int bit = 0; bit < 64; bit++) assert_null(token_find(tokens, number ^ (hanse_token)1 << bit));
  token_close(tokens, number);
  for (int bit = 0; bit < 64; bit++) assert_null(token_find(tokens, number ^ (hanse_token)1 << bit));
  tokens_free(tokens);
}

static void close_it(void *argument, struct token *token) {
  token_close(argument, (hanse_token)token->count << 32 | token->slot);
}

static void many(void **state) {
  enum { N = 5000 };
  struct tokens *tokens = tokens_new();
  struct instance one = {.tokens = 0}, two = {.tokens = 0};
  struct message message = {.dry = false};
  hanse_token *numbers = calloc(N, sizeof *numbers);
  (void)state;
  for (int i = 0; i < N; i++) numbers[i] = token_open(tokens, i % 2 ? &one : &two, &message, withdrawn);
  for (int i = 0; i < N; i++) {
    assert_non_null(token_find(tokens, numbers[i]));
    assert_true(token_find(tokens, numbers[i])->slot == (uint32_t)i); /* each its own, and it stays where it is */
  }
  tokens_each(tokens, &one, close_it, tokens);
  assert_int_equal(one.tokens, 0);
  assert_int_equal(two.tokens, N / 2);
  for (int i = 0; i < N; i++) assert_true((token_find(tokens, numbers[i]) != NULL) == (i % 2 == 0));
  tokens_each(tokens, &two, close_it, tokens);
  assert_int_equal(two.tokens, 0);
  free(numbers);
  tokens_free(tokens);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(once), cmocka_unit_test(foreign_numbers), cmocka_unit_test(many)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
