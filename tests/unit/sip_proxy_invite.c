/* INVITE and what belongs to it: RFC 3261 §16.7 to §16.10, §17.1.1, §17.2.1, RFC 6026. */
#include "tests/lib/sip_bench.h"

#define SDP "Content-Type: application/sdp\n"

static void invite(struct sip_bench *b, const char *branch) {
  fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "INVITE", "sip:bob@b.test", branch, SDP,
                                          "v=0\r\nm=message 5060 sip null\r\n"));
}

/* ACK or CANCEL to the INVITE with that branch. */
static void follow(struct sip_bench *b, struct hanse_link *link, const char *method, const char *branch) {
  fake_receive(link, sip_bench_text(b, NULL,
                                    "%s sip:bob@b.test SIP/2.0\nVia: SIP/2.0/TLS 10.0.0.1:5061;branch=z9hG4bK%s\n"
                                    "Max-Forwards: 70\nFrom: <sip:alice@a.test>;tag=near\nTo: <sip:bob@b.test>%s\n"
                                    "Call-ID: %s\nCSeq: 1 %s\n",
                                    method, branch, strcmp(method, "ACK") == 0 ? ";tag=far" : "", branch, method));
}

static void answer(struct sip_bench *b, const char *status) {
  fake_receive(b->partner, sip_bench_response(b, b->partner, status, NULL, NULL));
}

static bool last_is(struct sip_bench *b, struct hanse_link *link, const char *method) {
  return hanse_same(sip_bench_sent(b, link, 0)->method_text, hanse_text(method));
}

static void expect_nothing(struct sip_bench *b, struct hanse_link *link) {
  assert_int_equal(sip_bench_count(b, link), 0);
}

static void test_call(void **state) {
  struct sip_bench *b = *state;
  invite(b, "c");
  assert_int_equal(fake_facts(b->world)->modality, HANSE_MODALITY_IM);
  assert_int_equal(fake_facts(b->world)->action, HANSE_ACTION_SESSION);
  sip_bench_expect(b, b->home, 100);
  answer(b, "100 Trying");
  expect_nothing(b, b->home);
  answer(b, "180 Ringing");
  sip_bench_expect(b, b->home, 180);
  answer(b, "183 Session Progress");
  sip_bench_expect(b, b->home, 183);
  answer(b, "200 OK");
  sip_bench_expect(b, b->home, 200);
  answer(b, "200 OK"); /* again: RFC 6026 Accepted */
  sip_bench_expect(b, b->home, 200);
  answer(b, "180 Ringing");
  answer(b, "486 Busy Here");
  expect_nothing(b, b->home);
  assert_int_equal(sip_bench_count(b, b->partner), 1);
  fake_advance(b->world, 31 * HANSE_SECOND);
  answer(b, "200 OK");
  sip_bench_expect(b, b->home, 200);
  fake_advance(b->world, 2 * HANSE_SECOND); /* Timer L */
  answer(b, "200 OK");
  expect_nothing(b, b->home);
  assert_string_equal(fake_left(b->world), "");
}

static void test_failure_and_ack(void **state) {
  struct sip_bench *b = *state;
  invite(b, "c");
  fake_take(b->home);
  answer(b, "486 Busy Here");
  sip_bench_expect(b, b->home, 486);
  /* our own ACK for that hop (§17.1.1.3) */
  const struct sip_message *sent = sip_bench_sent(b, b->partner, 1), *ack = sip_bench_sent(b, b->partner, 2);
  assert_true(hanse_same(ack->method_text, HANSE_LIT("ACK")));
  assert_true(hanse_same(ack->via.text, sent->via.text));
  assert_int_equal(ack->vias, 1);
  assert_true(hanse_same(ack->to.tag, HANSE_LIT("far")));
  assert_true(hanse_same(ack->uri.text, sent->uri.text));
  assert_int_equal(ack->cseq, sent->cseq);
  fake_take(b->partner);
  /* the requester's ACK is absorbed, and ends the transaction (Timer I is 0) */
  follow(b, b->home, "ACK", "c");
  expect_nothing(b, b->partner);
  assert_string_equal(fake_left(b->world), "");
}

static void test_failure_without_ack(void **state) {
  struct sip_bench *b = *state;
  invite(b, "c");
  answer(b, "486 Busy Here");
  fake_take(b->home);
  invite(b, "c"); /* repeated: the failure again */
  sip_bench_expect(b, b->home, 486);
  fake_advance(b->world, 31 * HANSE_SECOND);
  assert_string_not_equal(fake_left(b->world), "");
  fake_advance(b->world, 2 * HANSE_SECOND); /* Timer H */
  assert_string_equal(fake_left(b->world), "");
}

static void test_repeat(void **state) {
  struct sip_bench *b = *state;
  invite(b, "c");
  fake_take(b->home);
  invite(b, "c");
  sip_bench_expect(b, b->home, 100);
  answer(b, "200 OK");
  fake_take(b->home);
  invite(b, "c");
  expect_nothing(b, b->home); /* the callee repeats its 2xx by itself */
  assert_int_equal(sip_bench_count(b, b->partner), 1);
}

static void test_refused(void **state) {
  struct sip_bench *b = *state;
  fake_judge(b->world, HANSE_SIDE_HOME, FAKE_REFUSE, HANSE_F_BLOCKED);
  invite(b, "c");
  sip_bench_expect(b, b->home, 403); /* and no 100 before it */
  follow(b, b->home, "ACK", "c");
  expect_nothing(b, b->partner);
  assert_string_equal(fake_left(b->world), "");
}

static void test_refused_later(void **state) {
  struct sip_bench *b = *state;
  fake_judge(b->world, HANSE_SIDE_HOME, FAKE_HOLD, HANSE_F_NONE);
  invite(b, "c");
  sip_bench_expect(b, b->home, 100);
  fake_release(b->world, FAKE_REFUSE, HANSE_F_BLOCKED);
  sip_bench_expect(b, b->home, 403);
}

static void test_timer_b(void **state) {
  struct sip_bench *b = *state;
  fake_route(b->world, HANSE_SIDE_HOME, &b->edge, 1);
  invite(b, "c");
  fake_take(b->home);
  fake_advance(b->world, 33 * HANSE_SECOND);
  sip_bench_expect(b, b->home, 504);
  assert_int_equal(sip_bench_count(b, b->partner), 1); /* no CANCEL without a 1xx */
}

/* Timer C is set back by each 1xx but a repeated 100; then CANCEL, and a failure 64*T1 later. */
static void test_timer_c(void **state) {
  struct sip_bench *b = *state;
  invite(b, "c");
  answer(b, "180 Ringing");
  fake_advance(b->world, 200 * HANSE_SECOND);
  answer(b, "180 Ringing");
  fake_advance(b->world, 200 * HANSE_SECOND);
  answer(b, "100 Trying");
  fake_take(b->home);
  fake_take(b->partner);
  fake_advance(b->world, 11 * HANSE_SECOND);
  assert_true(last_is(b, b->partner, "CANCEL"));
  expect_nothing(b, b->home);
  fake_advance(b->world, 33 * HANSE_SECOND);
  sip_bench_expect(b, b->home, 504);
}

static void test_timer_c_answered(void **state) {
  struct sip_bench *b = *state;
  invite(b, "c");
  struct hanse_slice terminated = sip_bench_response(b, b->partner, "487 Request Terminated", NULL, NULL);
  answer(b, "180 Ringing");
  fake_advance(b->world, 211 * HANSE_SECOND);
  fake_take(b->home);
  fake_receive(b->partner, terminated);
  sip_bench_expect(b, b->home, 487);
}

/* With too many settled ones the next ends at once: only its repeats suffer. */
static void test_too_many_settled(void **state) {
  struct sip_bench *b = *state;
  struct sip *sip = fake_self(b->sip);
  sip->settled += SIP_SETTLED_MAX;
  invite(b, "c");
  answer(b, "486 Busy Here");
  assert_string_equal(fake_left(b->world), "");
  assert_int_equal(fake_counter(b->world, "settled_full"), 1);
  sip->settled -= SIP_SETTLED_MAX;
  assert_int_equal(sip->settled, 0);
}

/* ---- CANCEL in every state ---- */

static void test_cancel_ringing(void **state) {
  struct sip_bench *b = *state;
  invite(b, "c");
  struct hanse_slice terminated = sip_bench_response(b, b->partner, "487 Request Terminated", NULL, NULL);
  answer(b, "180 Ringing");
  fake_take(b->home);
  follow(b, b->home, "CANCEL", "c");
  sip_bench_expect(b, b->home, 200);
  const struct sip_message *sent = sip_bench_sent(b, b->partner, 1), *cancel = sip_bench_sent(b, b->partner, 2);
  assert_true(hanse_same(cancel->method_text, HANSE_LIT("CANCEL")));
  assert_true(hanse_same(cancel->via.branch, sent->via.branch));
  assert_true(hanse_same(cancel->uri.text, sent->uri.text));
  assert_int_equal(cancel->vias, 1);
  fake_receive(b->partner, sip_bench_response_to(b, cancel, "200 OK", NULL, NULL)); /* hop by hop: dropped */
  expect_nothing(b, b->home);
  follow(b, b->home, "CANCEL", "c"); /* again: answered, not sent again */
  sip_bench_expect(b, b->home, 200);
  assert_int_equal(sip_bench_count(b, b->partner), 2);
  fake_receive(b->partner, terminated);
  sip_bench_expect(b, b->home, 487);
  assert_true(last_is(b, b->partner, "ACK"));
  follow(b, b->home, "ACK", "c");
  assert_string_equal(fake_left(b->world), "");
}

/* RFC 3261 §9.1: the CANCEL waits for a provisional response. */
static void test_cancel_calling(void **state) {
  struct sip_bench *b = *state;
  invite(b, "c");
  fake_take(b->home);
  struct hanse_slice trying = sip_bench_response(b, b->partner, "100 Trying", NULL, NULL);
  follow(b, b->home, "CANCEL", "c");
  sip_bench_expect(b, b->home, 200);
  assert_int_equal(sip_bench_count(b, b->partner), 1);
  fake_receive(b->partner, trying);
  assert_int_equal(sip_bench_count(b, b->partner), 2);
  assert_true(last_is(b, b->partner, "CANCEL"));
  fake_advance(b->world, 33 * HANSE_SECOND); /* nobody answers */
  sip_bench_expect(b, b->home, 487);
}

static void test_cancel_crosses_200(void **state) {
  struct sip_bench *b = *state;
  invite(b, "c");
  fake_take(b->home);
  struct hanse_slice ok = sip_bench_response(b, b->partner, "200 OK", NULL, NULL);
  follow(b, b->home, "CANCEL", "c");
  fake_take(b->home);
  fake_receive(b->partner, ok);
  sip_bench_expect(b, b->home, 200);
  assert_int_equal(sip_bench_count(b, b->partner), 1);
}

static void test_cancel_unanswered_calling(void **state) {
  struct sip_bench *b = *state;
  sip_bench_second(b);
  invite(b, "c");
  follow(b, b->home, "CANCEL", "c");
  fake_take(b->home);
  fake_advance(b->world, 33 * HANSE_SECOND); /* Timer B: no further target for what was taken back */
  sip_bench_expect(b, b->home, 487);
  assert_int_equal(fake_counter(b->world, "failovers"), 0);
}

static void test_cancel_linking(void **state) {
  struct sip_bench *b = *state;
  fake_target_link(b->edge, NULL, HANSE_SKIP);
  invite(b, "c");
  fake_take(b->home);
  follow(b, b->home, "CANCEL", "c");
  assert_int_equal(sip_bench_sent(b, b->home, 1)->status, 200);
  assert_int_equal(sip_bench_sent(b, b->home, 2)->status, 487);
  fake_target_ready(b->edge, b->partner, HANSE_F_NONE); /* too late */
  expect_nothing(b, b->partner);
  follow(b, b->home, "ACK", "c");
  assert_string_equal(fake_left(b->world), "");
}

static void test_cancel_judged(void **state) {
  struct sip_bench *b = *state;
  fake_judge(b->world, HANSE_SIDE_HOME, FAKE_HOLD, HANSE_F_NONE);
  invite(b, "c");
  fake_take(b->home);
  follow(b, b->home, "CANCEL", "c");
  assert_int_equal(sip_bench_sent(b, b->home, 1)->status, 200);
  assert_int_equal(sip_bench_sent(b, b->home, 2)->status, 487);
  assert_false(fake_release(b->world, FAKE_PASS, HANSE_F_NONE));
  expect_nothing(b, b->partner);
}

static void test_cancel_settled(void **state) {
  struct sip_bench *b = *state;
  invite(b, "c");
  answer(b, "200 OK");
  fake_take(b->home);
  follow(b, b->home, "CANCEL", "c");
  sip_bench_expect(b, b->home, 200);
  assert_int_equal(sip_bench_count(b, b->partner), 1);
}

/* B15, and a CANCEL by somebody who only saw the branch. */
static void test_cancel_of_nothing(void **state) {
  struct sip_bench *b = *state;
  follow(b, b->home, "CANCEL", "c");
  sip_bench_expect(b, b->home, 481);
  invite(b, "c");
  answer(b, "180 Ringing");
  follow(b, b->partner, "CANCEL", "c");
  assert_int_equal(sip_bench_sent(b, b->partner, 0)->status, 481);
  assert_int_equal(sip_bench_count(b, b->partner), 2);
}

/* One server may come from several addresses: its name says who it is (RFC 3261 §17.2.3 knows no address). */
static void test_cancel_from_another_address(void **state) {
  static const struct {
    const char *proved;
    unsigned status;
  } rows[] = {{"edge.b.test", 200}, {"other.b.test", 481}};
  struct sip_bench *b = *state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    char branch[8];
    snprintf(branch, sizeof branch, "p%zu", i);
    fake_receive(b->partner,
                 sip_bench_request(b, HANSE_SIDE_PARTNER, "INVITE", "sip:alice@a.test", branch, NULL, NULL));
    struct hanse_link *other = fake_link(b->world, HANSE_SIDE_PARTNER, "198.51.100.7:4444", "edge.a.test:5061");
    fake_link_proved(other, rows[i].proved);
    fake_receive(other, sip_bench_request(b, HANSE_SIDE_PARTNER, "CANCEL", "sip:alice@a.test", branch, NULL, NULL));
    sip_bench_expect(b, other, rows[i].status);
  }
}

/* An INVITE that was refused without a transaction: the ACK to that ends here (RFC 3261 §17.1.1.3). */
static void test_ack_to_stateless_refusal(void **state) {
  struct sip_bench *b = *state;
  for (unsigned i = 0; i < 2; i++) {
    fake_receive(b->home,
                 sip_bench_request(b, HANSE_SIDE_HOME, "INVITE", "sip:bob@b.test", "s", "Proxy-Require: foo\n", NULL));
    const struct sip_message *refusal = sip_bench_sent(b, b->home, 1);
    assert_int_equal(refusal->status, 420);
    fake_take(b->home);
    if (i == 1) fake_rotate_keys(b->world);
    if (i == 1) fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "OPTIONS", "sip:b.test", "o", NULL, NULL));
    fake_receive(b->home,
                 sip_bench_text(b, NULL,
                                "ACK sip:bob@b.test SIP/2.0\nVia: SIP/2.0/TLS 10.0.0.1:5061;branch=z9hG4bKs\n"
                                "Max-Forwards: 70\nFrom: <sip:alice@a.test>;tag=near\nTo: <sip:bob@b.test>;tag=%.*s\n"
                                "Call-ID: s\nCSeq: 1 ACK\n",
                                HANSE_FMT(refusal->to.tag)));
    assert_int_equal(fake_refused(b->world), HANSE_F_EXTENSION); /* not because of the ACK */
    assert_int_equal(sip_bench_count(b, b->partner), i);
  }
}

static void test_stray_ack(void **state) {
  struct sip_bench *b = *state;
  follow(b, b->home, "ACK", "c");
  follow(b, b->partner, "ACK", "d");
  invite(b, "e");
  fake_take(b->home);
  follow(b, b->home, "ACK", "e"); /* before any final response */
  expect_nothing(b, b->home);
  assert_int_equal(sip_bench_count(b, b->partner), 1);
}

/* ---- the link is lost ---- */

static void test_lost_ringing(void **state) {
  struct sip_bench *b = *state;
  sip_bench_second(b);
  invite(b, "c");
  answer(b, "180 Ringing");
  struct hanse_slice ok = sip_bench_response(b, b->partner, "200 OK", NULL, NULL);
  fake_take(b->home);
  fake_link_close(b->partner, HANSE_CLOSE_ERROR);
  sip_bench_expect(b, b->home, 504);
  /* a 2xx that comes yet is too late: only in Accepted do they go on (RFC 6026 §7.1) */
  struct hanse_link *again = fake_link(b->world, HANSE_SIDE_PARTNER, "192.0.2.2:40001", "edge.a.test:5061");
  fake_link_proved(again, "edge.b.test");
  fake_receive(again, ok);
  expect_nothing(b, b->home);
}

static void test_lost_cancelled(void **state) {
  struct sip_bench *b = *state;
  invite(b, "c");
  answer(b, "180 Ringing");
  follow(b, b->home, "CANCEL", "c");
  fake_take(b->home);
  fake_link_close(b->partner, HANSE_CLOSE_ERROR);
  sip_bench_expect(b, b->home, 487);
}

static void test_lost_settled(void **state) {
  struct sip_bench *b = *state;
  invite(b, "c");
  answer(b, "200 OK");
  fake_link_close(b->partner, HANSE_CLOSE_ERROR);
  fake_link_close(b->home, HANSE_CLOSE_ERROR);
  fake_advance(b->world, 33 * HANSE_SECOND);
  assert_string_equal(fake_left(b->world), "");
}

static void test_requester_lost_judged(void **state) {
  struct sip_bench *b = *state;
  fake_judge(b->world, HANSE_SIDE_HOME, FAKE_HOLD, HANSE_F_NONE);
  invite(b, "c");
  fake_link_close(b->home, HANSE_CLOSE_PEER);
  fake_release(b->world, FAKE_REFUSE, HANSE_F_WITHDRAWN);
  fake_advance(b->world, 33 * HANSE_SECOND);
  assert_string_equal(fake_left(b->world), "");
}

/* Full conversation: what follows the INVITE travels by the tokens alone. */
static void test_dialog(void **state) {
  struct sip_bench *b = *state;
  struct sip_bench_dialog dialog = sip_bench_dialog(b, "call");
  fake_receive(b->home, sip_bench_text(b, "hi",
                                       "MESSAGE sip:bob@192.0.2.2:5061 SIP/2.0\nVia: SIP/2.0/TLS 10.0.0.1:5061;branch="
                                       "z9hG4bKm\n%sMax-Forwards: 70\nFrom: <sip:alice@a.test>;tag=near\n"
                                       "To: <sip:bob@b.test>;tag=far\nCall-ID: call\nCSeq: 2 MESSAGE\n",
                                       dialog.home_route));
  const struct sip_message *sent = sip_bench_sent(b, b->partner, 1);
  assert_string_equal(sip_bench_header(b, sent, "Route", 1), "");
  assert_true(hanse_same(sent->uri.text, HANSE_LIT("sip:bob@192.0.2.2:5061")));
  assert_true(hanse_same(fake_facts(b->world)->partner_name, HANSE_LIT("b.test")));
  assert_true(hanse_same(fake_facts(b->world)->target_name, HANSE_LIT("edge.b.test:5061")));
  fake_receive(b->partner, sip_bench_text(b, NULL,
                                          "BYE sip:alice@10.0.0.1:5061 SIP/2.0\nVia: SIP/2.0/TLS 192.0.2.2:5061;branch="
                                          "z9hG4bKb\n%sMax-Forwards: 70\nFrom: <sip:bob@b.test>;tag=far\n"
                                          "To: <sip:alice@a.test>;tag=near\nCall-ID: call\nCSeq: 7 BYE\n",
                                          dialog.partner_route));
  assert_true(hanse_same(sip_bench_sent(b, b->home, 1)->method_text, HANSE_LIT("BYE")));
  assert_int_equal(fake_facts(b->world)->flags, HANSE_FACT_IN_DIALOG);
  assert_int_equal(fake_facts(b->world)->action, HANSE_ACTION_END);
  assert_int_equal(fake_facts(b->world)->target_name.len, 0);
  fake_receive(b->home, sip_bench_response(b, b->home, "200 OK", NULL, NULL));
  assert_int_equal(sip_bench_sent(b, b->partner, 0)->status, 200);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, sip_bench_setup, sip_bench_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_call),
      TEST(test_failure_and_ack),
      TEST(test_failure_without_ack),
      TEST(test_repeat),
      TEST(test_refused),
      TEST(test_refused_later),
      TEST(test_timer_b),
      TEST(test_timer_c),
      TEST(test_timer_c_answered),
      TEST(test_too_many_settled),
      TEST(test_cancel_ringing),
      TEST(test_cancel_calling),
      TEST(test_cancel_crosses_200),
      TEST(test_cancel_unanswered_calling),
      TEST(test_cancel_linking),
      TEST(test_cancel_judged),
      TEST(test_cancel_settled),
      TEST(test_cancel_of_nothing),
      TEST(test_cancel_from_another_address),
      TEST(test_ack_to_stateless_refusal),
      TEST(test_stray_ack),
      TEST(test_lost_ringing),
      TEST(test_lost_cancelled),
      TEST(test_lost_settled),
      TEST(test_requester_lost_judged),
      TEST(test_dialog),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
