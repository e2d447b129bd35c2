/* Keeps lists of revoked certificates up to date: files are read again, URLs fetched, by a thread that comes and goes;
   names are resolved by the router's own resolver. When lists changed, all links are verified again (R32). */
#ifndef ROUTER_CRL_H
#define ROUTER_CRL_H

#include "router/router.h"

struct crl_keeper;

struct crl_keeper *crl_keeper_new(struct router *router); /* NULL: no memory */
/* Waits for the thread, which fetches one list at most until then. Harmless on NULL. */
void crl_keeper_free(struct crl_keeper *keeper);
/* A commit was made: what its profiles want is done at once. */
void crl_keeper_commit(struct router *router);

#endif
