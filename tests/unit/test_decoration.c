/* user(domain)@decoration: made and undone (R103). */
#include <hanse/decoration.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka wants the ones above first */
#include <cmocka.h>

static char memory[2048];

static void *no_more(struct hanse_arena *arena, size_t n) {
  (void)arena, (void)n;
  return NULL;
}
static struct hanse_arena fresh(size_t room) {
  return (struct hanse_arena){sizeof(struct hanse_arena), 0, memory, memory + room, no_more};
}

static void known(void **state) {
  (void)state;
  static const struct {
    const char *decorated, *user, *domain;
  } rows[] = {
      {"joe(live.example)", "joe", "live.example"},
      {"a(b)(c)", "a(b)", "c"},
      {"a)(c)", "a)", "c"},
      {"(a(c)", "(a", "c"},
      {"((c)", "(", "c"},
      {"a(b)c)", "a", "b)c"}, /* no domain: whoever asks sees that */
      {"joe%28x%29(d)", "joe%28x%29", "d"},
      {"", NULL, NULL},
      {")", NULL, NULL},
      {"()", NULL, NULL},
      {"a()", NULL, NULL},
      {"(c)", NULL, NULL},
      {"(cc)", NULL, NULL},
      {"joe(live.example", NULL, NULL},
      {"joe(live.example) ", NULL, NULL},
      {"joe)live.example)", NULL, NULL},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct hanse_slice user, domain;
    bool is = hanse_undecorate(hanse_text(rows[i].decorated), &user, &domain);
    if (is != (rows[i].user != NULL)) fail_msg("%s", rows[i].decorated);
    if (!is) continue;
    assert_true(hanse_same(user, hanse_text(rows[i].user)));
    assert_true(hanse_same(domain, hanse_text(rows[i].domain)));
  }
}

/* Whatever is decorated is undone to what it was; two that differ never become one. 200 000 addresses of every octet.
 */
static void round_trip(void **state) {
  (void)state;
  static const char hostile[] = "()()()%28%29@;?ax.-\"\\ \0\xff";
  unsigned seed = 7, made = 0;
  for (int i = 0; i < 200000; i++) {
    char user_text[24], domain_text[24];
    size_t user_len = 1 + (unsigned)rand_r(&seed) % sizeof user_text;
    size_t domain_len = 1 + (unsigned)rand_r(&seed) % sizeof domain_text;
    for (size_t k = 0; k < user_len; k++) user_text[k] = hostile[(unsigned)rand_r(&seed) % (sizeof hostile - 1)];
    for (size_t k = 0; k < domain_len; k++) domain_text[k] = "ab.-1"[(unsigned)rand_r(&seed) % 5];
    struct hanse_arena arena = fresh(sizeof memory);
    struct hanse_slice none = {NULL, 0}, decorated = none, user = none, domain = none, again = none;
    assert_int_equal(
        hanse_decorate(&arena, hanse_slice(user_text, user_len), hanse_slice(domain_text, domain_len), &decorated),
        HANSE_OK);
    assert_true(hanse_undecorate(decorated, &user, &domain));
    assert_true(hanse_same(user, hanse_slice(user_text, user_len)));
    assert_true(hanse_same(domain, hanse_slice(domain_text, domain_len)));
    assert_int_equal(hanse_decorate(&arena, user, domain, &again), HANSE_OK);
    assert_true(hanse_same(decorated, again));
    made++;
  }
  printf("%u hostile addresses came back as they were\n", made);
}

static void bounds(void **state) {
  (void)state;
  static char longest[HANSE_DECORATED_MAX + 1];
  struct hanse_slice out = {NULL, 0};
  memset(longest, 'x', sizeof longest);
  const struct hanse_slice domain = HANSE_LIT("d.example"), none = {NULL, 0};
  size_t most = HANSE_DECORATED_MAX - domain.len - 2;
  struct hanse_arena arena = fresh(sizeof memory);
  assert_int_equal(hanse_decorate(&arena, hanse_slice(longest, most), domain, &out), HANSE_OK);
  assert_int_equal(out.len, HANSE_DECORATED_MAX);
  assert_int_equal(hanse_decorate(&arena, hanse_slice(longest, most + 1), domain, &out), HANSE_INVALID);
  assert_int_equal(hanse_decorate(&arena, hanse_slice(longest, SIZE_MAX), domain, &out), HANSE_INVALID);
  assert_int_equal(hanse_decorate(&arena, domain, hanse_slice(longest, SIZE_MAX - 1), &out), HANSE_INVALID);
  assert_int_equal(hanse_decorate(&arena, none, domain, &out), HANSE_INVALID);
  assert_int_equal(hanse_decorate(&arena, domain, none, &out), HANSE_INVALID);
  arena = fresh(16);
  out = none;
  assert_int_equal(hanse_decorate(&arena, domain, domain, &out), HANSE_NOMEM);
  assert_null(out.at);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(known),
      cmocka_unit_test(round_trip),
      cmocka_unit_test(bounds),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
