#include "router/tls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* wants those before it */

#include <openssl/err.h>

#include "tests/unit/throwaway_ca.h"

static struct throwaway authority, other_authority, host_a, host_b;

static int setup(void **state) {
  (void)state;
  authority = throwaway_authority("Root");
  other_authority = throwaway_authority("Other root");
  host_a = throwaway_host(&authority, "DNS:a.test");
  host_b = throwaway_host(&authority, "DNS:b.test");
  return 0;
}
static int teardown(void **state) {
  (void)state;
  throwaway_free(&authority);
  throwaway_free(&other_authority);
  throwaway_free(&host_a);
  throwaway_free(&host_b);
  return 0;
}

/* ---- profiles ---- */

static struct tls_source source_of(const struct throwaway *own) {
  return (struct tls_source){.name = HANSE_LIT("outside"),
                             .certificate = throwaway_file("/etc/cert.pem", own->certificate_pem),
                             .key = throwaway_file("/etc/key.pem", own->key_pem),
                             .ca = throwaway_file("/etc/ca.pem", authority.certificate_pem),
                             .where = {"hanse.conf", 12}};
}

static void refused_with(const struct tls_source *source, const char *file, const char *words) {
  struct hanse_problem problem = {.text = ""};
  assert_null(tls_profile_new(source, &problem));
  assert_non_null(strstr(problem.text, file));
  if (!strstr(problem.text, words)) fail_msg("\"%s\" does not say \"%s\"", problem.text, words);
  assert_string_equal(problem.where.file, "hanse.conf");
  assert_int_equal(problem.where.line, 12);
  assert_int_equal(ERR_peek_error(), 0);
}

static void a_profile_says_what_it_is(void **state) {
  (void)state;
  struct tls_source source = source_of(&host_a);
  struct hanse_problem problem = {.text = ""};
  struct tls_profile *profile = tls_profile_new(&source, &problem);
  assert_non_null(profile);
  assert_int_equal(profile->holds, 1);
  assert_true(hanse_same(profile->name, HANSE_LIT("outside")));
  int64_t left = profile->not_after - (int64_t)time(NULL);
  assert_true(left > 86400 - 120 && left < 86400 + 120);
  assert_int_equal(SSL_CTX_get_min_proto_version(profile->context), TLS1_2_VERSION);
  assert_ptr_equal(tls_profile_hold(profile), profile);
  tls_profile_release(profile);
  tls_profile_release(profile);
}

static void broken_files_are_named(void **state) {
  (void)state;
  struct tls_source source = source_of(&host_a);
  source.certificate = throwaway_file("/etc/cert.pem", "no certificate\n");
  refused_with(&source, "/etc/cert.pem", "no usable certificates");
  source.certificate = throwaway_file("/etc/cert.pem", "");
  refused_with(&source, "/etc/cert.pem", "no usable certificates");
  source = source_of(&host_a);
  source.key = throwaway_file("/etc/key.pem", host_a.certificate_pem);
  refused_with(&source, "/etc/key.pem", "no private key");
  source = source_of(&host_a);
  source.key = throwaway_file("/etc/key.pem", host_b.key_pem);
  refused_with(&source, "/etc/key.pem", "does not belong to the first certificate of /etc/cert.pem");
  source = source_of(&host_a);
  source.ca = throwaway_file("/etc/ca.pem", "");
  refused_with(&source, "/etc/ca.pem", "no usable certificates");
}

static void a_damaged_certificate_behind_a_good_one_is_an_error(void **state) {
  (void)state;
  char text[8192];
  snprintf(text, sizeof text, "%s-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
           authority.certificate_pem);
  struct tls_source source = source_of(&host_a);
  source.ca = throwaway_file("/etc/ca.pem", text);
  refused_with(&source, "/etc/ca.pem", "no usable certificates");
}

static void a_key_with_a_passphrase_asks_nobody(void **state) {
  (void)state;
  BIO *bio = BIO_new(BIO_s_mem());
  assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, host_a.key, EVP_aes_128_cbc(), "secret", 6, NULL, NULL), 1);
  char *pem = throwaway_text(bio);
  struct tls_source source = source_of(&host_a);
  source.key = throwaway_file("/etc/key.pem", pem);
  refused_with(&source, "/etc/key.pem", "without a passphrase");
  free(pem);
}

/* Ours, when it is loaded (R28). */
static void a_small_key_is_refused(void **state) {
  (void)state;
  struct throwaway small = throwaway_make(&authority, &(struct throwaway_wish){.san = "DNS:a.test", .rsa_bits = 1024});
  struct tls_source source = source_of(&small);
  refused_with(&source, "/etc/cert.pem", "too small");
  throwaway_free(&small);
}

static void digests_change_with_what_they_stand_for(void **state) {
  (void)state;
  struct tls_profile *a = throwaway_profile(&host_a, &authority, 0);
  struct tls_profile *same = throwaway_profile(&host_a, &authority, 0);
  struct tls_profile *b = throwaway_profile(&host_b, &authority, 0);
  struct tls_profile *other = throwaway_profile(&host_a, &other_authority, 0);
  struct tls_profile *strict = throwaway_profile(&host_a, &authority, TLS1_3_VERSION);
  assert_memory_equal(a->anchors, same->anchors, 32);
  assert_memory_equal(a->identity, same->identity, 32);
  assert_memory_equal(a->anchors, b->anchors, 32);
  assert_memory_not_equal(a->identity, b->identity, 32);
  assert_memory_not_equal(a->anchors, other->anchors, 32);
  assert_memory_equal(a->identity, other->identity, 32);
  assert_memory_not_equal(a->anchors, strict->anchors, 32);
  struct tls_profile *all[] = {a, same, b, other, strict};
  for (size_t i = 0; i < 5; i++) tls_profile_release(all[i]);
}

/* ---- handshakes, in memory ---- */

struct pair {
  SSL *client, *server;
  int client_result, server_result; /* 1: done; else SSL_get_error */
};

static const struct tls_demand sip = {HANSE_IDENTITY_SIP, {"sip", 3}};

static void join(struct pair *pair) {
  BIO *a, *b;
  assert_int_equal(BIO_new_bio_pair(&a, 0, &b, 0), 1);
  SSL_set_bio(pair->client, a, a);
  SSL_set_bio(pair->server, b, b);
}

static int step(SSL *ssl, int before) {
  if (before != SSL_ERROR_WANT_READ) return before;
  ERR_clear_error();
  int result = SSL_do_handshake(ssl);
  return result == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl, result);
}

/* Runs both ends until neither gets on. */
static void shake(struct pair *pair) {
  pair->client_result = pair->server_result = SSL_ERROR_WANT_READ;
  for (int i = 0; i < 10; i++) {
    pair->client_result = step(pair->client, pair->client_result);
    pair->server_result = step(pair->server, pair->server_result);
    if (pair->server_result == SSL_ERROR_SSL) break; /* its words are still in the queue */
  }
}

static struct pair pair_of(const struct tls_profile *client, const struct tls_profile *server) {
  struct pair pair = {.client = tls_connection(client, &sip, false), .server = tls_connection(server, &sip, true)};
  assert_true(pair.client && pair.server);
  join(&pair);
  return pair;
}

static void pair_free(struct pair *pair) {
  SSL_free(pair->client);
  SSL_free(pair->server);
  ERR_clear_error();
}

/* Does `server` take in who presents a certificate with this purpose, and the other way round? */
static void purpose(const char *eku, bool strict, bool good) {
  struct throwaway peer = throwaway_make(&authority, &(struct throwaway_wish){.san = "DNS:b.test", .eku = eku});
  struct tls_profile *theirs = throwaway_profile(&peer, &authority, 0);
  struct tls_source source = source_of(&host_a);
  source.strict_purpose = strict;
  struct hanse_problem problem;
  struct tls_profile *ours = tls_profile_new(&source, &problem);
  for (int role = 0; role < 2; role++) {
    struct pair pair = role ? pair_of(ours, theirs) : pair_of(theirs, ours);
    SSL *judge = role ? pair.client : pair.server;
    shake(&pair);
    assert_int_equal(SSL_get_verify_result(judge), good ? X509_V_OK : X509_V_ERR_INVALID_PURPOSE);
    assert_int_equal(role ? pair.client_result : pair.server_result, good ? SSL_ERROR_NONE : SSL_ERROR_SSL);
    pair_free(&pair);
  }
  tls_profile_release(theirs);
  tls_profile_release(ours);
  throwaway_free(&peer);
}

/* E7; strict_purpose is for partners whose certificates have both. */
static void purposes_on_either_side(void **state) {
  (void)state;
  purpose("serverAuth,clientAuth", false, true);
  purpose("serverAuth", false, true);
  purpose(NULL, false, true);
  purpose("anyExtendedKeyUsage", false, true);
  purpose("1.3.6.1.5.5.7.3.20", false, true);
  purpose("clientAuth", false, false);
  purpose("emailProtection", false, false);
  purpose("serverAuth", true, false);
  purpose("clientAuth", true, false);
  purpose("serverAuth,clientAuth", true, true);
  purpose(NULL, true, true);
}

static void an_issuer_limited_to_other_purposes_is_refused(void **state) {
  (void)state;
  struct throwaway mail = throwaway_make(
      &authority, &(struct throwaway_wish){.cn = "Mail only", .eku = "emailProtection", .authority = true});
  struct throwaway leaf = throwaway_host(&mail, "DNS:b.test");
  char chain[8192];
  snprintf(chain, sizeof chain, "%s%s", leaf.certificate_pem, mail.certificate_pem);
  struct tls_source source = source_of(&leaf);
  source.certificate = throwaway_file("/etc/cert.pem", chain);
  struct hanse_problem problem;
  struct tls_profile *theirs = tls_profile_new(&source, &problem), *ours = throwaway_profile(&host_a, &authority, 0);
  struct pair pair = pair_of(theirs, ours);
  shake(&pair);
  assert_int_equal(SSL_get_verify_result(pair.server), X509_V_ERR_INVALID_PURPOSE);
  pair_free(&pair);
  tls_profile_release(theirs);
  tls_profile_release(ours);
  throwaway_free(&leaf);
  throwaway_free(&mail);
}

static void words_for_what_we_refuse(void **state) {
  (void)state;
  struct throwaway old = throwaway_make(
      &authority, &(struct throwaway_wish){.san = "DNS:b.test", .eku = "serverAuth", .begins = -7200, .ends = -3600});
  struct throwaway strange = throwaway_host(&other_authority, "DNS:b.test");
  const struct {
    const struct throwaway *who;
    const char *words;
  } cases[] = {{&old, "the peer's certificate is not accepted: certificate has expired"},
               {&strange, "the peer's certificate is not accepted: unable to get local issuer certificate"}};
  struct tls_profile *ours = throwaway_profile(&host_a, &authority, 0);
  for (size_t i = 0; i < 2; i++) {
    struct tls_profile *theirs = throwaway_profile(cases[i].who, &authority, 0);
    struct pair pair = pair_of(theirs, ours);
    shake(&pair);
    assert_int_equal(pair.server_result, SSL_ERROR_SSL);
    char buf[256];
    bool refused_ours = false;
    assert_string_equal(tls_why(pair.server, buf, sizeof buf, &refused_ours), cases[i].words);
    assert_false(refused_ours);
    pair_free(&pair);
    tls_profile_release(theirs);
  }
  tls_profile_release(ours);
  throwaway_free(&old);
  throwaway_free(&strange);
}

/* Under TLS 1.3 our handshake is done before the far end judges; under TLS 1.2 it is not. */
static void refused_by_the_far_end(int version) {
  struct throwaway strange = throwaway_host(&other_authority, "DNS:b.test");
  struct tls_profile *theirs = throwaway_profile(&host_a, &authority, 0);
  struct tls_profile *ours = throwaway_profile(&strange, &authority, 0);
  struct pair pair = pair_of(ours, theirs);
  SSL_set_max_proto_version(pair.client, version);
  shake(&pair);
  ERR_clear_error();
  char octet, buf[256];
  size_t n;
  bool refused_ours = false;
  int result = version == TLS1_3_VERSION ? SSL_read_ex(pair.client, &octet, 1, &n) : SSL_do_handshake(pair.client);
  assert_int_equal(pair.client_result, version == TLS1_3_VERSION ? SSL_ERROR_NONE : SSL_ERROR_WANT_READ);
  assert_int_equal(SSL_get_error(pair.client, result), SSL_ERROR_SSL);
  assert_string_equal(tls_why(pair.client, buf, sizeof buf, &refused_ours),
                      "the peer refused our certificate: its issuer is not known there");
  assert_true(refused_ours);
  pair_free(&pair);
  tls_profile_release(theirs);
  tls_profile_release(ours);
  throwaway_free(&strange);
}
static void words_for_who_refuses_us(void **state) {
  (void)state;
  refused_by_the_far_end(TLS1_3_VERSION);
  refused_by_the_far_end(TLS1_2_VERSION);
}

/* What an alert that came in means, in words; RFC 8446 §6.2. */
static void words_for_alerts(void **state) {
  (void)state;
  const struct {
    int alert;
    bool ours;
    const char *words;
  } cases[] = {
      {SSL_AD_BAD_CERTIFICATE, true, "the peer refused our certificate: it cannot use it"},
      {SSL_AD_UNSUPPORTED_CERTIFICATE, true, "clientAuth may be missing"},
      {SSL_AD_CERTIFICATE_REVOKED, true, "revoked"},
      {SSL_AD_CERTIFICATE_EXPIRED, true, "expired"},
      {SSL_AD_CERTIFICATE_UNKNOWN, true, "it is not accepted there"},
      {SSL_AD_ACCESS_DENIED, true, "access denied"},
      {SSL_AD_CERTIFICATE_REQUIRED, true, "got none"},
      {SSL_AD_HANDSHAKE_FAILURE, false, "the peer ended it: handshake failure"},
      {SSL_AD_INTERNAL_ERROR, false, "the peer ended it: internal error"},
  };
  struct tls_profile *ours = throwaway_profile(&host_a, &authority, 0);
  SSL *ssl = tls_connection(ours, &sip, false);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char buf[256];
    bool refused_ours = false;
    ERR_raise(ERR_LIB_SSL, SSL_AD_REASON_OFFSET + cases[i].alert);
    const char *words = tls_why(ssl, buf, sizeof buf, &refused_ours);
    if (!strstr(words, cases[i].words)) fail_msg("\"%s\" does not say \"%s\"", words, cases[i].words);
    assert_int_equal(refused_ours, cases[i].ours);
    assert_int_equal(ERR_peek_error(), 0);
  }
  SSL_free(ssl);
  tls_profile_release(ours);
}

/* Many anchors work as few do; only their names are not sent to peers. */
static void many_anchors(void **state) {
  (void)state;
  enum { MANY = 20 };
  struct throwaway more[MANY];
  char *text = test_calloc(1, (MANY + 1) * 2048);
  for (int i = 0; i < MANY; i++) {
    more[i] = throwaway_authority("One of many");
    strcat(text, more[i].certificate_pem);
  }
  strcat(text, authority.certificate_pem);
  struct tls_source source = source_of(&host_a);
  struct hanse_problem problem = {.text = ""};
  source.ca = throwaway_file("/etc/ca.pem", text);
  struct tls_profile *ours = tls_profile_new(&source, &problem), *theirs = throwaway_profile(&host_b, &authority, 0);
  assert_non_null(ours);
  struct pair pair = pair_of(theirs, ours);
  shake(&pair);
  assert_int_equal(pair.server_result, SSL_ERROR_NONE);
  assert_int_equal(pair.client_result, SSL_ERROR_NONE);
  assert_int_equal(sk_X509_NAME_num(SSL_get0_peer_CA_list(pair.client)) > 0, 0);
  pair_free(&pair);
  tls_profile_release(ours);
  tls_profile_release(theirs);
  for (int i = 0; i < MANY; i++) throwaway_free(&more[i]);
  test_free(text);
}

static void nothing_is_resumed(void **state) {
  (void)state;
  struct tls_profile *ours = throwaway_profile(&host_a, &authority, 0);
  struct pair pair = pair_of(ours, ours);
  shake(&pair);
  char octet;
  size_t n;
  SSL_read_ex(pair.client, &octet, 1, &n);
  assert_int_equal(SSL_SESSION_is_resumable(SSL_get0_session(pair.client)), 0);
  assert_int_equal(SSL_CTX_sess_number(ours->context), 0);
  pair_free(&pair);
  tls_profile_release(ours);
}

/* E14: nothing older than TLS 1.2, no suite without a cipher or a certificate. */
static void versions_and_kinds(void **state) {
  (void)state;
  struct tls_profile *ours = throwaway_profile(&host_a, &authority, 0);
  struct tls_profile *strict = throwaway_profile(&host_a, &authority, TLS1_3_VERSION);
  char buf[256];
  bool refused_ours = false;
  struct pair pair = pair_of(ours, ours);
  SSL_set_security_level(pair.client, 0);
  SSL_set_min_proto_version(pair.client, TLS1_VERSION);
  SSL_set_max_proto_version(pair.client, TLS1_1_VERSION);
  shake(&pair);
  assert_int_equal(pair.server_result, SSL_ERROR_SSL);
  assert_string_equal(tls_why(pair.server, buf, sizeof buf, &refused_ours),
                      "the peer offers no TLS version that is allowed here");
  pair_free(&pair);
  pair = pair_of(ours, strict);
  SSL_set_max_proto_version(pair.client, TLS1_2_VERSION);
  shake(&pair);
  assert_int_equal(pair.server_result, SSL_ERROR_SSL);
  pair_free(&pair);
  pair = pair_of(ours, ours);
  SSL_set_max_proto_version(pair.client, TLS1_2_VERSION);
  SSL_set_security_level(pair.client, 0);
  SSL_set_cipher_list(pair.client, "NULL:aNULL:@SECLEVEL=0");
  shake(&pair);
  assert_int_equal(pair.server_result, SSL_ERROR_SSL);
  pair_free(&pair);
  tls_profile_release(ours);
  tls_profile_release(strict);
}

static void alpn(const char *offer, const char *chosen) {
  struct tls_profile *ours = throwaway_profile(&host_a, &authority, 0);
  struct pair pair = pair_of(ours, ours);
  SSL_set_alpn_protos(pair.client, (const unsigned char *)offer, (unsigned)strlen(offer));
  shake(&pair);
  assert_int_equal(pair.server_result, chosen ? SSL_ERROR_NONE : SSL_ERROR_SSL);
  if (chosen) {
    const unsigned char *at;
    unsigned n;
    SSL_get0_alpn_selected(pair.client, &at, &n);
    assert_true(hanse_same(hanse_slice((const char *)at, n), hanse_text(chosen)));
  }
  pair_free(&pair);
  tls_profile_release(ours);
}

/* E14: who names protocols names ours among them. */
static void alpn_must_name_the_protocol(void **state) {
  (void)state;
  alpn("\x03sip", "sip");
  alpn("\x02h2\x05sip/2", "sip/2");
  alpn("\x0asip-server", "sip-server");
  alpn("\x02h2", NULL);
  alpn("\x08http/1.1\x02h2", NULL);
  alpn("\x04sipx", NULL);
  alpn("\x02si", NULL);
}

/* E8: after a reload a link is judged by the authorities of now. */
static void links_are_verified_again(void **state) {
  (void)state;
  struct tls_profile *ours = throwaway_profile(&host_a, &authority, 0);
  struct tls_profile *other = throwaway_profile(&host_a, &other_authority, 0);
  struct tls_profile *pinned = throwaway_profile(&host_a, &host_b, 0); /* the peer's own certificate as anchor */
  struct tls_profile *newer = throwaway_profile(&host_a, &authority, TLS1_3_VERSION);
  struct tls_profile *theirs = throwaway_profile(&host_b, &authority, 0);
  struct pair pair = pair_of(theirs, ours);
  SSL_set_max_proto_version(pair.client, TLS1_2_VERSION);
  shake(&pair);
  assert_int_equal(pair.server_result, SSL_ERROR_NONE);
  for (int role = 0; role < 2; role++) {
    SSL *ssl = role ? pair.client : pair.server;
    assert_true(tls_verify_again(ssl, ours));
    assert_false(tls_verify_again(ssl, other));
    assert_false(tls_verify_again(ssl, newer));
  }
  assert_true(tls_verify_again(pair.server, pinned));
  assert_false(tls_verify_again(pair.client, pinned));
  pair_free(&pair);
  struct tls_profile *all[] = {ours, other, pinned, newer, theirs};
  for (size_t i = 0; i < 5; i++) tls_profile_release(all[i]);
}

static void a_purpose_is_verified_again_too(void **state) {
  (void)state;
  struct throwaway one_sided =
      throwaway_make(&authority, &(struct throwaway_wish){.san = "DNS:b.test", .eku = "serverAuth"});
  struct tls_profile *theirs = throwaway_profile(&one_sided, &authority, 0),
                     *ours = throwaway_profile(&host_a, &authority, 0);
  struct tls_source source = source_of(&host_a);
  source.strict_purpose = true;
  struct hanse_problem problem;
  struct tls_profile *strict = tls_profile_new(&source, &problem);
  struct pair pair = pair_of(theirs, ours);
  shake(&pair);
  assert_int_equal(pair.server_result, SSL_ERROR_NONE);
  assert_true(tls_verify_again(pair.server, ours));
  assert_false(tls_verify_again(pair.server, strict));
  pair_free(&pair);
  tls_profile_release(theirs);
  tls_profile_release(ours);
  tls_profile_release(strict);
  throwaway_free(&one_sided);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_profile_says_what_it_is),
      cmocka_unit_test(broken_files_are_named),
      cmocka_unit_test(a_damaged_certificate_behind_a_good_one_is_an_error),
      cmocka_unit_test(a_key_with_a_passphrase_asks_nobody),
      cmocka_unit_test(a_small_key_is_refused),
      cmocka_unit_test(digests_change_with_what_they_stand_for),
      cmocka_unit_test(purposes_on_either_side),
      cmocka_unit_test(an_issuer_limited_to_other_purposes_is_refused),
      cmocka_unit_test(words_for_what_we_refuse),
      cmocka_unit_test(words_for_who_refuses_us),
      cmocka_unit_test(words_for_alerts),
      cmocka_unit_test(many_anchors),
      cmocka_unit_test(nothing_is_resumed),
      cmocka_unit_test(versions_and_kinds),
      cmocka_unit_test(alpn_must_name_the_protocol),
      cmocka_unit_test(links_are_verified_again),
      cmocka_unit_test(a_purpose_is_verified_again_too),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
