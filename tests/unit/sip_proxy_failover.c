/* The walk over the targets, row by row: design §3 ROUTE, RFC 3263 §4.3. */
#include "tests/lib/sip_bench.h"

/* What happens to the first target of two. */
enum happening {
  NOT_REACHED, /* hanse_link_want refuses at once */
  QUEUE_FULL,  /* … with HANSE_NOMEM */
  WAIT_FAILS,  /* the wait for a link ends with a failure: connect, handshake, name */
  LINK_FULL,   /* the link takes no more */
  ANSWERS_503,
  LOST_UNWRITTEN,
  LOST_WRITTEN,
  LOST_PROCEEDING,
  LOST_REFUSED, /* written, and then the peer refused our certificate, as TLS 1.3 does (R85) */
  SILENT        /* nothing comes back */
};

static const struct row {
  const char *method;
  enum happening what;
  bool goes_on;    /* to the second target */
  unsigned status; /* towards the requester, when not */
} rows[] = {
    {"MESSAGE", NOT_REACHED, true, 0},       {"MESSAGE", QUEUE_FULL, true, 0},
    {"MESSAGE", WAIT_FAILS, true, 0},        {"MESSAGE", LINK_FULL, true, 0},
    {"MESSAGE", ANSWERS_503, true, 0},       {"MESSAGE", LOST_UNWRITTEN, true, 0},
    {"MESSAGE", LOST_WRITTEN, false, 504},   {"MESSAGE", LOST_PROCEEDING, false, 504},
    {"MESSAGE", LOST_REFUSED, true, 0},      {"INVITE", LOST_REFUSED, true, 0},
    {"MESSAGE", SILENT, false, 504},         {"INVITE", NOT_REACHED, true, 0},
    {"INVITE", WAIT_FAILS, true, 0},         {"INVITE", ANSWERS_503, true, 0},
    {"INVITE", LOST_UNWRITTEN, true, 0},     {"INVITE", LOST_WRITTEN, true, 0},
    {"INVITE", LOST_PROCEEDING, false, 504}, {"INVITE", SILENT, true, 0},
    {"SUBSCRIBE", LOST_UNWRITTEN, true, 0},  {"SUBSCRIBE", LOST_WRITTEN, true, 0},
    {"SUBSCRIBE", SILENT, false, 504},       {"OPTIONS", LOST_WRITTEN, true, 0},
    {"PUBLISH", LOST_WRITTEN, false, 504},   {"NOTIFY", LOST_WRITTEN, false, 504},
};

static void prepare(struct sip_bench *b, enum happening what) {
  if (what == NOT_REACHED) fake_target_link(b->edge, NULL, HANSE_FAIL);
  if (what == QUEUE_FULL) fake_target_link(b->edge, NULL, HANSE_NOMEM);
  if (what == WAIT_FAILS) fake_target_link(b->edge, NULL, HANSE_SKIP);
  if (what == LINK_FULL) fake_link_full(b->partner, true);
  if (what == LOST_UNWRITTEN) fake_link_stick(b->partner);
}

static void happen(struct sip_bench *b, enum happening what, bool invite) {
  switch (what) {
    case WAIT_FAILS:
      fake_target_ready(b->edge, NULL, HANSE_F_TLS);
      return;
    case ANSWERS_503:
      fake_receive(b->partner, sip_bench_response(b, b->partner, "503 Service Unavailable", NULL, NULL));
      return;
    case LOST_PROCEEDING:
      fake_receive(b->partner, sip_bench_response(b, b->partner, "100 Trying", NULL, NULL));
      fake_link_close(b->partner, HANSE_CLOSE_ERROR);
      return;
    case LOST_REFUSED:
      fake_link_failed(b->partner, HANSE_F_TLS_OURS);
      fake_link_close(b->partner, HANSE_CLOSE_ERROR);
      return;
    case LOST_UNWRITTEN:
    case LOST_WRITTEN:
      fake_link_close(b->partner, HANSE_CLOSE_ERROR);
      return;
    case SILENT:
      fake_advance(b->world, (invite ? 33 : 31) * HANSE_SECOND);
      return;
    default:
      return;
  }
}

static void run_row(const struct row *row, struct sip_bench *b) {
  struct hanse_link *second = sip_bench_second(b);
  bool invite = strcmp(row->method, "INVITE") == 0;
  prepare(b, row->what);
  fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, row->method, "sip:bob@b.test", "f", NULL, NULL));
  happen(b, row->what, invite);
  assert_int_equal(sip_bench_count(b, second), row->goes_on);
  if (row->goes_on) {
    if (invite) fake_take(b->home);
    fake_receive(second, sip_bench_response(b, second, "200 OK", NULL, NULL));
    assert_int_equal(sip_bench_sent(b, b->home, 0)->status, 200);
    assert_int_equal(fake_counter(b->world, "failovers") > 0,
                     row->what != NOT_REACHED && row->what != QUEUE_FULL && row->what != LINK_FULL);
  } else {
    assert_int_equal(sip_bench_sent(b, b->home, 0)->status, row->status);
  }
}

static void test_table(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    void *b;
    sip_bench_setup(&b);
    run_row(&rows[i], b);
    sip_bench_teardown(&b);
  }
}

/* The branch tells attempts apart: what the first target still says is dropped. */
static void test_late_answer_of_first_target(void **state) {
  struct sip_bench *b = *state;
  struct hanse_link *second = sip_bench_second(b);
  fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "INVITE", "sip:bob@b.test", "f", NULL, NULL));
  fake_take(b->home);
  struct hanse_slice late = sip_bench_response(b, b->partner, "486 Busy Here", NULL, NULL);
  fake_advance(b->world, 33 * HANSE_SECOND);
  assert_false(hanse_same(sip_bench_sent(b, b->partner, 1)->via.branch, sip_bench_sent(b, second, 1)->via.branch));
  fake_receive(b->partner, late);
  assert_int_equal(sip_bench_count(b, b->home), 0);
  assert_int_equal(fake_counter(b->world, "stray_responses"), 1);
}

/* The only target, whose idle link breaks as we write: once more. */
static void test_last_target_again(void **state) {
  struct sip_bench *b = *state;
  fake_route(b->world, HANSE_SIDE_HOME, &b->edge, 1);
  fake_link_stick(b->partner);
  fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "MESSAGE", "sip:bob@b.test", "f", NULL, NULL));
  fake_link_close(b->partner, HANSE_CLOSE_PEER);
  assert_int_equal(fake_target_waits(b->edge), 1);
  struct hanse_link *fresh = fake_link(b->world, HANSE_SIDE_PARTNER, "192.0.2.2:5061", "edge.a.test:5061");
  fake_target_ready(b->edge, fresh, HANSE_F_NONE);
  assert_int_equal(sip_bench_count(b, fresh), 1);
  fake_link_stick(fresh);
  fake_link_close(fresh, HANSE_CLOSE_PEER); /* … but not for ever */
  sip_bench_expect(b, b->home, 504);
}

static void test_all_fail(void **state) {
  struct sip_bench *b = *state;
  fake_target_link(b->edge, NULL, HANSE_FAIL);
  fake_target_link(b->edge2, NULL, HANSE_SKIP);
  fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "MESSAGE", "sip:bob@b.test", "f", NULL, NULL));
  fake_target_ready(b->edge2, NULL, HANSE_F_TLS_NAME);
  sip_bench_expect(b, b->home, 504);
  fake_target_link(b->edge2, NULL, HANSE_NOMEM);
  fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "MESSAGE", "sip:bob@b.test", "g", NULL, NULL));
  assert_string_equal(sip_bench_header(b, sip_bench_sent(b, b->home, 1), "Retry-After", 1), "5");
  sip_bench_expect(b, b->home, 480);
}

/* The link that was waited for has no room when it comes. */
static void test_waited_for_a_full_link(void **state) {
  struct sip_bench *b = *state;
  struct hanse_link *second = sip_bench_second(b);
  fake_target_link(b->edge, NULL, HANSE_SKIP);
  fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "MESSAGE", "sip:bob@b.test", "f", NULL, NULL));
  fake_link_full(b->partner, true);
  fake_target_ready(b->edge, b->partner, HANSE_F_NONE);
  assert_int_equal(sip_bench_count(b, second), 1);
}

/* 503 of the last target: 500 towards the requester, and the INVITE's hop is acknowledged each time. */
static void test_all_busy(void **state) {
  struct sip_bench *b = *state;
  struct hanse_link *second = sip_bench_second(b);
  fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "INVITE", "sip:bob@b.test", "f", NULL, NULL));
  fake_take(b->home);
  fake_receive(b->partner, sip_bench_response(b, b->partner, "503 Busy", NULL, NULL));
  assert_true(hanse_same(sip_bench_sent(b, b->partner, 2)->method_text, HANSE_LIT("ACK")));
  fake_receive(second, sip_bench_response(b, second, "503 Busy", "Retry-After: 7\n", NULL));
  assert_true(hanse_same(sip_bench_sent(b, second, 2)->method_text, HANSE_LIT("ACK")));
  assert_string_equal(sip_bench_header(b, sip_bench_sent(b, b->home, 1), "Retry-After", 1), "");
  sip_bench_expect(b, b->home, 500);
}

/* Nothing of it may be delivered twice, and nobody is told twice. */
static void test_timeout_while_linking(void **state) {
  struct sip_bench *b = *state;
  fake_target_link(b->edge, NULL, HANSE_SKIP);
  fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "MESSAGE", "sip:bob@b.test", "f", NULL, NULL));
  fake_advance(b->world, 31 * HANSE_SECOND);
  assert_int_equal(sip_bench_sent(b, b->home, 0)->status, 504);
  assert_int_equal(fake_target_waits(b->edge), 0);
  assert_string_equal(fake_left(b->world), "");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, sip_bench_setup, sip_bench_teardown)
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_table),      TEST(test_late_answer_of_first_target),
      TEST(test_last_target_again),      TEST(test_all_fail),
      TEST(test_waited_for_a_full_link), TEST(test_all_busy),
      TEST(test_timeout_while_linking),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
