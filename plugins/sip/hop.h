/* The requests that a proxy makes for one hop: CANCEL (RFC 3261 §9.1) and the ACK to a failure (§17.1.1.3). */
#ifndef SIP_HOP_H
#define SIP_HOP_H

#include "plugins/sip/exchange.h"

/* What they repeat of the INVITE as it was written: lines of the message where nothing changed them, else copies in its
   arena. */
struct sip_hop {
  struct hanse_slice line; /* the request line behind the method */
  struct hanse_slice via;  /* the value of our own */
  struct hanse_slice route, from, to, call_id;
};

/* Notes it, for the INVITE that these edits write, under the Via `via`. HANSE_OK or HANSE_NOMEM. */
int sip_hop_note(struct sip_exchange *x, const struct sip_edits *edits, struct hanse_slice via);

/* Cancels the INVITE that was forwarded. False: the link takes no more. */
bool sip_hop_cancel(struct sip_exchange *x);

/* Acknowledges `response`, a failure, to the INVITE that was forwarded. */
bool sip_hop_ack(struct sip_exchange *x, const struct sip_message *response);

#endif
