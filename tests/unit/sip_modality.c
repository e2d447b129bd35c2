/* What policies are told of the kinds of talk that a message is for, and of files that it offers (R52, R88, R104,
 * R112).
 */
#include "tests/lib/sip_bench.h"

#define SDP "Content-Type: application/sdp\n"
#define MIXED "Content-Type: multipart/mixed; boundary=x\n"
#define AV HANSE_MODALITY_BIT(HANSE_MODALITY_AUDIO_VIDEO)
#define IM HANSE_MODALITY_BIT(HANSE_MODALITY_IM)
#define FILE_ HANSE_MODALITY_BIT(HANSE_MODALITY_FILE)
#define SHARING HANSE_MODALITY_BIT(HANSE_MODALITY_SHARING)
#define CONFERENCE HANSE_MODALITY_BIT(HANSE_MODALITY_CONFERENCE)
#define OTHER HANSE_MODALITY_BIT(HANSE_MODALITY_OTHER)

struct row {
  const char *method, *more, *body;
  uint32_t modalities;
  const char *file;
};

static void check(struct sip_bench *b, const struct row *rows, size_t count) {
  for (size_t i = 0; i < count; i++) {
    char branch[32];
    snprintf(branch, sizeof branch, "%s%zu", rows[i].method, i);
    fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, rows[i].method, "sip:bob@b.test", branch, rows[i].more,
                                            rows[i].body));
    const struct hanse_facts *facts = fake_facts(b->world);
    if (facts->modalities != rows[i].modalities) fail_msg("row %zu: %#x", i, facts->modalities);
    if (!hanse_same(facts->file_name, hanse_text(rows[i].file)))
      fail_msg("row %zu: file \"%.*s\"", i, HANSE_FMT(facts->file_name));
  }
}
#define CHECK(state, rows) check(*(state), rows, sizeof(rows) / sizeof *(rows))

static void test_media(void **state) {
  static const struct row rows[] = {
      {"INVITE", SDP, "v=0\r\nm=message 5060 sip null\r\n", IM, NULL},
      {"INVITE", SDP, "v=0\nm=MESSAGE 5060 sip null\nm= audio 1 RTP/AVP 0\n", IM | AV, NULL},
      {"INVITE", SDP, "v=0\r\nm=audio 1 RTP/AVP 0\r\nm=applicationsharing 1 TCP/RTP/AVP 127\r\n", AV | SHARING, NULL},
      {"INVITE", SDP, "v=0\r\nm=application 1 TCP/BFCP *\r\n", SHARING, NULL},
      {"INVITE", SDP, "v=0\r\nm=application 1 TCP x-ms-RDP\r\n", SHARING, NULL},
      {"INVITE", SDP, "v=0\r\nm=application 1 UDP/DTLS/SCTP webrtc-datachannel\r\n", OTHER, NULL},
      {"INVITE", SDP, "v=0\r\nm=data 6000 TCP/RTP/SAVP 127\r\n", FILE_, NULL},
      {"INVITE", SDP, "v=0\r\nm=whatever 1 x\r\n", OTHER, NULL},
      {"UPDATE", SDP, "v=0\r\nm=video 1 RTP/AVP 0\r\n", AV, NULL},
      {"INVITE", "", NULL, 0, NULL}, /* the offer comes with the answer */
  };
  CHECK(state, rows);
}

/* A medium that was taken out again stands there with port 0 (RFC 3264 §6); one in a bundle too, and flows. */
static void test_switched_off(void **state) {
  static const struct row rows[] = {
      {"INVITE", SDP, "v=0\r\nm=message 5060 sip null\r\nm=video 0 RTP/AVP 0\r\n", IM, NULL},
      {"INVITE", SDP, "v=0\r\nm=audio 0 RTP/AVP 0\r\n", 0, NULL},
      {"INVITE", SDP, "v=0\r\nm=message 5060 sip null\r\nm=video 0 RTP/AVP 0\r\na=bundle-only\r\n", IM | AV, NULL},
      {"INVITE", SDP, "v=0\r\nm=message 5060 sip null\r\nm=video 10 RTP/AVP 0\r\n", IM | AV, NULL},
  };
  CHECK(state, rows);
}

/* What we cannot read but the receiver may is never taken for nothing. */
static void test_hidden(void **state) {
  static const struct row rows[] = {
      {"INVITE", SDP "Content-Encoding: gzip\n", "v=0\r\nm=message 5060 sip null\r\n", OTHER, NULL},
      {"INVITE", SDP, "v=0\r\nm=message 5060 sip null\rm=audio 1 RTP/AVP 0\r\n", IM | OTHER, NULL},
      {"INVITE", MIXED,
       "--x\r\nContent-Type: application/sdp\r\n\r\nv=0\r\nm=message 1 sip null\r\n--x\r\n"
       "Content-Type: application/sdp\r\nContent-Transfer-Encoding: base64\r\n\r\nbT1hdWRpbw==\r\n--x--\r\n",
       IM | OTHER, NULL},
      {"INVITE", MIXED,
       "--x\r\nContent-Type: application/sdp\r\nContent-Transfer-Encoding: 7bit\r\n\r\nv=0\r\nm=audio 1 RTP/AVP 0\r\n"
       "--x\r\nContent-Type: application/sdp\r\n\r\nv=0\r\nm=video 1 RTP/AVP 0\r\n--x--\r\n",
       AV, NULL},
      {"INVITE", "Content-Type: application/unheard-of\n", "m=message 1 sip null\r\n", OTHER, NULL},
      {"INVITE", SDP, "nothing that is SDP", OTHER, NULL},
      {"INVITE", "", "m=message 1 sip null\r\n", OTHER, NULL},
  };
  CHECK(state, rows);
}

static void test_types(void **state) {
  static const struct row rows[] = {
      {"INVITE", "Content-Type: application/ms-conf-invite+xml\n", "<x/>", CONFERENCE, NULL},
      {"INFO", "Content-Type: application/cccp+xml\n", "<x/>", CONFERENCE, NULL},
      {"INFO", "Content-Type: application/dtmf-relay\n", "Signal=5\r\n", AV, NULL},
      {"INFO", "Content-Type: application/xml\n", "<x/>", IM, NULL},
      {"INFO", "Content-Type: application/ms-filetransfer+xml\n", "<x/>", FILE_, NULL},
      {"MESSAGE", "Content-Type: text/plain\n", "hi", IM, NULL},
      {"INVITE", SDP "t: <sip:bob@b.test;gruu;opaque=app:conf:focus:id:1>\n", "v=0\r\nm=message 1 sip null\r\n", IM,
       NULL}, /* a second To counts for nothing */
      {"REFER", "", NULL, OTHER, NULL},
  };
  CHECK(state, rows);
  struct sip_bench *b = *state;
  fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "INVITE", "sip:bob@b.test;gruu;opaque=app:conf:chat:id:7",
                                          "focus", SDP, "v=0\r\nm=message 1 sip null\r\n"));
  assert_int_equal(fake_facts(b->world)->modalities, IM | CONFERENCE);
  assert_int_equal(fake_facts(b->world)->modality, HANSE_MODALITY_CONFERENCE);
}

static void test_files(void **state) {
#define MSRP "v=0\r\nm=message 7394 TCP/MSRP *\r\n"
  static const struct row rows[] = {
      {"INVITE", SDP, MSRP "a=file-selector:name:\"My cool.jpg\" type:image/jpeg size:4092\r\n", FILE_, "My cool.jpg"},
      {"INVITE", SDP, MSRP "a=file-selector:type:image/jpeg NAME:\"a.ex%65\" size:1\r\n", FILE_, "a.exe"},
      {"INVITE", SDP, MSRP "a=file-selector:name:\"100%\"\r\n", FILE_, "100%"},
      {"INVITE", SDP, MSRP "a=file-selector:name:\"%4\"\r\n", FILE_, "%4"},
      {"INVITE", SDP, MSRP "a=file-selector:hash:sha-1:72:24\r\n", FILE_, NULL},
      {"INVITE", SDP, MSRP "a=file-selector:name:\"open", FILE_, NULL},
      {"INVITE", SDP, MSRP "a=file-selector:name:\"a.txt\"\r\n" MSRP "a=file-selector:name:\"b.exe\"\r\n", FILE_, NULL},
      {"INVITE", SDP, MSRP "a=file-selector:size:1\r\n" MSRP "a=file-selector:name:\"b.txt\"\r\n", FILE_, NULL},
      {"INVITE", SDP, MSRP "m=message 0 TCP/MSRP *\r\na=file-selector:name:\"b.exe\"\r\n", IM, NULL},
      {"MESSAGE", "Content-Type: text/x-msmsgsinvite; charset=UTF-8\n",
       "Application-Name: File Transfer\r\nInvitation-Command: INVITE\r\nApplication-File: me.scr\r\n"
       "Application-FileSize: 1\r\n",
       FILE_, "me.scr"},
      {"MESSAGE", "Content-Type: text/x-msmsgsinvite\n", "Invitation-Command: ACCEPT\r\n", IM, NULL},
      {"MESSAGE", "Content-Type: text/x-msmsgsinvite\n", "Application-File:", FILE_, NULL},
  };
  CHECK(state, rows);
}

/* An escaped name needs memory; without it the message is refused, not judged without its name. */
static void test_no_memory(void **state) {
  char body[4000] = MSRP "a=file-selector:name:\"%41";
  size_t n = strlen(body);
  unsigned judged = 0, refused = 0;
  (void)state;
  memset(body + n, 'x', sizeof body - n);
  memcpy(body + sizeof body - 4, "\"\r\n", 4);
  for (long fail = 0; !judged; fail++) {
    void *bench;
    sip_bench_setup(&bench);
    struct sip_bench *b = bench;
    fake_fail_after(b->world, fail);
    fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "INVITE", "sip:bob@b.test", "f", SDP, body));
    const struct hanse_facts *facts = fake_facts(b->world);
    judged += facts->conversation.len > 0;
    refused += facts->conversation.len == 0;
    if (judged) assert_memory_equal(facts->file_name.at, "Axxx", 4);
    fake_fail_after(b->world, -1);
    sip_bench_teardown(&bench);
    assert_in_range(fail, 0, 100);
  }
  print_message("judged with the %uth piece of memory\n", refused + 1);
  assert_true(refused > 2); /* the message itself takes two */
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, sip_bench_setup, sip_bench_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_media), TEST(test_switched_off), TEST(test_hidden),
      TEST(test_types), TEST(test_files),        cmocka_unit_test(test_no_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
