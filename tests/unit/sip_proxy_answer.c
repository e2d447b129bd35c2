/* Answers that are judged, marked, or come once more: design §3, RFC 6026 §7.1. */
#include "tests/lib/sip_bench.h"

static void invite(struct sip_bench *b, const char *branch) {
  fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "INVITE", "sip:bob@b.test", branch, NULL, NULL));
}

static void answer(struct sip_bench *b, const char *status) {
  fake_receive(b->partner, sip_bench_response(b, b->partner, status, NULL, NULL));
}

static void expect_nothing(struct sip_bench *b, struct hanse_link *link) {
  assert_int_equal(sip_bench_count(b, link), 0);
}

/* The second 2xx of a fork says From and To as the first did: as the requester wrote them (RFC 3261 §8.2.6.2); also
   behind a reload. */
static void test_fork_spelling(void **state) {
  struct sip_bench *b = *state;
  fake_receive(b->home,
               sip_bench_text(b, NULL,
                              "INVITE sip:bob@B.test SIP/2.0\nVia: SIP/2.0/TLS 10.0.0.1:5061;branch=z9hG4bKf\n"
                              "Max-Forwards: 70\nFrom: <sip:alice@A.Test.>;tag=near\nTo: <sip:bob@B.TEST>\nCall-ID: f\n"
                              "CSeq: 1 INVITE\n"));
  struct hanse_slice ok = sip_bench_response(b, b->partner, "200 OK", NULL, NULL);
  for (unsigned i = 0; i < 3; i++) {
    fake_take(b->home);
    if (i == 2) {
      struct fake_instance *old = b->sip;
      b->sip = fake_load(b->world, &hanse_plugin, &b->settings, old);
      fake_unload(old);
    }
    fake_receive(b->partner, ok);
    const struct sip_message *sent = sip_bench_sent(b, b->home, 1);
    assert_true(hanse_same(sent->from.uri.host, HANSE_LIT("A.Test.")));
    assert_true(hanse_same(sent->to.uri.host, HANSE_LIT("B.TEST")));
  }
}

static void mark_answers(void *argument, struct hanse_message *message) {
  if (message->facts->flags & HANSE_FACT_ANSWER) *message->marks = *(struct hanse_marks *)argument;
}

/* A mark that cannot be realised holds back every answer, provisional and later ones too. */
static void test_marks_on_all_answers(void **state) {
  struct sip_bench *b = *state;
  struct hanse_marks none = {.size = sizeof none}, notice = {.size = sizeof notice, .set = HANSE_MARK_NOTICE};
  invite(b, "c");
  struct hanse_slice ok = sip_bench_response(b, b->partner, "200 OK", NULL, NULL);
  fake_take(b->home);
  fake_look(b->world, mark_answers, &notice);
  answer(b, "180 Ringing");
  expect_nothing(b, b->home);
  fake_look(b->world, mark_answers, &none);
  fake_receive(b->partner, ok);
  sip_bench_expect(b, b->home, 200);
  fake_look(b->world, mark_answers, &notice);
  fake_receive(b->partner, ok);
  expect_nothing(b, b->home);
}

/* While an answer is judged the INVITE goes on elsewhere: the answer is nobody's any more. */
static void test_held_answer_of_an_earlier_attempt(void **state) {
  struct sip_bench *b = *state;
  struct hanse_link *second = sip_bench_second(b);
  invite(b, "c");
  fake_take(b->home);
  fake_judge_answers(b->world, FAKE_HOLD, HANSE_F_NONE);
  answer(b, "486 Busy Here");
  fake_take(b->partner);
  fake_advance(b->world, 33 * HANSE_SECOND); /* Timer B: the next target */
  assert_int_equal(sip_bench_count(b, second), 1);
  assert_true(fake_release(b->world, FAKE_PASS, HANSE_F_NONE));
  expect_nothing(b, b->home);
  expect_nothing(b, b->partner);
  fake_judge_answers(b->world, FAKE_PASS, HANSE_F_NONE);
  fake_receive(second, sip_bench_response(b, second, "200 OK", NULL, NULL));
  sip_bench_expect(b, b->home, 200);
}

/* A 2xx that was judged while the INVITE failed comes too late. */
static void test_held_answer_of_a_failed_invite(void **state) {
  struct sip_bench *b = *state;
  fake_route(b->world, HANSE_SIDE_HOME, &b->edge, 1);
  invite(b, "c");
  fake_judge_answers(b->world, FAKE_HOLD, HANSE_F_NONE);
  answer(b, "200 OK");
  fake_advance(b->world, 33 * HANSE_SECOND);
  assert_int_equal(sip_bench_sent(b, b->home, 0)->status, 504);
  fake_take(b->home);
  fake_release(b->world, FAKE_PASS, HANSE_F_NONE);
  expect_nothing(b, b->home);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, sip_bench_setup, sip_bench_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_fork_spelling),
      TEST(test_marks_on_all_answers),
      TEST(test_held_answer_of_an_earlier_attempt),
      TEST(test_held_answer_of_a_failed_invite),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
