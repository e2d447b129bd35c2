/* TLS profiles: a certificate, its key and the anchors that peers are verified against, as one counted SSL_CTX. */
#ifndef ROUTER_TLS_H
#define ROUTER_TLS_H

#include <hanse/option.h>
#include <hanse/protocol.h>
#include <openssl/ssl.h>

enum tls_revocation { TLS_REVOCATION_OFF = 0, TLS_REVOCATION_SOFT = 1, TLS_REVOCATION_HARD = 2 };

struct tls_profile {
  unsigned holds; /* loop thread only, once it is in use */
  struct hanse_slice name;
  SSL_CTX *context;     /* both roles; verifies the peer, demands its certificate */
  uint8_t anchors[32];  /* SHA-256 over all that a peer is verified against: changed → peers are verified again */
  uint8_t identity[32]; /* SHA-256 over certificate and chain */
  int64_t not_after;    /* of our certificate, seconds since 1970 */
  int min_version;
  bool strict_purpose;
  enum tls_revocation revocation;
  unsigned lists;           /* of revoked certificates that are looked at */
  int64_t lists_until;      /* when the first of them ends, seconds since 1970; 0: none does */
  uint8_t lists_digest[32]; /* over all of them */
  char lists_trouble[240];  /* what could not be read or fetched lately; "": nothing */
  unsigned changes;         /* how often what peers are verified against was replaced (tls_profile_store_take) */
};

struct tls_source { /* what the configuration says; contents are PEM text */
  struct hanse_slice name;
  struct hanse_file certificate, key, ca;
  int min_version;     /* TLS1_2_VERSION, TLS1_3_VERSION; 0: TLS 1.2 */
  int depth;           /* intermediates in a peer's chain, at most; 0: the default, 9 */
  bool strict_purpose; /* a peer's certificate must be fit for server and client (SETTINGS_PURPOSE_BOTH) */
  enum tls_revocation revocation;
  struct hanse_slice *lists; /* sources of lists of revoked certificates (crl_file.h), `list_count` */
  size_t list_count;
  const char *state_dir; /* where fetched ones are kept */
  struct hanse_where where;
};

/* Any thread. NULL: `problem` says what is wrong with which file (key does not belong to certificate, not PEM, key
   under 2048 bits RSA refused by OpenSSL's level …). An expired certificate of ours is no error: see not_after. */
struct tls_profile *tls_profile_new(const struct tls_source *source, struct hanse_problem *problem);
struct tls_profile *tls_profile_hold(struct tls_profile *profile); /* NULL gives NULL */
void tls_profile_release(struct tls_profile *profile);             /* harmless on NULL */

/* What one connection demands of its peer. Must outlive the SSL. */
struct tls_demand {
  enum hanse_identity_rule rule; /* for the purpose of its certificate */
  struct hanse_slice protocol;   /* where the peer sends ALPN it must offer this, "protocol/…" or "protocol-server" */
};

/* A connection of this profile without a socket, in the role of server or client. NULL: no memory. */
SSL *tls_connection(const struct tls_profile *profile, const struct tls_demand *demand, bool server);

/* Verifies the peer's chain and version of an established connection again, under this profile (design §4.6). True:
   good. */
bool tls_verify_again(SSL *ssl, const struct tls_profile *profile);

/* The authorities that peers are verified against, counted: to be freed with all its certificates. NULL: no memory. */
STACK_OF(X509) * tls_anchors(const struct tls_profile *profile);
/* What peers are verified against, made of authorities and lists of revoked certificates. Any thread. NULL: no memory.
 */
struct crl_lists;
X509_STORE *tls_store_new(STACK_OF(X509) * anchors, const struct crl_lists *lists);
/* Takes the store in the place of the one that is there, and notes what the lists say of themselves. Loop thread. */
void tls_profile_store_take(struct tls_profile *profile, X509_STORE *store, const struct crl_lists *lists);
/* Whether this fault of a chain is passed over: nobody can say whether the certificate was revoked, and need not. */
bool tls_fault_is_passed(const struct tls_profile *profile, int fault, int depth);

/* Why a handshake or the first read failed, in words: "the peer refused our certificate: …", "certificate has expired",
   …; static or in buf. *ours becomes true when it was the peer who refused us. Empties OpenSSL's queue of errors; to be
   called at once after the failure. */
const char *tls_why(SSL *ssl, char *buf, size_t n, bool *ours);

#endif
