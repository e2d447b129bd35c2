/* Refusals and failures of our own as responses. 503 never leaves: the peer would avoid the whole router; 408 never
   answers anything but an INVITE (RFC 4320 §4.2). */
#ifndef SIP_REFUSE_H
#define SIP_REFUSE_H

#include "plugins/sip/reply.h"
#include "plugins/sip/server.h"

/* Answers the request of an open exchange and ends it. Silently, when nobody may answer (ACK, BENOTIFY). */
void sip_refuse(struct sip_exchange *x, const struct hanse_refusal *why);

/* The same for a failure that needs no words. */
void sip_refuse_plain(struct sip_exchange *x, enum hanse_failure failure);

/* Answers a request that never became an exchange: stateless, nothing is kept, the message (may be NULL) stays the
   caller's. `extra` (may be NULL) is one more header. False: it cannot be answered. */
bool sip_refuse_stateless(struct sip *sip, struct hanse_link *link, const struct hanse_message *message,
                          const struct sip_message *request, enum hanse_failure failure, const struct sip_line *extra);

/* Allow: the methods that are open to partners, and ACK, CANCEL, BYE. Cut from the arena. HANSE_OK, HANSE_NOMEM. */
int sip_refuse_allow(const struct sip *sip, struct hanse_arena *arena, struct sip_line *out);

/* The status under which it leaves. */
unsigned sip_refuse_status(unsigned status, bool invite);

#endif
