/* What follows a commit, in small pieces: instances that nothing needs any more are buried at the loop's top level, and
   peers of idle links are verified again when trust changed (design §4.6, §4.7). */
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
/* Peers are to be verified under the running generation, idle links in slices of 2 ms. */
void reap_trust(struct router *router);
/* Buries everything: the process ends. */
void reap_all(struct router *router);

#endif
