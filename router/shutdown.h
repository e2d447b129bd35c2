/* The end of the process: stop accepting, finish what is open within limits.drain_timeout, close politely, leave. */
#ifndef ROUTER_SHUTDOWN_H
#define ROUTER_SHUTDOWN_H

#include "router/router.h"

/* SIGTERM, `hansectl stop`. A second call with `now` ends the waiting. */
void shutdown_begin(struct router *router, bool now);

#endif
