/* Writing: edits of a message and replies to one. Rows A13, D8 of the attack checklist, B3 (one spelling on the wire).
 */
#include "codec.h"

struct edited {
  struct test_arena arena;
  struct sip_message message;
  struct sip_edits edits;
};

static void begin(struct edited *e, struct hanse_slice text) {
  test_arena_init(&e->arena, SIZE_MAX);
  assert_int_equal(sip_message_parse(&e->arena.arena, text, &e->message), HANSE_F_NONE);
  assert_int_equal(sip_edits_init(&e->edits, &e->arena.arena, &e->message), HANSE_OK);
}

/* Writes into a block of exactly the room that was asked for. */
static void written(struct edited *e, const char *want) {
  size_t room = sip_edit_room(&e->edits);
  char *out = malloc(room);
  assert_non_null(out);
  size_t size = sip_edit_write(&e->edits, out);
  assert_true(size <= room);
  assert_slice(hanse_slice(out, size), want);
  free(out);
}

static void end(struct edited *e) { test_arena_free(&e->arena); }

#define WIRE(start, via, mf, from, to, extra)                                   \
  start "\r\nVia: " via "\r\nMax-Forwards: " mf "\r\nFrom: " from "\r\nTo: " to \
        "\r\nCall-ID: own1@a.test\r\nCSeq: 1 MESSAGE\r\n" extra
#define LINE "MESSAGE sip:bob@b.test SIP/2.0"

static void untouched(void **state) {
  (void)state;
  struct edited e;
  begin(&e, HANSE_LIT(TEST_WITH("X-Fold : a\r\n  b\r\n")));
  written(&e, TEST_WITH("X-Fold : a\r\n  b\r\n"));
  end(&e);
}

/* cl-lead0, cl-fold, cl-spcolon and the compact form leave in one spelling, in their own place. */
static void content_length(void **state) {
  (void)state;
  static const char *const spellings[] = {"Content-Length: 0002", "Content-Length:\r\n 2", "Content-Length  :   2",
                                          "l:2"};
  for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
    char text[1024];
    struct edited e;
    snprintf(text, sizeof text, "%s%s\r\nX: y\r\n\r\nhi", WIRE(LINE, TEST_VIA, "70", TEST_FROM, TEST_TO, ""),
             spellings[i]);
    begin(&e, hanse_text(text));
    written(&e, WIRE(LINE, TEST_VIA, "70", TEST_FROM, TEST_TO, "Content-Length: 2\r\nX: y\r\n\r\nhi"));
    sip_edit_body(&e.edits, HANSE_LIT("hello\r\nworld"));
    written(&e, WIRE(LINE, TEST_VIA, "70", TEST_FROM, TEST_TO, "Content-Length: 12\r\nX: y\r\n\r\nhello\r\nworld"));
    sip_edit_body(&e.edits, hanse_slice(NULL, 0));
    written(&e, WIRE(LINE, TEST_VIA, "70", TEST_FROM, TEST_TO, "Content-Length: 0\r\nX: y\r\n\r\n"));
    assert_int_equal(sip_edit_delete(&e.edits, e.message.first[SIP_H_CONTENT_LENGTH]), HANSE_INVALID);
    assert_int_equal(sip_edit_value(&e.edits, e.message.first[SIP_H_CONTENT_LENGTH], HANSE_LIT("3")), HANSE_INVALID);
    assert_int_equal(sip_edit_append(&e.edits, HANSE_LIT("L"), HANSE_LIT("3")), HANSE_INVALID);
    assert_int_equal(sip_edit_append(&e.edits, HANSE_LIT("content-length"), HANSE_LIT("3")), HANSE_INVALID);
    end(&e);
  }
}

/* What a proxy does to a request (RFC 3261 §16.6). */
static void proxy(void **state) {
  (void)state;
  struct edited e;
  begin(&e,
        HANSE_LIT(TEST_WITH("Route: <sip:us.test;lr>, <sip:r2.test;lr>\r\nP-Asserted-Identity : <sip:x@a.test>\r\n")));
  const struct sip_message *m = &e.message;
  assert_int_equal(sip_edit_top(&e.edits, HANSE_LIT("Record-Route"), HANSE_LIT("<sip:us.test;lr>")), HANSE_OK);
  assert_int_equal(sip_edit_top(&e.edits, HANSE_LIT("Via"), HANSE_LIT("SIP/2.0/TLS us.test;branch=z9hG4bKx")),
                   HANSE_OK);
  assert_int_equal(sip_edit_value(&e.edits, m->first[SIP_H_MAX_FORWARDS], HANSE_LIT("69")), HANSE_OK);
  assert_int_equal(sip_edit_drop_entries(&e.edits, m->first[SIP_H_ROUTE], 1), HANSE_OK);
  assert_int_equal(sip_edit_delete(&e.edits, m->first[SIP_H_P_ASSERTED_IDENTITY]), HANSE_OK);
  assert_int_equal(sip_edit_replace(&e.edits, m->from.uri.host, HANSE_LIT("A.example")), HANSE_OK);
  assert_int_equal(sip_edit_replace(&e.edits, m->uri.host, HANSE_LIT("b.example")), HANSE_OK);
  assert_int_equal(
      sip_edit_replace(&e.edits, hanse_slice(m->via.text.at + m->via.text.len, 0), HANSE_LIT(";received=192.0.2.1")),
      HANSE_OK);
  assert_int_equal(sip_edit_append(&e.edits, HANSE_LIT("X-Last"), HANSE_LIT("1")), HANSE_OK);
  written(&e,
          "MESSAGE sip:bob@b.example SIP/2.0\r\nVia: SIP/2.0/TLS us.test;branch=z9hG4bKx\r\nRecord-Route: "
          "<sip:us.test;lr>\r\nVia: " TEST_VIA
          ";received=192.0.2.1\r\nMax-Forwards: 69\r\nFrom: <sip:alice@A.example>;tag=t1\r\nTo: " TEST_TO
          "\r\nCall-ID: own1@a.test\r\nCSeq: 1 MESSAGE\r\nRoute: <sip:r2.test;lr>\r\nContent-Type: "
          "text/plain\r\nContent-Length: 2\r\nX-Last: 1\r\n\r\nhi");
  end(&e);
}

static void places(void **state) {
  (void)state;
  struct edited e;
  begin(&e, HANSE_LIT(TEST_MESSAGE));
  assert_int_equal(sip_edit_before(&e.edits, 1, HANSE_LIT("A"), HANSE_LIT("1")), HANSE_OK);
  assert_int_equal(sip_edit_before(&e.edits, 1, HANSE_LIT("B"), HANSE_LIT("2")), HANSE_OK);
  assert_int_equal(sip_edit_top(&e.edits, HANSE_LIT("C"), HANSE_LIT("")), HANSE_OK);
  assert_int_equal(sip_edit_after(&e.edits, 2, HANSE_LIT("D"), HANSE_LIT("4")), HANSE_OK);
  assert_int_equal(sip_edit_after(&e.edits, 2, HANSE_LIT("E"), HANSE_LIT("5")), HANSE_OK);
  assert_int_equal(sip_edit_before(&e.edits, 3, HANSE_LIT("F"), HANSE_LIT("6")), HANSE_OK);
  assert_int_equal(sip_edit_delete(&e.edits, 2), HANSE_OK);
  assert_int_equal(sip_edit_delete(&e.edits, 2), HANSE_OK);
  assert_int_equal(sip_edit_value(&e.edits, 2, HANSE_LIT("void")), HANSE_OK);
  assert_int_equal(sip_edit_delete(&e.edits, 3), HANSE_OK);
  assert_int_equal(sip_edit_after(&e.edits, 8, HANSE_LIT("G"), HANSE_LIT("7")), HANSE_OK);
  assert_int_equal(sip_edit_append(&e.edits, HANSE_LIT("H"), HANSE_LIT("8")), HANSE_OK);
  written(&e, LINE "\r\nC: \r\nA: 1\r\nB: 2\r\nVia: " TEST_VIA "\r\nD: 4\r\nE: 5\r\nF: 6\r\nTo: " TEST_TO
                   "\r\nCall-ID: own1@a.test\r\nCSeq: 1 MESSAGE\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nG: "
                   "7\r\nH: 8\r\n\r\nhi");
  end(&e);
}

static void overlaps(void **state) {
  (void)state;
  struct edited e;
  begin(&e, HANSE_LIT(TEST_MESSAGE));
  const struct sip_message *m = &e.message;
  struct hanse_slice host = m->from.uri.host, user = m->from.uri.user, value = sip_header_value(m, SIP_H_FROM);
  assert_int_equal(sip_edit_replace(&e.edits, host, HANSE_LIT("x.test")), HANSE_OK);
  assert_int_equal(sip_edit_replace(&e.edits, host, HANSE_LIT("y.test")), HANSE_OK);
  assert_int_equal(sip_edit_replace(&e.edits, user, HANSE_LIT("bea")), HANSE_OK);
  assert_int_equal(sip_edit_replace(&e.edits, hanse_slice(host.at - 3, 5), HANSE_LIT("z")), HANSE_INVALID);
  assert_int_equal(sip_edit_replace(&e.edits, hanse_slice(host.at + 1, 1), HANSE_LIT("z")), HANSE_INVALID);
  assert_int_equal(sip_edit_replace(&e.edits, hanse_slice(host.at + 1, 0), HANSE_LIT("z")), HANSE_INVALID);
  assert_int_equal(sip_edit_replace(&e.edits, hanse_slice(host.at + host.len, 0), HANSE_LIT(":1")), HANSE_OK);
  assert_int_equal(sip_edit_replace(&e.edits, hanse_slice(host.at + host.len, 0), HANSE_LIT("2")), HANSE_OK);
  written(&e, WIRE(LINE, TEST_VIA, "70", "<sip:bea@y.test:12>;tag=t1", TEST_TO, TEST_BODY));
  assert_int_equal(sip_edit_replace(&e.edits, value, HANSE_LIT("<sip:all@new.test>;tag=t1")), HANSE_OK);
  written(&e, WIRE(LINE, TEST_VIA, "70", "<sip:all@new.test>;tag=t1", TEST_TO, TEST_BODY));
  assert_int_equal(sip_edit_replace(&e.edits, host, HANSE_LIT("z")), HANSE_INVALID);
  end(&e);
}

/* Only whole octets of the start line or one header line can be replaced, and never a line's end. */
static void places_refused(void **state) {
  (void)state;
  struct edited e;
  begin(&e, HANSE_LIT(TEST_MESSAGE));
  const struct sip_message *m = &e.message;
  struct hanse_slice line = sip_header(m, 1)->line;
  assert_int_equal(sip_edit_replace(&e.edits, line, HANSE_LIT("x")), HANSE_INVALID);
  assert_int_equal(sip_edit_replace(&e.edits, hanse_slice(line.at, line.len + 3), HANSE_LIT("x")), HANSE_INVALID);
  assert_int_equal(sip_edit_replace(&e.edits, hanse_slice(m->start.at, m->start.len + 1), HANSE_LIT("x")),
                   HANSE_INVALID);
  assert_int_equal(sip_edit_replace(&e.edits, m->body, HANSE_LIT("x")), HANSE_INVALID);
  assert_int_equal(sip_edit_replace(&e.edits, HANSE_LIT("elsewhere"), HANSE_LIT("x")), HANSE_INVALID);
  assert_int_equal(sip_edit_replace(&e.edits, hanse_slice(NULL, 0), HANSE_LIT("x")), HANSE_INVALID);
  assert_int_equal(sip_edit_delete(&e.edits, 0), HANSE_INVALID);
  assert_int_equal(sip_edit_delete(&e.edits, m->count + 1), HANSE_INVALID);
  assert_int_equal(sip_edit_before(&e.edits, 0, HANSE_LIT("A"), HANSE_LIT("1")), HANSE_INVALID);
  assert_int_equal(sip_edit_after(&e.edits, m->count + 1, HANSE_LIT("A"), HANSE_LIT("1")), HANSE_INVALID);
  assert_int_equal(sip_edit_value(&e.edits, 99, HANSE_LIT("1")), HANSE_INVALID);
  assert_int_equal(sip_edit_drop_entries(&e.edits, 99, 1), HANSE_INVALID);
  written(&e, TEST_MESSAGE);
  end(&e);
}

static void drop_entries(void **state) {
  (void)state;
  static const struct {
    const char *route;
    unsigned n;
    const char *want;
  } cases[] = {{"Route: <sip:a,b;lr>;x=\",\" ,\r\n <sip:c;lr>,<sip:d>\r\n", 1, "Route: <sip:c;lr>,<sip:d>\r\n"},
               {"Route: <sip:a>,<sip:c>, <sip:d>\r\n", 2, "Route: <sip:d>\r\n"},
               {"Route: <sip:a>,<sip:c>\r\n", 2, ""},
               {"Route: <sip:a>,<sip:c>\r\n", 9, ""},
               {"Route: <sip:a>,<sip:c>\r\n", 0, "Route: <sip:a>,<sip:c>\r\n"},
               {"Route: <sip:a>\r\n", 1, ""}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[1024], want[1024];
    struct edited e;
    snprintf(text, sizeof text, "%s%s%s", WIRE(LINE, TEST_VIA, "70", TEST_FROM, TEST_TO, ""), cases[i].route,
             TEST_BODY);
    snprintf(want, sizeof want, "%s%s%s", WIRE(LINE, TEST_VIA, "70", TEST_FROM, TEST_TO, ""), cases[i].want, TEST_BODY);
    begin(&e, hanse_text(text));
    assert_int_equal(sip_edit_drop_entries(&e.edits, e.message.first[SIP_H_ROUTE], cases[i].n), HANSE_OK);
    written(&e, want);
    end(&e);
  }
  struct edited e;
  begin(&e, HANSE_LIT(TEST_WITH("Route: <sip:a>,,<sip:b>\r\n")));
  assert_int_equal(sip_edit_drop_entries(&e.edits, e.message.first[SIP_H_ROUTE], 2), HANSE_INVALID);
  end(&e);
  begin(&e, HANSE_LIT(TEST_WITH("Route: <sip:a@a.test;lr>,  \r\n"))); /* nothing behind the comma */
  assert_int_equal(sip_edit_drop_entries(&e.edits, e.message.first[SIP_H_ROUTE], 1), HANSE_INVALID);
  end(&e);
}

/* D8: what is written into a header can never begin another one. */
static void texts_refused(void **state) {
  (void)state;
  struct edited e;
  begin(&e, HANSE_LIT(TEST_MESSAGE));
  static const struct hanse_slice bad[] = {{"a\r\nB: c", 7}, {"a\nb", 3},  {"a\rb", 3},
                                           {"a\0b", 3},      {"a\x01", 2}, {"\x7f", 1}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    assert_int_equal(sip_edit_top(&e.edits, HANSE_LIT("X"), bad[i]), HANSE_INVALID);
    assert_int_equal(sip_edit_append(&e.edits, HANSE_LIT("X"), bad[i]), HANSE_INVALID);
    assert_int_equal(sip_edit_before(&e.edits, 1, HANSE_LIT("X"), bad[i]), HANSE_INVALID);
    assert_int_equal(sip_edit_after(&e.edits, 1, HANSE_LIT("X"), bad[i]), HANSE_INVALID);
    assert_int_equal(sip_edit_append(&e.edits, bad[i], HANSE_LIT("1")), HANSE_INVALID);
    assert_int_equal(sip_edit_value(&e.edits, 1, bad[i]), HANSE_INVALID);
    assert_int_equal(sip_edit_replace(&e.edits, e.message.uri.host, bad[i]), HANSE_INVALID);
  }
  assert_int_equal(sip_edit_append(&e.edits, HANSE_LIT(""), HANSE_LIT("1")), HANSE_INVALID);
  assert_int_equal(sip_edit_append(&e.edits, HANSE_LIT("A B"), HANSE_LIT("1")), HANSE_INVALID);
  assert_int_equal(sip_edit_append(&e.edits, HANSE_LIT("A:"), HANSE_LIT("1")), HANSE_INVALID);
  assert_true(sip_text_is_clean(HANSE_LIT("tab\t and \xc3\xbc")));
  written(&e, TEST_MESSAGE);
  end(&e);
}

static void bounded(void **state) {
  (void)state;
  struct edited e;
  begin(&e, HANSE_LIT(TEST_MESSAGE));
  for (unsigned i = 0; i < SIP_EDITS_MAX; i++)
    assert_int_equal(sip_edit_append(&e.edits, HANSE_LIT("X"), HANSE_LIT("1")), HANSE_OK);
  assert_int_equal(sip_edit_append(&e.edits, HANSE_LIT("X"), HANSE_LIT("1")), HANSE_NOMEM);
  e.arena.left = 0;
  e.edits.count = 0;
  assert_int_equal(sip_edit_top(&e.edits, HANSE_LIT("X"), HANSE_LIT("1")), HANSE_NOMEM);
  assert_int_equal(sip_edit_value(&e.edits, 1, HANSE_LIT("1")), HANSE_NOMEM);
  assert_int_equal(sip_edits_init(&e.edits, &e.arena.arena, &e.message), HANSE_NOMEM);
  end(&e);
}

static void replied(const struct sip_message *message, const struct sip_reply *reply, const char *want) {
  size_t size = sip_reply_size(message, reply);
  char *out = malloc(size ? size : 1);
  assert_non_null(out);
  assert_int_equal(sip_reply_write(message, reply, out), size);
  assert_slice(hanse_slice(out, size), want);
  free(out);
}

#define DIALOG "Call-ID: own1@a.test\r\nCSeq: 1 MESSAGE\r\n"

/* RFC 3261 §8.2.6.2. */
static void replies(void **state) {
  (void)state;
  struct edited e;
  struct sip_line lines[] = {{HANSE_LIT("Unsupported"), HANSE_LIT("a, b")}, {HANSE_LIT("Retry-After"), HANSE_LIT("5")}};
  struct sip_reply reply = {420, {NULL, 0}, HANSE_LIT("ours"), lines, 2, NULL};
  begin(&e, HANSE_LIT(TEST_WITH("v: SIP/2.0/TCP q.test,\r\n SIP/2.0/TCP r.test\r\n")));
  replied(&e.message, &reply,
          "SIP/2.0 420 Bad Extension\r\nVia: " TEST_VIA
          "\r\nv: SIP/2.0/TCP q.test,\r\n SIP/2.0/TCP r.test\r\nFrom: " TEST_FROM "\r\nTo: " TEST_TO
          ";tag=ours\r\n" DIALOG "Unsupported: a, b\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n");
  reply = (struct sip_reply){100, HANSE_LIT("Wait"), HANSE_LIT("ours"), NULL, 0, NULL};
  replied(&e.message, &reply,
          "SIP/2.0 100 Wait\r\nVia: " TEST_VIA "\r\nv: SIP/2.0/TCP q.test,\r\n SIP/2.0/TCP r.test\r\nFrom: " TEST_FROM
          "\r\nTo: " TEST_TO "\r\n" DIALOG "Content-Length: 0\r\n\r\n");
  end(&e);
  begin(&e, HANSE_LIT(TEST_HEAD("MESSAGE", TEST_URI, TEST_VIA, TEST_FROM, "sip:bob@b.test ; tag = theirs", "1 MESSAGE",
                                "") TEST_BODY));
  reply = (struct sip_reply){481, {NULL, 0}, HANSE_LIT("ours"), NULL, 0, NULL};
  replied(&e.message, &reply,
          "SIP/2.0 481 Call/Transaction Does Not Exist\r\nVia: " TEST_VIA "\r\nFrom: " TEST_FROM
          "\r\nTo: sip:bob@b.test ; tag = theirs\r\n" DIALOG "Content-Length: 0\r\n\r\n");
  end(&e);
}

static void replies_refused(void **state) {
  (void)state;
  struct edited e;
  char out[1];
  struct sip_line line = {HANSE_LIT("Warning"), HANSE_LIT("a\r\nX: y")};
  begin(&e, HANSE_LIT(TEST_MESSAGE));
  struct sip_reply bad[] = {{99, {NULL, 0}, {NULL, 0}, NULL, 0, NULL},
                            {700, {NULL, 0}, {NULL, 0}, NULL, 0, NULL},
                            {400, HANSE_LIT("a\r\nb"), {NULL, 0}, NULL, 0, NULL},
                            {400, {NULL, 0}, HANSE_LIT("a;b"), NULL, 0, NULL},
                            {400, {NULL, 0}, HANSE_LIT(""), NULL, 0, NULL},
                            {400, {NULL, 0}, {NULL, 0}, &line, 1, NULL}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    assert_int_equal(sip_reply_size(&e.message, &bad[i]), 0);
    assert_int_equal(sip_reply_write(&e.message, &bad[i], out), 0);
  }
  line = (struct sip_line){HANSE_LIT("Bad Name"), HANSE_LIT("x")};
  assert_int_equal(sip_reply_size(&e.message, &bad[5]), 0);
  e.message.answerable = false;
  line.name = HANSE_LIT("Good");
  assert_int_equal(sip_reply_size(&e.message, &bad[5]), 0);
  end(&e);
}

/* A13: over-long and repeated headers in what is refused; the size is that of what is written, the block is exactly it.
 */
static void replies_to_broken(void **state) {
  (void)state;
  struct test_arena arena;
  struct sip_message message;
  struct sip_reply reply = {400, {NULL, 0}, HANSE_LIT("ours"), NULL, 0, NULL};
  test_arena_init(&arena, SIZE_MAX);
  struct hanse_slice text =
      HANSE_LIT("MESSAGE sip:b@b.test SIP/2.0\r\nVia: broken;;\r\nTo: <sip:b@b.test>;tag=" TEST_BODY);
  assert_int_equal(sip_message_parse(&arena.arena, text, &message), HANSE_F_PARSE);
  replied(&message, &reply,
          "SIP/2.0 400 Bad Request\r\nVia: broken;;\r\nTo: <sip:b@b.test>;tag=Content-Type: "
          "text/plain\r\nContent-Length: 0\r\n\r\n");
  text = HANSE_LIT(
      "MESSAGE  sip:b@b.test SIP/2.0\r\nVia: x\r\nFrom: a\nb\r\nTo: <sip:b@b.test>\r\nTo: "
      "<sip:c@b.test>;tag=yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\nCall-ID: 1\r\nCall-I");
  assert_true(sip_message_salvage(&arena.arena, text, &message));
  replied(
      &message, &reply,
      "SIP/2.0 400 Bad Request\r\nVia: x\r\nTo: <sip:b@b.test>;tag=ours\r\nCall-ID: 1\r\nContent-Length: 0\r\n\r\n");
  test_arena_free(&arena);
}

static void reasons(void **state) {
  (void)state;
  assert_string_equal(sip_reason(483), "Too Many Hops");
  for (unsigned s = 100; s < 700; s++) assert_true(strlen(sip_reason(s)) > 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(untouched),    cmocka_unit_test(content_length),  cmocka_unit_test(proxy),
      cmocka_unit_test(places),       cmocka_unit_test(overlaps),        cmocka_unit_test(places_refused),
      cmocka_unit_test(drop_entries), cmocka_unit_test(texts_refused),   cmocka_unit_test(bounded),
      cmocka_unit_test(replies),      cmocka_unit_test(replies_refused), cmocka_unit_test(replies_to_broken),
      cmocka_unit_test(reasons)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
