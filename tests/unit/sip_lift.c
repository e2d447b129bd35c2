/* SIP between protocols: page-mode messages in neutral form and back (N1, N2). */
#include "tests/lib/sip_bench.h"

#include <stdlib.h>

#define TEXT "Content-Type: text/plain\n"

static void send_home(struct sip_bench *b, const char *uri, const char *branch, const char *more, const char *body) {
  fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "MESSAGE", uri, branch, more, body));
}

static bool is(struct hanse_slice slice, const char *text) { return hanse_same(slice, hanse_text(text)); }

/* ---- lift ---- */

static void test_lift(void **state) {
  struct sip_bench *b = *state;
  const struct hanse_lifted *lifted = fake_lifted(b->world);
  fake_judge(b->world, HANSE_SIDE_HOME, FAKE_LIFT, HANSE_F_NONE);
  send_home(b, "sip:b%C3%B6b@b.test", "l1", "Content-Type: Text/Plain;charset=UTF-8\nSubject: To the point\n", "hi");
  assert_int_equal(sip_bench_count(b, b->home), 0);
  assert_int_equal(lifted->kind, HANSE_LIFTED_IM);
  assert_true(is(lifted->from.user, "alice") && is(lifted->from.domain, "a.test"));
  assert_true(is(lifted->to.user,
                 "b\xc3\xb6"
                 "b") &&
              is(lifted->to.domain, "b.test"));
  assert_true(is(lifted->text, "hi") && is(lifted->subject, "To the point") && is(lifted->id, "l1"));
  assert_int_equal(lifted->hops, 69);
  assert_true(fake_conclude(b->world, 202, HANSE_F_NONE));
  sip_bench_expect(b, b->home, 202);
}

/* What the other side says that SIP does not say to a MESSAGE is said otherwise. */
static void test_conclusions(void **state) {
  static const struct {
    uint16_t said, told;
  } cases[] = {{200, 200}, {299, 299}, {302, 302}, {404, 404}, {401, 403},
               {407, 403}, {408, 504}, {503, 500}, {600, 600}};
  struct sip_bench *b = *state;
  fake_judge(b->world, HANSE_SIDE_HOME, FAKE_LIFT, HANSE_F_NONE);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char branch[16];
    snprintf(branch, sizeof branch, "c%zu", i);
    send_home(b, "sip:bob@b.test", branch, TEXT, "hi");
    assert_true(fake_conclude(b->world, cases[i].said, HANSE_F_NONE));
    const char *diagnostics = sip_bench_header(b, sip_bench_sent(b, b->home, 0), "ms-diagnostics", 1);
    assert_int_equal(strncmp(diagnostics, "1034;", 5) == 0, cases[i].told >= 300);
    sip_bench_expect(b, b->home, cases[i].told);
  }
  send_home(b, "sip:bob@b.test", "c", TEXT, "hi");
  assert_true(fake_conclude(b->world, 0, HANSE_F_CONNECT));
  sip_bench_expect(b, b->home, 504);
}

/* Our own time is over: whoever sent it is told; the other side's answer then meets nobody. */
static void test_no_conclusion(void **state) {
  struct sip_bench *b = *state;
  fake_judge(b->world, HANSE_SIDE_HOME, FAKE_LIFT, HANSE_F_NONE);
  send_home(b, "sip:bob@b.test", "n1", TEXT, "hi");
  fake_advance(b->world, 4 * HANSE_SECOND);
  sip_bench_expect(b, b->home, 100);
  fake_advance(b->world, 40 * HANSE_SECOND);
  sip_bench_expect(b, b->home, 504);
  assert_false(fake_conclude(b->world, 200, HANSE_F_NONE));
}

static void expect_refused(struct sip_bench *b, struct hanse_slice request, unsigned status) {
  fake_receive(b->home, request);
  assert_false(fake_conclude(b->world, 200, HANSE_F_NONE));
  if (status == 501 && sip_bench_count(b, b->home) == 2)
    fake_take(b->home); /* the 100 of an INVITE came first */
  else
    sip_bench_expect(b, b->home, status);
}

static void test_no_neutral_form(void **state) {
  struct sip_bench *b = *state;
  fake_judge(b->world, HANSE_SIDE_HOME, FAKE_LIFT, HANSE_F_NONE);
#define REQUEST(method, uri, branch, more, body) sip_bench_request(b, HANSE_SIDE_HOME, method, uri, branch, more, body)
  expect_refused(b, REQUEST("SUBSCRIBE", "sip:bob@b.test", "f1", "Event: presence\n", NULL), 501);
  expect_refused(b, REQUEST("OPTIONS", "sip:bob@b.test", "f2", NULL, NULL), 501);
  expect_refused(b, REQUEST("MESSAGE", "sip:bob@b.test", "f3", "Content-Type: text/html\n", "<b>hi</b>"), 415);
  expect_refused(b, REQUEST("MESSAGE", "sip:bob@b.test", "f4", "Content-Type: text/plain;charset=latin-1\n", "hi"),
                 415);
  expect_refused(b, REQUEST("MESSAGE", "sip:bob@b.test", "f5", TEXT, "\xff\xfe"), 415);
  expect_refused(
      b, REQUEST("MESSAGE", "sip:bob@b.test", "f6", "Content-Type: application/im-iscomposing+xml\n", "<x/>"), 501);
  expect_refused(b, REQUEST("MESSAGE", "sip:b%00b@b.test", "f7", TEXT, "hi"), 400);
  expect_refused(b, REQUEST("MESSAGE", "sip:b%0d%0ab@b.test", "f8", TEXT, "hi"), 400);
  expect_refused(b, REQUEST("MESSAGE", "sip:b%FFb@b.test", "f9", TEXT, "hi"), 400);
  expect_refused(b, REQUEST("MESSAGE", "sip:bob@b.test", "f10", TEXT "Subject: \xff\n", "hi"), 415);
#undef REQUEST
}

static void write_anew(void *argument, struct hanse_message *message) {
  (void)argument;
  message->marks->set |= HANSE_MARK_TEXT;
  message->marks->text = HANSE_LIT("anew");
}

static void test_written_anew(void **state) {
  struct sip_bench *b = *state;
  fake_look(b->world, write_anew, NULL);
  fake_judge(b->world, HANSE_SIDE_HOME, FAKE_LIFT, HANSE_F_NONE);
  send_home(b, "sip:bob@b.test", "w1", TEXT, "hi");
  assert_true(is(fake_lifted(b->world)->text, "anew"));
  assert_true(fake_conclude(b->world, 200, HANSE_F_NONE));
  sip_bench_expect(b, b->home, 200);
}

/* ---- lower ---- */

static struct hanse_lifted neutral(void) {
  return (struct hanse_lifted){.size = sizeof(struct hanse_lifted),
                               .kind = HANSE_LIFTED_IM,
                               .from = {HANSE_LIT("bob"), HANSE_LIT("b.test")},
                               .to = {HANSE_LIT("alice"), HANSE_LIT("a.test")},
                               .text = HANSE_LIT("hi"),
                               .hops = 9};
}

static void expect_lowered(struct sip_bench *b, const struct hanse_lifted *lifted, enum hanse_failure failure) {
  assert_int_equal(fake_lower(b->sip, b->partner, lifted), failure);
}

static void test_lower(void **state) {
  struct sip_bench *b = *state;
  struct hanse_lifted lifted = neutral();
  lifted.subject = HANSE_LIT("To the point");
  lifted.from.user = HANSE_LIT(
      "b\xc3\xb6"
      "b \"x\"");
  expect_lowered(b, &lifted, HANSE_F_NONE);
  assert_int_equal(sip_bench_count(b, b->home), 1);
  const struct sip_message *sent = sip_bench_sent(b, b->home, 0);
  assert_true(is(sent->method_text, "MESSAGE") && is(sent->body, "hi"));
  assert_true(is(sent->uri.text, "sip:alice@a.test"));
  assert_true(is(sent->from.uri.user, "b%C3%B6b%20%22x%22"));
  assert_string_equal(sip_bench_header(b, sent, "Subject", 1), "To the point");
  assert_string_equal(sip_bench_header(b, sent, "Max-Forwards", 1), "8");
  assert_string_equal(sip_bench_header(b, sent, "Content-Type", 1), "text/plain;charset=UTF-8");
  assert_null(strstr(sip_bench_header(b, sent, "Via", 2), "received")); /* nobody of whom one could say it */
  assert_string_equal(sip_bench_header(b, sent, "Record-Route", 1), "");
  assert_int_equal(fake_concluded(b->world), 0);
  fake_receive(b->home, sip_bench_response(b, b->home, "404 Not Found", NULL, NULL));
  assert_int_equal(fake_concluded(b->world), 404);
  assert_int_equal(sip_bench_count(b, b->partner), 0); /* nothing is written to the other protocol's link */
  fake_take(b->home);
}

static void test_lower_fails(void **state) {
  struct sip_bench *b = *state;
  struct hanse_lifted lifted = neutral();
  fake_target_link(b->home_target, NULL, HANSE_SKIP);
  expect_lowered(b, &lifted, HANSE_F_NONE);
  fake_target_ready(b->home_target, NULL, HANSE_F_CONNECT);
  assert_int_equal(fake_concluded(b->world), 0);
  assert_int_equal(fake_refused(b->world), HANSE_F_CONNECT);
  fake_target_link(b->home_target, b->home, HANSE_OK);
  expect_lowered(b, &lifted, HANSE_F_NONE);
  fake_advance(b->world, 40 * HANSE_SECOND);
  assert_int_equal(fake_refused(b->world), HANSE_F_TIMEOUT);
  expect_lowered(b, &lifted, HANSE_F_NONE);
  fake_link_close(b->home, HANSE_CLOSE_PEER);
  assert_int_equal(fake_refused(b->world), HANSE_F_LINK_LOST);
}

/* A process that ends leaves nobody waiting. */
static void test_lower_stop(void **state) {
  struct sip_bench *b = *state;
  struct hanse_lifted lifted = neutral();
  expect_lowered(b, &lifted, HANSE_F_NONE);
  fake_take(b->home);
  fake_unload(b->sip);
  b->sip = NULL;
  assert_int_equal(fake_refused(b->world), HANSE_F_DRAINING);
}

static void test_lower_refuses(void **state) {
  struct sip_bench *b = *state;
  struct hanse_lifted lifted = neutral();
  lifted.kind = HANSE_LIFTED_NONE;
  expect_lowered(b, &lifted, HANSE_F_FOREIGN);
  lifted = neutral();
  lifted.subject = HANSE_LIT("two\r\nlines: 1");
  expect_lowered(b, &lifted, HANSE_F_FOREIGN_CONTENT);
  lifted = neutral();
  lifted.hops = 0;
  expect_lowered(b, &lifted, HANSE_F_HOPS);
  char user[4097];
  memset(user, ' ', sizeof user);
  lifted = neutral();
  lifted.to.user = hanse_slice(user, sizeof user);
  expect_lowered(b, &lifted, HANSE_F_FOREIGN_CONTENT);
  assert_int_equal(sip_bench_count(b, b->home), 0);
}

/* Any octets as a name go out as one and come back as they were (D13). */
static void test_names_come_back(void **state) {
  struct sip_bench *b = *state;
  fake_judge(b->world, HANSE_SIDE_HOME, FAKE_LIFT, HANSE_F_NONE);
  for (unsigned c = ' '; c < 0x7f; c++) {
    char user[] = {'x', (char)c, 'y', '\0'}, uri[64], branch[16];
    struct hanse_lifted lifted = neutral();
    lifted.from.user = hanse_text(user);
    expect_lowered(b, &lifted, HANSE_F_NONE);
    struct hanse_slice written = sip_bench_sent(b, b->home, 0)->from.uri.user;
    snprintf(uri, sizeof uri, "sip:%.*s@b.test", HANSE_FMT(written));
    snprintf(branch, sizeof branch, "r%u", c);
    fake_receive(b->home, sip_bench_response(b, b->home, "200 OK", NULL, NULL));
    fake_take(b->home);
    send_home(b, uri, branch, TEXT, "hi");
    if (!is(fake_lifted(b->world)->to.user, user)) fail_msg("\"%s\" came back otherwise, as %s", user, uri);
    assert_true(fake_conclude(b->world, 200, HANSE_F_NONE));
    sip_bench_expect(b, b->home, 200);
  }
}

/* At each allocation that fails nothing is left, and whoever asked is told. */
static void test_memory(void **state) {
  struct sip_bench *b = *state;
  struct hanse_lifted lifted = neutral();
  lifted.to.user = HANSE_LIT("al ice");
  for (long n = 0;; n++) {
    fake_fail_after(b->world, n);
    enum hanse_failure failure = fake_lower(b->sip, b->partner, &lifted);
    bool enough = fake_memory_left(b->world) > 0;
    fake_fail_after(b->world, -1);
    if (!failure && fake_refused(b->world) == HANSE_F_NONE) {
      fake_receive(b->home, sip_bench_response(b, b->home, "200 OK", NULL, NULL));
      assert_int_equal(fake_concluded(b->world), 200);
    }
    fake_take(b->home);
    if (enough) break;
    assert_in_range(n, 0, 200);
  }
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, sip_bench_setup, sip_bench_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_lift),          TEST(test_conclusions),     TEST(test_no_conclusion), TEST(test_no_neutral_form),
      TEST(test_written_anew),  TEST(test_lower),           TEST(test_lower_fails),   TEST(test_lower_stop),
      TEST(test_lower_refuses), TEST(test_names_come_back), TEST(test_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
