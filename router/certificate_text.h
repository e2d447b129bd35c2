/* What a certificate says, in words for administrators: for probe, check and plan. What it proves is identity.h's. */
#ifndef ROUTER_CERTIFICATE_TEXT_H
#define ROUTER_CERTIFICATE_TEXT_H

#include <openssl/x509.h>

#include "router/identity.h"

/* "CN=sip.a.example, O=A"; cut to n; returns out. */
const char *certificate_name(const X509_NAME *name, char *out, size_t n);
/* Names of the SAN as they are written, "a.example, *.b.example, sip:c.example and 3 more"; returns out. */
const char *certificate_names(const X509 *certificate, char *out, size_t n);
/* "serverAuth, clientAuth", "any" where nothing limits it; returns out. */
const char *certificate_usage(const X509 *certificate, char *out, size_t n);
bool certificate_is_for(const X509 *certificate, int nid); /* NID_server_auth, NID_client_auth */
/* "RSA 2048", "EC P-256"; *weak: under 2048 bits RSA or 256 bits of a curve. Returns out. */
const char *certificate_key(X509 *certificate, char *out, size_t n, bool *weak);
/* Seconds since 1970; 0: unreadable. */
int64_t certificate_time(const ASN1_TIME *time);
/* "2027-01-31 12:00 UTC"; returns out. */
const char *certificate_date(const ASN1_TIME *time, char *out, size_t n);
/* How much of its life is left, in percent, rounded up: 0 only when it is over. */
int certificate_left(const X509 *certificate);
bool certificate_has_cn(const X509 *certificate, char *out, size_t n); /* the one common name */

#endif
