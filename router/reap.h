/* What follows a commit, in small pieces: instances that nothing needs any more are buried at the loop's top level,
   idle links pass to the new generation (design §4.5–4.7), and sets of entries that nobody holds let go of what they
   hold. */
#ifndef ROUTER_REAP_H
#define ROUTER_REAP_H

#include "router/router.h"

struct reap;

struct reap *reap_new(struct router *router);
void reap_free(struct reap *reap);
/* While another thread loads code nothing may be closed. Calls do not nest. */
void reap_allow(struct router *router, bool allowed);
/* Adds the task to the loop when the next instance was buried. One task. */
void reap_when_buried(struct router *router, struct loop_task *task);
/* A commit was made: idle links leave what came before (bindings, code), and their peers are verified again when trust
   changed; in slices of 2 ms. */
void reap_links(struct router *router);
/* Whether memory of earlier generations is still being freed. */
bool reap_frees(const struct router *router);
/* Buries everything: the process ends. */
void reap_all(struct router *router);

#endif
