/* Questions of federation types to the DNS: a message waits in its stage until the answer is remembered, then the type
   is asked again (hanse_services_await). */
#ifndef ROUTER_LOOKUP_H
#define ROUTER_LOOKUP_H

#include <hanse/federation.h>

struct router;

/* Begins to ask. HANSE_OK: the message behind the token goes on when there is an answer, also when there is none in
   time. HANSE_GONE: no such token; HANSE_NOMEM: no memory, or too many questions wait. */
int lookup_await(struct router *router, hanse_token token, struct hanse_slice name);
/* What is remembered now, its list cut from the arena. HANSE_OK, HANSE_SKIP: it has to be asked for, HANSE_NOMEM. */
int lookup_known(struct router *router, struct hanse_arena *arena, struct hanse_slice name, struct hanse_services *out);
/* router->dns is another one: what waits is asked anew. Before the old one is freed. */
void lookups_dns_changed(struct router *router);
/* Without a word to those who wait. */
void lookups_free(struct router *router);

#endif
