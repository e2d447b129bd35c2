/* Cutting a stream into messages: rows A1 to A9, A20 to A23 and A28 of the attack checklist, and RFC 5626 keepalives.
 */
#include "codec.h"

#define HEAD TEST_HEAD("MESSAGE", TEST_URI, TEST_VIA, TEST_FROM, TEST_TO, "1 MESSAGE", "")

/* What a stream was cut into, as text: M<length> per message, K<pings> for keepalives, and the end. */
struct log {
  char text[4096];
  size_t len;
  unsigned pings;
};

static void note(struct log *log, const char *what, size_t n) {
  int wrote = snprintf(log->text + log->len, sizeof log->text - log->len, "%s%zu ", what, n);
  if (wrote > 0 && log->len + (size_t)wrote < sizeof log->text) log->len += (size_t)wrote;
}

/* Feeds `stream` so that first `cut` octets are there, then `step` more at a time. */
static void feed(struct hanse_slice stream, size_t cut, size_t step, const struct sip_bounds *bounds, struct log *log) {
  struct sip_frame frame = {0};
  size_t at = 0, have = cut < stream.len ? cut : stream.len;
  memset(log, 0, sizeof *log);
  for (;;) {
    struct hanse_slice seen = exact_copy(hanse_slice(stream.at + at, have - at));
    enum sip_frame_result result = sip_frame(&frame, bounds, seen.at, seen.len);
    exact_free(seen);
    if (result == SIP_FRAME_MESSAGE) {
      assert_true(frame.length <= have - at && frame.head <= frame.length);
      note(log, "M", frame.length);
      at += frame.length;
    } else if (result == SIP_FRAME_KEEPALIVE) {
      assert_true(frame.length <= have - at && frame.length == 2 * frame.crlfs);
      log->pings += frame.pings;
      at += frame.length;
    } else if (result == SIP_FRAME_BAD) {
      note(log, "bad", (size_t)frame.failure);
      note(log, "head", frame.head);
      assert_non_null(frame.problem);
      break;
    } else if (result == SIP_FRAME_NOT_SIP) {
      note(log, "foreign", 0);
      break;
    } else if (have == stream.len) {
      break;
    } else {
      have = stream.len - have < step ? stream.len : have + step;
    }
  }
  note(log, "pings", log->pings);
}

/* The verdict is the same whole, octet by octet and with one cut anywhere (A28). */
static void expect(struct hanse_slice stream, const char *want) {
  struct log whole, other;
  feed(stream, stream.len, 1, &test_bounds, &whole);
  if (strcmp(whole.text, want) != 0) fail_msg("got '%s', want '%s'", whole.text, want);
  feed(stream, 0, 1, &test_bounds, &other);
  assert_string_equal(other.text, want);
  for (size_t cut = 1; cut < stream.len; cut++) {
    feed(stream, cut, stream.len, &test_bounds, &other);
    if (strcmp(other.text, want) != 0) fail_msg("cut at %zu: got '%s', want '%s'", cut, other.text, want);
  }
}

#define EXPECT(text, want) expect(HANSE_LIT(text), want)

static void messages(void **state) {
  (void)state;
  char want[64];
  snprintf(want, sizeof want, "M%zu pings0 ", sizeof TEST_MESSAGE - 1);
  EXPECT(TEST_MESSAGE, want);
  snprintf(want, sizeof want, "M%zu M%zu pings0 ", sizeof TEST_MESSAGE - 1, sizeof TEST_MESSAGE - 1);
  EXPECT(TEST_MESSAGE TEST_MESSAGE, want);
  EXPECT("", "pings0 ");
}

/* Several spellings of one length; only-fold-end must never shift the body (cl-lead0, cl-fold, cl-spcolon). */
static void lengths_accepted(void **state) {
  (void)state;
  static const char *const spellings[] = {
      "Content-Length: 2", "Content-Length: 0002", "Content-Length:\r\n 2",  "Content-Length  :   2",        "l:2",
      "L\t:\t2\t",         "cOnTeNt-LeNgTh: 2",    "Content-Length: 2\r\n ", "Content-Length:\r\n\t 2\r\n  "};
  for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
    char text[1024], want[64];
    int len = snprintf(text, sizeof text, "%s%s\r\n\r\nhi", HEAD, spellings[i]);
    snprintf(want, sizeof want, "M%d pings0 ", len);
    expect(hanse_slice(text, (size_t)len), want);
  }
}

/* A1, A2, A3, A5, A6. */
static void lengths_refused(void **state) {
  (void)state;
  static const char *const spellings[] = {"Content-Length: 2\r\nContent-Length: 3",
                                          "Content-Length: 2\r\nContent-Length: 2",
                                          "l: 2\r\nContent-Length: 2",
                                          "CONTENT-LENGTH: 2\r\ncontent-length : 2",
                                          "Content-Length: -2",
                                          "Content-Length: +2",
                                          "Content-Length: 0x2",
                                          "Content-Length: 2.0",
                                          "Content-Length: \"2\"",
                                          "Content-Length: 2, 2",
                                          "Content-Length: 1 2",
                                          "Content-Length: 1\r\n 2",
                                          "Content-Length:",
                                          "Content-Length: \r\n ",
                                          "Content-Length: two",
                                          "Content-Length: \xd9\xa2",
                                          "Content-Length: 2;x=1",
                                          "Content-Length: 2\x0b",
                                          "X: 1",
                                          "Content-Length2: 2",
                                          "Content-Length\x0b: 2",
                                          " Content-Length: 2"};
  for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
    char text[1024], want[64];
    int len = snprintf(text, sizeof text, "%s%s\r\n\r\nhi", HEAD, spellings[i]);
    snprintf(want, sizeof want, "bad%d head%d pings0 ", HANSE_F_PARSE, len - 4);
    expect(hanse_slice(text, (size_t)len), want);
  }
}

/* A4: values that wrap or are merely too big. */
static void lengths_too_large(void **state) {
  (void)state;
  static const char *const values[] = {"1048577",
                                       "2147483647",
                                       "4294967295",
                                       "4294967298",
                                       "18446744073709551618",
                                       "99999999999999999999999999",
                                       "0000000000000000000000000000000000000004294967298"};
  for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
    char text[1024], want[64];
    int len = snprintf(text, sizeof text, "%sContent-Length: %s\r\n\r\nhi", HEAD, values[i]);
    snprintf(want, sizeof want, "bad%d head%d pings0 ", HANSE_F_TOO_LARGE, len - 4);
    expect(hanse_slice(text, (size_t)len), want);
  }
}

static void length_at_the_limit(void **state) {
  (void)state;
  struct sip_bounds bounds = {sizeof HEAD - 1 + 23, sizeof HEAD - 1 + 23 + 10};
  struct log log;
  char want[64];
  snprintf(want, sizeof want, "M%zu pings0 ", bounds.message);
  feed(HANSE_LIT(HEAD "Content-Length: 10\r\n\r\n0123456789"), 0, 1, &bounds, &log);
  assert_int_equal(sizeof(HEAD "Content-Length: 10\r\n\r\n") - 1, bounds.headers - 1);
  snprintf(want, sizeof want, "M%zu pings0 ", bounds.message - 1);
  assert_string_equal(log.text, want);
  bounds.message -= 2;
  feed(HANSE_LIT(HEAD "Content-Length: 10\r\n\r\n0123456789"), 0, 1, &bounds, &log);
  assert_non_null(strstr(log.text, "bad31 "));
  bounds.message = SIZE_MAX;
  feed(HANSE_LIT(HEAD "Content-Length: 18446744073709551615\r\n\r\n0123456789"), 0, 1, &bounds, &log);
  assert_non_null(strstr(log.text, "bad31 "));
}

/* A7: it waits; the caller's clock ends it. MORE says how much the message will have. */
static void short_body_waits(void **state) {
  (void)state;
  EXPECT(HEAD "Content-Length: 2000\r\n\r\nhi", "pings0 ");
  struct sip_frame frame = {0};
  struct hanse_slice text = HANSE_LIT(HEAD "Content-Length: 2000\r\n\r\nhi");
  assert_int_equal(sip_frame(&frame, &test_bounds, text.at, text.len), SIP_FRAME_MORE);
  assert_int_equal(frame.length, text.len - 2 + 2000);
}

/* A8: what lies in the body of a message that says it has none is the next message. */
static void body_is_next_message(void **state) {
  (void)state;
  char want[64];
  snprintf(want, sizeof want, "M%zu M%zu pings0 ", sizeof(HEAD "l: 0\r\n\r\n") - 1, sizeof TEST_MESSAGE - 1);
  EXPECT(HEAD "l: 0\r\n\r\n" TEST_MESSAGE, want);
}

/* A9: a lone LF ends the stream; whole lines before it are given out for the 400. */
static void lone_lf(void **state) {
  (void)state;
  char want[64];
  snprintf(want, sizeof want, "bad%d head%zu pings0 ", HANSE_F_PARSE, sizeof HEAD - 1);
  EXPECT(HEAD "Subject: x\nRoute: <sip:evil.test;lr>\r\n" TEST_BODY, want);
  EXPECT("MESSAGE sip:bob@b.test SIP/2.0\nVia: SIP/2.0/TLS a\n\n", "bad30 head0 pings0 ");
}

static void keepalives(void **state) {
  (void)state;
  char want[64];
  EXPECT("\r\n\r\n", "pings1 ");
  EXPECT("\r\n", "pings0 ");
  EXPECT("\r\n\r\n\r\n", "pings1 ");
  snprintf(want, sizeof want, "M%zu M%zu pings2 ", sizeof TEST_MESSAGE - 1, sizeof TEST_MESSAGE - 1);
  EXPECT("\r\n\r\n" TEST_MESSAGE "\r\n\r\n" TEST_MESSAGE "\r\n", want);
  EXPECT("\r\n\r", "pings0 ");
  EXPECT("\rM", "foreign0 pings0 ");
  EXPECT("\nM", "foreign0 pings0 ");
}

/* A21: start line and headers end at their bounds, wherever the stream is cut. */
static void bounds_hold(void **state) {
  (void)state;
  static const size_t sizes[] = {SIP_START_LINE_MAX - 1, SIP_START_LINE_MAX, SIP_START_LINE_MAX + 1, 100000};
  for (size_t i = 0; i < 4; i++) {
    char *text = malloc(sizes[i]);
    struct log log;
    assert_non_null(text);
    memset(text, 'a', sizes[i]);
    for (size_t step = 1; step <= sizes[i]; step = step * 7 + 1) {
      feed(hanse_slice(text, sizes[i]), step, step, &test_bounds, &log);
      assert_string_equal(log.text, sizes[i] > SIP_START_LINE_MAX ? "bad40 head0 pings0 " : "pings0 ");
    }
    free(text);
  }
}

/* A20: a header line that never ends. */
static void long_header(void **state) {
  (void)state;
  size_t len = 70000, head = sizeof HEAD - 1;
  char *text = malloc(len), want[64];
  struct log log;
  assert_non_null(text);
  memset(text, 'x', len);
  memcpy(text, HEAD, head);
  snprintf(want, sizeof want, "bad%d head%zu pings0 ", HANSE_F_TOO_LARGE, head);
  for (size_t step = 11; step <= len; step = step * 7 + 1) {
    feed(hanse_slice(text, len), step, step, &test_bounds, &log);
    assert_string_equal(log.text, want);
  }
  memcpy(text + 66000, "\r\n\r\n", 4);
  feed(hanse_slice(text, len), len, 1, &test_bounds, &log);
  assert_string_equal(log.text, want);
  free(text);
}

/* A23: other protocols, of which nothing is echoed. */
static void other_protocols(void **state) {
  (void)state;
  EXPECT("GET / HTTP/1.1\r\nHost: b.test\r\n\r\n", "foreign0 pings0 ");
  EXPECT("POST /SIP/2.0 HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi", "foreign0 pings0 ");
  EXPECT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "foreign0 pings0 ");
  EXPECT("HTTP/1.1 200 OK\r\n\r\n", "foreign0 pings0 ");
  EXPECT("EHLO b.test\r\n", "foreign0 pings0 ");
  EXPECT("\x16\x03\x01\x02\x00\x01", "foreign0 pings0 ");
  EXPECT("\x00\x01\x00\x08\x21\x12\xa4\x42", "foreign0 pings0 ");
  EXPECT("<?xml version='1.0'?><stream:stream>", "foreign0 pings0 ");
  EXPECT(" MESSAGE sip:bob@b.test SIP/2.0\r\n", "foreign0 pings0 ");
}

/* Octet by octet costs no more searches than whole: 60 KB of headers and 1 MB of body in well under a second. */
static void linear(void **state) {
  (void)state;
  size_t body = 1000000, len = sizeof HEAD - 1 + sizeof("l: 1000000\r\n\r\n") - 1 + body;
  char *text = malloc(len);
  struct sip_frame frame = {0};
  assert_non_null(text);
  memset(text, 'x', len);
  memcpy(text, HEAD "l: 1000000\r\n\r\n", len - body);
  for (size_t n = 0; n < len; n++) assert_int_equal(sip_frame(&frame, &test_bounds, text, n), SIP_FRAME_MORE);
  assert_true(frame.scanned < frame.head); /* the body is not looked at */
  assert_int_equal(sip_frame(&frame, &test_bounds, text, len), SIP_FRAME_MESSAGE);
  assert_int_equal(frame.length, len);
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(messages),
                                     cmocka_unit_test(lengths_accepted),
                                     cmocka_unit_test(lengths_refused),
                                     cmocka_unit_test(lengths_too_large),
                                     cmocka_unit_test(length_at_the_limit),
                                     cmocka_unit_test(short_body_waits),
                                     cmocka_unit_test(body_is_next_message),
                                     cmocka_unit_test(lone_lf),
                                     cmocka_unit_test(keepalives),
                                     cmocka_unit_test(bounds_hold),
                                     cmocka_unit_test(long_header),
                                     cmocka_unit_test(other_protocols),
                                     cmocka_unit_test(linear)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
