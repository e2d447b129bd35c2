/* What policies may know of a peer's certificate beside the names that it proves. */
#ifndef ROUTER_CERTIFICATE_H
#define ROUTER_CERTIFICATE_H

#include <hanse/facts.h>
#include <openssl/x509.h>

/* Reads it. *out is one malloc'ed block, texts and all, to be freed with free(). HANSE_OK, HANSE_NOMEM. Costs some ten
   microseconds: done once a link. */
int certificate_read(const X509 *certificate, struct hanse_certificate **out);

#endif
