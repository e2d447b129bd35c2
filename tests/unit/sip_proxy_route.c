/* What a proxy checks before it forwards, and route sets: RFC 3261 §16.3, §16.4, §16.6, RFC 5393, RFC 5658. */
#include "tests/lib/sip_bench.h"

/* A request inside the dialog "call" from either side, with these Route lines. */
static void inside(struct sip_bench *b, enum hanse_side side, const char *method, const char *call, const char *route,
                   const char *uri) {
  static unsigned number;
  bool home = side == HANSE_SIDE_HOME;
  number++;
  fake_receive(home ? b->home : b->partner,
               sip_bench_text(b, NULL,
                              "%s %s SIP/2.0\nVia: SIP/2.0/TLS %s;branch=z9hG4bKin%u\n%sMax-Forwards: 70\n"
                              "From: <sip:%s>;tag=%s\nTo: <sip:%s>;tag=%s\nCall-ID: %s\nCSeq: %u %s\n",
                              method, uri, home ? "10.0.0.1:5061" : "192.0.2.2:5061", number, route,
                              home ? "alice@a.test" : "bob@b.test", home ? "near" : "far",
                              home ? "bob@b.test" : "alice@a.test", home ? "far" : "near", call, 1 + number, method));
}

static void test_double_record_route(void **state) {
  struct sip_bench *b = *state;
  fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "INVITE", "sip:bob@b.test", "c",
                                          "Record-Route: <sip:proxy.a.test;lr>\n", NULL));
  const struct sip_message *sent = sip_bench_sent(b, b->partner, 1);
  /* the outgoing side on top (RFC 5658 §4) */
  assert_int_equal(
      strncmp(sip_bench_header(b, sent, "Record-Route", 1), "<sip:edge.a.test:5061;transport=tls;lr;hanse=", 44), 0);
  assert_int_equal(
      strncmp(sip_bench_header(b, sent, "Record-Route", 2), "<sip:inner.a.test:5061;transport=tls;lr;hanse=", 45), 0);
  assert_string_equal(sip_bench_header(b, sent, "Record-Route", 3), "<sip:proxy.a.test;lr>");
}

static void test_sips(void **state) {
  struct sip_bench *b = *state;
  fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "INVITE", "sips:bob@b.test", "c", NULL, NULL));
  const char *value = sip_bench_header(b, sip_bench_sent(b, b->partner, 1), "Record-Route", 1);
  assert_int_equal(strncmp(value, "<sips:edge.a.test:5061;", 23), 0);
}

static void test_plain_inside(void **state) {
  struct sip_bench *b = *state;
  fake_link_secure(b->home, false);
  fake_receive(b->partner, sip_bench_request(b, HANSE_SIDE_PARTNER, "INVITE", "sip:alice@a.test", "c", NULL, NULL));
  const struct sip_message *sent = sip_bench_sent(b, b->home, 1);
  assert_true(hanse_same(sent->via.transport, HANSE_LIT("TCP")));
  assert_int_equal(
      strncmp(sip_bench_header(b, sent, "Record-Route", 1), "<sip:inner.a.test:5061;transport=tcp;lr;", 40), 0);
  assert_int_equal(strncmp(sip_bench_header(b, sent, "Record-Route", 2), "<sip:edge.a.test:5061;transport=tls;lr;", 39),
                   0);
}

/* RFC 3261 §16.6 step 4: MESSAGE forms no dialog; RFC 6665 wants it on SUBSCRIBE and NOTIFY. */
static void test_which_methods_record(void **state) {
  static const struct {
    const char *method;
    bool records;
  } rows[] = {{"MESSAGE", false}, {"OPTIONS", false}, {"SUBSCRIBE", true}, {"NOTIFY", true},
              {"REFER", true},    {"PUBLISH", false}, {"INFO", false}};
  struct sip_bench *b = *state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    fake_receive(b->home,
                 sip_bench_request(b, HANSE_SIDE_HOME, rows[i].method, "sip:bob@b.test", rows[i].method, NULL, NULL));
    const char *value = sip_bench_header(b, sip_bench_sent(b, b->partner, 0), "Record-Route", 1);
    assert_int_equal(*value != '\0', rows[i].records);
  }
}

static void test_both_popped(void **state) {
  struct sip_bench *b = *state;
  struct sip_bench_dialog dialog = sip_bench_dialog(b, "call");
  char route[6000];
  snprintf(route, sizeof route, "%sRoute: <sip:proxy.b.test;lr;ms-x=1>, <sip:far.b.test;lr>\n", dialog.home_route);
  inside(b, HANSE_SIDE_HOME, "INFO", "call", route, "sip:bob@192.0.2.2:5061");
  const struct sip_message *sent = sip_bench_sent(b, b->partner, 1);
  assert_string_equal(sip_bench_header(b, sent, "Route", 1), "<sip:proxy.b.test;lr;ms-x=1>, <sip:far.b.test;lr>");
  assert_string_equal(sip_bench_header(b, sent, "Route", 2), "");
  assert_true(hanse_same(sent->uri.text, HANSE_LIT("sip:bob@192.0.2.2:5061")));
}

/* All in one line, as some stacks send it. */
static void test_one_line(void **state) {
  struct sip_bench *b = *state;
  struct sip_bench_dialog dialog = sip_bench_dialog(b, "call");
  char route[6000], *second;
  snprintf(route, sizeof route, "%s", dialog.partner_route);
  second = strstr(route, "\nRoute: ");
  assert_non_null(second);
  memmove(second + 2, second + 8, strlen(second + 8) + 1);
  second[0] = ',', second[1] = ' ';
  inside(b, HANSE_SIDE_PARTNER, "UNHEARD-OF", "call", route, "sip:alice@10.0.0.1:5061");
  const struct sip_message *sent = sip_bench_sent(b, b->home, 1);
  assert_string_equal(sip_bench_header(b, sent, "Route", 1), "");
  assert_true(hanse_same(sent->method_text, HANSE_LIT("UNHEARD-OF")));
}

/* B9: no token, a forged one, another's, on the wrong side, of another call. */
static void test_bad_tokens(void **state) {
  struct sip_bench *b = *state;
  struct sip_bench_dialog dialog = sip_bench_dialog(b, "call");
  char forged[6000];
  snprintf(forged, sizeof forged, "%s", dialog.partner_route);
  char *token = strstr(forged, "hanse=") + 12;
  *token = *token == 'x' ? 'y' : 'x';
  const struct {
    const char *call, *route;
  } rows[] = {
      {"call", ""},
      {"call", forged},
      {"call", dialog.home_route},
      {"other", dialog.partner_route},
      {"call", "Route: <sip:edge.a.test:5061;lr>\n"},
      {"call", "Route: <sip:edge.a.test:5061;lr;hanse>\n"},
      {"call", "Route: <sip:edge.a.test:5061;lr;hanse=AAAA>\n"},
      {"call", "Route: <sip:elsewhere.test;lr>\n"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    inside(b, HANSE_SIDE_PARTNER, "MESSAGE", rows[i].call, rows[i].route, "sip:alice@10.0.0.1:5061");
    sip_bench_expect(b, b->partner, 481);
    inside(b, HANSE_SIDE_PARTNER, "ACK", rows[i].call, rows[i].route, "sip:alice@10.0.0.1:5061");
    assert_int_equal(sip_bench_count(b, b->partner), 0);
  }
  assert_int_equal(sip_bench_count(b, b->home), 0);
}

/* From the partner in the dialog "call", with whatever it says. */
static void from_partner(struct sip_bench *b, const char *method, const char *uri, const char *route, const char *from,
                         const char *to) {
  static unsigned number;
  number++;
  fake_receive(b->partner, sip_bench_text(b, NULL,
                                          "%s %s SIP/2.0\nVia: SIP/2.0/TLS 192.0.2.2:5061;branch=z9hG4bKfp%u\n%s"
                                          "Max-Forwards: 70\nFrom: %s\nTo: %s\nCall-ID: call\nCSeq: %u %s\n",
                                          method, uri, number, route, from, to, 50 + number, method));
}

/* A token is for the dialog whose opener's tag it was sealed with, on either side of it. */
static void test_token_of_another_dialog(void **state) {
  static const struct {
    const char *from, *to;
    bool passes;
  } rows[] = {{"<sip:bob@b.test>;tag=far", "<sip:alice@a.test>;tag=near", true},
              {"<sip:bob@b.test>;tag=near", "<sip:alice@a.test>;tag=x", true},
              {"<sip:bob@b.test>;tag=far", "<sip:carol@a.test>;tag=made-up", false},
              {"<sip:mallory@b.test>;tag=new", "<sip:alice@a.test>;tag=NEAR", false},
              {"<sip:bob@b.test>;tag=far", "<sip:alice@a.test>;tag=nea", false}};
  struct sip_bench *b = *state;
  struct sip_bench_dialog dialog = sip_bench_dialog(b, "call");
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    from_partner(b, "INFO", "sip:alice@10.0.0.1:5061", dialog.partner_route, rows[i].from, rows[i].to);
    assert_int_equal(sip_bench_count(b, b->home), rows[i].passes);
    if (!rows[i].passes) assert_int_equal(sip_bench_sent(b, b->partner, 0)->status, 481);
    fake_take(b->home);
    fake_take(b->partner);
  }
}

/* What is recorded anew in the dialog, by either side, holds for the same dialog. */
static void test_token_recorded_anew(void **state) {
  struct sip_bench *b = *state;
  struct sip_bench_dialog dialog = sip_bench_dialog(b, "call");
  char route[3000];
  from_partner(b, "INVITE", "sip:alice@10.0.0.1:5061", dialog.partner_route, "<sip:bob@b.test>;tag=far",
               "<sip:alice@a.test>;tag=near");
  const struct sip_message *sent = sip_bench_sent(b, b->home, 1);
  snprintf(route, sizeof route, "Route: %s, %s\n", sip_bench_header(b, sent, "Record-Route", 2),
           sip_bench_header(b, sent, "Record-Route", 1));
  fake_take(b->home);
  from_partner(b, "INFO", "sip:alice@10.0.0.1:5061", route, "<sip:bob@b.test>;tag=another",
               "<sip:alice@a.test>;tag=near");
  assert_int_equal(sip_bench_count(b, b->home), 1);
  fake_take(b->home);
  fake_take(b->partner);
  from_partner(b, "INFO", "sip:alice@10.0.0.1:5061", route, "<sip:bob@b.test>;tag=far", "<sip:alice@a.test>;tag=other");
  sip_bench_expect(b, b->partner, 481);
}

/* REGISTER and PUBLISH belong to no dialog: a token of one does not open them. */
static void test_methods_inside(void **state) {
  static const struct {
    const char *method;
    unsigned status;
  } rows[] = {{"REGISTER", 405}, {"PUBLISH", 405}, {"REFER", 0}, {"BREW", 0}};
  struct sip_bench *b = *state;
  struct sip_bench_dialog dialog = sip_bench_dialog(b, "call");
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    inside(b, HANSE_SIDE_PARTNER, rows[i].method, "call", dialog.partner_route, "sip:alice@10.0.0.1:5061");
    assert_int_equal(sip_bench_count(b, b->home), rows[i].status == 0);
    if (rows[i].status) sip_bench_expect(b, b->partner, rows[i].status);
    fake_take(b->home);
    inside(b, HANSE_SIDE_HOME, rows[i].method, "call", dialog.home_route, "sip:bob@192.0.2.2:5061");
    assert_int_equal(sip_bench_count(b, b->partner), 1);
    fake_take(b->partner);
  }
}

/* A Request-URI in a domain that we know is who will get it; a contact elsewhere says nothing, and To does. */
static void test_who_is_judged_inside(void **state) {
  static const struct {
    const char *uri, *user, *domain;
  } rows[] = {{"sip:alice@10.0.0.1:5061", "alice", "a.test"},
              {"sip:ceo@A.test;gruu", "ceo", "a.test"},
              {"sip:ceo@b.test", "ceo", "b.test"},
              {"sip:ceo@pc33.a.test", "alice", "a.test"},
              {"sip:ceo@gw.internal.test", "alice", "a.test"}};
  struct sip_bench *b = *state;
  struct sip_bench_dialog dialog = sip_bench_dialog(b, "call");
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    from_partner(b, "INFO", rows[i].uri, dialog.partner_route, "<sip:bob@b.test>;tag=far",
                 "<sip:alice@a.test.>;tag=near");
    const struct hanse_facts *facts = fake_facts(b->world);
    assert_true(hanse_same(facts->to.user, hanse_text(rows[i].user)));
    assert_true(hanse_same(facts->to.domain, hanse_text(rows[i].domain)));
    const struct sip_message *sent = sip_bench_sent(b, b->home, 1);
    assert_true(hanse_same(sent->uri.text, hanse_text(rows[i].uri)));
    assert_true(hanse_same(sent->to.uri.text, HANSE_LIT("sip:alice@a.test")));
    fake_take(b->home);
  }
}

/* The key may be replaced once while a dialog lives. */
static void test_rotated_keys(void **state) {
  struct sip_bench *b = *state;
  struct sip_bench_dialog dialog = sip_bench_dialog(b, "call");
  fake_rotate_keys(b->world);
  inside(b, HANSE_SIDE_PARTNER, "INFO", "call", dialog.partner_route, "sip:alice@10.0.0.1:5061");
  assert_int_equal(sip_bench_count(b, b->home), 1);
  fake_receive(b->home, sip_bench_response(b, b->home, "200 OK", NULL, NULL));
  sip_bench_expect(b, b->partner, 200);
  fake_rotate_keys(b->world);
  inside(b, HANSE_SIDE_PARTNER, "INFO", "call", dialog.partner_route, "sip:alice@10.0.0.1:5061");
  sip_bench_expect(b, b->partner, 481);
}

/* A response that was under way when the key was replaced. */
static void test_rotated_branch(void **state) {
  struct sip_bench *b = *state;
  fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "MESSAGE", "sip:bob@b.test", "m1", NULL, NULL));
  struct hanse_slice ok = sip_bench_response(b, b->partner, "200 OK", NULL, NULL);
  fake_rotate_keys(b->world);
  fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "MESSAGE", "sip:bob@b.test", "m2", NULL, NULL));
  fake_receive(b->partner, ok);
  sip_bench_expect(b, b->home, 200);
}

/* ---- strict routers ---- */

/* §16.4: our own entry is the Request-URI, what it was stands last. */
static void test_strict_before_us(void **state) {
  struct sip_bench *b = *state;
  struct sip_bench_dialog dialog = sip_bench_dialog(b, "call");
  char uri[2000], route[4000], *end;
  const char *first = strchr(dialog.home_route, '<') + 1, *rest = strchr(dialog.home_route, '\n') + 1;
  snprintf(uri, sizeof uri, "%s", first);
  end = strchr(uri, '>');
  *end = '\0';
  snprintf(route, sizeof route, "%sRoute: <sip:bob@192.0.2.2:5061>\n", rest);
  inside(b, HANSE_SIDE_HOME, "INFO", "call", route, uri);
  const struct sip_message *sent = sip_bench_sent(b, b->partner, 1);
  assert_true(hanse_same(sent->uri.text, HANSE_LIT("sip:bob@192.0.2.2:5061")));
  assert_string_equal(sip_bench_header(b, sent, "Route", 1), "");
}

/* … in one line with others. */
static void test_strict_before_us_one_line(void **state) {
  struct sip_bench *b = *state;
  struct sip_bench_dialog dialog = sip_bench_dialog(b, "call");
  char uri[2000], route[4000], second[2000];
  snprintf(uri, sizeof uri, "%s", strchr(dialog.home_route, '<') + 1);
  *strchr(uri, '>') = '\0';
  snprintf(second, sizeof second, "%s", strchr(dialog.home_route, '\n') + 1 + 7);
  *strchr(second, '\n') = '\0';
  snprintf(route, sizeof route, "Route: %s, <sip:p.b.test;lr>, <sip:bob@192.0.2.2:5061>\n", second);
  inside(b, HANSE_SIDE_HOME, "INFO", "call", route, uri);
  const struct sip_message *sent = sip_bench_sent(b, b->partner, 1);
  assert_true(hanse_same(sent->uri.text, HANSE_LIT("sip:bob@192.0.2.2:5061")));
  assert_string_equal(sip_bench_header(b, sent, "Route", 1), "<sip:p.b.test;lr>");
}

/* … and where nothing but our own entry and what was the Request-URI stands in that line. */
static void test_strict_before_us_nothing_else(void **state) {
  struct sip_bench *b = *state;
  struct sip_bench_dialog dialog = sip_bench_dialog(b, "call");
  char uri[2000], route[4000], second[2000];
  snprintf(uri, sizeof uri, "%s", strchr(dialog.home_route, '<') + 1);
  *strchr(uri, '>') = '\0';
  snprintf(second, sizeof second, "%s", strchr(dialog.home_route, '\n') + 1 + 7);
  *strchr(second, '\n') = '\0';
  snprintf(route, sizeof route, "Route: %s, <sip:bob@192.0.2.2:5061>\n", second);
  inside(b, HANSE_SIDE_HOME, "INFO", "call", route, uri);
  const struct sip_message *sent = sip_bench_sent(b, b->partner, 1);
  assert_true(hanse_same(sent->uri.text, HANSE_LIT("sip:bob@192.0.2.2:5061")));
  assert_string_equal(sip_bench_header(b, sent, "Route", 1), "");
  fake_take(b->partner);
  /* strict on both sides of us: the next one's address is the Request-URI, the destination is again the last */
  snprintf(route, sizeof route, "Route: %s, <sip:strict.b.test>, <sip:bob@192.0.2.2:5061>\n", second);
  inside(b, HANSE_SIDE_HOME, "INFO", "call", route, uri);
  sent = sip_bench_sent(b, b->partner, 1);
  assert_true(hanse_same(sent->uri.text, HANSE_LIT("sip:strict.b.test")));
  assert_string_equal(sip_bench_header(b, sent, "Route", 1), "<sip:bob@192.0.2.2:5061>");
  assert_string_equal(sip_bench_header(b, sent, "Route", 2), "");
}

/* §16.6 step 6: the next entry has no lr. */
static void test_strict_behind_us(void **state) {
  struct sip_bench *b = *state;
  struct sip_bench_dialog dialog = sip_bench_dialog(b, "call");
  char route[6000];
  snprintf(route, sizeof route, "%sRoute: <sip:strict.b.test>, <sip:far.b.test;lr>\n", dialog.home_route);
  inside(b, HANSE_SIDE_HOME, "INFO", "call", route, "sip:bob@192.0.2.2:5061");
  const struct sip_message *sent = sip_bench_sent(b, b->partner, 0);
  assert_true(hanse_same(sent->uri.text, HANSE_LIT("sip:strict.b.test")));
  assert_string_equal(sip_bench_header(b, sent, "Route", 1), "<sip:far.b.test;lr>");
  assert_string_equal(sip_bench_header(b, sent, "Route", 2), "<sip:bob@192.0.2.2:5061>");
  snprintf(route, sizeof route, "%sRoute: <sip:strict.b.test>\n", dialog.home_route);
  inside(b, HANSE_SIDE_HOME, "INFO", "call", route, "sip:bob@192.0.2.2:5061");
  sent = sip_bench_sent(b, b->partner, 0);
  assert_true(hanse_same(sent->uri.text, HANSE_LIT("sip:strict.b.test")));
  assert_string_equal(sip_bench_header(b, sent, "Route", 1), "<sip:bob@192.0.2.2:5061>");
}

/* ---- checks ---- */

static const struct check {
  enum hanse_side side;
  const char *method, *uri, *more;
  unsigned status; /* 0: it is forwarded */
} checks[] = {
    {HANSE_SIDE_PARTNER, "MESSAGE", "sip:alice@a.test", "Route: <sip:third.test;lr>\n", 403}, /* B8 */
    {HANSE_SIDE_PARTNER, "MESSAGE", "sip:alice@a.test", "Route: <sip:edge.a.test;lr>, <sip:third.test;lr>\n", 403},
    {HANSE_SIDE_PARTNER, "MESSAGE", "sip:alice@a.test", "Route: <sip:edge.a.test:5061;lr>\n", 0},
    {HANSE_SIDE_PARTNER, "MESSAGE", "sip:alice@a.test", "Route: <sip:EDGE.a.test.;lr>\n", 0},
    {HANSE_SIDE_PARTNER, "MESSAGE", "sip:alice@a.test", "Route: <sip:edge.a.test:5070;lr>\n", 403},
    {HANSE_SIDE_PARTNER, "MESSAGE", "sip:alice@a.test", "Route: <tel:1>\n", 403},
    {HANSE_SIDE_PARTNER, "MESSAGE", "sip:alice@a.test", "Route: <sip:\n", 400},
    {HANSE_SIDE_HOME, "MESSAGE", "sip:bob@b.test", "Route: <sip:inner.a.test;lr>, <sip:edge.b.test;lr>\n", 0},
    {HANSE_SIDE_PARTNER, "REGISTER", "sip:a.test", "", 405}, /* B6 */
    {HANSE_SIDE_PARTNER, "PUBLISH", "sip:alice@a.test", "", 405},
    {HANSE_SIDE_PARTNER, "REFER", "sip:alice@a.test", "", 405},
    {HANSE_SIDE_PARTNER, "NOTIFY", "sip:alice@a.test", "", 481}, /* B15 */
    {HANSE_SIDE_PARTNER, "BYE", "sip:alice@a.test", "", 481},
    {HANSE_SIDE_PARTNER, "message", "sip:alice@a.test", "", 405},
    {HANSE_SIDE_PARTNER, "SUBSCRIBE", "sip:alice@a.test", "", 0},
    {HANSE_SIDE_PARTNER, "OPTIONS", "sip:a.test", "", 0},
    {HANSE_SIDE_HOME, "REFER", "sip:bob@b.test", "", 0},
    {HANSE_SIDE_HOME, "MESSAGE", "sip:bob@b.test", "Proxy-Require: ms-benotify\n", 0},
    {HANSE_SIDE_HOME, "MESSAGE", "sip:bob@b.test", "Proxy-Require: ms-benotify, foo\nProxy-Require: bar\n", 420},
    {HANSE_SIDE_HOME, "MESSAGE", "sip:bob@b.test", "Max-Breadth: 0\n", 440},
    {HANSE_SIDE_HOME, "MESSAGE", "sip:bob@b.test", "Max-Breadth: x\n", 400},
    {HANSE_SIDE_HOME, "MESSAGE", "sip:bob@b.test", "Max-Breadth: 1\n", 0},
    {HANSE_SIDE_HOME, "MESSAGE", "sip:bob@b.test;gr=x;opaque=app:conf:focus:id:Y", "", 0},
    {HANSE_SIDE_PARTNER, "MESSAGE", "im:alice@a.test", "", 416},
};

static void test_checks(void **state) {
  struct sip_bench *b = *state;
  for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
    const struct check *c = &checks[i];
    bool home = c->side == HANSE_SIDE_HOME;
    struct hanse_link *in = home ? b->home : b->partner, *out = home ? b->partner : b->home;
    char branch[32];
    snprintf(branch, sizeof branch, "k%zu", i);
    fake_receive(in, sip_bench_request(b, c->side, c->method, c->uri, branch, c->more, NULL));
    if (sip_bench_count(b, out) != (c->status == 0) || (c->status && sip_bench_sent(b, in, 0)->status != c->status))
      fail_msg("row %zu", i);
    fake_take(in);
    fake_take(out);
  }
}

static void test_unsupported_and_allow(void **state) {
  struct sip_bench *b = *state;
  fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "MESSAGE", "sip:bob@b.test", "u",
                                          "Proxy-Require: ms-benotify, foo\nProxy-Require: bar\n", NULL));
  assert_string_equal(sip_bench_header(b, sip_bench_sent(b, b->home, 1), "Unsupported", 1), "foo, bar");
  fake_receive(b->partner, sip_bench_request(b, HANSE_SIDE_PARTNER, "REGISTER", "sip:a.test", "v", NULL, NULL));
  assert_string_equal(sip_bench_header(b, sip_bench_sent(b, b->partner, 1), "Allow", 1),
                      "INVITE, MESSAGE, SUBSCRIBE, OPTIONS, ACK, CANCEL, BYE");
}

/* B12 */
static void test_hops(void **state) {
  static const struct {
    const char *in, *out;
    unsigned status;
  } rows[] = {{"Max-Forwards: 0\n", NULL, 483},
              {"Max-Forwards: 1\n", "0", 0},
              {"", "70", 0},
              {"Max-Forwards: 300\n", "254", 0},
              {"Max-Forwards: -1\n", NULL, 400},
              {"Max-Forwards: 5\nMax-Forwards: 5\n", NULL, 400}};
  struct sip_bench *b = *state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    fake_receive(b->home,
                 sip_bench_text(b, NULL,
                                "MESSAGE sip:bob@b.test SIP/2.0\nVia: SIP/2.0/TLS 10.0.0.1;branch=z9hG4bKh%zu\n"
                                "%sFrom: <sip:alice@a.test>;tag=n\nTo: <sip:bob@b.test>\nCall-ID: h%zu\n"
                                "CSeq: 1 MESSAGE\n",
                                i, rows[i].in, i));
    if (rows[i].status)
      sip_bench_expect(b, b->home, rows[i].status);
    else
      assert_string_equal(sip_bench_header(b, sip_bench_sent(b, b->partner, 0), "Max-Forwards", 1), rows[i].out);
  }
}

/* B11: the same request comes back through others: 482. With another Request-URI it is a spiral. */
static void test_loop_and_spiral(void **state) {
  struct sip_bench *b = *state;
  fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "MESSAGE", "sip:bob@b.test", "l", NULL, NULL));
  char text[4096];
  struct hanse_slice sent = fake_output(b->partner);
  int n = snprintf(text, sizeof text, "%.*s", HANSE_FMT(sent));
  fake_take(b->partner);
  fake_receive(b->home,
               hanse_slice(text, (size_t)n)); /* a proxy inside sends it round, unchanged but for a Via of its own */
  sip_bench_expect(b, b->home, 482);
  assert_int_equal(fake_counter(b->world, "loops"), 1);
  memcpy(strstr(text, "sip:bob@"), "sip:rob@", 8);
  fake_receive(b->home, hanse_slice(text, (size_t)n));
  assert_int_equal(sip_bench_count(b, b->partner), 1);
  assert_int_equal(sip_bench_sent(b, b->partner, 1)->vias, 3);
}

/* B1: who sends must have a domain. */
static void test_identity_of_sender(void **state) {
  static const char *const froms[] = {"<sip:alice@192.0.2.7>", "<sip:alice@[2001:db8::1]>", "<tel:+1>",
                                      "<sip:alice@a_b.test>", "sip:192.0.2.1"};
  struct sip_bench *b = *state;
  for (size_t i = 0; i < sizeof froms / sizeof froms[0]; i++) {
    fake_receive(b->partner,
                 sip_bench_text(b, NULL,
                                "MESSAGE sip:alice@a.test SIP/2.0\nVia: SIP/2.0/TLS 192.0.2.2;branch=z9hG4bKi%zu\n"
                                "Max-Forwards: 70\nFrom: %s;tag=n\nTo: <sip:alice@a.test>\nCall-ID: i%zu\n"
                                "CSeq: 1 MESSAGE\n",
                                i, froms[i], i));
    sip_bench_expect(b, b->partner, 403);
  }
  assert_int_equal(sip_bench_count(b, b->home), 0);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, sip_bench_setup, sip_bench_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_double_record_route),
      TEST(test_sips),
      TEST(test_plain_inside),
      TEST(test_which_methods_record),
      TEST(test_both_popped),
      TEST(test_one_line),
      TEST(test_bad_tokens),
      TEST(test_token_of_another_dialog),
      TEST(test_token_recorded_anew),
      TEST(test_methods_inside),
      TEST(test_who_is_judged_inside),
      TEST(test_rotated_keys),
      TEST(test_rotated_branch),
      TEST(test_strict_before_us),
      TEST(test_strict_before_us_one_line),
      TEST(test_strict_before_us_nothing_else),
      TEST(test_strict_behind_us),
      TEST(test_checks),
      TEST(test_unsupported_and_allow),
      TEST(test_hops),
      TEST(test_loop_and_spiral),
      TEST(test_identity_of_sender),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
