/* The requests that a proxy makes for one hop: CANCEL (RFC 3261 §9.1) and the ACK to a failure (§17.1.1.3). */
#ifndef SIP_HOP_H
#define SIP_HOP_H

#include "plugins/sip/exchange.h"

/* Cancels the INVITE that was forwarded. False: the link takes no more. */
bool sip_hop_cancel(struct sip_exchange *x);

/* Acknowledges `response`, a failure, to the INVITE that was forwarded. */
bool sip_hop_ack(struct sip_exchange *x, const struct sip_message *response);

#endif
