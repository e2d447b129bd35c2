#include "router/certificate_text.h"

#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <time.h>

#include "router/clock.h"

#define NAMES_SAID 12

const char *certificate_name(const X509_NAME *name, char *out, size_t n) {
  BIO *bio = BIO_new(BIO_s_mem());
  char *text = NULL;
  out[0] = '\0';
  if (bio && X509_NAME_print_ex(bio, name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB & ~XN_FLAG_SPC_EQ) >= 0) {
    long length = BIO_get_mem_data(bio, &text);
    if (length > 0) snprintf(out, n, "%.*s", length > 4096 ? 4096 : (int)length, text);
  }
  BIO_free(bio);
  return out;
}

/* ---- names ---- */

static void add(char *out, size_t n, const char *format, const ASN1_STRING *text) {
  size_t used = strlen(out);
  if (used + 1 >= n) return;
  snprintf(out + used, n - used, "%s", used ? ", " : "");
  used = strlen(out);
  snprintf(out + used, n - used, format, ASN1_STRING_length(text), (const char *)ASN1_STRING_get0_data(text));
}

const char *certificate_names(const X509 *certificate, char *out, size_t n) {
  GENERAL_NAMES *san = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
  int more = 0, said = 0;
  out[0] = '\0';
  for (int i = 0; i < sk_GENERAL_NAME_num(san); i++) {
    const GENERAL_NAME *name = sk_GENERAL_NAME_value(san, i);
    const ASN1_STRING *text = name->type == GEN_DNS   ? name->d.dNSName
                              : name->type == GEN_URI ? name->d.uniformResourceIdentifier
                                                      : NULL;
    if (!text) continue;
    if (said++ < NAMES_SAID)
      add(out, n, "%.*s", text);
    else
      more++;
  }
  GENERAL_NAMES_free(san);
  size_t used = strlen(out);
  if (more) snprintf(out + used, n - used, " and %d more", more);
  if (!out[0]) snprintf(out, n, "none");
  return out;
}

bool certificate_has_cn(const X509 *certificate, char *out, size_t n) {
  X509_NAME *subject = X509_get_subject_name(certificate);
  return X509_NAME_get_text_by_NID(subject, NID_commonName, out, (int)n) > 0;
}

/* ---- purpose ---- */

bool certificate_is_for(const X509 *certificate, int nid) {
  int critical = 0;
  bool found = false;
  EXTENDED_KEY_USAGE *list = X509_get_ext_d2i(certificate, NID_ext_key_usage, &critical, NULL);
  if (!list) return critical == -1;
  for (int i = 0; i < sk_ASN1_OBJECT_num(list); i++) {
    int kind = OBJ_obj2nid(sk_ASN1_OBJECT_value(list, i));
    found |= kind == nid || kind == NID_anyExtendedKeyUsage;
  }
  EXTENDED_KEY_USAGE_free(list);
  return found;
}

const char *certificate_usage(const X509 *certificate, char *out, size_t n) {
  EXTENDED_KEY_USAGE *list = X509_get_ext_d2i(certificate, NID_ext_key_usage, NULL, NULL);
  snprintf(out, n, "%s", list ? "" : "any");
  for (int i = 0; i < sk_ASN1_OBJECT_num(list); i++) {
    char text[80];
    const ASN1_OBJECT *object = sk_ASN1_OBJECT_value(list, i);
    int kind = OBJ_obj2nid(object);
    size_t used = strlen(out);
    if (kind == NID_undef || kind == NID_anyExtendedKeyUsage)
      OBJ_obj2txt(text, sizeof text, object, 1);
    else
      snprintf(text, sizeof text, "%s", OBJ_nid2sn(kind));
    snprintf(out + used, n - used, "%s%s", i ? ", " : "", text);
  }
  EXTENDED_KEY_USAGE_free(list);
  return out;
}

/* ---- key and dates ---- */

const char *certificate_key(X509 *certificate, char *out, size_t n, bool *weak) {
  EVP_PKEY *key = X509_get0_pubkey(certificate);
  int bits = key ? EVP_PKEY_get_bits(key) : 0, kind = key ? EVP_PKEY_get_base_id(key) : 0;
  const char *name = key ? EVP_PKEY_get0_type_name(key) : NULL;
  *weak = kind == EVP_PKEY_RSA ? bits < 2048 : bits < 253; /* Ed25519 has 253 bits */
  snprintf(out, n, "%s %d bits", name ? name : "unknown", bits);
  return out;
}

int64_t certificate_time(const ASN1_TIME *time) {
  struct tm read;
  return ASN1_TIME_to_tm(time, &read) == 1 ? (int64_t)timegm(&read) : 0;
}

const char *certificate_date(const ASN1_TIME *at, char *out, size_t n) {
  struct tm read;
  if (ASN1_TIME_to_tm(at, &read) != 1 || !strftime(out, n, "%Y-%m-%d %H:%M UTC", &read)) snprintf(out, n, "?");
  return out;
}

int certificate_left(const X509 *certificate) {
  int64_t from = certificate_time(X509_get0_notBefore(certificate));
  int64_t until = certificate_time(X509_get0_notAfter(certificate)), now = clock_wall() / HANSE_SECOND;
  if (now >= until || until <= from) return 0;
  int64_t life = until - from;
  return now <= from ? 100 : (int)(((until - now) * 100 + life - 1) / life);
}
