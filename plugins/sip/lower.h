/* A message of another protocol as a request of ours (RFC 3428): from then on it is delivered like any other, but that
   nobody on a link waits for its answer: what becomes of it is told to the core. */
#ifndef SIP_LOWER_H
#define SIP_LOWER_H

#include <hanse/lifted.h>
#include <hanse/message.h>

#include "plugins/sip/sip.h"

/* HANSE_F_NONE: the message is a request, and has an exchange. Otherwise why it cannot be one; it is as it was. */
enum hanse_failure sip_lower(struct sip *sip, struct hanse_message *message, const struct hanse_lifted *lifted);

#endif
