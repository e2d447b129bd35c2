#include <openssl/err.h>
#include <stdio.h>

#include "router/tls.h"

/* Alerts with which a peer says that our certificate does not please it (RFC 8446 §6.2). */
static const char *refusal_of_ours(int alert) {
  switch (alert) {
    case SSL_AD_BAD_CERTIFICATE:
      return "it cannot use it";
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
      return "its type or purpose is not accepted there (clientAuth may be missing)";
    case SSL_AD_CERTIFICATE_REVOKED:
      return "it was revoked";
    case SSL_AD_CERTIFICATE_EXPIRED:
      return "it has expired, or is not valid yet, there";
    case SSL_AD_CERTIFICATE_UNKNOWN:
      return "it is not accepted there";
    case SSL_AD_UNKNOWN_CA:
      return "its issuer is not known there";
    case SSL_AD_ACCESS_DENIED:
      return "access denied";
    case SSL_AD_CERTIFICATE_REQUIRED:
      return "it demands one and got none";
    default:
      return NULL;
  }
}

/* The words for reasons that administrators meet; NULL: OpenSSL's own will do. */
static const char *plain_words(int reason) {
  switch (reason) {
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_RECORD_TOO_SMALL:
      return "the peer does not speak TLS";
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
      return "the peer offers no TLS version that is allowed here";
    case SSL_R_NO_SHARED_CIPHER:
      return "the peer offers no cipher that is allowed here";
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      return "the peer sent no certificate";
    case SSL_R_UNEXPECTED_EOF_WHILE_READING:
      return "the peer closed the connection";
    case SSL_R_NO_APPLICATION_PROTOCOL:
      return "the peer asks for another application protocol (ALPN)";
    case SSL_R_EXCESSIVE_MESSAGE_SIZE:
      return "the peer's certificates are too large";
    default:
      return NULL;
  }
}

static const char *words_of_alert(int alert, char *buf, size_t n, bool *ours) {
  const char *refusal = refusal_of_ours(alert);
  if (refusal) {
    *ours = true;
    snprintf(buf, n, "the peer refused our certificate: %s", refusal);
  } else {
    snprintf(buf, n, "the peer ended it: %s", SSL_alert_desc_string_long(alert));
  }
  return buf;
}

const char *tls_why(SSL *ssl, char *buf, size_t n, bool *ours) {
  unsigned long error = 0;
  for (unsigned long next; (next = ERR_get_error()) != 0;)
    if (!error || ERR_GET_LIB(next) == ERR_LIB_SSL) error = next;
  int reason = ERR_GET_REASON(error);
  bool from_tls = error && ERR_GET_LIB(error) == ERR_LIB_SSL;
  if (from_tls && reason > SSL_AD_REASON_OFFSET && reason <= SSL_AD_REASON_OFFSET + 255)
    return words_of_alert(reason - SSL_AD_REASON_OFFSET, buf, n, ours);
  long verdict = SSL_get_verify_result(ssl);
  if (from_tls && reason == SSL_R_CERTIFICATE_VERIFY_FAILED && verdict != X509_V_OK) {
    const char *why = verdict == X509_V_ERR_INVALID_PURPOSE
                          ? "its purpose (extended key usage) is not fit for federation"
                          : X509_verify_cert_error_string(verdict);
    snprintf(buf, n, "the peer's certificate is not accepted: %s", why);
    return buf;
  }
  const char *words = from_tls ? plain_words(reason) : NULL;
  if (!words && error) words = ERR_reason_error_string(error);
  return words ? words : "the peer closed the connection";
}
