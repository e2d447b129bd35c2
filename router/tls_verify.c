#include "router/tls_verify.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "router/identity.h"

#define DEPTH_DEFAULT 9
#define SECURITY_LEVEL 2 /* keys of 112 bits of strength, no SHA-1 */

struct verdict_rules {
  enum hanse_identity_rule rule;
  const struct tls_profile *profile;
};

/* Public authorities issue no clientAuth any more, so OpenSSL's test of the purpose by role would refuse most partners;
   it is off (X509_PURPOSE_ANY) and this stands in its place, for issuers that limit themselves as well. */
static bool purpose_is_fit(X509_STORE_CTX *store, const struct verdict_rules *rules) {
  X509 *certificate = X509_STORE_CTX_get_current_cert(store);
  const char *why;
  if (!certificate) return true;
  bool leaf = X509_STORE_CTX_get_error_depth(store) == 0;
  if (!leaf && !(X509_get_extension_flags(certificate) & EXFLAG_XKUSAGE)) return true;
  if (!identity_purpose(certificate, rules->rule, &why)) return false;
  return !leaf || !rules->profile->strict_purpose || identity_purpose_both(certificate, &why);
}

static int judge(int ok, X509_STORE_CTX *store, const struct verdict_rules *rules) {
  if (!ok &&
      !tls_fault_is_passed(rules->profile, X509_STORE_CTX_get_error(store), X509_STORE_CTX_get_error_depth(store)))
    return 0;
  if (!ok) {
    X509_STORE_CTX_set_error(store, X509_V_OK);
    return 1; /* it is asked again when the certificate itself is judged */
  }
  if (purpose_is_fit(store, rules)) return 1;
  X509_STORE_CTX_set_error(store, X509_V_ERR_INVALID_PURPOSE);
  return 0;
}

static int judge_in_handshake(int ok, X509_STORE_CTX *store) {
  SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
  const struct tls_demand *demand = SSL_get_app_data(ssl);
  const struct tls_profile *profile = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
  struct verdict_rules rules = {demand->rule, profile};
  return judge(ok, store, &rules);
}

static int judge_again(int ok, X509_STORE_CTX *store) { return judge(ok, store, X509_STORE_CTX_get_app_data(store)); }

bool tls_verify_setup(struct tls_profile *profile, int depth) {
  SSL_CTX *context = profile->context;
  if (SSL_CTX_set_app_data(context, profile) != 1) return false;
  SSL_CTX_set_security_level(context, SECURITY_LEVEL);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, judge_in_handshake);
  SSL_CTX_set_verify_depth(context, depth > 0 ? depth : DEPTH_DEFAULT);
  X509_VERIFY_PARAM *param = SSL_CTX_get0_param(context);
  X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_ANY);
  if (profile->revocation) X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
  /* What stands in the file of anchors is trusted, be it a root, an authority below one, or one partner's own. */
  return X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN) == 1;
}

static bool verify_chain(X509_STORE_CTX *store, SSL *ssl, X509 *leaf, const struct tls_profile *profile) {
  const struct tls_demand *demand = SSL_get_app_data(ssl);
  struct verdict_rules rules = {demand->rule, profile};
  STACK_OF(X509) *chain = SSL_get_peer_cert_chain(ssl);
  if (X509_STORE_CTX_init(store, SSL_CTX_get_cert_store(profile->context), leaf, chain) != 1) return false;
  X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(store);
  if (X509_VERIFY_PARAM_set1(param, SSL_CTX_get0_param(profile->context)) != 1) return false;
  X509_VERIFY_PARAM_set_auth_level(param, SECURITY_LEVEL);
  if (X509_STORE_CTX_set_app_data(store, &rules) != 1) return false;
  X509_STORE_CTX_set_verify_cb(store, judge_again);
  return X509_verify_cert(store) == 1;
}

bool tls_verify_again(SSL *ssl, const struct tls_profile *profile) {
  if (SSL_version(ssl) < profile->min_version) return false;
  X509 *leaf = SSL_get1_peer_certificate(ssl);
  X509_STORE_CTX *store = X509_STORE_CTX_new();
  bool good = leaf && store && verify_chain(store, ssl, leaf, profile);
  X509_STORE_CTX_free(store);
  X509_free(leaf);
  ERR_clear_error();
  return good;
}
