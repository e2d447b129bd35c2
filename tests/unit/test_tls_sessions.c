/* Nobody resumes a session here, and we resume none elsewhere (E8, R35): every link is a full handshake, so that each
   one is judged by the present authorities. And nothing of a handshake stays (E16). */
#include "router/tls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* wants those before it */

#include <openssl/err.h>

#include "tests/unit/throwaway_ca.h"

static const struct tls_demand sip = {HANSE_IDENTITY_SIP, {"sip", 3}};
static struct throwaway authority, other_authority, ours, theirs;

/* ---- what libcrypto and libssl hold ---- */

static long blocks;

static void *counted_malloc(size_t n, const char *file, int line) {
  (void)file, (void)line;
  void *block = malloc(n);
  if (block) blocks++;
  return block;
}
static void counted_free(void *block, const char *file, int line) {
  (void)file, (void)line;
  if (block) blocks--;
  free(block);
}
static void *counted_realloc(void *block, size_t n, const char *file, int line) {
  if (!block) return counted_malloc(n, file, line);
  if (n > 0) return realloc(block, n);
  counted_free(block, file, line);
  return NULL;
}

/* ---- two ends in memory ---- */

static int setup(void **state) {
  (void)state;
  authority = throwaway_authority("Root");
  other_authority = throwaway_authority("Other root");
  ours = throwaway_host(&authority, "DNS:a.test");
  theirs = throwaway_host(&authority, "DNS:b.test");
  return 0;
}
static int teardown(void **state) {
  (void)state;
  throwaway_free(&authority);
  throwaway_free(&other_authority);
  throwaway_free(&ours);
  throwaway_free(&theirs);
  return 0;
}

/* A far end that would like to resume whatever it can. */
static SSL_CTX *eager(int version) {
  SSL_CTX *context = SSL_CTX_new(TLS_method());
  SSL_CTX_use_certificate(context, theirs.certificate);
  SSL_CTX_use_PrivateKey(context, theirs.key);
  SSL_CTX_set_min_proto_version(context, version);
  SSL_CTX_set_max_proto_version(context, version);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_BOTH);
  SSL_CTX_set_session_id_context(context, (const unsigned char *)"b", 1);
  return context;
}

/* Shakes hands and reads, so that tickets behind the handshake arrive; true: both ends are done. */
static bool shake(SSL *client, SSL *server) {
  BIO *a, *b;
  char octet;
  size_t n;
  assert_int_equal(BIO_new_bio_pair(&a, 0, &b, 0), 1);
  SSL_set_bio(client, a, a);
  SSL_set_bio(server, b, b);
  for (int i = 0; i < 10; i++) {
    ERR_clear_error();
    if (!SSL_is_init_finished(client)) SSL_do_handshake(client);
    ERR_clear_error();
    if (!SSL_is_init_finished(server)) SSL_do_handshake(server);
  }
  bool done = SSL_is_init_finished(client) && SSL_is_init_finished(server);
  if (done) SSL_read_ex(client, &octet, 1, &n);
  if (done) SSL_read_ex(server, &octet, 1, &n);
  ERR_clear_error();
  return done;
}

/* As an end of a connection does, so that its session counts as good. */
static void part(SSL *client, SSL *server) {
  SSL_shutdown(client);
  SSL_shutdown(server);
  SSL_free(client);
  SSL_free(server);
  ERR_clear_error();
}

/* ---- resumption ---- */

static void who_comes_back_shakes_hands_anew(int version) {
  struct tls_profile *before = throwaway_profile(&ours, &authority, 0);
  struct tls_profile *after = throwaway_profile(&ours, &other_authority, 0); /* as a reload may leave it */
  SSL_CTX *context = eager(version);
  SSL *client = SSL_new(context), *server = tls_connection(before, &sip, true);
  SSL_set_connect_state(client);
  assert_true(shake(client, server));
  SSL_SESSION *session = SSL_get1_session(client);
  part(client, server);
  for (int round = 0; round < 2; round++) {
    client = SSL_new(context);
    server = tls_connection(round ? after : before, &sip, true);
    SSL_set_connect_state(client);
    SSL_set_session(client, session);
    bool done = shake(client, server);
    assert_int_equal(done, round == 0); /* the certificate was looked at again */
    assert_false(SSL_session_reused(server));
    part(client, server);
  }
  assert_int_equal(SSL_SESSION_is_resumable(session), 0);
  assert_int_equal(SSL_CTX_sess_number(before->context), 0);
  SSL_SESSION_free(session);
  SSL_CTX_free(context);
  tls_profile_release(before);
  tls_profile_release(after);
}

static void nobody_resumes_here(void **state) {
  (void)state;
  who_comes_back_shakes_hands_anew(TLS1_2_VERSION);
  who_comes_back_shakes_hands_anew(TLS1_3_VERSION);
}

static void we_resume_nowhere(void **state) {
  (void)state;
  static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
  struct tls_profile *profile = throwaway_profile(&ours, &authority, 0);
  for (size_t i = 0; i < 2; i++) {
    SSL_CTX *context = eager(versions[i]);
    for (int round = 0; round < 3; round++) {
      SSL *client = tls_connection(profile, &sip, false), *server = SSL_new(context);
      SSL_set_accept_state(server);
      assert_true(shake(client, server));
      assert_false(SSL_session_reused(client));
      part(client, server);
    }
    SSL_CTX_free(context);
  }
  assert_int_equal(SSL_CTX_sess_number(profile->context), 0);
  tls_profile_release(profile);
}

/* ---- what stays of a handshake ---- */

static void handshakes(const struct tls_profile *profile, int count) {
  for (int i = 0; i < count; i++) {
    SSL_CTX *context = eager(i % 2 ? TLS1_3_VERSION : TLS1_2_VERSION);
    SSL *stranger = SSL_new(context), *peer = tls_connection(profile, &sip, i % 4 < 2);
    SSL *server = i % 4 < 2 ? peer : stranger, *client = i % 4 < 2 ? stranger : peer;
    if (i % 5 == 0) SSL_certs_clear(stranger); /* and is refused */
    if (i % 4 < 2)
      SSL_set_connect_state(stranger);
    else
      SSL_set_accept_state(stranger);
    assert_int_equal(shake(client, server), i % 5 != 0);
    part(client, server);
    SSL_CTX_free(context);
  }
}

static void nothing_stays(void **state) {
  enum { MANY = 400 };
  (void)state;
  struct tls_profile *profile = throwaway_profile(&ours, &authority, 0);
  handshakes(profile, 16);
  long before = blocks;
  handshakes(profile, MANY);
  print_message("blocks held after 16 handshakes %ld, after %d more %ld\n", before, MANY, blocks);
  assert_true(blocks <= before + 8); /* one a handshake would be 400 */
  tls_profile_release(profile);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nobody_resumes_here),
      cmocka_unit_test(we_resume_nowhere),
      cmocka_unit_test(nothing_stays),
  };
  if (CRYPTO_set_mem_functions(counted_malloc, counted_realloc, counted_free) != 1) return 1; /* before all else */
  return cmocka_run_group_tests(tests, setup, teardown);
}
