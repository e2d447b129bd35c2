/* Octets onto a link: the only place that writes. */
#ifndef SIP_SEND_H
#define SIP_SEND_H

#include "plugins/sip/edit.h"
#include "plugins/sip/reply.h"
#include "plugins/sip/sip.h"

/* Writes the message with its edits. *start (may be NULL) becomes the link's position before it. False: the link has no
   room, or is closed; nothing was written. */
bool sip_send_edits(struct sip *sip, struct hanse_link *link, const struct sip_edits *edits, uint64_t *start);

/* Writes a response of our own, with Server where one is configured. At most SIP_SEND_LINES lines. False as above, or
   the request cannot be answered. */
enum { SIP_SEND_LINES = 6 };
bool sip_send_reply(struct sip *sip, struct hanse_link *link, const struct sip_message *request,
                    const struct sip_reply *reply);

/* Writes octets as they are. */
bool sip_send_octets(struct sip *sip, struct hanse_link *link, struct hanse_slice octets);

#endif
