/* From links to protocols: whose code frames the next message, and who is told when a link opens and closes. A link
   passes to the successor of its protocol instance at its next message boundary (design §4.5). */
#ifndef ROUTER_DISPATCH_H
#define ROUTER_DISPATCH_H

#include "router/router.h"

/* For transport_new; the context is the router. */
extern const struct link_events dispatch_events;

/* The protocol instance that the running generation names for this link's protocol; NULL: none any more. */
struct instance *dispatch_protocol(const struct router *router, const struct hanse_link *link);
/* After a commit: a link between two messages passes to the successor of its instance, if that was replaced. */
void dispatch_pass_on(struct router *router, struct hanse_link *link);
/* The instance's time is over: links that still wait for the rest of a message are taken from it and closed. */
void dispatch_drop(struct router *router, const struct instance *instance);

#endif
