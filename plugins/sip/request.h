/* A request comes in: what a proxy checks before it forwards (RFC 3261 §16.3, §16.4), then the core's stages. */
#ifndef SIP_REQUEST_H
#define SIP_REQUEST_H

#include <hanse/message.h>

#include "plugins/sip/message.h"
#include "plugins/sip/sip.h"

/* Takes the message. `handed`: another instance gave it to us, so it is not handed on again. */
void sip_request(struct sip *sip, struct hanse_message *message, const struct sip_message *request, bool handed);

/* One that we made ourselves of a message of another protocol: the same checks, but the core has judged it.
   HANSE_F_NONE: its exchange is open. Otherwise the message is as it was. */
enum hanse_failure sip_request_lowered(struct sip *sip, struct hanse_message *message,
                                       const struct sip_message *request);

#endif
