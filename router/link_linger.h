/* The polite end of a link (LINK_SHUTTING): what waits was written by link_output; then close_notify and FIN leave, and
   what still comes is read and dropped for a while. Without that a close with unread input makes a reset of it, which
   takes our last words from the peer. */
#ifndef ROUTER_LINK_LINGER_H
#define ROUTER_LINK_LINGER_H

#include "router/link_io.h"

/* Nothing waits any more. */
void link_linger(struct link_io *io);
/* The socket is readable. */
void link_linger_input(struct link_io *io);

#endif
