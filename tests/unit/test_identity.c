/* What a certificate proves: 54 certificates with their verdicts (rows E1 to E7 of the attack checklist), and what
   those leave open. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka wants the four above */
#include <cmocka.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "router/identity.h"

#define FOLDER HANSE_SOURCE_DIR "/tests/data/x509-own-names/"

static const struct identity_options sip = {.rule = HANSE_IDENTITY_SIP}, xmpp = {.rule = HANSE_IDENTITY_XMPP};

static bool proves(const X509 *certificate, const struct identity_options *options, const char *wanted) {
  struct hanse_slice *names = NULL;
  size_t count = 0;
  assert_int_equal(identity_names(certificate, options, &names, &count), HANSE_OK);
  assert_true((names == NULL) == (count == 0));
  bool found = identity_matches(names, count, hanse_text(wanted), options);
  free(names);
  return found;
}

/* ---- the 54 ---- */

static X509 *load(const char *name) {
  char path[512];
  snprintf(path, sizeof path, FOLDER "%s.pem", name);
  FILE *file = fopen(path, "r");
  assert_non_null(file);
  X509 *certificate = PEM_read_X509(file, NULL, NULL, NULL);
  fclose(file);
  assert_non_null(certificate);
  return certificate;
}

/* As tls_verify.c sets it up. */
static X509_STORE *anchors(void) {
  X509_STORE *store = X509_STORE_new();
  const char *const names[] = {"ca", "ca-nc"};
  for (size_t i = 0; i < 2; i++) {
    X509 *authority = load(names[i]);
    assert_int_equal(X509_STORE_add_cert(store, authority), 1);
    X509_free(authority);
  }
  X509_VERIFY_PARAM *param = X509_STORE_get0_param(store);
  X509_VERIFY_PARAM_set_auth_level(param, 2);
  X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_ANY);
  X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
  return store;
}

static bool chain_stands(X509_STORE *store, X509 *leaf) {
  X509_STORE_CTX *context = X509_STORE_CTX_new();
  assert_int_equal(X509_STORE_CTX_init(context, store, leaf, NULL), 1);
  bool good = X509_verify_cert(context) == 1;
  X509_STORE_CTX_free(context);
  return good;
}

/* "as client only": clientAuth alone, which the edge refuses. "as server only …": serverAuth alone, accepted on either
   side. "policy": a certificate of an authority as a leaf, which is what a self-signed partner often has: accepted. */
static bool expected(const char *verdict) {
  return strcmp(verdict, "yes") == 0 || strncmp(verdict, "as server only", 14) == 0 || strcmp(verdict, "policy") == 0;
}

static bool verdict(X509_STORE *store, X509 *leaf, const struct identity_options *options) {
  const char *why = NULL;
  bool fit = identity_purpose(leaf, options->rule, &why);
  assert_true(fit == (why == NULL));
  return chain_stands(store, leaf) && fit && proves(leaf, options, "a.test");
}

/* E1; among them NUL octets, addresses as text, final dots and U-labels (E4). */
static void all_own_certificates(void **state) {
  (void)state;
  char line[1024];
  unsigned rows = 0, wrong = 0;
  X509_STORE *store = anchors();
  FILE *file = fopen(FOLDER "EXPECT.tsv", "r");
  assert_non_null(file);
  assert_non_null(fgets(line, sizeof line, file)); /* the heading */
  while (fgets(line, sizeof line, file)) {
    char *rest = line, *name = strsep(&rest, "\t"), *for_sip = strsep(&rest, "\t"), *for_xmpp = strsep(&rest, "\t");
    X509 *leaf = load(name);
    bool s = verdict(store, leaf, &sip), x = verdict(store, leaf, &xmpp);
    if (s != expected(for_sip) || x != expected(for_xmpp)) {
      print_error("%s: SIP %d instead of %s, XMPP %d instead of %s\n", name, s, for_sip, x, for_xmpp);
      wrong++;
    }
    X509_free(leaf);
    rows++;
  }
  fclose(file);
  X509_STORE_free(store);
  assert_int_equal(wrong, 0);
  assert_int_equal(rows, 54);
}

static void other_names_of_those(void **state) {
  (void)state;
  static const struct row {
    const char *file, *wanted;
    const struct identity_options *options;
    bool yes;
  } rows[] = {
      {"wild-left", "x.a.test", &xmpp, true},
      {"wild-left", "x.a.test", &sip, false},
      {"wild-left", "x.y.a.test", &xmpp, false},
      {"wild-left", "a.test", &xmpp, false},
      {"wild-left", "*.a.test", &sip, false},
      {"idn-a", "xn--bcher-kva.test", &sip, true},
      {"idn-a", "xn--bcher-kva.test", &xmpp, true},
      {"xaddr-idn", "xn--bcher-kva.test", &xmpp, true},
      {"xaddr-idn", "xn--bcher-kva.test", &sip, false},
      {"uri-sip-b-dns-a", "c.test", &sip, true},
      {"uri-sip-b-dns-a", "c.test", &xmpp, false},
      {"san-multi", "c.test", &sip, true},
      {"san-1000", "h998.test", &sip, true},
      {"san-1000", "h999.test", &sip, false},
      {"dns-dot", "a.test.", &sip, false},
      {"wild-tld", "a.test", &xmpp, false},
      {"dns-ip-text", "127.0.0.1", &sip, false},
      {"san-empty", "", &sip, false},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    X509 *leaf = load(rows[i].file);
    if (proves(leaf, rows[i].options, rows[i].wanted) != rows[i].yes) fail_msg("%s %s", rows[i].file, rows[i].wanted);
    X509_free(leaf);
  }
}

/* ---- made here ---- */

static X509 *make(const char *san, const char *cn) {
  X509 *certificate = X509_new();
  if (cn) {
    X509_NAME *subject = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)cn, -1, -1, 0);
  }
  if (san) {
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, san);
    assert_non_null(extension);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }
  return certificate;
}

static void add_raw(X509 *certificate, int kind, const void *der, size_t length) {
  ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
  ASN1_OCTET_STRING_set(octets, der, (int)length);
  X509_EXTENSION *extension = X509_EXTENSION_create_by_NID(NULL, kind, 0, octets);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
  ASN1_OCTET_STRING_free(octets);
}

#define SRV(name) "otherName:1.3.6.1.5.5.7.8.7;IA5STRING:" name
#define XADDR(name) "otherName:1.3.6.1.5.5.7.8.5;UTF8:" name

/* Wildcards (E2), SIP URIs beside DNS names (E5), and what is no name at all (E4). */
static void names_made_here(void **state) {
  (void)state;
  static const struct identity_options wild = {.rule = HANSE_IDENTITY_SIP, .wildcards = true};
  static const struct row {
    const char *san, *wanted;
    const struct identity_options *options;
    bool yes;
  } rows[] = {
      {"DNS:*.a.test", "x.a.test", &wild, true},
      {"DNS:*.a.test", "x.y.a.test", &wild, false},
      {"DNS:*.a.test", "a.test", &wild, false},
      {"DNS:*.test", "a.test", &wild, false},
      {"DNS:*.*.a.test", "x.y.a.test", &wild, false},
      {"DNS:*.a.test,URI:sip:b.test", "x.a.test", &wild, false},
      {"URI:sip:*.a.test", "x.a.test", &wild, false},
      {"URI:sips:a.test", "a.test", &sip, false},
      {"URI:sip:a.test.", "a.test", &sip, false},
      {"URI:sip:", "a.test", &sip, false},
      {"URI:sip:alice@b.test,DNS:a.test", "a.test", &sip, true},  /* names a user: no domain identity, so DNS counts */
      {"URI:sip:b.test\\;x=y,DNS:a.test", "a.test", &sip, false}, /* names a domain, badly */
      {"URI:https://b.test,DNS:a.test", "a.test", &sip, true},
      {"URI:sip:a.test,URI:sip:b.test", "b.test", &sip, true},
      {"DNS:a_b.test", "a_b.test", &sip, false},
      {"DNS:-a.test", "-a.test", &sip, false},
      {"DNS:a..test", "a..test", &sip, false},
      {"DNS:.a.test", ".a.test", &sip, false},
      {SRV("_XMPP-Server.A.test"), "a.test", &xmpp, true},
      {SRV("_xmpp-server.a.test"), "a.test", &sip, false},
      {SRV("_xmpp-server."), "", &xmpp, false},
      {SRV("_xmpp-server.*.a.test"), "x.a.test", &xmpp, false},
      {SRV("_xmpp-server._tcp.a.test"), "a.test", &xmpp, false},
      {SRV("xmpp-server.a.test"), "a.test", &xmpp, false},
      {XADDR("A.TEST"), "a.test", &xmpp, true},
      {XADDR("a.test/r"), "a.test", &xmpp, false},
      {XADDR("a.test."), "a.test", &xmpp, false},
      {XADDR("*.a.test"), "x.a.test", &xmpp, false},
      {"otherName:1.3.6.1.5.5.7.8.5;IA5STRING:a.test", "a.test", &xmpp, false}, /* not a UTF8String */
      {"otherName:1.3.6.1.5.5.7.8.7;UTF8:_xmpp-server.a.test", "a.test", &xmpp, false},
      {"RID:1.2.3,IP:127.0.0.1,DNS:a.test", "a.test", &sip, true},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    X509 *certificate = make(rows[i].san, "other");
    if (proves(certificate, rows[i].options, rows[i].wanted) != rows[i].yes) fail_msg("%s", rows[i].san);
    X509_free(certificate);
  }
}

/* E3: without the partner's leave a common name is none, and never beside a subjectAltName. */
static void common_name(void **state) {
  (void)state;
  static const struct identity_options with = {.rule = HANSE_IDENTITY_SIP, .accept_cn = true};
  X509 *certificate = make(NULL, "A.test");
  assert_true(proves(certificate, &with, "a.test"));
  assert_false(proves(certificate, &sip, "a.test"));
  /* two of them: none of them */
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8, (const unsigned char *)"b.test",
                             -1, -1, 0);
  assert_false(proves(certificate, &with, "a.test"));
  X509_free(certificate);
  certificate = make("DNS:c.test", "a.test");
  assert_false(proves(certificate, &with, "a.test"));
  X509_free(certificate);
  certificate = make(NULL, NULL);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                             (const unsigned char *)"a.test\0b", 8, -1, 0);
  assert_false(proves(certificate, &with, "a.test"));
  X509_free(certificate);
  certificate = load("san-empty"); /* an empty SAN is a SAN */
  assert_false(proves(certificate, &with, "leaf"));
  X509_free(certificate);
}

static void broken_extensions(void **state) {
  (void)state;
  static const struct identity_options with = {.rule = HANSE_IDENTITY_SIP, .accept_cn = true};
  const char *why = NULL;
  X509 *certificate = make(NULL, "a.test");
  add_raw(certificate, NID_subject_alt_name, "\x30\x05\x82\x40x", 5);
  assert_false(proves(certificate, &with, "a.test")); /* unreadable is not absent */
  X509_free(certificate);
  certificate = make("DNS:a.test", "a.test");
  add_raw(certificate, NID_subject_alt_name,
          "\x30\x08\x82\x06"
          "b.test",
          10);
  assert_false(proves(certificate, &with, "a.test")); /* twice: RFC 5280 §4.2 forbids it */
  X509_free(certificate);
  certificate = make("DNS:a.test", NULL);
  add_raw(certificate, NID_ext_key_usage, "\x30\x7f", 2);
  assert_false(identity_purpose(certificate, HANSE_IDENTITY_SIP, &why));
  assert_non_null(why);
  assert_false(identity_purpose_both(certificate, &why));
  X509_free(certificate);
}

/* More names than are looked at, and text that would fill any fixed buffer (E6). */
static void very_many_names(void **state) {
  (void)state;
  enum { COUNT = 50000 };
  struct hanse_slice *names;
  size_t count;
  GENERAL_NAMES *list = sk_GENERAL_NAME_new_null();
  for (int i = 0; i < COUNT; i++) {
    char text[64];
    snprintf(text, sizeof text, "h%d.test", i);
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_IA5STRING *string = ASN1_IA5STRING_new();
    ASN1_STRING_set(string, text, -1);
    GENERAL_NAME_set0_value(name, GEN_DNS, string);
    sk_GENERAL_NAME_push(list, name);
  }
  X509 *certificate = X509_new();
  X509_add1_ext_i2d(certificate, NID_subject_alt_name, list, 0, 0);
  assert_int_equal(identity_names(certificate, &sip, &names, &count), HANSE_OK);
  assert_int_equal(count, IDENTITY_NAMES);
  assert_true(hanse_same(names[1023], HANSE_LIT("h1023.test")));
  free(names);
  sk_GENERAL_NAME_pop_free(list, GENERAL_NAME_free);
  X509_free(certificate);
  char *longest = malloc(100001);
  memset(longest, 'a', 100000);
  longest[100000] = '\0';
  list = sk_GENERAL_NAME_new_null();
  GENERAL_NAME *name = GENERAL_NAME_new();
  ASN1_IA5STRING *string = ASN1_IA5STRING_new();
  ASN1_STRING_set(string, longest, -1);
  GENERAL_NAME_set0_value(name, GEN_DNS, string);
  sk_GENERAL_NAME_push(list, name);
  certificate = X509_new();
  X509_add1_ext_i2d(certificate, NID_subject_alt_name, list, 0, 0);
  assert_false(proves(certificate, &sip, longest));
  sk_GENERAL_NAME_pop_free(list, GENERAL_NAME_free);
  X509_free(certificate);
  free(longest);
}

/* E7: serverAuth alone is fit for either side. */
static void purposes(void **state) {
  (void)state;
  static const struct row {
    const char *usage;
    bool for_sip, for_xmpp, for_both;
  } rows[] = {{NULL, true, true, true},
              {"serverAuth", true, true, false},
              {"clientAuth", false, false, false},
              {"serverAuth,clientAuth", true, true, true},
              {"anyExtendedKeyUsage", true, true, true},
              {"1.3.6.1.5.5.7.3.20", true, false, false},
              {"1.3.6.1.5.5.7.3.20,clientAuth", true, false, false},
              {"codeSigning", false, false, false},
              {"1.3.6.1.5.5.7.3.200", false, false, false}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const char *why = "";
    X509 *certificate = X509_new();
    if (rows[i].usage) {
      X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_ext_key_usage, rows[i].usage);
      X509_add_ext(certificate, extension, -1);
      X509_EXTENSION_free(extension);
    }
    assert_int_equal(identity_purpose(certificate, HANSE_IDENTITY_SIP, &why), rows[i].for_sip);
    assert_int_equal(identity_purpose(certificate, HANSE_IDENTITY_XMPP, &why), rows[i].for_xmpp);
    assert_int_equal(identity_purpose_both(certificate, &why), rows[i].for_both);
    X509_free(certificate);
  }
}

/* ---- without memory ---- */

static long until_failure; /* of OpenSSL's allocations; 0: none fails */

static bool fails(void) { return until_failure > 0 && --until_failure == 0; }
static void *get(size_t n, const char *file, int line) {
  (void)file, (void)line;
  return fails() ? NULL : malloc(n);
}
static void *get_more(void *block, size_t n, const char *file, int line) {
  (void)file, (void)line;
  return fails() ? NULL : realloc(block, n);
}
static void give(void *block, const char *file, int line) {
  (void)file, (void)line;
  free(block);
}

/* All names, or a word that memory lacks: a link whose peer proves nothing for want of memory would be refused
   everything as long as it lives. */
static void no_memory(void **state) {
  (void)state;
  const struct identity_options cn = {.rule = HANSE_IDENTITY_SIP, .accept_cn = true};
  X509 *both[] = {make("DNS:a.example,URI:sip:b.example,DNS:c.example", NULL), make(NULL, "d.example")};
  for (size_t i = 0; i < 2; i++) {
    long failed = 0;
    for (bool all = false; !all; failed++) {
      struct hanse_slice *names = NULL;
      size_t count = 0;
      until_failure = failed + 1;
      int status = identity_names(both[i], &cn, &names, &count);
      all = until_failure > 0;
      until_failure = 0;
      if (status == HANSE_OK) assert_int_equal(count, 1);
      if (status != HANSE_OK) assert_int_equal(status, HANSE_NOMEM);
      free(names);
      assert_true(failed < 1000);
    }
    assert_true(failed > (i == 0 ? 5 : 0));
    X509_free(both[i]);
  }
}

int main(void) {
  CRYPTO_set_mem_functions(get, get_more, give);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_own_certificates),
      cmocka_unit_test(other_names_of_those),
      cmocka_unit_test(names_made_here),
      cmocka_unit_test(common_name),
      cmocka_unit_test(broken_extensions),
      cmocka_unit_test(very_many_names),
      cmocka_unit_test(purposes),
      cmocka_unit_test(no_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
