/* Client transactions: RFC 3261 §17.1 and §16.8, RFC 4320, RFC 6026. What happens to a request once the core has said
   where it goes. */
#ifndef SIP_CLIENT_H
#define SIP_CLIENT_H

#include "plugins/sip/invite.h"

/* The core has routed it: the message is the exchange's from now on. */
void sip_client_deliver(struct sip_exchange *x, const struct hanse_route *route);

/* The clock of a request that is no INVITE starts with its arrival. */
void sip_client_arm(struct sip_exchange *x);

void sip_client_link_ready(struct sip_exchange *x, struct hanse_link *link, const struct hanse_refusal *why);
void sip_client_link_lost(struct sip_exchange *x, struct hanse_link *link);

/* A 100, which goes no further (RFC 3261 §16.7 step 5). */
void sip_client_trying(struct sip_exchange *x);

/* Any other response that belongs to the present attempt; `denied` (may be NULL) is a policy's refusal of it. The
   answer stays the caller's. */
void sip_client_response(struct sip_exchange *x, const struct hanse_message *answer,
                         const struct hanse_refusal *denied);

/* The requester takes an INVITE back by this CANCEL (RFC 3261 §16.10). */
void sip_client_cancel(struct sip_exchange *x, const struct sip_message *cancel);

#endif
