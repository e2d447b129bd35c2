/* Which names a certificate proves (RFC 5922 §7.1, RFC 6120 §13.7.1.2, RFC 9525), and whether its purpose is fit for
   federation. */
#ifndef ROUTER_IDENTITY_H
#define ROUTER_IDENTITY_H

#include <hanse/protocol.h>
#include <openssl/x509.h>

#define IDENTITY_NAMES 1024 /* what is beyond them proves nothing */

struct identity_options {
  enum hanse_identity_rule rule;
  bool accept_cn; /* the partner's entry says so: CN only where there is no SAN */
  bool wildcards; /* the partner's entry says so: "*.x" counts under the SIP rule too (RFC 5922 §7.2 does not allow it)
                   */
};

/* The canonical names that the certificate proves; at most IDENTITY_NAMES. *names is one malloc'ed block (array and
   text), to be freed with free(); the text of each is NUL-terminated. HANSE_OK with *count 0 (and *names NULL): none.
   HANSE_NOMEM. Linear in the certificate's size.
   SIP: URI:sip:domain; only where there is none, dNSName. XMPP: dNSName, SRVName of _xmpp-server, and xmppAddr.
   A wildcard is listed as "*.x" where it counts: identity_matches understands it, and it equals no other name. */
int identity_names(const X509 *certificate, const struct identity_options *options, struct hanse_slice **names,
                   size_t *count);

/* Do these names prove the canonical name `wanted`? "*.x" stands for exactly one label before x: under the XMPP rule,
   or where options->wildcards. Only rule and wildcards of the options are looked at. */
bool identity_matches(const struct hanse_slice *names, size_t count, struct hanse_slice wanted,
                      const struct identity_options *options);

/* Extended key usage rule of the edge: none, any, serverAuth or id-kp-sipDomain are accepted on either side, clientAuth
   alone is refused. `rule` XMPP: id-kp-sipDomain alone is refused. On false *why is a static sentence. */
bool identity_purpose(const X509 *certificate, enum hanse_identity_rule rule, const char **why);
/* The strict form that a TLS profile may ask for (purpose = "both"): no extended key usage, any, or serverAuth and
   clientAuth together. */
bool identity_purpose_both(const X509 *certificate, const char **why);

#endif
