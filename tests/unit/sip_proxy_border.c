/* What does not cross the border, and marks on the wire: R59–R61, R79–R82, B5. */
#include "tests/lib/sip_bench.h"

static const char hostile[] =
    "P-Asserted-Identity: <sip:ceo@a.test>\n"
    "p-asserted-identity : <sip:ceo2@a.test>\n"
    "P-Preferred-Identity: <sip:ceo@a.test>\n"
    "Remote-Party-ID: <sip:ceo@a.test>\n"
    "Identity: abc\ny: def\nIdentity-Info: x\n"
    "History-Info: <sip:x@a.test>\nDiversion: <sip:x@a.test>\n"
    "ms-edge-proxy-message-trust: ms-source-type=InternetUser\n"
    "MS-Edge-Proxy-Message-Trust: again\n"
    "ms-edge-route: 1\n"
    "ms-asserted-verification-level: ms-source-verified-user=verified\n"
    "ms-source-verified-user: verified\n"
    "P-Charging-Vector: x\nP-Access-Network-Info: x\nX-Forwarded-For: 10.0.0.1\nx-forwarded-host: y\n"
    "ms-split-domain-info: ms-traffic-type=SplitIntra\n"
    "Authorization: Digest x\nProxy-Authorization: NTLM y\n"
    "WWW-Authenticate: Digest x\nProxy-Authenticate: NTLM y\nAuthentication-Info: z\n";

/* What means something only to the servers of one organisation: no stranger may say it, our own may say it outside. */
static const char inner[] =
    "ms-user-logon-data: RemoteUser\nms-application-via: x\nP-Called-Party-ID: <sip:ceo@a.test>\n"
    "P-User-Database: <aaa://x>\nP-Private-Network-Indication: a.test\nP-DCS-Trace-Party-ID: <sip:x@y>\n"
    "p-dcs-osps: RV\nPath: <sip:x;lr>\nService-Route: <sip:y;lr>\n";

static const char harmless[] =
    "P-Early-Media: sendonly\nms-text-format: text/plain; charset=UTF-8;ms-body=aGk=\nX-Mine: 1\n"
    "Ms-Conversation-ID: AbC\nSupported: ms-benotify\nm: <sip:x@b.test;opaque=user:epid:1;gruu>;proxy=replace\n"
    "Contact: <sip:1.2.3.4;maddr=5.6.7.8>\nms-piggyback-cseq: 1\nPrivacy: id\n";

/* Every line of `lines` is there in the message, or none is. */
static void expect_lines(struct sip_bench *b, const struct sip_message *message, const char *lines, bool there) {
  char name[64], value[256];
  (void)b;
  while (*lines) {
    const char *end = strchr(lines, '\n'), *colon = memchr(lines, ':', (size_t)(end - lines));
    const char *name_end = colon[-1] == ' ' ? colon - 1 : colon;
    snprintf(name, sizeof name, "%.*s", (int)(name_end - lines), lines);
    snprintf(value, sizeof value, "%.*s", (int)(end - colon - 2), colon + 2);
    bool found = false;
    for (unsigned n = 1; n <= message->count; n++)
      found |= hanse_same(sip_header(message, n)->name, hanse_text(name)) &&
               hanse_same(sip_header(message, n)->value, hanse_text(value));
    if (found != there) fail_msg("%s: %s", name, value);
    lines = end + 1;
  }
}

static char *both(struct sip_bench *b) {
  char *text = hanse_alloc(&b->arena, sizeof hostile + sizeof harmless);
  strcpy(text, hostile);
  return strcat(text, harmless);
}

static void test_request_inwards(void **state) {
  struct sip_bench *b = *state;
  fake_receive(b->partner, sip_bench_request(b, HANSE_SIDE_PARTNER, "MESSAGE", "sip:alice@a.test", "m", both(b), NULL));
  expect_lines(b, sip_bench_sent(b, b->home, 1), hostile, false);
  expect_lines(b, sip_bench_sent(b, b->home, 1), harmless, true);
}

static void test_request_outwards(void **state) {
  struct sip_bench *b = *state;
  fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "MESSAGE", "sip:bob@b.test", "m", both(b), NULL));
  expect_lines(b, sip_bench_sent(b, b->partner, 1), hostile, false);
  expect_lines(b, sip_bench_sent(b, b->partner, 1), harmless, true);
}

static void test_responses(void **state) {
  struct sip_bench *b = *state;
  fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "MESSAGE", "sip:bob@b.test", "m", NULL, NULL));
  fake_receive(b->partner, sip_bench_response(b, b->partner, "200 OK", both(b), NULL));
  expect_lines(b, sip_bench_sent(b, b->home, 1), hostile, false);
  expect_lines(b, sip_bench_sent(b, b->home, 1), harmless, true);
  fake_take(b->home);
  fake_receive(b->partner, sip_bench_request(b, HANSE_SIDE_PARTNER, "MESSAGE", "sip:alice@a.test", "n", NULL, NULL));
  fake_take(b->partner);
  fake_receive(b->home, sip_bench_response(b, b->home, "200 OK", both(b), NULL));
  expect_lines(b, sip_bench_sent(b, b->partner, 1), hostile, false);
  expect_lines(b, sip_bench_sent(b, b->partner, 1), harmless, true);
}

static void test_inner_headers(void **state) {
  struct sip_bench *b = *state;
  fake_receive(b->partner, sip_bench_request(b, HANSE_SIDE_PARTNER, "MESSAGE", "sip:alice@a.test", "m", inner, NULL));
  expect_lines(b, sip_bench_sent(b, b->home, 1), inner, false);
  fake_take(b->home);
  fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "MESSAGE", "sip:bob@b.test", "n", inner, NULL));
  expect_lines(b, sip_bench_sent(b, b->partner, 1), inner, true);
  fake_receive(b->partner, sip_bench_response(b, b->partner, "200 OK", inner, NULL));
  expect_lines(b, sip_bench_sent(b, b->home, 1), inner, false);
}

/* R60: on requests and responses from outside, five parameters in this order. */
static void test_trust_header(void **state) {
  static const char want[] =
      "ms-source-type=DirectPartner;ms-ep-fqdn=node.test;ms-source-verified-user=verified;"
      "ms-source-network=federation;ms-remote-fqdn=edge.b.test";
  struct sip_bench *b = *state;
  b->settings.trust_header = true;
  fake_receive(b->partner, sip_bench_request(b, HANSE_SIDE_PARTNER, "MESSAGE", "sip:alice@a.test", "m",
                                             "ms-edge-proxy-message-trust: forged\n", NULL));
  const struct sip_message *sent = sip_bench_sent(b, b->home, 1);
  assert_string_equal(sip_bench_header(b, sent, "ms-edge-proxy-message-trust", 1), want);
  assert_string_equal(sip_bench_header(b, sent, "ms-edge-proxy-message-trust", 2), "");
  fake_take(b->home);
  fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "INVITE", "sip:bob@b.test", "n", NULL, NULL));
  assert_string_equal(sip_bench_header(b, sip_bench_sent(b, b->partner, 0), "ms-edge-proxy-message-trust", 1), "");
  fake_receive(b->partner, sip_bench_response(b, b->partner, "200 OK", NULL, NULL));
  assert_string_equal(sip_bench_header(b, sip_bench_sent(b, b->home, 0), "ms-edge-proxy-message-trust", 1), want);
  fake_receive(b->partner, sip_bench_response(b, b->partner, "200 OK", NULL, NULL)); /* again, the request is gone */
  assert_string_equal(sip_bench_header(b, sip_bench_sent(b, b->home, 0), "ms-edge-proxy-message-trust", 1), want);
}

static void set_type(void *argument, struct hanse_message *message) {
  message->facts->wire_type = *(uint8_t *)argument;
}

static void test_source_types(void **state) {
  static const char *const names[] = {"", "DirectPartner", "AutoFederation", "AuthorizedServer", "ClearingHouse"};
  struct sip_bench *b = *state;
  b->settings.trust_header = true;
  for (uint8_t type = 0; type < 5; type++) {
    char branch[32], want[64];
    snprintf(branch, sizeof branch, "t%u", type);
    snprintf(want, sizeof want, "ms-source-type=%s;", names[type]);
    fake_look(b->world, set_type, &type);
    fake_receive(b->partner,
                 sip_bench_request(b, HANSE_SIDE_PARTNER, "MESSAGE", "sip:alice@a.test", branch, NULL, NULL));
    const char *value = sip_bench_header(b, sip_bench_sent(b, b->home, 0), "ms-edge-proxy-message-trust", 1);
    if (type == HANSE_WIRE_NONE)
      assert_string_equal(value, "");
    else
      assert_int_equal(strncmp(value, want, strlen(want)), 0);
  }
}

/* ---- marks ---- */

static void put_marks(void *argument, struct hanse_message *message) {
  *message->marks = *(struct hanse_marks *)argument;
}

static void test_mark_verified(void **state) {
  struct sip_bench *b = *state;
  struct hanse_marks marks = {.size = sizeof marks, .set = HANSE_MARK_VERIFIED, .verified = 0};
  fake_look(b->world, put_marks, &marks);
  fake_receive(b->partner, sip_bench_request(b, HANSE_SIDE_PARTNER, "MESSAGE", "sip:alice@a.test", "m", NULL, NULL));
  assert_non_null(strstr(sip_bench_header(b, sip_bench_sent(b, b->home, 1), "ms-edge-proxy-message-trust", 1),
                         ";ms-source-verified-user=unverified;"));
  marks.verified = 1;
  fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "MESSAGE", "sip:bob@b.test", "n", NULL, NULL));
  assert_string_equal(sip_bench_header(b, sip_bench_sent(b, b->partner, 1), "ms-asserted-verification-level", 1),
                      "ms-source-verified-user=verified");
}

static void test_mark_text(void **state) {
  struct sip_bench *b = *state;
  struct hanse_marks marks = {.size = sizeof marks, .set = HANSE_MARK_TEXT, .text = HANSE_LIT("(removed)")};
  fake_look(b->world, put_marks, &marks);
  fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "MESSAGE", "sip:bob@b.test", "m",
                                          "Content-Type: text/plain\n", "secret"));
  assert_true(hanse_same(sip_bench_sent(b, b->partner, 1)->body, HANSE_LIT("(removed)")));
  /* where there is no text it cannot be replaced */
  fake_take(b->home);
  fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "MESSAGE", "sip:bob@b.test", "n",
                                          "Content-Type: text/plain; charset=\"latin1\"\n", "secret"));
  sip_bench_expect(b, b->home, 500);
  assert_int_equal(sip_bench_count(b, b->partner), 1);
}

/* R86: a header in both directions, on answers as well. */
static void test_mark_notice(void **state) {
  struct sip_bench *b = *state;
  struct hanse_marks marks = {
      .size = sizeof marks, .set = HANSE_MARK_NOTICE, .notice = HANSE_LIT("it's \"kept\" \\ \xc3\xbc")};
  fake_look(b->world, put_marks, &marks);
  fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "INVITE", "sip:bob@b.test", "m", NULL, NULL));
  assert_string_equal(sip_bench_header(b, sip_bench_sent(b, b->partner, 1), "ms-archiving-notice", 1),
                      "\"it's \\\"kept\\\" \\\\ \xc3\xbc\"");
  fake_take(b->home);
  fake_receive(b->partner, sip_bench_response(b, b->partner, "200 OK", "ms-archiving-notice: theirs\n", NULL));
  const struct sip_message *back = sip_bench_sent(b, b->home, 1);
  assert_string_equal(sip_bench_header(b, back, "ms-archiving-notice", 1), "theirs");
  assert_string_equal(sip_bench_header(b, back, "ms-archiving-notice", 2), "\"it's \\\"kept\\\" \\\\ \xc3\xbc\"");
}

/* A mark that cannot be expressed is a refusal, never ignored. */
static void test_mark_notice_refused(void **state) {
  static const struct {
    struct hanse_slice header, notice;
  } rows[] = {{{"", 0}, {"archived", 8}}, {{"X-Notice", 8}, {"", 0}}, {{"X-Notice", 8}, {"a\r\nVia: b", 9}}};
  struct sip_bench *b = *state;
  struct hanse_marks marks = {.size = sizeof marks, .set = HANSE_MARK_NOTICE};
  fake_look(b->world, put_marks, &marks);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char branch[8];
    snprintf(branch, sizeof branch, "m%zu", i);
    b->settings.notice_header = rows[i].header;
    marks.notice = rows[i].notice;
    fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "MESSAGE", "sip:bob@b.test", branch, NULL, NULL));
    sip_bench_expect(b, b->home, 500);
  }
  assert_int_equal(sip_bench_count(b, b->partner), 0);
}

static void test_mark_on_answer(void **state) {
  struct sip_bench *b = *state;
  struct hanse_marks marks = {.size = sizeof marks, .set = HANSE_MARK_TEXT, .text = HANSE_LIT("there is no text")};
  fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "MESSAGE", "sip:bob@b.test", "m", NULL, NULL));
  fake_look(b->world, put_marks, &marks);
  fake_receive(b->partner, sip_bench_response(b, b->partner, "200 OK", NULL, NULL));
  sip_bench_expect(b, b->home, 500);
}

/* ---- facts that policies live on ---- */

static void test_facts_of_text(void **state) {
  static const struct {
    const char *type, *body;
    bool text;
    int action;
  } rows[] = {
      {"Content-Type: text/plain\n", "hi", true, HANSE_ACTION_MESSAGE},
      {"c: TEXT/HTML ; charset=UTF-8\n", "<b>\xc3\xa4</b>", true, HANSE_ACTION_MESSAGE},
      {"Content-Type: text/plain\n", "long enough for whole words, then \xf0\x9f\x98\x80.", true, HANSE_ACTION_MESSAGE},
      {"Content-Type: text/plain\n", "long enough for whole words, then \xff.", false, HANSE_ACTION_MESSAGE},
      {"Content-Type: text/plain\n", "\xf4\x90\x80\x80", false, HANSE_ACTION_MESSAGE},
      {"Content-Type: text/plain\n", "\xc3", false, HANSE_ACTION_MESSAGE},
      {"Content-Type: text/plain\n", "\xed\xa0\x80", false, HANSE_ACTION_MESSAGE},
      {"Content-Type: text/plain\n", "\xc0\xaf", false, HANSE_ACTION_MESSAGE},
      {"Content-Type: text/plain; charset=iso-8859-1\n", "hi", false, HANSE_ACTION_MESSAGE},
      {"Content-Type: text/plain\nContent-Encoding: gzip\n", "hi", false, HANSE_ACTION_MESSAGE},
      {"Content-Type: application/im-iscomposing+xml\n", "<x/>", false, HANSE_ACTION_SIGNAL},
      {"Content-Type: message/imdn+xml\n", "<x/>", false, HANSE_ACTION_SIGNAL},
      {"", "hi", false, HANSE_ACTION_MESSAGE},
  };
  struct sip_bench *b = *state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    char branch[32];
    snprintf(branch, sizeof branch, "t%zu", i);
    fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "MESSAGE", "sip:bob@b.test", branch, rows[i].type,
                                            rows[i].body));
    if ((fake_facts(b->world)->text.len > 0) != rows[i].text || fake_facts(b->world)->action != rows[i].action)
      fail_msg("row %zu", i);
  }
}

/* The first text of a session is one like any other, also for a policy that changes it (R71, R111). */
static void test_first_text(void **state) {
  static const struct {
    const char *header, *type, *text;
  } rows[] = {
      {"ms-text-format: text/plain; charset=UTF-8;msgr=WAAt;ms-body=SGVsbG8gV29ybGQ=\n", "text/plain", "Hello World"},
      {"MS-Text-Format: Text/HTML ;ms-body=PGI+aGk8L2I+ ;x=1\n", "Text/HTML", NULL},
      {"ms-text-format: text/plain;ms-body=aGk=;charset=utf-8\n", "text/plain", "hi"},
      {"ms-text-format: text/plain;ms-body=aGk=;charset=utf-16\n", "text/plain", NULL},
      {"ms-text-format: text/plain;ms-body=aG!=\n", "text/plain", NULL},
      {"ms-text-format: text/plain;ms-body=/w==\n", "text/plain", NULL},
      {"ms-text-format: text/plain;ms-body=aGk=\nms-text-format: text/plain;ms-body=aGk=\n", "text/plain", NULL},
      {"ms-text-format: ms-body=aGk=\n", "ms-body=aGk=", "hi"},
      {"ms-text-format: text/plain;ms-body=\n", NULL, NULL},
      {"ms-text-format: text/plain\n", NULL, NULL},
  };
  struct sip_bench *b = *state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char branch[8];
    snprintf(branch, sizeof branch, "f%zu", i);
    fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "INVITE", "sip:bob@b.test", branch, rows[i].header,
                                            "v=0\r\nm=message 5060 sip null\r\n"));
    const struct hanse_facts *facts = fake_facts(b->world);
    if (!hanse_same(facts->text, hanse_text(rows[i].text)) || !hanse_same(facts->text_type, hanse_text(rows[i].type)))
      fail_msg("row %zu: \"%.*s\" \"%.*s\"", i, HANSE_FMT(facts->text_type), HANSE_FMT(facts->text));
  }
  struct hanse_marks marks = {.size = sizeof marks, .set = HANSE_MARK_TEXT, .text = HANSE_LIT("Hello _you")};
  fake_look(b->world, put_marks, &marks);
  fake_take(b->partner);
  fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "INVITE", "sip:bob@b.test", "f", rows[0].header,
                                          "v=0\r\nm=message 5060 sip null\r\n"));
  const struct sip_message *sent = sip_bench_sent(b, b->partner, 1);
  assert_string_equal(sip_bench_header(b, sent, "ms-text-format", 1),
                      "text/plain; charset=UTF-8;msgr=WAAt;ms-body=SGVsbG8gX3lvdQ==");
  assert_true(hanse_same(sent->body, HANSE_LIT("v=0\r\nm=message 5060 sip null\r\n")));
}

static void test_facts_of_modality(void **state) {
  static const struct {
    const char *method, *more, *body;
    int modality;
  } rows[] = {
      {"INVITE", "Content-Type: application/sdp\n", "v=0\r\nm=x-ms-message 5060 sip null\r\n", HANSE_MODALITY_IM},
      {"INVITE", "Content-Type: application/sdp\n", "v=0\r\nm=message 1 TCP/MSRP *\r\nm=audio 1 RTP/AVP 0\r\n",
       HANSE_MODALITY_AUDIO_VIDEO},
      {"INVITE", "Content-Type: application/sdp\n", "m=video 1 RTP/AVP 0\r\n", HANSE_MODALITY_AUDIO_VIDEO},
      {"INVITE", "Content-Type: application/sdp\n", "v=0\r\nm=applicationsharing 1 TCP/RTP/AVP 127\r\n",
       HANSE_MODALITY_SHARING},
      {"INVITE", "Content-Type: application/ms-conf-invite+xml\n", "<x/>", HANSE_MODALITY_CONFERENCE},
      {"INVITE", "", NULL, HANSE_MODALITY_OTHER},
      {"SUBSCRIBE", "Event: presence.winfo\n", NULL, HANSE_MODALITY_PRESENCE},
      {"SUBSCRIBE", "o: conference\n", NULL, HANSE_MODALITY_CONFERENCE},
      {"SUBSCRIBE", "Event: dialog\n", NULL, HANSE_MODALITY_OTHER},
      {"OPTIONS", "", NULL, HANSE_MODALITY_PROBE},
      {"INFO", "", NULL, HANSE_MODALITY_IM},
      {"FOO", "", NULL, HANSE_MODALITY_OTHER},
  };
  struct sip_bench *b = *state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    char branch[32];
    snprintf(branch, sizeof branch, "o%zu", i);
    fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, rows[i].method, "sip:bob@b.test", branch, rows[i].more,
                                            rows[i].body));
    if (fake_facts(b->world)->modality != rows[i].modality) fail_msg("row %zu", i);
  }
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, sip_bench_setup, sip_bench_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_request_inwards),   TEST(test_request_outwards),    TEST(test_responses),      TEST(test_inner_headers),
      TEST(test_trust_header),      TEST(test_source_types),        TEST(test_mark_verified),  TEST(test_mark_text),
      TEST(test_mark_notice),       TEST(test_mark_notice_refused), TEST(test_mark_on_answer), TEST(test_facts_of_text),
      TEST(test_facts_of_modality), TEST(test_first_text),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
