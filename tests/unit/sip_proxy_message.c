/* Requests that are no INVITE, and their answers: RFC 3261 §16, §17.2.2, RFC 4320. */
#include "tests/lib/sip_bench.h"

#define TEXT "Content-Type: text/plain\n"

static struct hanse_slice message(struct sip_bench *b, const char *branch) {
  return sip_bench_request(b, HANSE_SIDE_HOME, "MESSAGE", "sip:bob@b.test", branch, TEXT, "hi");
}

static struct hanse_slice message_to(struct sip_bench *b, const char *uri, const char *branch) {
  return sip_bench_request(b, HANSE_SIDE_HOME, "MESSAGE", uri, branch, TEXT, "hi");
}

static void test_there(void **state) {
  struct sip_bench *b = *state;
  fake_receive(b->home, message(b, "m1"));
  const struct sip_message *sent = sip_bench_sent(b, b->partner, 1);
  assert_int_equal(sip_bench_count(b, b->partner), 1);
  assert_int_equal(sip_bench_count(b, b->home), 0);
  assert_string_equal(sip_bench_header(b, sent, "Max-Forwards", 1), "69");
  assert_string_equal(sip_bench_header(b, sent, "Max-Breadth", 1), "60");
  assert_string_equal(sip_bench_header(b, sent, "Record-Route", 1), "");
  assert_true(hanse_same(sent->body, HANSE_LIT("hi")));
  assert_int_equal(sent->vias, 2);
  assert_true(hanse_same(sent->via.host, HANSE_LIT("edge.a.test")));
  assert_int_equal(sent->via.port, 5061);
  assert_true(hanse_same(sent->via.transport, HANSE_LIT("TLS")));
  assert_true(sent->via.cookie);
}

static void test_facts(void **state) {
  struct sip_bench *b = *state;
  fake_receive(b->home, message(b, "m1"));
  const struct hanse_facts *facts = fake_facts(b->world);
  assert_true(hanse_same(facts->from.user, HANSE_LIT("alice")));
  assert_true(hanse_same(facts->from.domain, HANSE_LIT("a.test")));
  assert_true(hanse_same(facts->to.user, HANSE_LIT("bob")));
  assert_true(hanse_same(facts->to.domain, HANSE_LIT("b.test")));
  assert_true(hanse_same(facts->method, HANSE_LIT("MESSAGE")));
  assert_true(hanse_same(facts->conversation, HANSE_LIT("m1")));
  assert_true(hanse_same(facts->text, HANSE_LIT("hi")));
  assert_true(hanse_same(facts->text_type, HANSE_LIT("text/plain")));
  assert_int_equal(facts->action, HANSE_ACTION_MESSAGE);
  assert_int_equal(facts->modality, HANSE_MODALITY_IM);
  assert_int_equal(facts->hops, 69);
  assert_int_equal(facts->flags, 0);
}

static void test_and_back(void **state) {
  struct sip_bench *b = *state;
  fake_receive(b->home, message(b, "m1"));
  fake_receive(b->partner, sip_bench_response(b, b->partner, "200 OK", "X-Unknown:  as it is ; a=\"b\"\n", NULL));
  const struct sip_message *back = sip_bench_sent(b, b->home, 1);
  assert_int_equal(back->status, 200);
  assert_int_equal(back->vias, 1);
  assert_true(hanse_same(back->via.branch, HANSE_LIT("z9hG4bKm1")));
  assert_string_equal(sip_bench_header(b, back, "X-Unknown", 1), "as it is ; a=\"b\"");
  assert_string_equal(fake_left(b->world), "");
}

static void test_from_outside(void **state) {
  struct sip_bench *b = *state;
  fake_receive(b->partner, sip_bench_request(b, HANSE_SIDE_PARTNER, "MESSAGE", "sip:alice@a.test", "p1", TEXT, "hi"));
  const struct sip_message *sent = sip_bench_sent(b, b->home, 1);
  assert_true(hanse_same(sent->via.host, HANSE_LIT("inner.a.test")));
  fake_receive(b->home, sip_bench_response(b, b->home, "202 Accepted", NULL, NULL));
  sip_bench_expect(b, b->partner, 202);
  assert_string_equal(fake_left(b->world), "");
}

/* Status that came, and the one that goes on. */
static void test_statuses(void **state) {
  static const struct {
    const char *in;
    unsigned out;
  } rows[] = {{"200 OK", 200},      {"404 Not Found", 404},         {"503 Service Unavailable", 500},
              {"408 Late", 504},    {"401 Unauthorized", 403},      {"407 Proxy Authentication Required", 403},
              {"603 Decline", 603}, {"302 Moved Temporarily", 302}, {"699 Odd", 699}};
  struct sip_bench *b = *state;
  fake_route(b->world, HANSE_SIDE_HOME, &b->edge, 1);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    char branch[32];
    snprintf(branch, sizeof branch, "s%zu", i);
    fake_receive(b->home, message(b, branch));
    fake_receive(b->partner,
                 sip_bench_response(b, b->partner, rows[i].in, "WWW-Authenticate: Digest realm=\"x\"\n", NULL));
    assert_string_equal(sip_bench_header(b, sip_bench_sent(b, b->home, 1), "WWW-Authenticate", 1), "");
    sip_bench_expect(b, b->home, rows[i].out);
    fake_take(b->partner);
  }
}

/* RFC 4320: a 100 at 3.5 s, never a 408; our 504 at 30 s. */
static void test_no_answer(void **state) {
  struct sip_bench *b = *state;
  fake_receive(b->home, message(b, "m1"));
  fake_advance(b->world, 3400 * HANSE_MSEC);
  assert_int_equal(sip_bench_count(b, b->home), 0);
  fake_advance(b->world, 200 * HANSE_MSEC);
  sip_bench_expect(b, b->home, 100);
  fake_advance(b->world, 26300 * HANSE_MSEC);
  assert_int_equal(sip_bench_count(b, b->home), 0);
  struct hanse_slice late = sip_bench_response(b, b->partner, "200 OK", NULL, NULL);
  fake_advance(b->world, 200 * HANSE_MSEC);
  sip_bench_expect(b, b->home, 504);
  assert_string_equal(fake_left(b->world), "");
  fake_receive(b->partner, late);
  assert_int_equal(sip_bench_count(b, b->home), 0);
  assert_int_equal(fake_counter(b->world, "stray_responses"), 1);
}

/* RFC 4320 §4.1: only a 100, and that goes no further. */
static void test_provisional(void **state) {
  struct sip_bench *b = *state;
  fake_receive(b->home, message(b, "m1"));
  fake_receive(b->partner, sip_bench_response(b, b->partner, "100 Trying", NULL, NULL));
  fake_receive(b->partner, sip_bench_response(b, b->partner, "180 Ringing", NULL, NULL));
  assert_int_equal(sip_bench_count(b, b->home), 0);
  fake_receive(b->partner, sip_bench_response(b, b->partner, "200 OK", NULL, NULL));
  sip_bench_expect(b, b->home, 200);
}

/* A24: whatever belongs to nothing is dropped. */
static void test_stray_responses(void **state) {
  struct sip_bench *b = *state;
  char text[65536];
  struct hanse_link *other = fake_link(b->world, HANSE_SIDE_PARTNER, "198.51.100.9:5061", "edge.a.test:5061");
  fake_receive(b->home, message(b, "m1"));
  struct hanse_slice good = sip_bench_response(b, b->partner, "200 OK", NULL, NULL);
  memcpy(text, good.at, good.len);
  char *branch = memmem(text, good.len, "z9hG4bKhs.", 10);
  branch[20] = branch[20] == '1' ? '2' : '1'; /* a forged one */
  fake_receive(b->partner, hanse_slice(text, good.len));
  fake_receive(other, good);   /* from another peer */
  fake_receive(b->home, good); /* from the wrong side */
  memcpy(text, good.at, good.len);
  memcpy(memmem(text, good.len, "1 MESSAGE", 9), "1 OPTIONS", 9);
  fake_receive(b->partner, hanse_slice(text, good.len));
  assert_int_equal(fake_counter(b->world, "stray_responses"), 4);
  assert_int_equal(sip_bench_count(b, b->home), 0);
  assert_int_equal(sip_bench_count(b, other), 0);
  fake_receive(b->partner, good);
  sip_bench_expect(b, b->home, 200);
  fake_receive(b->partner, good);
  assert_int_equal(fake_counter(b->world, "stray_responses"), 5);
  assert_int_equal(sip_bench_count(b, b->home), 0);
}

/* Call-ID, CSeq and From tag are the request's (RFC 3261 §8.2.6.2): the branch alone does not make an answer. */
static void test_foreign_responses(void **state) {
  static const struct {
    const char *was, *is;
  } rows[] = {
      {"Call-ID: m1", "Call-ID: m2"}, {"CSeq: 1", "CSeq: 2"}, {"tag=near", "tag=near2"}, {"tag=near", "tag=NEAR"}};
  struct sip_bench *b = *state;
  char text[4000], changed[4000];
  fake_receive(b->home, message(b, "m1"));
  struct hanse_slice good = sip_bench_response(b, b->partner, "200 OK", NULL, NULL);
  snprintf(text, sizeof text, "%.*s", HANSE_FMT(good));
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const char *at = strstr(text, rows[i].was);
    assert_non_null(at);
    int n = snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text, rows[i].is, at + strlen(rows[i].was));
    fake_receive(b->partner, hanse_slice(changed, (size_t)n));
    assert_int_equal(sip_bench_count(b, b->home), 0);
  }
  assert_int_equal(fake_counter(b->world, "stray_responses"), 4);
  fake_receive(b->partner, good);
  sip_bench_expect(b, b->home, 200);
}

static void note_answer(void *argument, struct hanse_message *message) {
  if (message->facts->flags & HANSE_FACT_ANSWER) *(struct hanse_message **)argument = message;
}

/* Who talks to whom is what the request said, whatever the response makes of it. */
static void test_facts_of_response(void **state) {
  struct sip_bench *b = *state;
  struct hanse_message *answer = NULL;
  char text[4000];
  fake_look(b->world, note_answer, &answer);
  fake_judge_answers(b->world, FAKE_HOLD, HANSE_F_NONE);
  fake_receive(b->home, message(b, "m1"));
  struct hanse_slice good = sip_bench_response(b, b->partner, "200 OK", NULL, NULL);
  int n = snprintf(text, sizeof text, "%.*s", HANSE_FMT(good));
  memcpy(strstr(text, "bob@b.test"), "rob@c.test", 10);
  memcpy(strstr(text, "alice@a.test"), "clara@d.test", 12);
  fake_receive(b->partner, hanse_slice(text, (size_t)n));
  assert_non_null(answer);
  fake_advance(b->world, 40 * HANSE_SECOND); /* the request is gone, what was said of it stays */
  assert_int_equal(answer->facts->status, 200);
  assert_true(hanse_same(answer->facts->from.user, HANSE_LIT("alice")));
  assert_true(hanse_same(answer->facts->from.domain, HANSE_LIT("a.test")));
  assert_true(hanse_same(answer->facts->to.user, HANSE_LIT("bob")));
  assert_true(hanse_same(answer->facts->to.domain, HANSE_LIT("b.test")));
  assert_true(fake_release(b->world, FAKE_PASS, HANSE_F_NONE));
}

/* A response from another connection of the same peer is good (RFC 3261 §18.2.2). */
static void test_response_on_another_link(void **state) {
  struct sip_bench *b = *state;
  struct hanse_link *other = fake_link(b->world, HANSE_SIDE_PARTNER, "198.51.100.7:40000", "edge.a.test:5061");
  fake_link_proved(other, "edge.b.test");
  fake_receive(b->home, message(b, "m1"));
  fake_receive(other, sip_bench_response(b, b->partner, "200 OK", NULL, NULL));
  sip_bench_expect(b, b->home, 200);
}

/* The requester's link is gone: the response finds another one to the same peer, or is dropped. */
static void test_requester_gone(void **state) {
  struct sip_bench *b = *state;
  fake_receive(b->home, message(b, "m1"));
  fake_receive(b->home, message(b, "m2"));
  struct hanse_slice first = sip_bench_response_to(b, sip_bench_sent(b, b->partner, 1), "200 OK", NULL, NULL);
  struct hanse_slice second = sip_bench_response_to(b, sip_bench_sent(b, b->partner, 2), "200 OK", NULL, NULL);
  fake_link_close(b->home, HANSE_CLOSE_PEER);
  fake_receive(b->partner, first);
  assert_int_equal(sip_bench_count(b, b->home), 0);
  struct hanse_link *again = fake_link(b->world, HANSE_SIDE_HOME, "10.0.0.1:45678", "inner.a.test:5061");
  fake_receive(b->partner, second);
  sip_bench_expect(b, again, 200);
  assert_string_equal(fake_left(b->world), "");
}

/* The requester's link takes no more: nothing is lost but the answer. */
static void test_requester_full(void **state) {
  struct sip_bench *b = *state;
  fake_receive(b->home, message(b, "m1"));
  fake_link_full(b->home, true);
  fake_receive(b->partner, sip_bench_response(b, b->partner, "200 OK", NULL, NULL));
  fake_link_full(b->home, false);
  assert_int_equal(sip_bench_count(b, b->home), 0);
  assert_string_equal(fake_left(b->world), "");
}

/* B7: an address is no domain; the core finds no route to it. */
static void test_address_as_host(void **state) {
  struct sip_bench *b = *state;
  fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "MESSAGE", "sip:bob@127.0.0.1", "m1", NULL, NULL));
  assert_int_equal(fake_facts(b->world)->to.domain.len, 0);
  assert_true(hanse_same(fake_facts(b->world)->to.user, HANSE_LIT("bob")));
}

static void test_repeat(void **state) {
  struct sip_bench *b = *state;
  fake_receive(b->home, message(b, "m1"));
  fake_receive(b->home, message(b, "m1"));
  assert_int_equal(sip_bench_count(b, b->partner), 1);
  assert_int_equal(sip_bench_count(b, b->home), 0);
  assert_int_equal(fake_counter(b->world, "repeats"), 1);
  /* the same branch from another peer is another transaction */
  struct hanse_link *other = fake_link(b->world, HANSE_SIDE_HOME, "10.0.0.9:34567", "inner.a.test:5061");
  fake_receive(other, message(b, "m1"));
  assert_int_equal(sip_bench_count(b, b->partner), 2);
}

/* RFC 3261 §17.2.3: without the cookie the branch alone says nothing; and one that is longer than any room. */
static void test_odd_branches(void **state) {
  struct sip_bench *b = *state;
  char branch[400];
  memset(branch, 'x', sizeof branch - 1);
  branch[sizeof branch - 1] = '\0';
  const struct {
    const char *branch, *call;
    unsigned sent;
  } rows[] = {{"old", "c1", 1},  {"old", "c1", 1},  {"old", "c2", 2},
              {branch, "c3", 3}, {branch, "c3", 3}, {branch, "c4", 4}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    fake_receive(b->home, sip_bench_text(b, NULL,
                                         "MESSAGE sip:bob@b.test SIP/2.0\nVia: SIP/2.0/TLS 10.0.0.1;branch=%s\n"
                                         "Max-Forwards: 70\nFrom: <sip:alice@a.test>;tag=n\nTo: <sip:bob@b.test>\n"
                                         "Call-ID: %s\nCSeq: 1 MESSAGE\n",
                                         rows[i].branch, rows[i].call));
    assert_int_equal(sip_bench_count(b, b->partner), rows[i].sent);
  }
  assert_int_equal(fake_counter(b->world, "repeats"), 2);
}

static void test_refused(void **state) {
  struct sip_bench *b = *state;
  fake_judge(b->world, HANSE_SIDE_HOME, FAKE_REFUSE, HANSE_F_POLICY);
  fake_receive(b->home, message(b, "m1"));
  const struct sip_message *reply = sip_bench_sent(b, b->home, 1);
  assert_non_null(strstr(sip_bench_header(b, reply, "Warning", 1), "399 node.test \"policy decision=word"));
  assert_int_equal(reply->to.tag.len, 16);
  sip_bench_expect(b, b->home, 403);
  assert_int_equal(sip_bench_count(b, b->partner), 0);
  assert_string_equal(fake_left(b->world), "");
}

static void test_held_and_released(void **state) {
  struct sip_bench *b = *state;
  fake_judge(b->world, HANSE_SIDE_HOME, FAKE_HOLD, HANSE_F_NONE);
  fake_receive(b->home, message(b, "m1"));
  assert_int_equal(sip_bench_count(b, b->partner), 0);
  assert_true(fake_release(b->world, FAKE_PASS, HANSE_F_NONE));
  fake_receive(b->partner, sip_bench_response(b, b->partner, "200 OK", NULL, NULL));
  sip_bench_expect(b, b->home, 200);
  fake_receive(b->home, message(b, "m2")); /* and one that nobody releases */
  fake_advance(b->world, 31 * HANSE_SECOND);
  assert_int_equal(sip_bench_sent(b, b->home, 0)->status, 504);
  assert_false(fake_release(b->world, FAKE_PASS, HANSE_F_NONE));
}

static void test_answer_denied(void **state) {
  struct sip_bench *b = *state;
  fake_judge_answers(b->world, FAKE_REFUSE, HANSE_F_POLICY);
  fake_receive(b->home, message(b, "m1"));
  fake_receive(b->partner, sip_bench_response(b, b->partner, "200 OK", NULL, NULL));
  sip_bench_expect(b, b->home, 403);
  assert_string_equal(fake_left(b->world), "");
}

static void test_answer_held_too_long(void **state) {
  struct sip_bench *b = *state;
  fake_judge_answers(b->world, FAKE_HOLD, HANSE_F_NONE);
  fake_receive(b->home, message(b, "m1"));
  fake_receive(b->partner, sip_bench_response(b, b->partner, "200 OK", NULL, NULL));
  fake_advance(b->world, 31 * HANSE_SECOND);
  assert_int_equal(sip_bench_sent(b, b->home, 0)->status, 504);
  assert_true(fake_release(b->world, FAKE_PASS, HANSE_F_NONE));
  assert_int_equal(sip_bench_count(b, b->home), 2); /* 100 and 504 */
  assert_string_equal(fake_left(b->world), "");
}

/* R73: nothing is kept, nothing is answered. */
static void test_benotify(void **state) {
  struct sip_bench *b = *state;
  struct sip_bench_dialog dialog = sip_bench_dialog(b, "call");
  const char *form =
      "BENOTIFY sip:alice@10.0.0.1:5061 SIP/2.0\nVia: SIP/2.0/TLS 192.0.2.2:5061;branch=z9hG4bKbn\n%s"
      "Max-Forwards: 70\nFrom: <sip:bob@b.test>;tag=far\nTo: <sip:alice@a.test>;tag=near\nCall-ID: call\n"
      "CSeq: 2 BENOTIFY\nEvent: presence\n";
  fake_receive(b->partner, sip_bench_text(b, NULL, form, dialog.partner_route));
  assert_int_equal(sip_bench_count(b, b->home), 1);
  assert_int_equal(fake_facts(b->world)->flags, HANSE_FACT_IN_DIALOG | HANSE_FACT_NO_ANSWER);
  fake_advance(b->world, 33 * HANSE_SECOND); /* the INVITE is forgotten too */
  assert_string_equal(fake_left(b->world), "");
  fake_judge(b->world, HANSE_SIDE_PARTNER, FAKE_REFUSE, HANSE_F_POLICY);
  fake_receive(b->partner, sip_bench_text(b, NULL, form, dialog.partner_route));
  fake_receive(b->partner, sip_bench_text(b, NULL, form, ""));                  /* no token */
  fake_receive(b->partner, sip_bench_text(b, NULL, form, "Max-Forwards: x\n")); /* unreadable */
  fake_receive(b->partner,                                                      /* to ourselves */
               sip_bench_request(b, HANSE_SIDE_PARTNER, "BENOTIFY", "sip:edge.a.test:5061", "p", NULL, NULL));
  assert_int_equal(sip_bench_count(b, b->partner), 0);
  assert_int_equal(sip_bench_count(b, b->home), 1);
  assert_string_equal(fake_left(b->world), "");
}

static void test_silent_waits_for_link(void **state) {
  struct sip_bench *b = *state;
  fake_target_link(b->edge, NULL, HANSE_SKIP);
  fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "BENOTIFY", "sip:bob@b.test", "bn", NULL, NULL));
  assert_int_equal(fake_target_waits(b->edge), 1);
  fake_target_ready(b->edge, b->partner, HANSE_F_NONE);
  assert_int_equal(sip_bench_count(b, b->partner), 1);
  assert_string_equal(fake_left(b->world), "");
}

/* B3: one canonical identity on the wire, the requester's own spelling on the way back. */
static void test_spelling(void **state) {
  struct sip_bench *b = *state;
  fake_receive(b->home, sip_bench_text(b, NULL,
                                       "MESSAGE sip:bob@B.TEST. SIP/2.0\nVia: SIP/2.0/TLS 10.0.0.1;branch=z9hG4bKsp\n"
                                       "From: \"A\" <sip:alice@A.Test>;tag=near\nTo: <sip:bob@B.Test>\nCall-ID: sp\n"
                                       "CSeq: 1 MESSAGE\n"));
  const struct sip_message *sent = sip_bench_sent(b, b->partner, 1);
  assert_true(hanse_same(sent->uri.text, HANSE_LIT("sip:bob@b.test")));
  assert_string_equal(sip_bench_header(b, sent, "From", 1), "\"A\" <sip:alice@a.test>;tag=near");
  assert_string_equal(sip_bench_header(b, sent, "To", 1), "<sip:bob@b.test>");
  assert_string_equal(sip_bench_header(b, sent, "Max-Forwards", 1), "70");
  fake_receive(b->partner, sip_bench_response(b, b->partner, "200 OK", NULL, NULL));
  const struct sip_message *back = sip_bench_sent(b, b->home, 1);
  assert_string_equal(sip_bench_header(b, back, "From", 1), "\"A\" <sip:alice@A.Test>;tag=near");
  assert_string_equal(sip_bench_header(b, back, "To", 1), "<sip:bob@B.Test>;tag=far");
}

/* B16 */
/* Escapes that mean nothing hide nobody from policies; on the wire they stay (RFC 3261 §19.1.4). */
static void test_escaped_user(void **state) {
  static const struct {
    const char *user, *fact;
  } rows[] = {
      {"%62ob", "bob"}, {"b%6Fb%2e%2D", "bob.-"}, {"b%40c", "b%40c"}, {"b%2Fc", "b%2Fc"}, {"%00%25b", "%00%25b"}};
  struct sip_bench *b = *state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    char branch[8], uri[64];
    snprintf(branch, sizeof branch, "u%zu", i);
    snprintf(uri, sizeof uri, "sip:%s@b.test", rows[i].user);
    fake_receive(b->home, message_to(b, uri, branch));
    assert_true(hanse_same(fake_facts(b->world)->to.user, hanse_text(rows[i].fact)));
    assert_true(hanse_same(sip_bench_sent(b, b->partner, 0)->uri.text, hanse_text(uri)));
  }
}

static void test_expires(void **state) {
  static const char *const rows[][2] = {{"100000000000", "4294967295"},
                                        {"4294967296", "4294967295"},
                                        {"4294967294", "4294967294"},
                                        {"0", "0"},
                                        {"soon", "soon"}};
  struct sip_bench *b = *state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    char branch[32], more[64];
    snprintf(branch, sizeof branch, "x%zu", i);
    snprintf(more, sizeof more, "Expires: %s\n", rows[i][0]);
    fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "SUBSCRIBE", "sip:bob@b.test", branch, more, NULL));
    assert_string_equal(sip_bench_header(b, sip_bench_sent(b, b->partner, 0), "Expires", 1), rows[i][1]);
  }
}

/* RFC 3261 §18.2.1, RFC 3581: the next hop learns where the request really came from. */
/* The topmost Via of the last message. */
static const char *via_of(struct sip_bench *b, struct hanse_link *link) {
  struct hanse_slice copy;
  return hanse_copy(&b->arena, sip_bench_sent(b, link, 0)->via.text, &copy) == HANSE_OK ? copy.at : "";
}

static void test_received(void **state) {
  static const struct {
    const char *via, *want;
  } rows[] = {
      {"SIP/2.0/TLS 10.0.0.1:5061;branch=z9hG4bK1", "SIP/2.0/TLS 10.0.0.1:5061;branch=z9hG4bK1"},
      {"SIP/2.0/TLS home.a.test;branch=z9hG4bK2", "SIP/2.0/TLS home.a.test;branch=z9hG4bK2;received=10.0.0.1"},
      {"SIP/2.0/TLS home.a.test;received=9.9.9.9;branch=z9hG4bK3",
       "SIP/2.0/TLS home.a.test;received=10.0.0.1;branch=z9hG4bK3"},
      {"SIP/2.0/TLS home.a.test;rport;branch=z9hG4bK4",
       "SIP/2.0/TLS home.a.test;rport=34567;branch=z9hG4bK4;received=10.0.0.1"},
      {"SIP/2.0/TLS home.a.test;branch=z9hG4bK5;rport",
       "SIP/2.0/TLS home.a.test;branch=z9hG4bK5;rport=34567;received=10.0.0.1"},
  };
  struct sip_bench *b = *state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    fake_receive(b->home,
                 sip_bench_text(b, NULL,
                                "MESSAGE sip:bob@b.test SIP/2.0\nVia: %s\nMax-Forwards: 9\nFrom: <sip:alice@a.test>;"
                                "tag=n\nTo: <sip:bob@b.test>\nCall-ID: r%zu\nCSeq: 1 MESSAGE\n",
                                rows[i].via, i));
    assert_string_equal(sip_bench_header(b, sip_bench_sent(b, b->partner, 0), "Via", 2), rows[i].want);
    fake_receive(b->home, /* and what we answer ourselves, with and without a transaction */
                 sip_bench_text(b, NULL,
                                "MESSAGE sip:bob@b.test SIP/2.0\nVia: %s, SIP/2.0/TLS pc;rport;branch=z9hG4bKx\n"
                                "Max-Forwards: 0\nFrom: <sip:alice@a.test>;tag=n\nTo: <sip:bob@b.test>\n"
                                "Call-ID: s%zu\nCSeq: 1 MESSAGE\n",
                                rows[i].via, i));
    assert_string_equal(via_of(b, b->home), rows[i].want);
  }
  fake_advance(b->world, 31 * HANSE_SECOND);
  assert_int_equal(sip_bench_sent(b, b->home, 0)->status, 504);
  assert_string_equal(via_of(b, b->home), rows[4].want);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, sip_bench_setup, sip_bench_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_there),
      TEST(test_facts),
      TEST(test_and_back),
      TEST(test_from_outside),
      TEST(test_statuses),
      TEST(test_no_answer),
      TEST(test_provisional),
      TEST(test_stray_responses),
      TEST(test_foreign_responses),
      TEST(test_facts_of_response),
      TEST(test_response_on_another_link),
      TEST(test_requester_gone),
      TEST(test_requester_full),
      TEST(test_address_as_host),
      TEST(test_repeat),
      TEST(test_odd_branches),
      TEST(test_refused),
      TEST(test_held_and_released),
      TEST(test_answer_denied),
      TEST(test_answer_held_too_long),
      TEST(test_benotify),
      TEST(test_silent_waits_for_link),
      TEST(test_spelling),
      TEST(test_escaped_user),
      TEST(test_expires),
      TEST(test_received),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
