/* Fetching one list of revoked certificates over HTTP, with OpenSSL's client. Blocks: for a thread of its own. */
#ifndef ROUTER_CRL_FETCH_H
#define ROUTER_CRL_FETCH_H

#include <hanse/base.h>

#define CRL_FETCH_SECONDS 6 /* for one address */

struct crl_place { /* of a URL, taken apart */
  char host[256], port[8], path[2048];
};

/* False: it is no URL that can be fetched. */
bool crl_place_parse(struct hanse_slice url, struct crl_place *out);

/* GETs the list from that address ("192.0.2.1", "2001:db8::1") of the place's host. *out is its octets, DER, to be
   freed with free(). HANSE_OK; HANSE_FAIL, HANSE_NOMEM: why says. Redirections are not followed. */
int crl_fetch(const struct crl_place *place, const char *address, char **out, size_t *length, char *why, size_t n);

#endif
