/* What the log says of links. */
#ifndef ROUTER_LINK_LOG_H
#define ROUTER_LINK_LOG_H

#include "router/link_io.h"

void link_log_up(const struct hanse_link *link);
/* Of a link that was open; link->reason and link->failure say why. */
void link_log_down(const struct hanse_link *link, enum hanse_close why);
/* Of a link that never opened. Lines about strangers are few: see admission_may_log. */
void link_log_refused(const struct hanse_link *link);
/* Of one that was not let in at all. */
void link_log_shed(struct transport *transport, const struct sockaddr *peer, enum hanse_side side, const char *reason);

#endif
