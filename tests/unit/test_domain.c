/* Domain names in canonical form, and addresses as they are written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <hanse/utf8.h>
#include "contract/domain.h"
#include "contract/hostport.h"

static int canonical(const char *in, char buf[DOMAIN_BUFFER], struct hanse_slice *out) {
  return domain_canonical(hanse_text(in), buf, DOMAIN_BUFFER, out);
}

static void test_canonical(void **state) {
  static const struct {
    const char *in, *out;
  } cases[] = {{"contoso.example", "contoso.example"},
               {"Contoso.EXAMPLE", "contoso.example"},
               {"contoso.example.", "contoso.example"},
               {"CONTOSO.example.", "contoso.example"},
               {"localhost", "localhost"},
               {"a-b.c--d.example", "a-b.c--d.example"},
               {"1.example", "1.example"},
               {"m\xc3\xbcnchen.example", "xn--mnchen-3ya.example"},
               {"M\xc3\x9cNCHEN.Example.", "xn--mnchen-3ya.example"},
               {"fa\xc3\x9f.example", "xn--fa-hia.example"}, /* non-transitional: not "fass" */
               {"XN--MNCHEN-3YA.example", "xn--mnchen-3ya.example"},
               {"a\xe3\x80\x82"
                "example",
                "a.example"}, /* U+3002 is a dot, UTS 46 §4 */
               {"\xef\xbc\xa1.example", "a.example"}};
  char buf[DOMAIN_BUFFER];
  struct hanse_slice out;
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    if (canonical(cases[i].in, buf, &out) != HANSE_OK) fail_msg("\"%s\" was refused", cases[i].in);
    if (!hanse_same(out, hanse_text(cases[i].out))) fail_msg("\"%s\" became %.*s", cases[i].in, HANSE_FMT(out));
  }
}

/* What is canonical already is not copied. */
static void test_no_copy(void **state) {
  const char *name = "edge.contoso.example.";
  struct hanse_slice out;
  (void)state;
  assert_int_equal(domain_canonical(hanse_text(name), NULL, 0, &out), HANSE_OK);
  assert_ptr_equal(out.at, name);
  assert_int_equal(out.len, strlen(name) - 1);
}

static void test_small_buffer(void **state) {
  char buf[8];
  struct hanse_slice out = {NULL, 0};
  (void)state;
  assert_int_equal(domain_canonical(HANSE_LIT("ABC.test"), buf, sizeof buf, &out), HANSE_INVALID);
  assert_int_equal(domain_canonical(HANSE_LIT("\xc3\xa4.test"), buf, sizeof buf, &out), HANSE_INVALID);
  assert_null(out.at);
  assert_int_equal(domain_canonical(HANSE_LIT("AB.test"), buf, sizeof buf, &out), HANSE_OK);
  assert_string_equal(out.at, "ab.test");
}

static void fill(char *text, size_t labels, size_t length) {
  for (size_t i = 0; i < labels; i++) {
    memset(text, 'a', length);
    text[length] = '.';
    text += length + 1;
  }
  text[-1] = '\0';
}

static void test_faults(void **state) {
  static const struct {
    const char *in;
    enum domain_fault fault;
  } cases[] = {{"", DOMAIN_EMPTY},
               {".", DOMAIN_LABEL_EMPTY},
               {"a..b", DOMAIN_LABEL_EMPTY},
               {".a", DOMAIN_LABEL_EMPTY},
               {"a.b..", DOMAIN_LABEL_EMPTY},
               {"-a.b", DOMAIN_HYPHEN},
               {"a-.b", DOMAIN_HYPHEN},
               {"_sip._tcp.a", DOMAIN_UNDERSCORE},
               {"*.a", DOMAIN_WILDCARD},
               {"a b", DOMAIN_CHARACTER},
               {"user@a", DOMAIN_CHARACTER},
               {"10.0.0.1", DOMAIN_IP},
               {"10.0.0.1.", DOMAIN_IP},
               {"1.2.3", DOMAIN_IP},
               {"256.1.1.1", DOMAIN_IP},
               {"::1", DOMAIN_IP},
               {"[::1]", DOMAIN_IP},
               {"a:5061", DOMAIN_CHARACTER},
               {"xn--a.example", DOMAIN_IDN},
               {"\xff.example", DOMAIN_IDN},
               {"\xc3", DOMAIN_IDN},
               {"\xe2\x98\x83_.example", DOMAIN_IDN},
               {"contoso.example", DOMAIN_GOOD}};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    enum domain_fault fault = domain_fault(hanse_text(cases[i].in));
    if (fault != cases[i].fault) fail_msg("\"%s\": %s", cases[i].in, domain_fault_text(fault));
  }
  assert_int_equal(domain_fault(hanse_slice("a\0b", 3)), DOMAIN_CHARACTER);
  assert_int_equal(domain_fault(hanse_slice("\xc3\xa4\0b", 4)), DOMAIN_IDN);
}

static void test_lengths(void **state) {
  char text[4000];
  (void)state;
  fill(text, 1, 63);
  assert_int_equal(domain_fault(hanse_text(text)), DOMAIN_GOOD);
  fill(text, 1, 64);
  assert_int_equal(domain_fault(hanse_text(text)), DOMAIN_LABEL_TOO_LONG);
  fill(text, 127, 1); /* 253 characters */
  assert_int_equal(domain_fault(hanse_text(text)), DOMAIN_GOOD);
  fill(text, 128, 1);
  assert_int_equal(domain_fault(hanse_text(text)), DOMAIN_TOO_LONG);
  for (size_t i = 0; i + 2 < sizeof text; i += 2) memcpy(text + i, "\xc3\xa4", 3);
  assert_int_equal(domain_fault(hanse_text(text)), DOMAIN_TOO_LONG);
  text[200] = '\0'; /* 100 letters make a label over 63 */
  assert_int_equal(domain_fault(hanse_text(text)), DOMAIN_IDN);
}

static void test_suffixes(void **state) {
  struct hanse_slice name = HANSE_LIT("a.b.c");
  (void)state;
  assert_true(domain_parent(&name));
  assert_true(hanse_same(name, HANSE_LIT("b.c")));
  assert_true(domain_parent(&name));
  assert_true(hanse_same(name, HANSE_LIT("c")));
  assert_false(domain_parent(&name));
  assert_true(hanse_same(name, HANSE_LIT("c")));
  assert_true(hanse_domain_within(HANSE_LIT("it.contoso.com"), HANSE_LIT("contoso.com")));
  assert_true(hanse_domain_within(HANSE_LIT("contoso.com"), HANSE_LIT("contoso.com")));
  assert_false(hanse_domain_within(HANSE_LIT("evilcontoso.com"), HANSE_LIT("contoso.com")));
  assert_false(hanse_domain_within(HANSE_LIT("com"), HANSE_LIT("contoso.com")));
  assert_false(hanse_domain_within(HANSE_LIT("contoso.com"), HANSE_LIT("")));
}

static void test_hostport(void **state) {
  static const struct {
    const char *in, *host;
    uint16_t port;
  } good[] = {{"Sip.Contoso.Example:5061", "sip.contoso.example", 5061},
              {"sip.contoso.example", "sip.contoso.example", 0},
              {"10.0.0.5:65535", "10.0.0.5", 65535},
              {"10.0.0.5", "10.0.0.5", 0},
              {"[2001:DB8:0::1]:1", "2001:db8::1", 1},
              {"[::]", "::", 0},
              {"m\xc3\xbcnchen.example:5061", "xn--mnchen-3ya.example", 5061}};
  static const char *const bad[] = {"",
                                    ":5061",
                                    "host:",
                                    "host:0",
                                    "host:65536",
                                    "host:-1",
                                    "host:5061x",
                                    "::1",
                                    "2001:db8::1:5061",
                                    "[::1",
                                    "[::1]5061",
                                    "[::1]:",
                                    "[host]:5061",
                                    "[10.0.0.1]",
                                    "10.0.0.256",
                                    "01.2.3.4",
                                    "a_b:1",
                                    "host: 5061",
                                    "sip:host:5061",
                                    "[]",
                                    "[fe80::1%eth0]:1"};
  char host[HOSTPORT_HOST];
  uint16_t port;
  (void)state;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    const char *why = NULL;
    if (hostport_parse(hanse_text(good[i].in), host, &port, &why) != HANSE_OK) fail_msg("%s: %s", good[i].in, why);
    assert_string_equal(host, good[i].host);
    assert_int_equal(port, good[i].port);
  }
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    const char *why = NULL;
    if (hostport_parse(hanse_text(bad[i]), host, &port, &why) != HANSE_INVALID) fail_msg("\"%s\" was taken", bad[i]);
    assert_non_null(why);
  }
}

static void test_utf8(void **state) {
  static const char *const bad[] = {
      "\x80",      "\xc0\x80", "\xc3", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
      "a\xe2\x82", "\xc3\x28"};
  (void)state;
  assert_true(hanse_is_utf8(HANSE_LIT("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80")));
  assert_true(hanse_is_utf8(HANSE_LIT("")));
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_false(hanse_is_utf8(hanse_text(bad[i])));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_canonical),    cmocka_unit_test(test_no_copy),
                                     cmocka_unit_test(test_small_buffer), cmocka_unit_test(test_faults),
                                     cmocka_unit_test(test_lengths),      cmocka_unit_test(test_suffixes),
                                     cmocka_unit_test(test_hostport),     cmocka_unit_test(test_utf8)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
