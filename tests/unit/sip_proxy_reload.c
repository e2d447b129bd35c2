/* Two instances: what is settled passes to the successor, what is pending stays until it ends (design §4). */
#include "tests/lib/sip_bench.h"

static void invite(struct sip_bench *b, const char *branch) {
  fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "INVITE", "sip:bob@b.test", branch, NULL, NULL));
}

static void follow(struct sip_bench *b, const char *method, const char *branch) {
  fake_receive(b->home, sip_bench_text(b, NULL,
                                       "%s sip:bob@b.test SIP/2.0\nVia: SIP/2.0/TLS 10.0.0.1:5061;branch=z9hG4bK%s\n"
                                       "Max-Forwards: 70\nFrom: <sip:alice@a.test>;tag=near\nTo: <sip:bob@b.test>%s\n"
                                       "Call-ID: %s\nCSeq: 1 %s\n",
                                       method, branch, strcmp(method, "ACK") == 0 ? ";tag=far" : "", branch, method));
}

static struct fake_instance *reload(struct sip_bench *b) {
  struct fake_instance *old = b->sip;
  b->sip = fake_load(b->world, &hanse_plugin, &b->settings, old);
  assert_non_null(b->sip);
  return old;
}

/* RFC 6026 Accepted: the 2xx that comes again goes on through the successor, and the old one holds nothing. */
static void test_accepted(void **state) {
  struct sip_bench *b = *state;
  b->settings.trust_header = true;
  invite(b, "c");
  struct hanse_slice ok = sip_bench_response(b, b->partner, "200 OK", NULL, NULL);
  fake_receive(b->partner, ok);
  struct fake_instance *old = reload(b);
  fake_unload(old);
  fake_take(b->home);
  char text[4000]; /* of another call it is no repeat */
  int n = snprintf(text, sizeof text, "%.*s", HANSE_FMT(ok));
  memcpy(strstr(text, "Call-ID: c"), "Call-ID: d", 10);
  fake_receive(b->partner, hanse_slice(text, (size_t)n));
  assert_int_equal(sip_bench_count(b, b->home), 0);
  fake_receive(b->partner, ok);
  assert_string_not_equal(sip_bench_header(b, sip_bench_sent(b, b->home, 1), "ms-edge-proxy-message-trust", 1), "");
  sip_bench_expect(b, b->home, 200);
  fake_advance(b->world, 33 * HANSE_SECOND);
  fake_receive(b->partner, ok);
  assert_int_equal(sip_bench_count(b, b->home), 0);
  assert_string_equal(fake_left(b->world), "");
}

static void test_completed(void **state) {
  struct sip_bench *b = *state;
  invite(b, "c");
  fake_receive(b->partner, sip_bench_response(b, b->partner, "486 Busy Here", NULL, NULL));
  fake_unload(reload(b));
  fake_take(b->home);
  invite(b, "c"); /* a repeat: the successor knows the status */
  sip_bench_expect(b, b->home, 486);
  follow(b, "ACK", "c");
  assert_string_equal(fake_left(b->world), "");
  assert_int_equal(sip_bench_count(b, b->partner), 2); /* INVITE and our own ACK */
}

/* Many reloads do not prolong it. */
static void test_time_is_kept(void **state) {
  struct sip_bench *b = *state;
  invite(b, "c");
  fake_receive(b->partner, sip_bench_response(b, b->partner, "486 Busy Here", NULL, NULL));
  for (int i = 0; i < 20; i++) {
    fake_advance(b->world, 1500 * HANSE_MSEC);
    fake_unload(reload(b));
  }
  assert_string_not_equal(fake_left(b->world), "");
  fake_advance(b->world, 3 * HANSE_SECOND);
  assert_string_equal(fake_left(b->world), "");
}

/* What is pending ends in the old instance, whoever frames its response, CANCEL or ACK. */
static void test_pending(void **state) {
  struct sip_bench *b = *state;
  invite(b, "c");
  fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "MESSAGE", "sip:bob@b.test", "m", NULL, NULL));
  struct hanse_slice ringing = sip_bench_response_to(b, sip_bench_sent(b, b->partner, 1), "180 Ringing", NULL, NULL);
  struct hanse_slice ended = sip_bench_response_to(b, sip_bench_sent(b, b->partner, 1), "487 Ended", NULL, NULL);
  struct hanse_slice ok = sip_bench_response_to(b, sip_bench_sent(b, b->partner, 2), "200 OK", NULL, NULL);
  struct fake_instance *old = reload(b);
  fake_take(b->home);
  fake_receive(b->partner, ok);
  sip_bench_expect(b, b->home, 200);
  fake_receive(b->partner, ringing);
  sip_bench_expect(b, b->home, 180);
  invite(b, "c"); /* a repeat is answered by whoever has it */
  sip_bench_expect(b, b->home, 100);
  fake_take(b->partner);
  follow(b, "CANCEL", "c");
  sip_bench_expect(b, b->home, 200);
  assert_true(hanse_same(sip_bench_sent(b, b->partner, 1)->method_text, HANSE_LIT("CANCEL")));
  /* the old instance knows to whom its CANCEL went */
  fake_receive(b->partner, ended);
  assert_int_equal(sip_bench_sent(b, b->home, 1)->status, 487);
  follow(b, "ACK", "c");
  assert_string_equal(fake_left(b->world), "");
  fake_unload(old);
}

/* An INVITE that is answered in the old instance keeps it for Timer L: the other branches of a fork answer yet. */
static void test_draining_accepts(void **state) {
  struct sip_bench *b = *state;
  invite(b, "c");
  struct fake_instance *old = reload(b);
  struct hanse_slice ok = sip_bench_response(b, b->partner, "200 OK", NULL, NULL);
  fake_receive(b->partner, ok);
  fake_advance(b->world, 31 * HANSE_SECOND);
  fake_take(b->home);
  fake_receive(b->partner, ok);
  sip_bench_expect(b, b->home, 200);
  fake_advance(b->world, 2 * HANSE_SECOND);
  assert_string_equal(fake_left(b->world), "");
  fake_unload(old);
}

/* An INVITE that fails in the old instance does not keep it for long; a process that ends waits for no ACK. */
static void test_draining_is_hasty(void **state) {
  struct sip_bench *b = *state;
  invite(b, "c");
  struct fake_instance *old = reload(b);
  fake_receive(b->partner, sip_bench_response(b, b->partner, "486 Busy Here", NULL, NULL));
  fake_advance(b->world, 4 * HANSE_SECOND);
  assert_string_not_equal(fake_left(b->world), "");
  fake_advance(b->world, 2 * HANSE_SECOND);
  assert_string_equal(fake_left(b->world), "");
  fake_unload(old);
  invite(b, "d");
  fake_receive(b->partner, sip_bench_response(b, b->partner, "486 Busy Here", NULL, NULL));
  hanse_plugin.drain(fake_self(b->sip));
  assert_string_equal(fake_left(b->world), "");
}

/* A link whose INVITE is pending in the old instance breaks. */
static void test_link_lost_after_reload(void **state) {
  struct sip_bench *b = *state;
  fake_route(b->world, HANSE_SIDE_HOME, &b->edge, 1);
  fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "MESSAGE", "sip:bob@b.test", "m", NULL, NULL));
  struct fake_instance *old = reload(b);
  fake_link_close(b->partner, HANSE_CLOSE_ERROR);
  sip_bench_expect(b, b->home, 504);
  fake_unload(old);
}

/* The time-outs are the settings'. */
static void test_time_outs_of_settings(void **state) {
  struct sip_bench *b = *state;
  b->settings.answer_timeout = 10 * HANSE_SECOND;
  b->settings.invite_timeout = 5 * HANSE_SECOND;
  b->settings.timer_c = 240 * HANSE_SECOND;
  fake_route(b->world, HANSE_SIDE_HOME, &b->edge, 1);
  fake_unload(reload(b));
  fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "MESSAGE", "sip:bob@b.test", "m", NULL, NULL));
  fake_advance(b->world, 9 * HANSE_SECOND);
  sip_bench_expect(b, b->home, 100);
  fake_advance(b->world, 2 * HANSE_SECOND);
  sip_bench_expect(b, b->home, 504);
  invite(b, "c");
  fake_take(b->home);
  fake_advance(b->world, 6 * HANSE_SECOND);
  sip_bench_expect(b, b->home, 504);
  fake_take(b->partner);
  invite(b, "d");
  fake_receive(b->partner, sip_bench_response(b, b->partner, "180 Ringing", NULL, NULL));
  fake_advance(b->world, 239 * HANSE_SECOND);
  assert_int_equal(sip_bench_count(b, b->partner), 1);
  fake_advance(b->world, 2 * HANSE_SECOND);
  assert_true(hanse_same(sip_bench_sent(b, b->partner, 2)->method_text, HANSE_LIT("CANCEL")));
}

/* An adoption that fails: the predecessor goes on as if nothing had been. */
static void test_failed_adoption(void **state) {
  static const struct hanse_slice odd = HANSE_LIT("no method");
  struct sip_bench *b = *state;
  struct sip_settings wrong = b->settings;
  invite(b, "c");
  fake_receive(b->partner, sip_bench_response(b, b->partner, "486 Busy Here", NULL, NULL));
  fake_take(b->home);
  wrong.methods = (struct hanse_list){1, &odd};
  assert_null(fake_load(b->world, &hanse_plugin, &wrong, b->sip));
  assert_int_equal(fake_status(b->world), HANSE_INVALID);
  assert_non_null(strstr(fake_problem(b->world), "methods: \"no method\""));
  fake_fail_after(b->world, 0);
  assert_null(fake_load(b->world, &hanse_plugin, &b->settings, b->sip));
  fake_fail_after(b->world, -1);
  follow(b, "ACK", "c");
  assert_string_equal(fake_left(b->world), "");
}

static void test_wrong_server_text(void **state) {
  struct sip_bench *b = *state;
  struct sip_settings wrong = b->settings;
  wrong.server = HANSE_LIT("a\r\nb");
  assert_null(fake_load(b->world, &hanse_plugin, &wrong, NULL));
  assert_int_equal(fake_status(b->world), HANSE_INVALID);
}

/* Records of a version that is newer, too short, or odd are left out. */
static void test_unknown_records(void **state) {
  struct sip_bench *b = *state;
  char zeros[64] = {0}, ones[64];
  memset(ones, 1, sizeof ones);
  const struct hanse_slice records[] = {hanse_slice(zeros, 64), hanse_slice(ones, 64), hanse_slice(ones, 3)};
  const struct hanse_saved saved = {sizeof saved, 3, records};
  void *self;
  assert_int_equal(hanse_plugin.create(fake_host(b->sip), &self), HANSE_OK);
  struct hanse_problem problem;
  assert_int_equal(hanse_plugin.configure(self, &b->settings, &problem), HANSE_OK);
  assert_int_equal(hanse_plugin.adopt(self, &saved), HANSE_OK);
  hanse_plugin.destroy(self);
}

/* Waiting is over: whoever asked gets an answer. */
static void test_stop(void **state) {
  struct sip_bench *b = *state;
  invite(b, "a"); /* calling */
  invite(b, "b");
  fake_receive(b->partner, sip_bench_response(b, b->partner, "180 Ringing", NULL, NULL));
  fake_target_link(b->edge, NULL, HANSE_SKIP);
  invite(b, "c"); /* linking */
  fake_judge(b->world, HANSE_SIDE_HOME, FAKE_HOLD, HANSE_F_NONE);
  invite(b, "d"); /* judged */
  fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "MESSAGE", "sip:bob@b.test", "e", NULL, NULL));
  fake_take(b->home);
  fake_unload(b->sip);
  assert_int_equal(sip_bench_count(b, b->home), 5);
  assert_int_equal(sip_bench_sent(b, b->home, 5)->status, 480);
  assert_string_equal(fake_left(b->world), "");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, sip_bench_setup, sip_bench_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_accepted),
      TEST(test_completed),
      TEST(test_time_is_kept),
      TEST(test_pending),
      TEST(test_draining_accepts),
      TEST(test_draining_is_hasty),
      TEST(test_link_lost_after_reload),
      TEST(test_time_outs_of_settings),
      TEST(test_failed_adoption),
      TEST(test_wrong_server_text),
      TEST(test_unknown_records),
      TEST(test_stop),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
