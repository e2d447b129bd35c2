/* A request on its way out: RFC 3261 §16.6. */
#ifndef SIP_FORWARD_H
#define SIP_FORWARD_H

#include "plugins/sip/exchange.h"

/* Writes the request of the exchange, as attempt x->attempt, to the link; sets x->hop and x->start.
   HANSE_F_NONE, HANSE_F_QUEUE_FULL (the link takes no more), HANSE_F_MEMORY or HANSE_F_ERROR. */
enum hanse_failure sip_forward(struct sip_exchange *x, struct hanse_link *link);

#endif
