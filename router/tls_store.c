/* What peers are verified against: authorities, and lists of revoked certificates. */
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>

#include "router/crl_file.h"
#include "router/tls.h"

STACK_OF(X509) * tls_anchors(const struct tls_profile *profile) {
  STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(SSL_CTX_get_cert_store(profile->context));
  STACK_OF(X509) *anchors = sk_X509_new_null();
  for (int i = 0; anchors && i < sk_X509_OBJECT_num(objects); i++) {
    X509 *anchor = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i));
    if (!anchor || (X509_up_ref(anchor) && sk_X509_push(anchors, anchor))) continue;
    sk_X509_pop_free(anchors, X509_free);
    return NULL;
  }
  return anchors;
}

X509_STORE *tls_store_new(STACK_OF(X509) * anchors, const struct crl_lists *lists) {
  X509_STORE *store = X509_STORE_new();
  bool good = store != NULL;
  for (int i = 0; good && i < sk_X509_num(anchors); i++)
    good = X509_STORE_add_cert(store, sk_X509_value(anchors, i)) == 1;
  for (int i = 0; good && i < sk_X509_CRL_num(lists->lists); i++)
    good = X509_STORE_add_crl(store, sk_X509_CRL_value(lists->lists, i)) == 1;
  ERR_clear_error();
  if (good) return store;
  X509_STORE_free(store);
  return NULL;
}

void tls_profile_store_take(struct tls_profile *profile, X509_STORE *store, const struct crl_lists *lists) {
  SSL_CTX_set_cert_store(profile->context, store);
  profile->changes++;
  profile->lists = (unsigned)sk_X509_CRL_num(lists->lists);
  profile->lists_until = lists->until;
  memcpy(profile->lists_digest, lists->digest, sizeof profile->lists_digest);
  snprintf(profile->lists_trouble, sizeof profile->lists_trouble, "%s", lists->trouble);
}

/* Without a list of the peer's own authority `hard` refuses; of those above it lists are rare, and not demanded. A list
   that is forged, or of another scope, is as good as none. */
bool tls_fault_is_passed(const struct tls_profile *profile, int fault, int depth) {
  switch (fault) {
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_CRL_NOT_YET_VALID:
    case X509_V_ERR_CRL_SIGNATURE_FAILURE:
    case X509_V_ERR_DIFFERENT_CRL_SCOPE:
    case X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD:
    case X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD:
      return profile->revocation == TLS_REVOCATION_SOFT || (profile->revocation == TLS_REVOCATION_HARD && depth > 0);
    default:
      return false;
  }
}
