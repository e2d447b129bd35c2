/* Parsing whole messages: rows A6, A9 to A16, A20, A24 to A26, B12 of the attack checklist. */
#include "codec.h"

/* Parses a copy of exactly the text's size; the caller frees with done(). */
struct parsed {
  struct test_arena arena;
  struct hanse_slice bytes;
  struct sip_message message;
  enum hanse_failure failure;
};

static void parse(struct parsed *p, struct hanse_slice text) {
  test_arena_init(&p->arena, SIZE_MAX);
  p->bytes = exact_copy(text);
  p->failure = sip_message_parse(&p->arena.arena, p->bytes, &p->message);
  assert_true((p->failure != HANSE_F_NONE) == (p->message.problem != NULL));
}

static void done(struct parsed *p) {
  test_arena_free(&p->arena);
  exact_free(p->bytes);
}

static void expect_slice(struct hanse_slice text, enum hanse_failure failure, bool answerable) {
  struct parsed p;
  parse(&p, text);
  if (p.failure != failure || p.message.answerable != answerable)
    fail_msg("failure %d, answerable %d (%s) for %.*s", p.failure, p.message.answerable,
             p.message.problem ? p.message.problem : "", HANSE_FMT(text));
  done(&p);
}

static void expect(const char *text, enum hanse_failure failure, bool answerable) {
  expect_slice(hanse_text(text), failure, answerable);
}

#define REFUSED(text) expect(text, HANSE_F_PARSE, true)
#define TAKEN(text) expect(text, HANSE_F_NONE, true)

static void whole(void **state) {
  (void)state;
  struct parsed p;
  parse(&p,
        HANSE_LIT(TEST_WITH(
            "Route: <sip:r1.test;lr>, <sip:r2.test;lr>\r\nX-Y:\r\n  folded\r\n\tvalue \r\nroute:<sip:r3.test>\r\n")));
  const struct sip_message *m = &p.message;
  assert_int_equal(p.failure, HANSE_F_NONE);
  assert_true(m->request && m->answerable);
  assert_int_equal(m->method, SIP_M_MESSAGE);
  assert_slice(m->method_text, "MESSAGE");
  assert_slice(m->uri.host, "b.test");
  assert_slice(m->start, "MESSAGE sip:bob@b.test SIP/2.0");
  assert_int_equal(m->count, 11);
  assert_int_equal(m->vias, 1);
  assert_slice(m->via.branch, "z9hG4bKown1");
  assert_slice(m->from.uri.user, "alice");
  assert_slice(m->from.tag, "t1");
  assert_null(m->to.tag.at);
  assert_slice(m->call_id, "own1@a.test");
  assert_int_equal(m->cseq, 1);
  assert_int_equal(m->max_forwards, 70);
  assert_slice(m->body, "hi");
  assert_slice(hanse_slice(m->bytes.at + m->head, 4),
               "\r\n"
               "hi");
  assert_slice(sip_header_value(m, SIP_H_CONTENT_TYPE), "text/plain");
  assert_slice(sip_header(m, 8)->name, "X-Y");
  assert_slice(sip_header(m, 8)->line, "X-Y:\r\n  folded\r\n\tvalue \r\n");
  assert_slice(sip_header(m, 8)->value, "folded\r\n\tvalue");
  assert_null(sip_header_first(m, SIP_H_CONTACT));
  done(&p);
}

static void lists(void **state) {
  (void)state;
  struct parsed p;
  parse(&p, HANSE_LIT(TEST_WITH("Route: <sip:r1.test;lr>, <sip:r2.test;lr>\r\nSupported:\r\nroute:<sip:r3.test>\r\n")));
  struct sip_list list = sip_list(&p.message, SIP_H_ROUTE);
  static const struct {
    const char *entry;
    unsigned header, index;
  } want[] = {{"<sip:r1.test;lr>", 7, 0}, {"<sip:r2.test;lr>", 7, 1}, {"<sip:r3.test>", 9, 0}};
  for (unsigned i = 0; i < 3; i++) {
    assert_true(sip_list_next(&list));
    assert_slice(list.entry, want[i].entry);
    assert_int_equal(list.header, want[i].header);
    assert_int_equal(list.index, want[i].index);
  }
  assert_false(sip_list_next(&list));
  assert_false(sip_list_next(&list));
  assert_int_equal(list.failure, HANSE_F_NONE);
  list = sip_list(&p.message, SIP_H_SUPPORTED);
  assert_false(sip_list_next(&list));
  list = sip_list(&p.message, SIP_H_CONTACT);
  assert_false(sip_list_next(&list));
  done(&p);
  parse(&p, HANSE_LIT(TEST_WITH("Route: <sip:r1.test;lr>,,<sip:r2.test;lr>\r\n")));
  list = sip_list(&p.message, SIP_H_ROUTE);
  assert_true(sip_list_next(&list));
  assert_false(sip_list_next(&list));
  assert_int_equal(list.failure, HANSE_F_PARSE);
  done(&p);
}

/* A10: the name is found whatever stands before the colon. */
static void names(void **state) {
  (void)state;
  struct parsed p;
  parse(&p, HANSE_LIT(TEST_WITH("P-Asserted-Identity : <sip:x@a.test>\r\nx-own\t: 1\r\nX-OWN: 2\r\n")));
  assert_int_equal(p.failure, HANSE_F_NONE);
  assert_int_equal(p.message.first[SIP_H_P_ASSERTED_IDENTITY], 7);
  assert_slice(sip_header(&p.message, 7)->name, "P-Asserted-Identity");
  assert_int_equal(sip_header_find(&p.message, HANSE_LIT("X-Own"), 0), 8);
  assert_int_equal(sip_header_find(&p.message, HANSE_LIT("X-Own"), 8), 9);
  assert_int_equal(sip_header_find(&p.message, HANSE_LIT("X-Own"), 9), 0);
  assert_int_equal(sip_header_find(&p.message, HANSE_LIT("f"), 0), 3);
  done(&p);
  REFUSED(TEST_WITH("P-Asserted-Identity\x0b: x\r\n"));
  REFUSED(TEST_WITH("P-Asserted-Identity\xc2\xa0: x\r\n"));
  REFUSED(TEST_WITH("P Asserted: x\r\n"));
  REFUSED(TEST_WITH("X\r\n : x\r\n"));
}

/* A11 and hollow folds, which the next hop could take for the blank line. */
static void lines_refused(void **state) {
  (void)state;
  REFUSED(TEST_WITH("NoColon\r\n"));
  REFUSED(TEST_WITH(": x\r\n"));
  REFUSED(TEST_WITH("Subject: x\r\n \r\n"));
  REFUSED(TEST_WITH("Subject: x\r\n \t \r\n y\r\n"));
  REFUSED("MESSAGE sip:bob@b.test SIP/2.0\r\n X: y\r\nVia: " TEST_VIA "\r\n" TEST_BODY);
  expect("MESSAGE sip:bob@b.test SIP/2.0\r\n", HANSE_F_PARSE, false);
  expect("MESSAGE sip:bob@b.test SIP/2.0", HANSE_F_PARSE, false);
  expect("", HANSE_F_PARSE, false);
  expect("\r\n", HANSE_F_PARSE, false);
}

/* A9, and NUL and other controls: only as quoted-pair. */
static void controls(void **state) {
  (void)state;
  REFUSED(TEST_WITH("Subject: a\rRoute: <sip:evil.test;lr>\r\n"));
  REFUSED(TEST_WITH("Subject: a\nRoute: <sip:evil.test;lr>\r\n"));
  REFUSED(TEST_WITH("Subject: a\x01\r\n"));
  REFUSED(TEST_WITH("Subject: \\\x01\r\n"));
  REFUSED(TEST_WITH("Subject: \"a\x01\"\r\n"));
  REFUSED(TEST_WITH("Subject: \"a\" \\\x01\r\n"));
  REFUSED(TEST_WITH("Subject: \"a\\\\\x01\"\r\n"));
  REFUSED(TEST_WITH("Subject: \"a\\\n\"\r\n"));
  REFUSED(TEST_WITH("Subject: \"a\\\r\"\r\n"));
  REFUSED(TEST_WITH("Subject: a\x7f\r\n"));
  TAKEN(TEST_WITH("Subject: \"a\\\x01\\\x7f\"\tb\r\n"));
  TAKEN(TEST_WITH("Subject: \"a\r\n \\\x01\"\r\n"));
  TAKEN(TEST_WITH("Subject: \xd0\xbd\xff\r\n"));
  struct hanse_slice nul = HANSE_LIT(
      TEST_HEAD("MESSAGE", "sip:bob@b.test\0.evil.test", TEST_VIA, TEST_FROM, TEST_TO, "1 MESSAGE", "") TEST_BODY);
  expect_slice(nul, HANSE_F_PARSE, true);
  nul = HANSE_LIT(TEST_HEAD("MESSAGE", TEST_URI, TEST_VIA, "<sip:alice@a.test\0.evil.test>;tag=1", TEST_TO, "1 MESSAGE",
                            "") TEST_BODY);
  expect_slice(nul, HANSE_F_PARSE, true);
  nul = HANSE_LIT(TEST_HEAD("MESSAGE", TEST_URI, TEST_VIA, TEST_FROM, "\"NUL:\\\0\" <sip:bob@b.test>", "1 MESSAGE", "")
                      TEST_BODY);
  expect_slice(nul, HANSE_F_NONE, true);
}

/* A12: whichever of the two is meant, somebody else means the other one. */
static void repeated(void **state) {
  (void)state;
  REFUSED(TEST_WITH("From: <sip:ceo@c.test>;tag=2\r\n"));
  REFUSED(TEST_WITH("f: <sip:ceo@c.test>;tag=2\r\n"));
  REFUSED(TEST_WITH("To : <sip:ceo@c.test>\r\n"));
  REFUSED(TEST_WITH("t: <sip:ceo@c.test>\r\n"));
  REFUSED(TEST_WITH("i: x\r\n"));
  REFUSED(TEST_WITH("CSeq: 1 MESSAGE\r\n"));
  REFUSED(TEST_WITH("Max-Forwards: 70\r\n"));
  REFUSED(TEST_WITH("l: 2\r\n"));
  REFUSED(TEST_WITH("c: text/html\r\n"));
  REFUSED(TEST_HEAD("MESSAGE", TEST_URI, TEST_VIA, TEST_FROM ", <sip:ceo@c.test>;tag=2", TEST_TO, "1 MESSAGE", "")
              TEST_BODY);
  REFUSED(TEST_HEAD("MESSAGE", TEST_URI, TEST_VIA, TEST_FROM, TEST_TO ",<sip:x@c.test>", "1 MESSAGE", "") TEST_BODY);
  TAKEN(TEST_WITH("Subject: 1\r\ns: 2\r\n"));
}

#define CSEQ(value) TEST_HEAD("MESSAGE", TEST_URI, TEST_VIA, TEST_FROM, TEST_TO, value, "") TEST_BODY

/* A16, A26. */
static void cseq(void **state) {
  (void)state;
  TAKEN(CSEQ("2147483647 MESSAGE"));
  TAKEN(CSEQ("0009\r\n  MESSAGE"));
  REFUSED(CSEQ("2147483648 MESSAGE"));
  REFUSED(CSEQ("4294967297 MESSAGE"));
  REFUSED(CSEQ("36893488147419103232 MESSAGE"));
  REFUSED(CSEQ("99999999999999999999999999999999999999999 MESSAGE"));
  REFUSED(CSEQ("MESSAGE"));
  REFUSED(CSEQ("1"));
  REFUSED(CSEQ("1MESSAGE"));
  REFUSED(CSEQ("1 MESSAGE x"));
  REFUSED(CSEQ("1 INVITE"));
  REFUSED(CSEQ("1 message"));
  REFUSED(CSEQ("-1 MESSAGE"));
  REFUSED(CSEQ(""));
  REFUSED(TEST_HEAD("NEWMETHOD", TEST_URI, TEST_VIA, TEST_FROM, TEST_TO, "8 INVITE", "") TEST_BODY);
  TAKEN(TEST_HEAD("IN%56ITE", TEST_URI, TEST_VIA, TEST_FROM, TEST_TO, "8 IN%56ITE", "") TEST_BODY);
  struct parsed p;
  parse(&p, HANSE_LIT(TEST_HEAD("invite", TEST_URI, TEST_VIA, TEST_FROM, TEST_TO, "8 invite", "") TEST_BODY));
  assert_int_equal(p.failure, HANSE_F_NONE);
  assert_int_equal(p.message.method, SIP_M_OTHER);
  assert_slice(p.message.method_text, "invite");
  done(&p);
}

#define START(line)                                                   \
  line "\r\nVia: " TEST_VIA "\r\nFrom: " TEST_FROM "\r\nTo: " TEST_TO \
       "\r\nCall-ID: x\r\nCSeq: 1 "                                   \
       "MESSAGE\r\n" TEST_BODY

static void request_lines(void **state) {
  (void)state;
  TAKEN(START("MESSAGE sip:b.test sip/2.0"));
  REFUSED(START("MESSAGE  sip:b.test SIP/2.0"));
  REFUSED(START("MESSAGE sip:b.test  SIP/2.0"));
  REFUSED(START("MESSAGE sip:b.test SIP/2.0 "));
  REFUSED(START("MESSAGE\tsip:b.test SIP/2.0"));
  REFUSED(START(" MESSAGE sip:b.test SIP/2.0"));
  REFUSED(START("MESSAGE sip:b.test; lr SIP/2.0"));
  REFUSED(START("MESSAGE <sip:b.test> SIP/2.0"));
  REFUSED(START("MESSAGE sip:b.test?Route=%3Csip:x%3E SIP/2.0"));
  REFUSED(START("MESSAGE sip:b.test"));
  REFUSED(START("MESSAGE sip:b.test SIP/2"));
  REFUSED(START("MESSAGE sip:b.test HTTP/1.1"));
  REFUSED(START("MESSAGE"));
  REFUSED(START("ME@SAGE sip:b.test SIP/2.0"));
  expect(START("MESSAGE sip:b.test SIP/7.0"), HANSE_F_VERSION, true); /* A25 */
  expect(START("MESSAGE sip:b.test SIP/2.00"), HANSE_F_VERSION, true);
  expect(START("MESSAGE im:bob@b.test SIP/2.0"), HANSE_F_SCHEME, true); /* 416 */
  expect(START("MESSAGE tel:+1 SIP/2.0"), HANSE_F_SCHEME, true);
  expect(TEST_HEAD("MESSAGE", TEST_URI, "SIP/7.0/TLS p.a.test", TEST_FROM, TEST_TO, "1 MESSAGE", "") TEST_BODY,
         HANSE_F_VERSION, true);
  expect(TEST_HEAD("ACK", "sip:b.test;;", TEST_VIA, TEST_FROM, TEST_TO, "1 ACK", "") TEST_BODY, HANSE_F_PARSE, false);
}

/* A24: a response that is not sound is not answerable, hence dropped. */
static void responses(void **state) {
  (void)state;
  struct parsed p;
  parse(&p, HANSE_LIT(START("SIP/2.0 202 Well, \xd0\xbd  yes")));
  assert_int_equal(p.failure, HANSE_F_NONE);
  assert_false(p.message.request || p.message.answerable);
  assert_int_equal(p.message.status, 202);
  assert_slice(p.message.reason, "Well, \xd0\xbd  yes");
  assert_int_equal(p.message.method, SIP_M_MESSAGE);
  assert_slice(p.message.method_text, "MESSAGE");
  done(&p);
  expect(START("SIP/2.0 100 "), HANSE_F_NONE, false);
  expect(START("SIP/2.0 699"), HANSE_F_NONE, false);
  static const char *const bad[] = {START("SIP/2.0 99 x"),    START("SIP/2.0 700 x"), START("SIP/2.0 4294967301 x"),
                                    START("SIP/2.0 2000 x"),  START("SIP/2.0 20 x"),  START("SIP/2.0  200 x"),
                                    START("SIP/2.0"),         START("SIP/2.0 2x0 x"), START("SIP/x 200 x"),
                                    START("SIP/2.0 200 a\nb")};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) expect(bad[i], HANSE_F_PARSE, false);
  expect(START("SIP/7.0 200 OK"), HANSE_F_VERSION, false);
}

/* A6, and headers without which there is no message. */
static void missing(void **state) {
  (void)state;
  static const char *const names[] = {"Via", "From", "To", "Call-ID", "CSeq", "Content-Length", "Max-Forwards"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char text[1024], mark[32];
    snprintf(text, sizeof text, "%s", TEST_MESSAGE);
    snprintf(mark, sizeof mark, "\n%s:", names[i]);
    char *at = strstr(text, mark);
    assert_non_null(at);
    at[1] = 'Q';
    expect(text, strcmp(names[i], "Max-Forwards") == 0 ? HANSE_F_NONE : HANSE_F_PARSE, i != 0);
  }
  REFUSED(TEST_HEAD("MESSAGE", TEST_URI, TEST_VIA, TEST_FROM, TEST_TO, "1 MESSAGE", "") "Content-Length: 3\r\n\r\nhi");
  REFUSED(TEST_HEAD("MESSAGE", TEST_URI, TEST_VIA, TEST_FROM, TEST_TO, "1 MESSAGE", "") "Content-Length: 1\r\n\r\nhi");
  REFUSED(TEST_HEAD("MESSAGE", TEST_URI, "", TEST_FROM, TEST_TO, "1 MESSAGE", "") TEST_BODY);
  REFUSED(TEST_WITH("Via:\r\n"));
  REFUSED(TEST_WITH("Via: x\r\n"));
}

/* B12. */
static void max_forwards(void **state) {
  (void)state;
  static const struct {
    const char *value;
    int want; /* -2: refused */
  } cases[] = {{"0", 0},   {"0068", 68}, {"255", 255}, {"300", 255}, {"99999999999999999999", 255},
               {"-1", -2}, {"", -2},     {"7x", -2},   {"1,2", -2}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[1024];
    struct parsed p;
    snprintf(text, sizeof text,
             "MESSAGE sip:b.test SIP/2.0\r\nVia: " TEST_VIA "\r\nFrom: " TEST_FROM "\r\nTo: " TEST_TO
             "\r\nCall-ID: x\r\nCSeq: 1 MESSAGE\r\nMax-Forwards: %s\r\n" TEST_BODY,
             cases[i].value);
    parse(&p, hanse_text(text));
    assert_int_equal(p.failure ? -2 : p.message.max_forwards, cases[i].want);
    done(&p);
  }
  struct parsed p;
  parse(&p, HANSE_LIT(START("MESSAGE sip:b.test SIP/2.0")));
  assert_int_equal(p.message.max_forwards, -1);
  done(&p);
}

static void call_id(void **state) {
  (void)state;
  REFUSED("MESSAGE sip:b.test SIP/2.0\r\nVia: " TEST_VIA "\r\nFrom: " TEST_FROM "\r\nTo: " TEST_TO
          "\r\nCall-ID: \r\nCSeq: 1 MESSAGE\r\n" TEST_BODY);
  REFUSED("MESSAGE sip:b.test SIP/2.0\r\nVia: " TEST_VIA "\r\nFrom: " TEST_FROM "\r\nTo: " TEST_TO
          "\r\nCall-ID: a b\r\nCSeq: 1 MESSAGE\r\n" TEST_BODY);
  REFUSED("MESSAGE sip:b.test SIP/2.0\r\nVia: " TEST_VIA "\r\nFrom: " TEST_FROM "\r\nTo: " TEST_TO
          "\r\nCall-ID: a,b\r\nCSeq: 1 MESSAGE\r\n" TEST_BODY);
}

/* A message with n times `line` before the body. */
static char *many(const char *line, unsigned n) {
  size_t head = sizeof TEST_WITH("") - sizeof TEST_BODY, each = strlen(line);
  char *text = malloc(head + n * each + sizeof TEST_BODY);
  assert_non_null(text);
  memcpy(text, TEST_MESSAGE, head);
  for (unsigned i = 0; i < n; i++) memcpy(text + head + i * each, line, each);
  memcpy(text + head + n * each, TEST_BODY, sizeof TEST_BODY);
  return text;
}

/* A20: named bounds. */
static void bounds(void **state) {
  (void)state;
  static const struct {
    const char *line;
    unsigned fit;
  } cases[] = {{"X: y\r\n", SIP_HEADERS_MAX - 8}, {"Via: " TEST_VIA "\r\n", SIP_ENTRIES_MAX - 1}};
  for (size_t i = 0; i < 2; i++) {
    char *text = many(cases[i].line, cases[i].fit);
    TAKEN(text);
    free(text);
    text = many(cases[i].line, cases[i].fit + 1);
    expect(text, HANSE_F_TOO_LARGE, true);
    free(text);
  }
  struct parsed p;
  char *text = many("Route: <sip:a;lr>,<sip:b;lr>,<sip:c;lr>,<sip:d;lr>\r\n", SIP_ENTRIES_MAX / 4 + 1);
  parse(&p, hanse_text(text));
  assert_int_equal(p.failure, HANSE_F_NONE);
  struct sip_list list = sip_list(&p.message, SIP_H_ROUTE);
  while (sip_list_next(&list)) continue;
  assert_int_equal(list.failure, HANSE_F_TOO_LARGE);
  assert_int_equal(list.count, SIP_ENTRIES_MAX);
  done(&p);
  free(text);
}

/* No memory at any allocation: a failure of ours, no crash. */
static void no_memory(void **state) {
  (void)state;
  char *text = many("X: y\r\n", 200);
  for (size_t left = 0; left < 4; left++) {
    struct test_arena arena;
    struct sip_message message;
    test_arena_init(&arena, left);
    assert_int_equal(sip_message_parse(&arena.arena, hanse_text(text), &message), HANSE_F_MEMORY);
    test_arena_free(&arena);
  }
  free(text);
}

static void salvage(void **state) {
  (void)state;
  struct test_arena arena;
  struct sip_message message;
  test_arena_init(&arena, SIZE_MAX);
  assert_true(sip_message_salvage(
      &arena.arena, HANSE_LIT("MESSAGE sip:b SIP/2.0\r\nVia: x\r\nTo: a\nRoute: b\r\nFrom: c"), &message));
  assert_int_equal(message.count, 1);
  assert_false(sip_message_salvage(&arena.arena, HANSE_LIT("MESSAGE sip:b SIP/2.0\r\nVi"), &message));
  assert_false(sip_message_salvage(&arena.arena, HANSE_LIT("ACK sip:b SIP/2.0\r\nVia: x\r\n"), &message));
  assert_false(sip_message_salvage(&arena.arena, HANSE_LIT("SIP/2.0 200 OK\r\nVia: x\r\n"), &message));
  assert_false(sip_message_salvage(&arena.arena, hanse_slice(NULL, 0), &message));
  test_arena_free(&arena);
}

static void unfold(void **state) {
  (void)state;
  struct test_arena arena;
  struct hanse_slice out, plain = HANSE_LIT("a  b");
  test_arena_init(&arena, SIZE_MAX);
  assert_int_equal(sip_unfold(&arena.arena, plain, &out), HANSE_OK);
  assert_ptr_equal(out.at, plain.at);
  assert_int_equal(sip_unfold(&arena.arena, HANSE_LIT("a  b \r\n \t\r\n c\r\n d"), &out), HANSE_OK);
  assert_slice(out, "a  b c d");
  arena.left = 0;
  assert_int_equal(sip_unfold(&arena.arena, HANSE_LIT("a\r\n b"), &out), HANSE_NOMEM);
  test_arena_free(&arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(whole),         cmocka_unit_test(lists),         cmocka_unit_test(names),
      cmocka_unit_test(lines_refused), cmocka_unit_test(controls),      cmocka_unit_test(repeated),
      cmocka_unit_test(cseq),          cmocka_unit_test(request_lines), cmocka_unit_test(responses),
      cmocka_unit_test(missing),       cmocka_unit_test(max_forwards),  cmocka_unit_test(call_id),
      cmocka_unit_test(bounds),        cmocka_unit_test(no_memory),     cmocka_unit_test(salvage),
      cmocka_unit_test(unfold)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
