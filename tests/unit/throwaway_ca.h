/* A certificate authority for one test, made with libcrypto: nothing of it outlives the process. */
#ifndef TESTS_THROWAWAY_CA_H
#define TESTS_THROWAWAY_CA_H

#include <assert.h>
#include <hanse/base.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "router/tls.h"

struct throwaway {
  EVP_PKEY *key;
  X509 *certificate;
  char *certificate_pem, *key_pem;
};

static inline void throwaway_free(struct throwaway *one) {
  EVP_PKEY_free(one->key);
  X509_free(one->certificate);
  free(one->certificate_pem);
  free(one->key_pem);
  memset(one, 0, sizeof *one);
}

static inline char *throwaway_text(BIO *bio) {
  char *at, *text;
  long n = BIO_get_mem_data(bio, &at);
  text = strndup(at, (size_t)n);
  BIO_free(bio);
  return text;
}

static inline void throwaway_extend(X509 *certificate, X509 *issuer, int nid, const char *value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
  X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
  assert(extension);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

/* What one certificate is to say. */
struct throwaway_wish {
  const char *san; /* as in openssl.cnf: "DNS:a.test,URI:sip:b.test"; NULL: none */
  const char *eku; /* "serverAuth,clientAuth"; NULL: none */
  const char *cn;
  long begins, ends; /* seconds from now; 0, 0: now and a day */
  bool authority;
  int rsa_bits; /* 0: P-256 */
};

/* issuer NULL: signed by itself. */
static inline struct throwaway throwaway_make(const struct throwaway *issuer, const struct throwaway_wish *wish) {
  static long serial = 1000;
  struct throwaway one = {0};
  one.key = wish->rsa_bits ? EVP_RSA_gen((unsigned)wish->rsa_bits) : EVP_EC_gen("P-256");
  X509 *certificate = one.certificate = X509_new();
  assert(one.key && certificate);
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate), wish->begins ? wish->begins : -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate), wish->ends ? wish->ends : 86400);
  X509_set_pubkey(certificate, one.key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                             (const unsigned char *)(wish->cn ? wish->cn : "throwaway"), -1, -1, 0);
  X509 *by = issuer ? issuer->certificate : certificate;
  X509_set_issuer_name(certificate, X509_get_subject_name(by));
  throwaway_extend(certificate, by, NID_basic_constraints, wish->authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  throwaway_extend(certificate, by, NID_key_usage,
                   wish->authority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature");
  throwaway_extend(certificate, by, NID_subject_key_identifier, "hash");
  if (wish->eku) throwaway_extend(certificate, by, NID_ext_key_usage, wish->eku);
  if (wish->san) throwaway_extend(certificate, by, NID_subject_alt_name, wish->san);
  int signed_size = X509_sign(certificate, issuer ? issuer->key : one.key, EVP_sha256());
  assert(signed_size > 0);
  (void)signed_size;
  BIO *bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(bio, certificate);
  one.certificate_pem = throwaway_text(bio);
  bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(bio, one.key, NULL, NULL, 0, NULL, NULL);
  one.key_pem = throwaway_text(bio);
  return one;
}

static inline struct throwaway throwaway_authority(const char *cn) {
  return throwaway_make(NULL, &(struct throwaway_wish){.cn = cn, .authority = true});
}

static inline struct throwaway throwaway_host(const struct throwaway *authority, const char *san) {
  return throwaway_make(authority, &(struct throwaway_wish){.san = san, .eku = "serverAuth,clientAuth"});
}

static inline struct hanse_file throwaway_file(const char *path, const char *content) {
  return (struct hanse_file){hanse_text(path), hanse_text(content)};
}

/* The profile of who owns `own` and trusts `authority`. */
static inline struct tls_profile *throwaway_profile(const struct throwaway *own, const struct throwaway *authority,
                                                    int min_version) {
  struct tls_source source = {.name = HANSE_LIT("test"),
                              .certificate = throwaway_file("cert.pem", own->certificate_pem),
                              .key = throwaway_file("key.pem", own->key_pem),
                              .ca = throwaway_file("ca.pem", authority->certificate_pem),
                              .min_version = min_version};
  struct hanse_problem problem = {.text = ""};
  struct tls_profile *profile = tls_profile_new(&source, &problem);
  if (!profile) fprintf(stderr, "%s\n", problem.text);
  return profile;
}

#endif
