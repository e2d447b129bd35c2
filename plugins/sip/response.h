/* A response comes in: its ticket stands in our own Via branch (RFC 3261 §16.7 step 1, §17.1.3). */
#ifndef SIP_RESPONSE_H
#define SIP_RESPONSE_H

#include <hanse/message.h>

#include "plugins/sip/message.h"
#include "plugins/sip/sip.h"

/* A response as sip_message_parse_arrived left it. What belongs to nothing is dropped and counted: it is never sent to
   an address that a Via names. `handed`: another instance gave it to us. HANSE_F_NONE: the message was taken; otherwise
   its addresses cannot be read, and it is still the caller's. */
enum hanse_failure sip_response(struct sip *sip, struct hanse_message *message, struct sip_message *response,
                                bool handed);

/* The core's ANSWER stage is through with it. Takes the answer. */
void sip_response_judged(struct sip *sip, void *object, struct hanse_message *answer,
                         const struct hanse_refusal *denied);

#endif
