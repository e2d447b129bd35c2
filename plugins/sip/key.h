/* The key by which a server transaction is found again: RFC 3261 §17.2.3. */
#ifndef SIP_KEY_H
#define SIP_KEY_H

#include "plugins/sip/message.h"
#include "plugins/sip/sip.h"

enum { SIP_KEY_TEXT = 192 };

/* Side and identity of the peer (not its address: one server has several), sent-by and branch of the topmost Via, and
   the method (INVITE for its ACK and CANCEL); without the cookie also Call-ID, From tag and CSeq. The peer is part of
   it because branches are no secret: whoever is behind the next hop sees them. Returns a slice of `room`. */
struct hanse_slice sip_key(const struct sip *sip, const struct hanse_link *link, const struct sip_message *request,
                           struct hanse_slice method, char room[SIP_KEY_TEXT]);

#endif
