/* What a peer's certificate chain must be, beyond OpenSSL's own rules. */
#ifndef ROUTER_TLS_VERIFY_H
#define ROUTER_TLS_VERIFY_H

#include "router/tls.h"

/* Makes the context verify peers: a certificate is demanded in both roles, its purpose is judged by identity_purpose.
   The context's app data is the profile. False: no memory. */
bool tls_verify_setup(struct tls_profile *profile, int depth);

#endif
