/* Addresses at the border of a network that calls people of other domains user(domain)@decoration (R103): out, in, back
   in answers, behind a reload, at their longest, and when memory runs out. */
#include "plugins/sip/decorated_body.h"
#include "plugins/sip/invite.h"
#include "plugins/sip/parse.h"
#include "tests/lib/sip_bench.h"

/* As the core does: what goes to b.test is decorated, and so is who comes from there. */
static void decorate(void *argument, struct hanse_message *message) {
  struct hanse_facts *facts = message->facts;
  (void)argument;
  if (facts->flags & HANSE_FACT_ANSWER || facts->flags & HANSE_FACT_IN_DIALOG) return;
  facts->terms.decoration = HANSE_LIT("net.test");
  if (facts->side == HANSE_SIDE_PARTNER)
    facts->from = (struct hanse_address_fact){HANSE_LIT("bob"), HANSE_LIT("b.test")};
}

static bool is_at(const struct sip_uri *uri, const char *address) {
  return hanse_same(sip_uri_address(uri), hanse_text(address));
}

static struct hanse_slice outward(struct sip_bench *b, const char *method, const char *address, const char *branch) {
  return sip_bench_text(
      b, NULL,
      "%s sip:%s SIP/2.0\nVia: SIP/2.0/TLS 10.0.0.1:5061;branch=z9hG4bK%s\nMax-Forwards: 70\n"
      "From: <sip:alice@a.test>;tag=near\nTo: \"Bob\" <sip:%s;user=ip>;x=y\nCall-ID: %s\nCSeq: 1 %s\n",
      method, address, branch, address, branch, method);
}

static struct hanse_slice inward(struct sip_bench *b, const char *method, const char *address, const char *branch) {
  return sip_bench_text(b, NULL,
                        "%s sip:alice@a.test SIP/2.0\nVia: SIP/2.0/TLS 192.0.2.2:5061;branch=z9hG4bK%s\n"
                        "Max-Forwards: 70\nFrom: sip:%s;tag=near\nTo: <sip:alice@a.test>\nCall-ID: %s\nCSeq: 1 %s\n",
                        method, branch, address, branch, method);
}

/* Spelling, passwords and escapes of who asks come back to him; the other side sees one form. */
static void test_out(void **state) {
  struct sip_bench *b = *state;
  static const struct {
    const char *written, *sent;
  } rows[] = {
      {"bob@b.test", "bob(b.test)@net.test"},
      {"bob@B.Test", "bob(b.test)@net.test"},
      {"bob:secret@b.test", "bob(b.test):secret@net.test"},
      {"b%6fb@b.test.", "b%6fb(b.test)@net.test"},
      {"bob(b.test)@b.test", "bob(b.test)(b.test)@net.test"},
      {"b.test", "net.test"},
  };
  fake_look(b->world, decorate, NULL);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char branch[16];
    snprintf(branch, sizeof branch, "o%zu", i);
    fake_take(b->home);
    fake_take(b->partner);
    fake_receive(b->home, outward(b, "MESSAGE", rows[i].written, branch));
    const struct sip_message *sent = sip_bench_sent(b, b->partner, 0);
    assert_true(is_at(&sent->uri, rows[i].sent));
    assert_true(is_at(&sent->to.uri, rows[i].sent));
    assert_true(is_at(&sent->from.uri, "alice@a.test"));
    assert_true(hanse_same(sent->to.params, HANSE_LIT(";x=y")));
    fake_receive(b->partner, sip_bench_response(b, b->partner, "200 OK", NULL, NULL));
    const struct sip_message *back = sip_bench_sent(b, b->home, 0);
    assert_int_equal(back->status, 200);
    if (strchr(rows[i].written, '@')) assert_true(is_at(&back->to.uri, rows[i].written));
  }
}

static void test_in(void **state) {
  struct sip_bench *b = *state;
  static const char *const written[] = {"bob(b.test)@net.test", "bob%28b.test%29@Net.Test", "bob(B.TEST)@net.test."};
  fake_look(b->world, decorate, NULL);
  for (size_t i = 0; i < sizeof written / sizeof *written; i++) {
    char branch[16];
    snprintf(branch, sizeof branch, "i%zu", i);
    fake_take(b->home);
    fake_take(b->partner);
    fake_receive(b->partner, inward(b, "MESSAGE", written[i], branch));
    const struct sip_message *sent = sip_bench_sent(b, b->home, 0);
    assert_true(is_at(&sent->from.uri, "bob@b.test"));
    assert_true(is_at(&sent->to.uri, "alice@a.test"));
    fake_receive(b->home, sip_bench_response(b, b->home, "200 OK", NULL, NULL));
    assert_true(is_at(&sip_bench_sent(b, b->partner, 0)->from.uri, written[i]));
  }
}

/* What the network calls otherwise is left alone: its own, and other domains than those that the message goes to. */
static void test_others(void **state) {
  struct sip_bench *b = *state;
  fake_look(b->world, decorate, NULL);
  fake_receive(b->home,
               sip_bench_text(b, NULL,
                              "MESSAGE sip:bob@b.test SIP/2.0\nVia: SIP/2.0/TLS 10.0.0.1:5061;branch=z9hG4bKn\n"
                              "Max-Forwards: 70\nFrom: <sip:alice@a.test>;tag=near\nTo: <sip:list@c.test>\n"
                              "Call-ID: n\nCSeq: 1 MESSAGE\n"));
  const struct sip_message *sent = sip_bench_sent(b, b->partner, 0);
  assert_true(is_at(&sent->uri, "bob(b.test)@net.test"));
  assert_true(is_at(&sent->to.uri, "list@c.test"));
}

/* The second 2xx of a fork too, also behind a reload; what is too long to be kept comes as it is. */
static void fork_of(struct sip_bench *b, const char *address, const char *branch, bool kept) {
  fake_look(b->world, decorate, NULL);
  fake_take(b->partner);
  fake_receive(b->home, outward(b, "INVITE", address, branch));
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
    assert_int_equal(is_at(&sent->to.uri, address), i == 0 || kept);
  }
}

static void test_fork(void **state) { fork_of(*state, "bob@b.test", "f", true); }

static void test_fork_long(void **state) {
  char address[SIP_HOSTS_KEPT + 64];
  snprintf(address, sizeof address, "bob:%0*d@b.test", (int)SIP_HOSTS_KEPT, 1);
  fork_of(*state, address, "l", false);
}

static void test_too_long(void **state) {
  struct sip_bench *b = *state;
  char address[1200];
  fake_look(b->world, decorate, NULL);
  snprintf(address, sizeof address, "%01016d@b.test", 1);
  fake_receive(b->home, outward(b, "MESSAGE", address, "t"));
  assert_int_equal(sip_bench_sent(b, b->partner, 0)->uri.user.len, 1024);
  fake_receive(b->partner, sip_bench_response(b, b->partner, "200 OK", NULL, NULL));
  fake_take(b->home);
  fake_take(b->partner);
  snprintf(address, sizeof address, "%01017d@b.test", 1);
  fake_receive(b->home, outward(b, "MESSAGE", address, "u"));
  sip_bench_expect(b, b->home, 414);
  assert_int_equal(sip_bench_count(b, b->partner), 0);
}

/* A presence document says whose it is, to who asked for him by his own address (R106). */
static void test_body(void **state) {
  struct sip_bench *b = *state;
  static const struct {
    const char *type, *body, *sent; /* NULL: as it came */
  } rows[] = {
      {"application/pidf+xml", "<presence entity=\"sip:bob(b.test)@net.test\"/>",
       "<presence entity=\"sip:bob@b.test\"/>"},
      {"application/pidf+xml;charset=UTF-8", "<presence entity='bob(b.test)@net.test'/>",
       "<presence entity='bob@b.test'/>"},
      {"text/xml+msrtc.PIDF", "bob(b.test)@net.testbob(b.test)@net.test", NULL},
      {"application/pidf+xml", "<a>bob(b.test)@net.test</a>:bob(b.test)@net.test", "<a>bob@b.test</a>:bob@b.test"},
      {"application/pidf+xml", "<a>xbob(b.test)@net.test bob(b.test)@net.tests</a>", NULL},
      {"application/pidf+xml", "<a>bob(b.test)@net.tes", NULL},
      {"application/pidf+xml", "", NULL},
      {"text/plain", "sip:bob(b.test)@net.test", NULL},
      {"application/pidf+xml\nContent-Encoding: gzip", "sip:bob(b.test)@net.test", NULL},
  };
  fake_look(b->world, decorate, NULL);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const char *wanted = rows[i].sent ? rows[i].sent : rows[i].body;
    fake_take(b->home);
    fake_receive(b->partner, sip_bench_text(b, rows[i].body,
                                            "MESSAGE sip:alice@a.test SIP/2.0\n"
                                            "Via: SIP/2.0/TLS 192.0.2.2:5061;branch=z9hG4bKb%zu\nMax-Forwards: 70\n"
                                            "From: sip:bob(b.test)@net.test;tag=near\nTo: <sip:alice@a.test>\n"
                                            "Call-ID: b%zu\nCSeq: 1 MESSAGE\nContent-Type: %s\n",
                                            i, i, rows[i].type));
    assert_true(hanse_same(sip_bench_sent(b, b->home, 0)->body, hanse_text(wanted)));
  }
  fake_take(b->home);
  fake_take(b->partner);
  fake_receive(b->home, outward(b, "SUBSCRIBE", "bob@b.test", "bs"));
  fake_receive(b->partner, sip_bench_response(b, b->partner, "200 OK", "Content-Type: application/pidf+xml\n",
                                              "<presence entity=\"sip:bob(b.test)@net.test\"/>"));
  assert_true(hanse_same(sip_bench_sent(b, b->home, 0)->body, HANSE_LIT("<presence entity=\"sip:bob@b.test\"/>")));
}

/* As much as there may be in a message. */
static void test_body_large(void **state) {
  struct sip_bench *b = *state;
  static char body[200001];
  struct sip_message message;
  struct sip_edits edits;
  const struct hanse_slice called = HANSE_LIT("b(b.test)@net.test"), plain = HANSE_LIT("b@b.test");
  for (size_t i = 0; i + called.len + 1 < sizeof body; i += called.len + 1) {
    memcpy(body + i, called.at, called.len);
    body[i + called.len] = ' ';
  }
  struct hanse_slice text =
      sip_bench_text(b, NULL,
                     "MESSAGE sip:alice@a.test SIP/2.0\nVia: SIP/2.0/TLS x;branch=z9hG4bKx\n"
                     "From: <sip:a@b.test>;tag=1\nTo: <sip:alice@a.test>\nCall-ID: x\nCSeq: 1 MESSAGE\n"
                     "Content-Type: application/pidf+xml\n");
  assert_int_equal(sip_message_parse(&b->arena, text, &message), HANSE_F_NONE);
  message.body = hanse_slice(body, strlen(body));
  size_t count = message.body.len / (called.len + 1);
  assert_int_equal(sip_edits_init(&edits, &b->arena, &message), HANSE_OK);
  assert_int_equal(sip_decorated_body(&edits, called, plain), HANSE_OK);
  assert_int_equal(edits.body.len, message.body.len - count * (called.len - plain.len));
  assert_null(memchr(edits.body.at, '(', edits.body.len));
}

/* H4 */
static void test_memory(void **state) {
  (void)state;
  bool complete = false;
  long n = 0;
  for (; !complete; n++) {
    void *bench;
    sip_bench_setup(&bench);
    struct sip_bench *b = bench;
    fake_look(b->world, decorate, NULL);
    fake_fail_after(b->world, n);
    fake_receive(b->home, outward(b, "INVITE", "bob@B.test", "m"));
    if (sip_bench_count(b, b->partner))
      fake_receive(b->partner, sip_bench_response(b, b->partner, "200 OK", NULL, NULL));
    fake_receive(b->partner, inward(b, "MESSAGE", "bob(b.test)@net.test", "w"));
    fake_receive(b->partner, sip_bench_text(b, "bob(b.test)@net.test",
                                            "MESSAGE sip:alice@a.test SIP/2.0\n"
                                            "Via: SIP/2.0/TLS 192.0.2.2:5061;branch=z9hG4bKv\nMax-Forwards: 70\n"
                                            "From: sip:bob(b.test)@net.test;tag=near\nTo: <sip:alice@a.test>\n"
                                            "Call-ID: v\nCSeq: 1 MESSAGE\nContent-Type: application/pidf+xml\n"));
    complete = fake_memory_left(b->world) > 0;
    fake_fail_after(b->world, -1);
    sip_bench_teardown(&bench);
    assert_in_range(n, 0, 1000);
  }
  printf("memory ran out at each of %ld points\n", n);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, sip_bench_setup, sip_bench_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_out),  TEST(test_in),         TEST(test_others),
      TEST(test_fork), TEST(test_fork_long),  TEST(test_too_long),
      TEST(test_body), TEST(test_body_large), cmocka_unit_test(test_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
