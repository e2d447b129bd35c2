/* Requests that we make for one hop: CANCEL (RFC 3261 §9.1, RFC 3326) and the ACK to a failure (§17.1.1.3), for INVITEs
   of any shape that passes. */
#include "tests/lib/sip_bench.h"

static char *repeat_line(struct sip_bench *b, const char *line, unsigned times) {
  char *lines = hanse_alloc(&b->arena, strlen(line) * times + 1), *p = lines;
  *p = '\0';
  for (unsigned i = 0; i < times; i++) p = stpcpy(p, line);
  return lines;
}

static void cancel(struct sip_bench *b, const char *branch, const char *more) {
  fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "CANCEL", "sip:bob@b.test", branch, more, NULL));
}

static void answer(struct sip_bench *b, const char *status) {
  fake_receive(b->partner, sip_bench_response(b, b->partner, status, NULL, NULL));
}

/* Rings, is cancelled, fails: what leaves belongs to the INVITE that left. */
static void cancel_and_fail(struct sip_bench *b, const char *branch, const char *reason) {
  const struct sip_message *invite = sip_bench_sent(b, b->partner, 1);
  answer(b, "180 Ringing");
  struct hanse_slice failure = sip_bench_response(b, b->partner, "487 Request Terminated", NULL, NULL);
  fake_take(b->partner);
  cancel(b, branch, reason);
  fake_receive(b->partner, failure);
  assert_int_equal(sip_bench_count(b, b->partner), 2);
  for (unsigned n = 1; n <= 2; n++) {
    const struct sip_message *sent = sip_bench_sent(b, b->partner, n);
    assert_int_equal(sent->method, n == 1 ? SIP_M_CANCEL : SIP_M_ACK);
    assert_true(hanse_same(sent->uri.text, invite->uri.text));
    assert_int_equal(sent->vias, 1);
    assert_true(hanse_same(sent->via.text, invite->via.text));
    assert_true(hanse_same(sent->from.text, invite->from.text));
    assert_true(hanse_same(sent->from.tag, invite->from.tag));
    assert_true(hanse_same(sent->to.tag, n == 1 ? invite->to.tag : HANSE_LIT("far")));
    assert_true(hanse_same(sent->call_id, invite->call_id));
    assert_int_equal(sent->cseq, invite->cseq);
    assert_string_equal(sip_bench_header(b, sent, "Route", 1), sip_bench_header(b, invite, "Route", 1));
    assert_string_equal(sip_bench_header(b, sent, "Route", 2), sip_bench_header(b, invite, "Route", 2));
  }
}

static void test_ordinary(void **state) {
  struct sip_bench *b = *state;
  fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "INVITE", "sip:bob@B.test", "c",
                                          "Route: <sip:inner.a.test;lr>, <sip:edge.b.test;lr>\n", NULL));
  cancel_and_fail(b, "c", NULL);
  const struct sip_message *sent = sip_bench_sent(b, b->partner, 1);
  assert_true(hanse_same(sent->uri.text, HANSE_LIT("sip:bob@b.test")));
  assert_string_equal(sip_bench_header(b, sent, "Route", 1), "<sip:edge.b.test;lr>");
  assert_string_equal(sip_bench_header(b, sent, "Reason", 1), "");
}

static void test_strict_router_behind(void **state) {
  struct sip_bench *b = *state;
  fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "INVITE", "sip:bob@b.test", "c",
                                          "Route: <sip:inner.a.test;lr>, <sip:strict.b.test>\n", NULL));
  cancel_and_fail(b, "c", NULL);
  const struct sip_message *sent = sip_bench_sent(b, b->partner, 1);
  assert_true(hanse_same(sent->uri.text, HANSE_LIT("sip:strict.b.test")));
  assert_string_equal(sip_bench_header(b, sent, "Route", 1), "<sip:bob@b.test>");
}

/* As many headers as may come: with ours there are more than may be read. */
static void test_many_headers(void **state) {
  struct sip_bench *b = *state;
  fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "INVITE", "sip:bob@b.test", "c",
                                          repeat_line(b, "X-A: 1\n", SIP_HEADERS_MAX - 8), NULL));
  /* the bench cannot read it, so the partner answers by what it knows */
  struct hanse_slice out = fake_output(b->partner);
  const char *via = strstr(out.at, "Via: "), *via_end = strstr(via, "\r\n");
  char ringing[1000], busy[1000];
  const char *format =
      "SIP/2.0 %s\n%.*s\nVia: SIP/2.0/TLS 10.0.0.1:5061;branch=z9hG4bKc\nFrom: <sip:alice@a.test>;tag=near\n"
      "To: <sip:bob@b.test>;tag=far\nCall-ID: c\nCSeq: 1 INVITE\n";
  snprintf(ringing, sizeof ringing, format, "180 Ringing", (int)(via_end - via), via);
  snprintf(busy, sizeof busy, format, "487 Request Terminated", (int)(via_end - via), via);
  fake_take(b->partner);
  fake_receive(b->partner, sip_bench_text(b, NULL, "%s", ringing));
  cancel(b, "c", NULL);
  assert_int_equal(sip_bench_sent(b, b->partner, 1)->method, SIP_M_CANCEL);
  fake_receive(b->partner, sip_bench_text(b, NULL, "%s", busy));
  assert_int_equal(sip_bench_sent(b, b->partner, 2)->method, SIP_M_ACK);
}

/* RFC 3326: why goes on; all lines of it, also when the CANCEL waits for a provisional response. */
static void test_reason(void **state) {
  static const char reason[] = "Reason: SIP;cause=200;text=\"Call completed elsewhere\"\nReason: Q.850;cause=26\n";
  struct sip_bench *b = *state;
  for (unsigned i = 0; i < 2; i++) {
    char branch[8];
    snprintf(branch, sizeof branch, "c%u", i);
    fake_take(b->partner);
    fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "INVITE", "sip:bob@b.test", branch, NULL, NULL));
    struct hanse_slice ringing = sip_bench_response(b, b->partner, "180 Ringing", NULL, NULL);
    if (i == 0) fake_receive(b->partner, ringing);
    cancel(b, branch, reason);
    if (i == 1) fake_receive(b->partner, ringing);
    const struct sip_message *sent = sip_bench_sent(b, b->partner, 2);
    assert_string_equal(sip_bench_header(b, sent, "Reason", 1), "SIP;cause=200;text=\"Call completed elsewhere\"");
    assert_string_equal(sip_bench_header(b, sent, "Reason", 2), "Q.850;cause=26");
  }
}

/* What leaves no room for our own lines in the responses is refused when it comes. */
static void test_room(void **state) {
  static const struct {
    unsigned vias, records, others;
    bool passes;
  } rows[] = {{126, 0, 0, true}, {127, 0, 0, false}, {100, 119, 0, true}, {100, 120, 0, false}, {1, 0, 240, true}};
  struct sip_bench *b = *state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    char branch[16], *more = hanse_alloc(&b->arena, 40000);
    snprintf(branch, sizeof branch, "r%zu", i);
    sprintf(more, "%s%s%s", repeat_line(b, "Via: SIP/2.0/TLS h.a.test;branch=z9hG4bKx\n", rows[i].vias),
            repeat_line(b, "Record-Route: <sip:p.a.test;lr>\n", rows[i].records),
            repeat_line(b, "X-A: 1\n", rows[i].others));
    fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "INVITE", "sip:bob@b.test", branch, more, NULL));
    assert_int_equal(fake_output(b->partner).len != 0, rows[i].passes);
    if (!rows[i].passes) sip_bench_expect(b, b->home, 513);
    fake_take(b->home);
    fake_take(b->partner);
  }
}

/* The same in the topmost Via, to which we add parameters (A16): its answer must be readable. */
static void test_room_in_via(void **state) {
  struct sip_bench *b = *state;
  for (unsigned count = SIP_PARAMS_MAX - 2; count <= SIP_PARAMS_MAX; count++) {
    char branch[2 * SIP_PARAMS_MAX + 16];
    int used = snprintf(branch, sizeof branch, "v%u", count);
    for (unsigned n = 1; n < count; n++) used += snprintf(branch + used, sizeof branch - (size_t)used, ";a");
    bool passes = count <= SIP_PARAMS_MAX - 2;
    fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "MESSAGE", "sip:bob@b.test", branch, NULL, NULL));
    assert_int_equal(fake_output(b->partner).len != 0, passes);
    if (passes) fake_receive(b->partner, sip_bench_response(b, b->partner, "200 OK", NULL, NULL));
    sip_bench_expect(b, b->home, passes ? 200 : 513);
    fake_take(b->home);
    fake_take(b->partner);
  }
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, sip_bench_setup, sip_bench_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_ordinary), TEST(test_strict_router_behind), TEST(test_many_headers), TEST(test_reason),
      TEST(test_room),     TEST(test_room_in_via),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
