/* URIs, hosts, addresses and Via entries: rows A13 to A17, B2, B7 of the attack checklist, RFC 5118. */
#include "codec.h"

static struct sip_uri uri_of(const char *text) {
  struct sip_uri uri;
  const char *problem = NULL;
  if (sip_uri_parse(hanse_text(text), &uri, &problem)) fail_msg("%s: %s", text, problem);
  return uri;
}

/* Parsed from a block of exactly its size; *out and *problem as the contract says. */
static void uri_refused(const char *text) {
  struct hanse_slice block = exact_copy(hanse_text(text));
  struct sip_uri uri, before;
  const char *problem = NULL;
  memset(&uri, 0x5a, sizeof uri);
  before = uri;
  if (sip_uri_parse(block, &uri, &problem) != HANSE_F_PARSE) fail_msg("taken: %s", text);
  assert_non_null(problem);
  assert_memory_equal(&uri, &before, sizeof uri);
  exact_free(block);
}

static void uri_parts(void **state) {
  (void)state;
  struct sip_uri uri = uri_of("sips:c.test:x@a.test:5061;transport=tls;lr?Subject=a%20b&x=y");
  assert_int_equal(uri.scheme, SIP_SCHEME_SIPS);
  assert_slice(uri.user, "c.test");
  assert_slice(uri.password, "x");
  assert_slice(uri.host, "a.test");
  assert_int_equal(uri.port, 5061);
  assert_slice(uri.params, ";transport=tls;lr");
  assert_slice(uri.headers, "Subject=a%20b&x=y");
  struct hanse_slice value;
  assert_true(sip_uri_param(&uri, HANSE_LIT("Transport"), &value));
  assert_slice(value, "tls");
  assert_true(sip_uri_param(&uri, HANSE_LIT("lr"), &value));
  assert_null(value.at);
  assert_false(sip_uri_param(&uri, HANSE_LIT("maddr"), &value));
  uri = uri_of("SIP:a.test.");
  assert_int_equal(uri.scheme, SIP_SCHEME_SIP);
  assert_null(uri.user.at);
  assert_null(uri.headers.at);
  assert_int_equal(uri.params.len, 0);
  assert_slice(uri.host, "a.test.");
}

/* Odd but legal user parts of RFC 4475; nothing is unescaped. */
static void uri_users(void **state) {
  (void)state;
  assert_slice(uri_of("sip:sips%3Auser%40example.com@example.net").user, "sips%3Auser%40example.com");
  assert_slice(uri_of("sip:user;par=u%40example.net@example.com").user, "user;par=u%40example.net");
  assert_slice(uri_of("sip:null-%00-null@example.com").user, "null-%00-null");
  struct sip_uri uri = uri_of("sip:1_u.~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d@example.com");
  assert_slice(uri.user, "1_u.~(to-be!sure)&isn't+it$/crazy?,/;;*");
  assert_slice(uri.password, "&it+has=1,weird!*pas$wo~d");
  uri = uri_of("sip:a:@b.test");
  assert_true(uri.password.at && uri.password.len == 0);
}

/* A17. */
static void uri_opaque(void **state) {
  (void)state;
  struct sip_uri uri = uri_of("tel:+19725552222;phone-context=x");
  assert_int_equal(uri.scheme, SIP_SCHEME_TEL);
  assert_slice(uri.opaque, "+19725552222;phone-context=x");
  assert_int_equal(uri.host_kind, SIP_HOST_NONE);
  uri = uri_of("soap.beep://192.0.2.103:3002");
  assert_int_equal(uri.scheme, SIP_SCHEME_OTHER);
  assert_slice(uri.scheme_text, "soap.beep");
  uri = uri_of("urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6");
  assert_slice(uri.opaque, "uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6");
}

/* A15, and the identity traps of B2. */
static void uri_errors(void **state) {
  (void)state;
  static const char *const texts[] = {"",
                                      "sip:",
                                      "sip",
                                      ":a",
                                      "1x:a",
                                      "alan@jasomi.com",
                                      "sip:@b.test",
                                      "sip::x@b.test",
                                      "sip:bob@",
                                      "sip:a@b@c.test",
                                      "sip:bob@b.test:",
                                      "sip:bob@b.test:0",
                                      "sip:bob@b.test:99999",
                                      "sip:bob@b.test:4294967297",
                                      "sip:bob@b.test:5060x",
                                      "sip:bob@b.test:-1",
                                      "sip:bob%@b.test",
                                      "sip:bob%4@b.test",
                                      "sip:bob%4g@b.test",
                                      "sip:b ob@b.test",
                                      "sip:b\"ob@b.test",
                                      "sip:b<ob@b.test",
                                      "sip:bob@%62.test",
                                      "sip:bob@b.test;",
                                      "sip:bob@b.test;;lr",
                                      "sip:bob@b.test;=x",
                                      "sip:bob@b.test; lr",
                                      "sip:bob@b.test;x=%zz",
                                      "sip:bob@b.test;x=<y>",
                                      "sip:bob@b.test?",
                                      "sip:bob@b.test?a=%",
                                      "sip:bob@b.test?a b",
                                      "sip:bob@b.test/x",
                                      "sip:bob@b..test",
                                      "sip:bob@.test",
                                      "sip:bob@.",
                                      "sip:bob@2001:db8::10",
                                      "sip:bob@[::1",
                                      "isbn:",
                                      "isbn:a b",
                                      "isbn:a>b",
                                      "sip:bob@b.test\x01"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) uri_refused(texts[i]);
}

static void uri_bounds(void **state) {
  (void)state;
  char text[4096] = "sip:a.test";
  for (int i = 0; i < SIP_PARAMS_MAX; i++) strcat(text, ";p=v");
  uri_of(text);
  strcat(text, ";p=v");
  uri_refused(text);
  char host[400] = "sip:";
  for (int i = 0; i < 4; i++) strcat(host, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.");
  assert_int_equal(strlen(host), 4 + 256);
  uri_refused(host);
  host[4 + 255] = '\0';
  uri_of(host);
  uri_refused("sip:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.test");
}

/* B7: what looks like a number is an address or nothing. */
static void hosts(void **state) {
  (void)state;
  static const struct {
    const char *text;
    enum sip_host_kind kind;
  } cases[] = {{"b.test", SIP_HOST_NAME},
               {"B.TEST.", SIP_HOST_NAME},
               {"a_.test", SIP_HOST_NAME},
               {"localhost", SIP_HOST_NAME},
               {"xn--bcher-kva.test", SIP_HOST_NAME},
               {"b\xc3\xbc"
                "cher.test",
                SIP_HOST_NAME},
               {"1.b.test", SIP_HOST_NAME},
               {"0xg.test", SIP_HOST_NAME},
               {"127.0.0.1", SIP_HOST_IPV4},
               {"0.0.0.0", SIP_HOST_IPV4},
               {"255.255.255.255", SIP_HOST_IPV4},
               {"256.0.0.1", SIP_HOST_NONE},
               {"0177.0.0.1", SIP_HOST_NONE},
               {"127.0.0.01", SIP_HOST_NONE},
               {"127.1", SIP_HOST_NONE},
               {"127.0.0.1.", SIP_HOST_NONE},
               {"1.2.3.4.5", SIP_HOST_NONE},
               {"2130706433", SIP_HOST_NONE},
               {"0x7f.1", SIP_HOST_NONE},
               {"0x7f000001", SIP_HOST_NONE},
               {"0X7F.0x1", SIP_HOST_NONE},
               {"b.0x", SIP_HOST_NONE},
               {"b.1", SIP_HOST_NONE},
               {"", SIP_HOST_NONE},
               {".", SIP_HOST_NONE},
               {"a b", SIP_HOST_NONE},
               {"[::1]", SIP_HOST_IPV6},
               {"[2001:db8::10:5070]", SIP_HOST_IPV6},
               {"[::ffff:192.0.2.10]", SIP_HOST_IPV6},
               {"[2001:db8::192.0.2.1]", SIP_HOST_IPV6},
               {"[2001:db8:::192.0.2.1]", SIP_HOST_IPV6},
               {"[fe80::1%25eth0]", SIP_HOST_NONE},
               {"[fe80::1%eth0]", SIP_HOST_NONE},
               {"[]", SIP_HOST_NONE},
               {"[::1", SIP_HOST_NONE},
               {"[::::]", SIP_HOST_NONE},
               {"[1.2.3.4]", SIP_HOST_NONE},
               {"[1:2:3:4:5:6:7:8:9]", SIP_HOST_NONE}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct hanse_slice text = exact_copy(hanse_text(cases[i].text));
    if (sip_host_check(text) != cases[i].kind) fail_msg("%s", cases[i].text);
    exact_free(text);
  }
  assert_int_equal(sip_host_check(hanse_slice("[::1\0x]", 7)), SIP_HOST_NONE);
}

static void addresses_of_hosts(void **state) {
  (void)state;
  unsigned char a[16], b[16];
  assert_int_equal(sip_host_address(HANSE_LIT("192.0.2.1"), a), 4);
  assert_memory_equal(a, "\xc0\x00\x02\x01", 4);
  assert_int_equal(sip_host_address(HANSE_LIT("[2001:db8:::192.0.2.1]"), a), 16);
  assert_int_equal(sip_host_address(HANSE_LIT("[2001:db8::192.0.2.1]"), b), 16);
  assert_memory_equal(a, b, 16);
  assert_int_equal(sip_host_address(HANSE_LIT("b.test"), a), 0);
  assert_int_equal(sip_host_address(HANSE_LIT(""), a), 0);
  assert_int_equal(sip_host_address(HANSE_LIT("[]"), a), 0);
}

static struct sip_address address_of(const char *text) {
  struct sip_address address;
  const char *problem = NULL;
  if (sip_address_parse(hanse_text(text), &address, &problem)) fail_msg("%s: %s", text, problem);
  return address;
}

static void address_parts(void **state) {
  (void)state;
  struct sip_address a = address_of("\"ceo@c.test\" <sip:alice@a.test;x=1>;tag=1;y=\"<,>\"");
  assert_slice(a.display, "\"ceo@c.test\"");
  assert_slice(a.uri.text, "sip:alice@a.test;x=1");
  assert_slice(a.uri.host, "a.test");
  assert_slice(a.tag, "1");
  assert_slice(a.params, ";tag=1;y=\"<,>\"");
  assert_true(a.bracketed);
  a = address_of("sip:+16505552222@ss1.example.net;user=phone ; tag = x");
  assert_false(a.bracketed);
  assert_slice(a.uri.text, "sip:+16505552222@ss1.example.net");
  assert_slice(a.tag, "x");
  assert_null(a.display.at);
  a = address_of("caller<sip:caller@example.com>;tag=323");
  assert_slice(a.display, "caller");
  a = address_of("token1~` token2'+_ token3*%!.- <sip:m@example.com>;p''~+*_!.-%=\"\xd0\xb0\";tag=_t~1'+`*%!-.");
  assert_slice(a.display, "token1~` token2'+_ token3*%!.-");
  a = address_of("\"J Rosenberg \\\\\\\"\"       <sip:jdrosen@example.com>\r\n  ;\r\n  tag = 98asjd8");
  assert_slice(a.display, "\"J Rosenberg \\\\\\\"\"");
  assert_slice(a.tag, "98asjd8");
  a = address_of("<http://www.example.com>");
  assert_null(a.tag.at);
  assert_int_equal(a.uri.scheme, SIP_SCHEME_OTHER);
}

/* A13, A14, B2 and the display names of RFC 4475 (quotbal, baddn, badaspec). */
static void address_errors(void **state) {
  (void)state;
  static const char *const texts[] = {"",
                                      "   ",
                                      "<>",
                                      "<sip:a@b.test",
                                      "sip:a@b.test>",
                                      "\"open <sip:a@b.test>",
                                      "\"x\" sip:a@b.test",
                                      "\"x\"",
                                      "Bell, Alexander <sip:a@b.test>",
                                      "< sip:a@b.test >",
                                      "<sip:a@b.test>;tag=",
                                      "<sip:a@b.test>;tag",
                                      "<sip:a@b.test>;tag=\"x\"",
                                      "<sip:a@b.test>;tag=1;tag=2",
                                      "<sip:a@b.test>;tag=1;TAG=1",
                                      "<sip:a@b.test>;tag=a b",
                                      "<sip:a@b.test>;;",
                                      "<sip:a@b.test> x",
                                      "<sip:a@b.test>,<sip:c@d.test>",
                                      "<sip:a@b.test>;tag=1,<sip:c@d.test>",
                                      "<sip:a@b.test><sip:c@d.test>",
                                      "sip:a@b.test,sip:c@d.test",
                                      "sip:ceo@c.test;x=<sip:alice@a.test>;tag=1",
                                      "sip:user;par=x@a.test",
                                      "sip:a@b.test?x=y",
                                      "sip:a@b.test x",
                                      "x y z"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    struct hanse_slice block = exact_copy(hanse_text(texts[i]));
    struct sip_address address;
    const char *problem = NULL;
    if (sip_address_parse(block, &address, &problem) != HANSE_F_PARSE) fail_msg("taken: %s", texts[i]);
    assert_non_null(problem);
    exact_free(block);
  }
}

/* RFC 3261 §8.2.6.2: what an answer repeats is taken as it was read, but only that. */
static void address_repeats(void **state) {
  (void)state;
  const struct {
    const char *asked, *answer;
    bool repeats;
  } rows[] = {
      {"<sip:bob@b.test>", "<sip:bob@b.test>;tag=t1", true},
      {"<sip:bob@b.test>", "<sip:bob@b.test>", true},
      {"\"B\" <sip:b.test;x>;tag=9;y", "\"B\" <sip:b.test;x>;tag=9;y", true},
      {"sip:bob@b.test", "sip:bob@b.test;TAG=x=y", true},
      {"tel:+4930", "tel:+4930;tag=1", true},
      {"sip:bob@b.test", "sip:bob@b.test.evil.test;tag=1", false},
      {"sip:bob@b.test", "sip:bob@b.test:5061", false},
      {"<sip:bob@b.test>;tag=1", "<sip:bob@b.test>;tag=1;tag=2", false},
      {"<sip:bob@b.test>", "<sip:bob@b.test>;tag=", false},
      {"<sip:bob@b.test>", "<sip:bob@b.test>;tag", false},
      {"<sip:bob@b.test>", "<sip:bob@b.test>;tag=a b", false},
      {"<sip:bob@b.test>", "<sip:bob@b.test>;tag=1;x", false},
      {"<sip:bob@b.test>", "<sip:bob@b.test> ;tag=1", false},
      {"<sip:bob@b.test>", "<sip:Bob@b.test>", false},
      {"<sip:bob@b.test>", "<sip:bob@b.test", false},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct sip_address asked = address_of(rows[i].asked), seen;
    const struct sip_asked kept = sip_address_asked(&asked);
    memset(&seen, 0, sizeof seen);
    if (sip_address_repeats(hanse_text(rows[i].answer), &kept, &seen) != rows[i].repeats)
      fail_msg("%s after %s", rows[i].answer, rows[i].asked);
    if (!rows[i].repeats) continue;
    struct sip_address whole = address_of(rows[i].answer);
    assert_true(hanse_same(seen.text, whole.text) && hanse_same(seen.uri.user, whole.uri.user));
    assert_true(hanse_same(seen.uri.host, whole.uri.host) && hanse_same(seen.tag, whole.tag));
  }
}

static void too_many_params(void **state) {
  (void)state;
  char text[2000] = "<sip:a@b.test>", via[2000] = "SIP/2.0/TLS a.test";
  struct sip_address address;
  struct sip_via entry;
  const char *problem = NULL;
  for (int i = 0; i <= SIP_PARAMS_MAX; i++) {
    assert_int_equal(sip_address_parse(hanse_text(text), &address, &problem), HANSE_F_NONE);
    assert_int_equal(sip_via_parse(hanse_text(via), &entry, &problem), HANSE_F_NONE);
    strcat(text, ";p=v");
    strcat(via, ";p=v");
  }
  assert_int_equal(sip_address_parse(hanse_text(text), &address, &problem), HANSE_F_TOO_LARGE);
  assert_int_equal(sip_via_parse(hanse_text(via), &entry, &problem), HANSE_F_TOO_LARGE);
}

static void via_parts(void **state) {
  (void)state;
  struct sip_via via;
  const char *problem = NULL;
  struct hanse_slice text =
      HANSE_LIT("SIP  / 2.0\r\n /UDP\r\n    192.0.2.2 : 5070 ; branch =\r\n 390skdjuw;rport ;received=::1");
  assert_int_equal(sip_via_parse(text, &via, &problem), HANSE_F_NONE);
  assert_slice(via.transport, "UDP");
  assert_slice(via.host, "192.0.2.2");
  assert_int_equal(via.host_kind, SIP_HOST_IPV4);
  assert_int_equal(via.port, 5070);
  assert_slice(via.branch, "390skdjuw");
  assert_false(via.cookie);
  assert_true(via.rport_asked);
  assert_null(via.rport.at);
  assert_slice(via.received, "::1");
  assert_int_equal(
      sip_via_parse(HANSE_LIT("SIP/2.0/TLS [2001:db8::9:1];branch=z9hG4bK1;rport=5;received=[::1]"), &via, &problem),
      HANSE_F_NONE);
  assert_slice(via.host, "[2001:db8::9:1]");
  assert_true(via.cookie);
  assert_slice(via.rport, "5");
  assert_int_equal(sip_via_parse(HANSE_LIT("SIP/2.0/UNKNOWN a"), &via, &problem), HANSE_F_NONE);
  assert_null(via.branch.at);
}

/* A14, A25. */
static void via_errors(void **state) {
  (void)state;
  static const char *const texts[] = {"",
                                      "SIP/2.0/UDP",
                                      "SIP/2.0/UDP ",
                                      "SIP/2.0/ a.test",
                                      "SIP/2.0 a.test",
                                      "HTTP/2.0/UDP a.test",
                                      "SIP/2.0/UDP a.test x",
                                      "SIP/2.0/UDPa.test",
                                      "SIP/2.0/UDP a.test:",
                                      "SIP/2.0/UDP a.test:0",
                                      "SIP/2.0/UDP a.test;",
                                      "SIP/2.0/UDP 192.0.2.15;;,;,,",
                                      "SIP/2.0/UDP a.test;branch=",
                                      "SIP/2.0/UDP a.test;branch",
                                      "SIP/2.0/UDP a.test;branch=z9hG4bK",
                                      "SIP/2.0/UDP a.test;branch=\"x\"",
                                      "SIP/2.0/UDP a.test;branch=x;branch=y",
                                      "SIP/2.0/UDP a.test;received=",
                                      "SIP/2.0/UDP a.test;received=1;received=2",
                                      "SIP/2.0/UDP a.test;rport;rport",
                                      "SIP/2.0/UDP 127.1",
                                      "SIP/2.0/UDP 2001:db8::1"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    struct hanse_slice block = exact_copy(hanse_text(texts[i]));
    struct sip_via via;
    const char *problem = NULL;
    if (sip_via_parse(block, &via, &problem) != HANSE_F_PARSE) fail_msg("taken: %s", texts[i]);
    assert_non_null(problem);
    exact_free(block);
  }
  struct sip_via via;
  const char *problem = NULL;
  assert_int_equal(sip_via_parse(HANSE_LIT("SIP/7.0/UDP a.test"), &via, &problem), HANSE_F_VERSION);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(uri_parts),          cmocka_unit_test(uri_users),       cmocka_unit_test(uri_opaque),
      cmocka_unit_test(uri_errors),         cmocka_unit_test(uri_bounds),      cmocka_unit_test(hosts),
      cmocka_unit_test(addresses_of_hosts), cmocka_unit_test(address_parts),   cmocka_unit_test(address_errors),
      cmocka_unit_test(too_many_params),    cmocka_unit_test(address_repeats), cmocka_unit_test(via_parts),
      cmocka_unit_test(via_errors)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
