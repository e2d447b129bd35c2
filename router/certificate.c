#include "router/certificate.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#define NAME_MAX_OCTETS 512 /* of an issuer or subject; what is longer is cut, as it is only shown */
#define SERIAL_MAX_OCTETS 64

_Static_assert(sizeof((struct hanse_certificate *)0)->id == 32, "a SHA-256");

/* RFC 4514, most significant part last, one line: control characters are escaped. */
static size_t name_text(const X509_NAME *name, char *buf, size_t n) {
  BIO *bio = BIO_new(BIO_s_mem());
  if (!bio) return 0;
  int length = X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) < 0 ? 0 : BIO_read(bio, buf, (int)n);
  BIO_free(bio);
  return length > 0 ? (size_t)length : 0;
}

/* RFC 5280 §4.1.2.2: 20 octets at most; of a longer one the first are shown. */
static size_t serial_text(const ASN1_INTEGER *serial, char *buf, size_t n) {
  int octets = ASN1_STRING_length(serial);
  size_t used = 0;
  for (int i = 0; i < octets && used + 2 < n; i++, used += 2)
    snprintf(buf + used, n - used, "%02x", ASN1_STRING_get0_data(serial)[i]);
  return used;
}

/* Issuer and serial are unique together (RFC 5280 §4.1.2.2). The issuer's encoding says how long it is, so that no two
   pairs give the same octets. */
static bool identify(const X509 *certificate, uint8_t id[32]) {
  const ASN1_INTEGER *serial = X509_get0_serialNumber(certificate);
  const unsigned char *issuer;
  size_t issuer_octets;
  EVP_MD_CTX *digest = EVP_MD_CTX_new();
  bool done = digest && X509_NAME_get0_der(X509_get_issuer_name(certificate), &issuer, &issuer_octets) == 1 &&
              EVP_DigestInit_ex(digest, EVP_sha256(), NULL) == 1 &&
              EVP_DigestUpdate(digest, issuer, issuer_octets) == 1 &&
              EVP_DigestUpdate(digest, ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial)) == 1 &&
              EVP_DigestFinal_ex(digest, id, NULL) == 1;
  EVP_MD_CTX_free(digest);
  return done;
}

int certificate_read(const X509 *certificate, struct hanse_certificate **out) {
  char texts[2 * NAME_MAX_OCTETS + SERIAL_MAX_OCTETS];
  size_t issuer = name_text(X509_get_issuer_name(certificate), texts, NAME_MAX_OCTETS);
  size_t subject = name_text(X509_get_subject_name(certificate), texts + issuer, NAME_MAX_OCTETS);
  size_t serial = serial_text(X509_get0_serialNumber(certificate), texts + issuer + subject, SERIAL_MAX_OCTETS);
  struct hanse_certificate *read = calloc(1, sizeof *read + issuer + subject + serial + 1);
  if (!read) return HANSE_NOMEM;
  char *copy = (char *)(read + 1);
  memcpy(copy, texts, issuer + subject + serial);
  *read = (struct hanse_certificate){.size = sizeof *read,
                                     .issuer = hanse_slice(copy, issuer),
                                     .subject = hanse_slice(copy + issuer, subject),
                                     .serial = hanse_slice(copy + issuer + subject, serial)};
  if (!identify(certificate, read->id) || X509_digest(certificate, EVP_sha256(), read->fingerprint, NULL) != 1) {
    free(read);
    return HANSE_NOMEM;
  }
  *out = read;
  return HANSE_OK;
}
