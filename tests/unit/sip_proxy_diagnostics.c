/* What is said of failures on each side of the border: R82, R83, R84, and the network of R60. */
#include "tests/lib/sip_bench.h"

static void put_marks(void *argument, struct hanse_message *message) {
  *message->marks = *(struct hanse_marks *)argument;
}

static void test_mark_diagnostics(void **state) {
  static const struct {
    uint32_t set;
    uint8_t level;
    bool full, public;
  } rows[] = {{0, 0, false, false},
              {HANSE_MARK_DIAGNOSTICS, HANSE_DIAGNOSTICS_NONE, false, false},
              {HANSE_MARK_DIAGNOSTICS, HANSE_DIAGNOSTICS_PUBLIC, false, true},
              {HANSE_MARK_DIAGNOSTICS, HANSE_DIAGNOSTICS_FULL, true, true}};
  static const char lines[] = "ms-diagnostics: 1003;reason=\"x\";source=\"in.a.test\"\nms-diagnostics-public: 1003\n";
  struct sip_bench *b = *state;
  struct hanse_marks marks = {.size = sizeof marks};
  fake_look(b->world, put_marks, &marks);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    char branch[32];
    snprintf(branch, sizeof branch, "d%zu", i);
    marks.set = rows[i].set;
    marks.diagnostics = rows[i].level;
    fake_receive(b->partner,
                 sip_bench_request(b, HANSE_SIDE_PARTNER, "MESSAGE", "sip:alice@a.test", branch, NULL, NULL));
    fake_receive(b->home, sip_bench_response(b, b->home, "404 Not Found", lines, NULL));
    const struct sip_message *back = sip_bench_sent(b, b->partner, 0);
    assert_int_equal(*sip_bench_header(b, back, "ms-diagnostics", 1) != '\0', rows[i].full);
    assert_int_equal(*sip_bench_header(b, back, "ms-diagnostics-public", 1) != '\0', rows[i].public);
  }
}

/* R82, R84: from outside one line at most, in the public form, whatever was said; on a failure that says nothing, ours.
 */
static void test_diagnostics_inwards(void **state) {
  static const char unsaid[] =
      "1034;reason=\"Previous hop federated peer did not report diagnostic information.\";Domain=\"b.test\";"
      "PeerServer=\"edge.b.test\";source=\"node.test\"";
  static const struct {
    const char *status, *lines, *public, *own;
  } rows[] = {
      {"404 Not Found", "", "", unsaid},
      {"200 OK", "", "", ""},
      {"302 Moved", "", "", ""},
      {"200 OK", "ms-diagnostics: 13004;reason=\"on its way\";source=\"x\"\n", "13004;reason=\"on its way\"", ""},
      {"404 Not Found", "ms-diagnostics: 1003;source=\"x\";reason=\"a;source=b\" ; Source=y;z\n",
       "1003;reason=\"a;source=b\";z", ""},
      {"404 Not Found", "ms-diagnostics-public: 1003\nms-diagnostics: 1004;reason=\"x\"\n", "1003", ""},
      {"404 Not Found", "ms-diagnostics: 1003.7;reason=\"\"\nMS-DIAGNOSTICS: 2\n", "1003.7;reason=\"\"", ""},
      {"404 Not Found", "ms-diagnostics: 1003;reason=\"open\n", "", unsaid},
      {"404 Not Found", "ms-diagnostics: ;reason=\"x\"\n", "", unsaid},
      {"404 Not Found", "ms-diagnostics-public: 1,2\n", "", unsaid},
      {"404 Not Found", "ms-diagnostics: 1;reason=\"a\x01z\"\n", "", unsaid},
      {"404 Not Found", "ms-diagnostics: 1;\n reason=\"a\"\n", "1; reason=\"a\"", ""},
  };
  struct sip_bench *b = *state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    char branch[32];
    snprintf(branch, sizeof branch, "i%zu", i);
    fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "MESSAGE", "sip:bob@b.test", branch, NULL, NULL));
    fake_receive(b->partner, sip_bench_response(b, b->partner, rows[i].status, rows[i].lines, NULL));
    const struct sip_message *back = sip_bench_sent(b, b->home, 0);
    if (strcmp(sip_bench_header(b, back, "ms-diagnostics-public", 1), rows[i].public) != 0 ||
        strcmp(sip_bench_header(b, back, "ms-diagnostics", 1), rows[i].own) != 0 ||
        *sip_bench_header(b, back, "ms-diagnostics-public", 2))
      fail_msg("row %zu: %s / %s", i, sip_bench_header(b, back, "ms-diagnostics-public", 1),
               sip_bench_header(b, back, "ms-diagnostics", 1));
  }
}

static void set_network(void *argument, struct hanse_message *message) {
  message->facts->terms.network = *(uint8_t *)argument;
}

/* R60, R84: a public provider is another network. */
static void test_public_network(void **state) {
  struct sip_bench *b = *state;
  uint8_t network = HANSE_NETWORK_PUBLIC;
  b->settings.trust_header = true;
  fake_look(b->world, set_network, &network);
  fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "MESSAGE", "sip:bob@b.test", "p", NULL, NULL));
  fake_receive(b->partner, sip_bench_response(b, b->partner, "404 Not Found", NULL, NULL));
  const struct sip_message *back = sip_bench_sent(b, b->home, 0);
  assert_non_null(
      strstr(sip_bench_header(b, back, "ms-edge-proxy-message-trust", 1), ";ms-source-network=publiccloud;"));
  assert_int_equal(strncmp(sip_bench_header(b, back, "ms-diagnostics", 1), "1035;", 5), 0);
}

/* R84: who shares our domain with us. */
static void test_shared_unsaid(void **state) {
  struct sip_bench *b = *state;
  fake_home(b->world, "b.test");
  fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "MESSAGE", "sip:bob@b.test", "s", NULL, NULL));
  fake_receive(b->partner, sip_bench_response(b, b->partner, "404 Not Found", NULL, NULL));
  const char *value = sip_bench_header(b, sip_bench_sent(b, b->home, 0), "ms-diagnostics", 1);
  assert_int_equal(strncmp(value, "1033;", 5), 0);
}

/* What we say ourselves: on each side by what may be said there (R82, R83). */
static void test_own_diagnostics(void **state) {
  static const struct {
    uint32_t set;
    uint8_t level, setting;
    const char *full, *public;
  } rows[] = {
      {0, 0, HANSE_DIAGNOSTICS_NONE, "", ""},
      {0, 0, HANSE_DIAGNOSTICS_PUBLIC, "", "1027;reason=\"Refused By Policy\""},
      {HANSE_MARK_DIAGNOSTICS, HANSE_DIAGNOSTICS_NONE, HANSE_DIAGNOSTICS_PUBLIC, "", ""},
      {HANSE_MARK_DIAGNOSTICS, HANSE_DIAGNOSTICS_PUBLIC, HANSE_DIAGNOSTICS_NONE, "",
       "1027;reason=\"Refused By Policy\""},
      {HANSE_MARK_DIAGNOSTICS, HANSE_DIAGNOSTICS_FULL, HANSE_DIAGNOSTICS_NONE,
       "1027;reason=\"A policy refused the message.\";source=\"node.test\"", ""},
  };
  struct sip_bench *b = *state;
  struct hanse_marks marks = {.size = sizeof marks};
  fake_look(b->world, put_marks, &marks);
  fake_judge(b->world, HANSE_SIDE_PARTNER, FAKE_REFUSE, HANSE_F_POLICY);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    char branch[32];
    snprintf(branch, sizeof branch, "o%zu", i);
    marks.set = rows[i].set;
    marks.diagnostics = rows[i].level;
    b->settings.diagnostics = (enum hanse_diagnostics)rows[i].setting;
    fake_receive(b->partner,
                 sip_bench_request(b, HANSE_SIDE_PARTNER, "MESSAGE", "sip:alice@a.test", branch, NULL, NULL));
    const struct sip_message *back = sip_bench_sent(b, b->partner, 0);
    assert_string_equal(sip_bench_header(b, back, "ms-diagnostics", 1), rows[i].full);
    assert_string_equal(sip_bench_header(b, back, "ms-diagnostics-public", 1), rows[i].public);
    const char *warning = sip_bench_header(b, back, "Warning", 1);
    if (strncmp(warning, "399 edge.a.test \"decision=word", 30) != 0) fail_msg("%s", warning);
  }
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, sip_bench_setup, sip_bench_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_mark_diagnostics), TEST(test_diagnostics_inwards), TEST(test_public_network),
      TEST(test_shared_unsaid),    TEST(test_own_diagnostics),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
