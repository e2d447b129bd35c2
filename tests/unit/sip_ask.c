/* R114: what another server's answer to our OPTIONS means, however it is cut, and whatever comes before it. */
#include "codec.h"

#include "plugins/sip/ask.h"

#define ANSWER(line, extra)                                                               \
  "SIP/2.0 " line                                                                         \
  "\r\nVia: SIP/2.0/TLS p.a.test:5061;branch=z9hG4bKown1\r\nFrom: <sip:a.test>;tag=1\r\n" \
  "To: <sip:b.test>;tag=2\r\nCall-ID: own1\r\nCSeq: 1 OPTIONS\r\n" extra "Content-Length: 0\r\n\r\n"

struct got {
  enum hanse_probe_verdict verdict;
  char text[1200];
  bool meaning, cure;
};

static struct got read_all(struct hanse_slice octets) {
  struct test_arena arena;
  struct hanse_probe_answer answer = {.size = sizeof answer};
  struct hanse_slice exact = exact_copy(octets);
  test_arena_init(&arena, SIZE_MAX);
  struct got got = {.verdict = sip_ask_read(NULL, exact, &arena.arena, &answer)};
  if (got.verdict != HANSE_PROBE_MORE) {
    snprintf(got.text, sizeof got.text, "%.*s", HANSE_FMT(answer.text));
    got.meaning = answer.meaning.len > 0;
    got.cure = answer.cure.len > 0;
  }
  test_arena_free(&arena);
  exact_free(exact);
  return got;
}

static void statuses(void **state) {
  (void)state;
  static const struct {
    const char *answer;
    enum hanse_probe_verdict verdict;
  } rows[] = {
      {ANSWER("200 OK", ""), HANSE_PROBE_GOOD},
      {ANSWER("202 Accepted", ""), HANSE_PROBE_GOOD},
      {ANSWER("302 Moved", ""), HANSE_PROBE_ODD},
      {ANSWER("404 Not Found", ""), HANSE_PROBE_ODD},
      {ANSWER("405 No", ""), HANSE_PROBE_ODD},
      {ANSWER("401 Who", ""), HANSE_PROBE_REFUSED},
      {ANSWER("403 Forbidden", ""), HANSE_PROBE_REFUSED},
      {ANSWER("407 Who", ""), HANSE_PROBE_REFUSED},
      {ANSWER("482 Loop", ""), HANSE_PROBE_FAILED},
      {ANSWER("483 Hops", ""), HANSE_PROBE_FAILED},
      {ANSWER("500 Error", ""), HANSE_PROBE_FAILED},
      {ANSWER("504 Time-out", ""), HANSE_PROBE_FAILED},
      {ANSWER("603 Decline", ""), HANSE_PROBE_REFUSED},
      {"HTTP/1.1 400 Bad Request\r\n\r\n", HANSE_PROBE_FOREIGN},
      {"220 mail.example ESMTP\r\n", HANSE_PROBE_FOREIGN},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct got got = read_all(hanse_text(rows[i].answer));
    if (got.verdict != rows[i].verdict) fail_msg("verdict %d (%s) for %s", got.verdict, got.text, rows[i].answer);
    assert_int_equal(got.meaning, got.verdict != HANSE_PROBE_GOOD);
    assert_int_equal(got.cure, got.verdict != HANSE_PROBE_GOOD);
  }
}

static void what_is_told(void **state) {
  (void)state;
  struct got got =
      read_all(HANSE_LIT(ANSWER("403 Forbidden", "Server: x/1\r\nms-diagnostics: 1002;reason=\"no\"\r\n")));
  assert_string_equal(got.text, "403 Forbidden; Server: x/1; ms-diagnostics: 1002;reason=\"no\"");
}

/* Provisional answers, keepalives and requests of the far end's own come first; every cut gives the same. */
static void in_pieces(void **state) {
  (void)state;
  static const char all[] = "\r\n\r\n" TEST_MESSAGE ANSWER("100 Trying", "") "\r\n" ANSWER("200 OK", "");
  for (size_t n = 0; n < sizeof all - 1; n++)
    if (read_all(hanse_slice(all, n)).verdict != HANSE_PROBE_MORE) fail_msg("decided after %zu octets", n);
  assert_int_equal(read_all(hanse_slice(all, sizeof all - 1)).verdict, HANSE_PROBE_GOOD);
}

/* The answer to something else is none. */
static void of_another(void **state) {
  (void)state;
  static const char other[] =
      "SIP/2.0 200 OK\r\nVia: SIP/2.0/TLS p.a.test:5061;branch=z9hG4bKown1\r\nFrom: <sip:a.test>;tag=1\r\n"
      "To: <sip:b.test>;tag=2\r\nCall-ID: own1\r\nCSeq: 1 MESSAGE\r\nContent-Length: 0\r\n\r\n";
  assert_int_equal(read_all(HANSE_LIT(other)).verdict, HANSE_PROBE_MORE);
}

static void no_memory(void **state) {
  (void)state;
  for (size_t left = 0; left < 6; left++) {
    struct test_arena arena;
    struct hanse_probe_answer answer = {.size = sizeof answer};
    test_arena_init(&arena, left);
    sip_ask_read(NULL, HANSE_LIT(ANSWER("200 OK", "Server: x\r\n")), &arena.arena, &answer);
    test_arena_free(&arena);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(statuses), cmocka_unit_test(what_is_told),
                                     cmocka_unit_test(in_pieces), cmocka_unit_test(of_another),
                                     cmocka_unit_test(no_memory)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
