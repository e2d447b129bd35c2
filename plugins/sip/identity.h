/* Asserted identity and privacy at the border: RFC 3323, RFC 3325. */
#ifndef SIP_IDENTITY_H
#define SIP_IDENTITY_H

#include <hanse/message.h>

#include "plugins/sip/message.h"
#include "plugins/sip/sip.h"

/* A request that leaves for partners. HANSE_F_PRIVACY: what it calls critical (RFC 3323 §4.2) is not done here: nobody
   hides From, Contact, Via or the session. */
enum hanse_failure sip_identity_check(const struct sip_message *request);

/* Does Privacy ask for no more than what is done here? */
bool sip_identity_suffices(const struct sip_message *request);

/* May this header, which asserts who somebody is, cross in that direction, now that a policy keeps such headers? Out
   with Privacy none may; P-Asserted-Identity and Remote-Party-ID only where each of their addresses is of a domain for
   which the sending side speaks, unless the policy keeps all. */
bool sip_identity_may_cross(struct sip *sip, const struct hanse_message *message, const struct sip_message *parsed,
                            const struct sip_header *header, enum hanse_side to);

#endif
