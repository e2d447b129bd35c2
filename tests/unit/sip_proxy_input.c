/* Octets on a link: framing over many reads, keepalives, what cannot be read, and requests to ourselves. */
#include <stdlib.h>

#include "tests/lib/sip_bench.h"

static struct hanse_slice message(struct sip_bench *b, const char *branch) {
  return sip_bench_request(b, HANSE_SIDE_HOME, "MESSAGE", "sip:bob@b.test", branch, "Content-Type: text/plain\n", "hi");
}

static void test_octet_by_octet(void **state) {
  struct sip_bench *b = *state;
  struct hanse_slice one = message(b, "m1"), two = message(b, "m2");
  for (size_t i = 0; i < one.len; i++) fake_receive(b->home, hanse_slice(one.at + i, 1));
  assert_int_equal(sip_bench_count(b, b->partner), 1);
  for (size_t i = 0; i < two.len; i++) fake_receive(b->home, hanse_slice(two.at + i, 1));
  assert_int_equal(sip_bench_count(b, b->partner), 2);
}

/* The note on the link resumes the search at every offset as if there had been no cut. */
static void test_cut_at_every_offset(void **state) {
  struct sip_bench *b = *state;
  char branch[32];
  size_t length = message(b, "x0000").len;
  for (size_t cut = 1; cut < length; cut++) {
    snprintf(branch, sizeof branch, "x%04zu", cut);
    struct hanse_slice whole = message(b, branch);
    assert_int_equal(fake_receive(b->home, hanse_slice(whole.at, cut)), cut);
    assert_int_equal(fake_receive(b->home, hanse_slice(whole.at + cut, whole.len - cut)), 0);
    assert_int_equal(sip_bench_count(b, b->partner), 1);
    fake_take(b->partner);
  }
}

static void test_many_at_once(void **state) {
  struct sip_bench *b = *state;
  char *all = hanse_alloc(&b->arena, 400 * 1000), branch[32];
  size_t n = 0;
  for (int i = 0; i < 300; i++) {
    snprintf(branch, sizeof branch, "q%d", i);
    struct hanse_slice one = message(b, branch);
    memcpy(all + n, one.at, one.len);
    n += one.len;
    memcpy(all + n, "\r\n\r\n", i % 10 ? 0 : 4);
    n += i % 10 ? 0 : 4;
  }
  assert_int_equal(fake_receive(b->home, hanse_slice(all, n)), 0);
  assert_int_equal(sip_bench_count(b, b->partner), 300);
}

/* The core gives a budget; what is beyond it stays. */
static void test_budget(void **state) {
  struct sip_bench *b = *state;
  struct hanse_slice one = message(b, "b1");
  char *two = hanse_alloc(&b->arena, 4000);
  size_t scanned = 0;
  memcpy(two, one.at, one.len);
  memcpy(two + one.len, one.at, one.len);
  memcpy(strstr(two + one.len, "z9hG4bKb1"), "z9hG4bKb2", 9);
  struct hanse_input in = {.size = sizeof in, .budget = 1, .bytes = two, .len = 2 * one.len, .scanned = &scanned};
  assert_int_equal(
      ((const struct hanse_protocol *)hanse_plugin.offers[0].slots)->input(fake_self(b->sip), b->home, &in), one.len);
  assert_int_equal(in.budget, 0);
  assert_int_equal(sip_bench_count(b, b->partner), 1);
}

/* ---- keepalives (R87) ---- */

static bool pongs(struct hanse_link *link, size_t n) {
  struct hanse_slice out = fake_output(link);
  bool same = out.len == 2 * n;
  for (size_t i = 0; same && i < n; i++) same = memcmp(out.at + 2 * i, "\r\n", 2) == 0;
  return same;
}

static void test_ping(void **state) {
  struct sip_bench *b = *state;
  fake_receive(b->home, HANSE_LIT("\r\n\r\n"));
  assert_true(pongs(b->home, 1));
  fake_receive(b->home, HANSE_LIT("\r\n\r\n")); /* at most one a second */
  assert_true(pongs(b->home, 1));
  fake_advance(b->world, 5 * HANSE_SECOND);
  fake_receive(b->home, HANSE_LIT("\r\n")); /* one alone is a pong to us */
  assert_true(pongs(b->home, 1));
  fake_receive(b->home, HANSE_LIT("\r"));
  fake_receive(b->home, HANSE_LIT("\n")); /* half a ping came before: this makes it whole */
  assert_true(pongs(b->home, 2));
  assert_int_equal(fake_counter(b->world, "pings"), 3);
  assert_false(fake_link_was_shut(b->home));
}

/* A22 */
static void test_ping_flood(void **state) {
  struct sip_bench *b = *state;
  char *flood = hanse_alloc(&b->arena, 100000);
  for (size_t i = 0; i < 100000; i++) flood[i] = i % 2 ? '\n' : '\r';
  fake_receive(b->home, hanse_slice(flood, 100000));
  assert_true(fake_link_was_shut(b->home));
  assert_true(fake_output(b->home).len <= 2);
  struct hanse_link *slow = fake_link(b->world, HANSE_SIDE_PARTNER, "192.0.2.7:1", "edge.a.test:5061");
  for (int i = 0; i < 200 && fake_link_is_open(slow); i++) {
    fake_receive(slow, HANSE_LIT("\r\n\r\n"));
    fake_advance(b->world, 100 * HANSE_MSEC);
  }
  assert_true(fake_link_was_shut(slow));
}

static void test_ping_of_ours(void **state) {
  struct sip_bench *b = *state;
  fake_link_silence(b->partner);
  assert_true(pongs(b->partner, 2));
  b->settings.keepalive = false;
  fake_link_silence(b->partner);
  assert_true(pongs(b->partner, 2));
}

/* ---- what cannot be read ---- */

#define VIA "Via: SIP/2.0/TLS 10.0.0.1;branch=z9hG4bKbad\r\n"
#define REST "From: <sip:alice@a.test>;tag=n\r\nTo: <sip:bob@b.test>\r\nCall-ID: bad\r\nCSeq: 1 MESSAGE\r\n"

static const struct bad {
  const char *text;
  unsigned status; /* of the answer; 0: none */
  bool closed;
} bads[] = {
    {"MESSAGE sip:bob@b.test SIP/2.0\r\n" VIA REST "\r\n", 400, true}, /* no Content-Length */
    {"MESSAGE sip:bob@b.test SIP/2.0\r\n" VIA REST "l: 0\r\nContent-Length: 0\r\n\r\n", 400, true},
    {"MESSAGE sip:bob@b.test SIP/2.0\r\n" VIA REST "Content-Length: 99999999\r\n\r\n", 513, true},
    {"MESSAGE sip:bob@b.test SIP/2.0\r\n" VIA REST "X: a\nRoute: <sip:x>\r\nContent-Length: 0\r\n\r\n", 400, true},
    {"MESSAGE sip:bob@b.test SIP/7.0\r\n" VIA REST "Content-Length: 0\r\n\r\n", 505, false},
    {"MESSAGE http://b.test SIP/2.0\r\n" VIA REST "Content-Length: 0\r\n\r\n", 416, false},
    {"MESSAGE sip:bob@b.test SIP/2.0\r\n" VIA "To: <sip:b@b.test>\r\nContent-Length: 0\r\n\r\n", 400, false},
    {"ACK sip:bob@b.test SIP/2.0\r\n" VIA "Content-Length: 0\r\n\r\n", 0, false},
    {"SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n", 0, false},
    {"SIP/2.0 999 What\r\n" VIA REST "Content-Length: 0\r\n\r\n", 0, false},
    {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 0, true},
    {"\x16\x03\x01\x02", 0, true},
    {"<?xml version='1.0'?>", 0, true},
};

static void test_unreadable(void **state) {
  struct sip_bench *b = *state;
  for (size_t i = 0; i < sizeof bads / sizeof bads[0]; i++) {
    struct hanse_link *link = fake_link(b->world, HANSE_SIDE_HOME, "10.0.0.1:7", "inner.a.test:5061");
    fake_receive(link, hanse_text(bads[i].text));
    /* what the request lacks its answer lacks too: only the status line is read */
    const char *out = fake_output(link).at;
    unsigned count = sip_bench_count(b, link), status = count ? (unsigned)atoi(out + 8) : 0;
    if (count > 1 || status != bads[i].status || fake_link_was_shut(link) != bads[i].closed)
      fail_msg("row %zu: %u answers, status %u, closed %d", i, count, status, fake_link_was_shut(link));
    if (!bads[i].closed) { /* the stream goes on */
      char branch[32];
      snprintf(branch, sizeof branch, "ok%zu", i);
      fake_take(b->partner);
      fake_receive(link, message(b, branch));
      assert_int_equal(sip_bench_count(b, b->partner), 1);
    }
    fake_link_close(link, HANSE_CLOSE_OURS);
  }
}

/* A9: what follows a framing error is never read. */
static void test_nothing_behind_a_framing_error(void **state) {
  struct sip_bench *b = *state;
  char *text = hanse_alloc(&b->arena, 4000);
  struct hanse_slice good = message(b, "g");
  size_t n = (size_t)sprintf(text, "MESSAGE sip:bob@b.test SIP/2.0\r\n" VIA REST "\r\n");
  memcpy(text + n, good.at, good.len);
  assert_int_equal(fake_receive(b->home, hanse_slice(text, n + good.len)), 0);
  assert_int_equal(sip_bench_count(b, b->partner), 0);
  sip_bench_expect(b, b->home, 400);
}

/* ---- requests to ourselves (R78) ---- */

static void test_probe(void **state) {
  static const struct {
    const char *method, *uri, *hops;
    unsigned status; /* 0: forwarded */
  } rows[] = {
      {"OPTIONS", "sip:inner.a.test:5061", "70", 200}, {"OPTIONS", "sip:edge.a.test", "70", 200},
      {"OPTIONS", "sip:NODE.test", "0", 200},          {"OPTIONS", "sip:inner.a.test:99", "70", 0},
      {"MESSAGE", "sip:inner.a.test", "70", 404},      {"INVITE", "sip:inner.a.test", "70", 404},
      {"OPTIONS", "sip:bob@inner.a.test", "70", 0},    {"OPTIONS", "sip:b.test", "70", 0},
  };
  struct sip_bench *b = *state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    fake_receive(b->home, sip_bench_text(b, NULL,
                                         "%s %s SIP/2.0\nVia: SIP/2.0/TLS 10.0.0.1;branch=z9hG4bKpr%zu\n"
                                         "Max-Forwards: %s\nFrom: <sip:alice@a.test>;tag=n\nTo: <%s>\nCall-ID: p%zu\n"
                                         "CSeq: 1 %s\n",
                                         rows[i].method, rows[i].uri, i, rows[i].hops, rows[i].uri, i, rows[i].method));
    unsigned count = sip_bench_count(b, b->home);
    if (count != (rows[i].status != 0) || (count && sip_bench_sent(b, b->home, 1)->status != rows[i].status))
      fail_msg("row %zu: %u", i, count);
    if (rows[i].status == 200) {
      const struct sip_message *reply = sip_bench_sent(b, b->home, 1);
      assert_string_equal(sip_bench_header(b, reply, "Allow", 1),
                          "INVITE, MESSAGE, SUBSCRIBE, OPTIONS, ACK, CANCEL, BYE");
      assert_string_equal(sip_bench_header(b, reply, "Supported", 1), "ms-benotify");
      assert_string_equal(sip_bench_header(b, reply, "Accept", 1), "*/*");
    }
    fake_take(b->home);
  }
  assert_int_equal(sip_bench_count(b, b->partner), 3);
}

static void test_server_header(void **state) {
  struct sip_bench *b = *state;
  b->settings.server = HANSE_LIT("Edge");
  fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "OPTIONS", "sip:inner.a.test", "s", NULL, NULL));
  assert_string_equal(sip_bench_header(b, sip_bench_sent(b, b->home, 1), "Server", 1), "Edge");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, sip_bench_setup, sip_bench_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_octet_by_octet),
      TEST(test_cut_at_every_offset),
      TEST(test_many_at_once),
      TEST(test_budget),
      TEST(test_ping),
      TEST(test_ping_flood),
      TEST(test_ping_of_ours),
      TEST(test_unreadable),
      TEST(test_nothing_behind_a_framing_error),
      TEST(test_probe),
      TEST(test_server_header),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
