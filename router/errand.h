/* What a control command has begun and ends in a later turn, with questions to the resolver on the way: probe, check.
 */
#ifndef ROUTER_ERRAND_H
#define ROUTER_ERRAND_H

#include "router/router.h"

#define ERRANDS_MAX 8 /* at once: who asks on the control socket is no reason to be late for messages */

struct errand {
  struct errand *next, *prev;
  struct router *router;
  /* router->dns is another one, the old one still there: ask anew what was asked. */
  void (*dns_changed)(struct errand *errand);
  /* The process ends: let go of everything and free it. */
  void (*drop)(struct errand *errand);
};

/* False: there are too many. */
bool errand_add(struct router *router, struct errand *errand);
void errand_remove(struct errand *errand);

void errands_dns_changed(struct router *router);
void errands_drop(struct router *router);

#endif
