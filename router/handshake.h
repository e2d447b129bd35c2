/* From a socket to an open link: TCP's connection, TLS, and the names that the peer proves. Handshakes get a bounded
   share of each turn; what is over waits, first come first served, and the listeners accept nobody meanwhile. */
#ifndef ROUTER_HANDSHAKE_H
#define ROUTER_HANDSHAKE_H

#include "router/link_io.h"

/* Of a new link, connecting (outbound) or connected (inbound). An inbound one without TLS is open when this returns. */
void handshake_begin(struct link_io *io);
/* Goes on with those that wait, within this turn's share. */
void handshake_run_waiting(struct transport *transport);
/* Some wait for their share: nobody else should be let in. */
bool handshake_crowded(const struct transport *transport);

#endif
