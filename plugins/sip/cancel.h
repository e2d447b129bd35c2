/* Requests that concern an INVITE's server transaction: CANCEL (RFC 3261 §9.2, §16.10), and ACK, which belongs to it
   after a failure and is a request of its own after a 2xx (§17.1.1.3, RFC 6026 §7.1). */
#ifndef SIP_CANCEL_H
#define SIP_CANCEL_H

#include <hanse/message.h>

#include "plugins/sip/message.h"
#include "plugins/sip/sip.h"

enum sip_cancel {
  SIP_CANCEL_TAKEN,   /* done with, here or in another instance */
  SIP_CANCEL_NOTHING, /* a CANCEL of nothing that is open */
  SIP_CANCEL_PASS     /* an ACK that goes its own way */
};

/* The message stays the caller's. */
enum sip_cancel sip_cancel(struct sip *sip, struct hanse_message *message, const struct sip_message *request,
                           bool handed);

#endif
