/* Asserted identity and privacy at the border: R80, RFC 3323, RFC 3325. */
#include "tests/lib/sip_bench.h"

static void put_marks(void *argument, struct hanse_message *message) {
  *message->marks = *(struct hanse_marks *)argument;
}

/* R80: what stays when a policy keeps identity; a.test is ours, b.test the partner's entry, c.b.test has its own. */
static void test_mark_identity(void **state) {
  static const struct {
    enum hanse_side to;
    uint8_t keep;
    bool answer, stays;
    const char *line;
  } rows[] = {
      {HANSE_SIDE_HOME, 0, false, false, "P-Asserted-Identity: <sip:bob@b.test>"},
      {HANSE_SIDE_HOME, 1, false, true, "P-Asserted-Identity: \"Bob\" <sip:bob@B.test.>, <sips:b@sales.b.test>"},
      {HANSE_SIDE_HOME, 1, false, false, "P-Asserted-Identity: <sip:ceo@a.test>"},
      {HANSE_SIDE_HOME, 1, false, false, "P-Asserted-Identity: <sip:bob@b.test>, <sip:ceo@a.test>"},
      {HANSE_SIDE_HOME, 1, false, false, "P-Asserted-Identity: <sip:x@other.test>"},
      {HANSE_SIDE_HOME, 1, false, false, "P-Asserted-Identity: <sip:x@notb.test>"},
      {HANSE_SIDE_HOME, 1, false, false, "P-Asserted-Identity: <tel:+4930>"},
      {HANSE_SIDE_HOME, 1, false, false, "P-Asserted-Identity: sip:bob@192.0.2.1"},
      {HANSE_SIDE_HOME, 1, false, false, "P-Asserted-Identity: <sip:bob@b.test"},
      {HANSE_SIDE_HOME, 1, false, false, "P-Asserted-Identity:"},
      {HANSE_SIDE_HOME, 1, false, false, "Remote-Party-ID: <sip:ceo@a.test>"},
      {HANSE_SIDE_HOME, 1, false, true, "Remote-Party-ID: <sip:bob@b.test>;party=calling"},
      {HANSE_SIDE_HOME, 1, false, true, "History-Info: <sip:x@other.test>;index=1"},
      {HANSE_SIDE_HOME, 1, false, false, "P-Preferred-Identity: <sip:bob@b.test>"},
      {HANSE_SIDE_HOME, 2, false, true, "P-Asserted-Identity: <tel:+4930>"},
      {HANSE_SIDE_HOME, 1, true, true, "P-Asserted-Identity: <sip:carl@b.test>"},
      {HANSE_SIDE_HOME, 1, true, false, "P-Asserted-Identity: <sip:alice@a.test>"},
      {HANSE_SIDE_PARTNER, 0, false, false, "P-Asserted-Identity: <sip:alice@a.test>"},
      {HANSE_SIDE_PARTNER, 1, false, true, "P-Asserted-Identity: <sip:alice@a.test>"},
      {HANSE_SIDE_PARTNER, 1, false, false, "P-Asserted-Identity: <sip:bob@b.test>"},
      {HANSE_SIDE_PARTNER, 1, false, false, "P-Asserted-Identity: <sip:alice@a.test>\nPrivacy: id"},
      {HANSE_SIDE_PARTNER, 2, false, false, "P-Asserted-Identity: <sip:alice@a.test>\nPrivacy: critical;ID"},
      {HANSE_SIDE_PARTNER, 2, false, false, "P-Asserted-Identity: <sip:alice@a.test>\nPrivacy: session ; user"},
      {HANSE_SIDE_PARTNER, 2, false, true, "P-Asserted-Identity: <sip:alice@a.test>\nPrivacy: none"},
      {HANSE_SIDE_PARTNER, 2, false, true, "P-Asserted-Identity: <sip:alice@a.test>\nPrivacy: history"},
      {HANSE_SIDE_PARTNER, 1, false, false, "History-Info: <sip:x@a.test>;index=1\nPrivacy: history"},
      {HANSE_SIDE_PARTNER, 1, true, true, "P-Asserted-Identity: <sip:alice@a.test>"},
      {HANSE_SIDE_PARTNER, 1, true, false, "P-Asserted-Identity: <sip:alice@a.test>\nPrivacy: id"},
  };
  struct sip_bench *b = *state;
  struct hanse_marks marks = {.size = sizeof marks, .set = HANSE_MARK_IDENTITY};
  fake_home(b->world, "a.test");
  fake_look(b->world, put_marks, &marks);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    bool from_home = (rows[i].to == HANSE_SIDE_PARTNER) != rows[i].answer;
    struct hanse_link *from = from_home ? b->home : b->partner, *to = from_home ? b->partner : b->home;
    char branch[32], lines[200], name[32];
    snprintf(branch, sizeof branch, "k%zu", i);
    snprintf(lines, sizeof lines, "%s\n", rows[i].line);
    snprintf(name, sizeof name, "%.*s", (int)strcspn(lines, ":"), lines);
    marks.identity_keep = rows[i].keep;
    fake_receive(from, sip_bench_request(b, from_home ? HANSE_SIDE_HOME : HANSE_SIDE_PARTNER, "MESSAGE",
                                         from_home ? "sip:bob@b.test" : "sip:alice@a.test", branch,
                                         rows[i].answer ? NULL : lines, NULL));
    if (rows[i].answer) fake_receive(to, sip_bench_response(b, to, "200 OK", lines, NULL));
    const struct sip_message *sent = sip_bench_sent(b, rows[i].answer ? from : to, 0);
    if ((*sip_bench_header(b, sent, name, 1) != '\0') != rows[i].stays) fail_msg("row %zu: %s", i, rows[i].line);
    if (!rows[i].answer) fake_receive(to, sip_bench_response(b, to, "200 OK", NULL, NULL));
  }
}

/* RFC 3323 §4.2: what is critical and not done here is refused, not ignored; from outside it is not ours to do. */
static void test_privacy(void **state) {
  static const struct {
    const char *lines;
    unsigned status; /* 0: it goes on */
  } rows[] = {
      {"Privacy: user;critical\n", 500},
      {"Privacy: critical\nPrivacy: session\n", 500},
      {"Privacy: HEADER ; Critical\n", 500},
      {"Privacy: critical;something\n", 500},
      {"Privacy: critical;id;history\n", 0},
      {"Privacy: user;header;session\n", 0},
      {"Privacy: none\n", 0},
      {"Proxy-Require: privacy\nPrivacy: id;critical\n", 0},
      {"Proxy-Require: privacy\n", 0},
      {"Proxy-Require: privacy\nPrivacy: id;user\n", 420},
      {"Privacy:\n", 0},
  };
  struct sip_bench *b = *state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    char branch[32];
    snprintf(branch, sizeof branch, "v%zu", i);
    fake_receive(b->home,
                 sip_bench_request(b, HANSE_SIDE_HOME, "MESSAGE", "sip:bob@b.test", branch, rows[i].lines, NULL));
    assert_int_equal(sip_bench_count(b, b->partner), rows[i].status == 0);
    if (rows[i].status == 0) fake_receive(b->partner, sip_bench_response(b, b->partner, "200 OK", NULL, NULL));
    sip_bench_expect(b, b->home, rows[i].status ? rows[i].status : 200);
    fake_take(b->partner);
  }
  fake_receive(b->partner, sip_bench_request(b, HANSE_SIDE_PARTNER, "MESSAGE", "sip:alice@a.test", "in",
                                             "Privacy: critical;user\n", NULL));
  assert_int_equal(sip_bench_count(b, b->home), 1);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, sip_bench_setup, sip_bench_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_mark_identity),
      TEST(test_privacy),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
