#include "router/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "router/crl_file.h"
#include "router/tls_verify.h"

/* What a stranger may make us hold: a chain of ordinary certificates has 3 to 8 KiB. */
#define CERTIFICATES_MAX (32 * 1024)
/* Beyond this our list of anchors is not sent to peers: it only helps who must choose among few certificates. */
#define ANCHOR_NAMES_MAX 16
/* TLS 1.2; TLS 1.3's own list is OpenSSL's. The ones without forward secrecy are for old partners, and last. */
#define CIPHERS "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:RSA+AESGCM:RSA+AES:!aNULL:!eNULL:!PSK:!SRP"

static void profile_free(struct tls_profile *profile) {
  if (!profile) return;
  SSL_CTX_free(profile->context);
  free((char *)profile->name.at);
  free(profile);
}

struct tls_profile *tls_profile_hold(struct tls_profile *profile) {
  if (profile) profile->holds++;
  return profile;
}

void tls_profile_release(struct tls_profile *profile) {
  if (profile && --profile->holds == 0) profile_free(profile);
}

/* Says what is wrong, with OpenSSL's reason behind it where it has one. Always false. */
static bool HANSE_PRINTF(3, 4)
    refuse(const struct tls_source *source, struct hanse_problem *problem, const char *format, ...) {
  unsigned long error = ERR_peek_last_error();
  const char *reason = error ? ERR_reason_error_string(error) : NULL;
  va_list arguments;
  va_start(arguments, format);
  int n = vsnprintf(problem->text, sizeof problem->text, format, arguments);
  va_end(arguments);
  if (reason && n > 0 && (size_t)n < sizeof problem->text)
    snprintf(problem->text + n, sizeof problem->text - (size_t)n, " (%s)", reason);
  problem->where = source->where;
  ERR_clear_error();
  return false;
}

/* A key that asks for a passphrase is refused; nobody is there to be asked. */
static int no_passphrase(char *buf, int size, int writing, void *context) {
  (void)buf, (void)size, (void)writing, (void)context;
  return -1;
}

static BIO *reader(const struct hanse_file *file) {
  if (!file->content.at || file->content.len == 0 || file->content.len > INT32_MAX) return NULL;
  return BIO_new_mem_buf(file->content.at, (int)file->content.len);
}

/* The end of a PEM file is an error to OpenSSL, too. */
static bool at_end_of_pem(void) {
  unsigned long error = ERR_peek_last_error();
  bool end = ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
  if (end) ERR_clear_error();
  return end;
}

static void set_defaults(SSL_CTX *context) {
  /* Sessions are never resumed: a ticket would outlive a change of anchors (CVE-2025-23419). */
  SSL_CTX_set_options(
      context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  /* One record at a time comes back to us, also those without application data, so that they can be counted. */
  SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_max_cert_list(context, CERTIFICATES_MAX);
}

/* A name of the list (RFC 7301 §3.1) that means this protocol: "sip", "sip/2", "xmpp-server". */
static bool means(struct hanse_slice name, struct hanse_slice protocol) {
  if (name.len < protocol.len || memcmp(name.at, protocol.at, protocol.len) != 0) return false;
  struct hanse_slice rest = hanse_slice(name.at + protocol.len, name.len - protocol.len);
  return rest.len == 0 || rest.at[0] == '/' || hanse_same(rest, HANSE_LIT("-server"));
}

/* A peer that thinks it talks to another kind of server is cut (ALPACA). */
static int choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in,
                       unsigned in_len, void *context) {
  (void)context;
  const struct tls_demand *demand = SSL_get_app_data(ssl);
  for (unsigned at = 0; at < in_len && in[at] < in_len - at; at += 1u + in[at]) {
    struct hanse_slice name = hanse_slice((const char *)in + at + 1, in[at]);
    if (!means(name, demand->protocol)) continue;
    *out = in + at + 1;
    *out_len = in[at];
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* Our certificate is the first of the file; those behind it are its chain. */
static bool load_chain(struct tls_profile *profile, BIO *bio, EVP_MD_CTX *digest) {
  unsigned count = 0;
  for (X509 *one; (one = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL)) != NULL; count++) {
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    bool good = X509_digest(one, EVP_sha256(), hash, &len) && EVP_DigestUpdate(digest, hash, len) &&
                (count == 0 ? SSL_CTX_use_certificate(profile->context, one)
                            : SSL_CTX_add1_chain_cert(profile->context, one)) == 1;
    struct tm end;
    if (good && count == 0 && ASN1_TIME_to_tm(X509_get0_notAfter(one), &end)) profile->not_after = timegm(&end);
    X509_free(one);
    if (!good) return false;
  }
  return count > 0 && at_end_of_pem();
}

static bool load_certificate(struct tls_profile *profile, const struct tls_source *source,
                             struct hanse_problem *problem) {
  BIO *bio = reader(&source->certificate);
  EVP_MD_CTX *digest = EVP_MD_CTX_new();
  bool good = bio && digest && EVP_DigestInit_ex(digest, EVP_sha256(), NULL) && load_chain(profile, bio, digest) &&
              EVP_DigestFinal_ex(digest, profile->identity, NULL);
  EVP_MD_CTX_free(digest);
  BIO_free(bio);
  if (good) return true;
  return refuse(source, problem, "%.*s: no usable certificates in PEM form; our own comes first, its chain behind it",
                HANSE_FMT(source->certificate.path));
}

static bool load_key(struct tls_profile *profile, const struct tls_source *source, struct hanse_problem *problem) {
  BIO *bio = reader(&source->key);
  EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;
  BIO_free(bio);
  if (!key)
    return refuse(source, problem, "%.*s: no private key in PEM form without a passphrase",
                  HANSE_FMT(source->key.path));
  /* Asked before OpenSSL is: of a pair that does not match, SSL_CTX_use_PrivateKey drops the certificate. */
  bool match = X509_check_private_key(SSL_CTX_get0_certificate(profile->context), key) == 1;
  bool good = match && SSL_CTX_use_PrivateKey(profile->context, key) == 1;
  EVP_PKEY_free(key);
  if (good) return true;
  if (!match) ERR_clear_error();
  return match ? refuse(source, problem, "%.*s: the key is not accepted", HANSE_FMT(source->key.path))
               : refuse(source, problem, "%.*s: the key does not belong to the first certificate of %.*s",
                        HANSE_FMT(source->key.path), HANSE_FMT(source->certificate.path));
}

static bool add_anchor(struct tls_profile *profile, X509 *anchor, unsigned count) {
  if (X509_STORE_add_cert(SSL_CTX_get_cert_store(profile->context), anchor) != 1) return false;
  if (count < ANCHOR_NAMES_MAX) return SSL_CTX_add1_to_CA_list(profile->context, anchor) == 1;
  if (count == ANCHOR_NAMES_MAX) SSL_CTX_set0_CA_list(profile->context, NULL);
  return true;
}

static bool load_anchors(struct tls_profile *profile, const struct tls_source *source, struct hanse_problem *problem) {
  BIO *bio = reader(&source->ca);
  unsigned count = 0;
  bool good = bio != NULL;
  for (X509 *one; good && (one = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL)) != NULL; count++) {
    good = add_anchor(profile, one, count);
    X509_free(one);
  }
  BIO_free(bio);
  if (good && count > 0 && at_end_of_pem()) return true;
  return refuse(source, problem, "%.*s: no usable certificates in PEM form; peers are verified against these",
                HANSE_FMT(source->ca.path));
}

/* What a peer is verified against, as one value. Anchors in another order may give another value; that only makes
   links be verified once more. */
static bool digest_anchors(struct tls_profile *profile, int depth) {
  STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(SSL_CTX_get_cert_store(profile->context));
  EVP_MD_CTX *digest = EVP_MD_CTX_new();
  int32_t rest[3] = {profile->min_version, depth, profile->strict_purpose};
  bool good = digest && EVP_DigestInit_ex(digest, EVP_sha256(), NULL) && EVP_DigestUpdate(digest, rest, sizeof rest);
  for (int i = 0; good && i < sk_X509_OBJECT_num(objects); i++) {
    X509 *anchor = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i));
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    good = !anchor || (X509_digest(anchor, EVP_sha256(), hash, &len) && EVP_DigestUpdate(digest, hash, len));
  }
  good = good && EVP_DigestFinal_ex(digest, profile->anchors, NULL);
  EVP_MD_CTX_free(digest);
  return good;
}

static bool load_lists(struct tls_profile *profile, const struct tls_source *source, struct hanse_problem *problem) {
  struct crl_lists lists;
  if (!profile->revocation) return true;
  if (crl_read(&lists, source->lists, source->list_count, source->state_dir) != HANSE_OK)
    return refuse(source, problem, "no memory for lists of revoked certificates");
  STACK_OF(X509) *anchors = tls_anchors(profile);
  X509_STORE *store = anchors ? tls_store_new(anchors, &lists) : NULL;
  if (store) tls_profile_store_take(profile, store, &lists);
  sk_X509_pop_free(anchors, X509_free);
  crl_lists_clear(&lists);
  return store || refuse(source, problem, "no memory for lists of revoked certificates");
}

static bool fill(struct tls_profile *profile, const struct tls_source *source, struct hanse_problem *problem) {
  SSL_CTX *context = profile->context;
  set_defaults(context);
  if (!tls_verify_setup(profile, source->depth)) return refuse(source, problem, "no memory");
  SSL_CTX_set_alpn_select_cb(context, choose_alpn, NULL);
  if (SSL_CTX_set_min_proto_version(context, profile->min_version) != 1 ||
      SSL_CTX_set_max_proto_version(context, 0) != 1 || SSL_CTX_set_cipher_list(context, CIPHERS) != 1)
    return refuse(source, problem, "tls %.*s: this version of TLS is not available", HANSE_FMT(source->name));
  if (!load_certificate(profile, source, problem) || !load_key(profile, source, problem) ||
      !load_anchors(profile, source, problem))
    return false;
  if (!load_lists(profile, source, problem)) return false;
  return digest_anchors(profile, source->depth) || refuse(source, problem, "no memory");
}

struct tls_profile *tls_profile_new(const struct tls_source *source, struct hanse_problem *problem) {
  ERR_clear_error();
  struct tls_profile *profile = calloc(1, sizeof *profile);
  if (profile) {
    profile->holds = 1;
    profile->min_version = source->min_version ? source->min_version : TLS1_2_VERSION;
    profile->strict_purpose = source->strict_purpose;
    profile->revocation = source->revocation;
    profile->name = hanse_slice(strndup(source->name.at ? source->name.at : "", source->name.len), source->name.len);
    profile->context = SSL_CTX_new(TLS_method());
  }
  if (!profile || !profile->context || !profile->name.at)
    refuse(source, problem, "no memory");
  else if (fill(profile, source, problem))
    return profile;
  profile_free(profile);
  return NULL;
}

SSL *tls_connection(const struct tls_profile *profile, const struct tls_demand *demand, bool server) {
  ERR_clear_error();
  SSL *ssl = SSL_new(profile->context);
  if (!ssl) return NULL;
  if (SSL_set_app_data(ssl, (void *)demand) != 1) {
    SSL_free(ssl);
    return NULL;
  }
  if (server)
    SSL_set_accept_state(ssl);
  else
    SSL_set_connect_state(ssl);
  return ssl;
}
