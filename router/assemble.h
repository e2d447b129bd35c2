/* The part of a new generation that needs the loop: instances, resolver, listeners; and the commit, a pointer swap
   between two turns. Everything new is made beside the running generation; one failure path undoes only the new. */
#ifndef ROUTER_ASSEMBLE_H
#define ROUTER_ASSEMBLE_H

#include "router/generation.h"
#include "router/router.h"
#include "router/systemd.h"

/* Takes over the instance of the running generation where code, settings and requirements are the same; else makes one
   (create and configure). One module a call. HANSE_OK; HANSE_AGAIN: call again for the same module, in a later turn;
   else `problem` says why not. */
int assemble_module(struct generation *generation, size_t index, struct hanse_problem *problem);
/* A resolver as the configuration says; `other` not empty: one that asks this forwarder ("address@port") and no file of
   hosts. NULL: `problem` says why. */
struct dns *assemble_resolver(const struct generation *generation, struct hanse_slice other,
                              struct hanse_problem *problem);
/* A new resolver when `dns` changed. */
int assemble_dns(struct generation *generation, struct hanse_problem *problem);
/* Opens, takes over or finds the socket of each listener; none accepts yet. `handed` may be NULL. */
int assemble_listeners(struct generation *generation, struct systemd_sockets *handed, struct hanse_problem *problem);
/* Hands over state, starts what is fresh, and makes the generation the running one. On failure everything stays as it
   was. */
int assemble_commit(struct generation *generation, struct hanse_problem *problem);
/* After the commit, a piece a turn: what old instances had to save that was not urgent. HANSE_AGAIN: there is more. The
   old instances are still there. */
int assemble_rest(struct generation *generation);
/* Ends what was made for a generation that will not run. Frees it. */
void assemble_undo(struct generation *generation);

#endif
