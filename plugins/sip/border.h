/* The border: what one organisation's words must not say in the other, and how marks look on the wire (RFC 3325 §5,
   MS-SIPRE 2.2.15, MS-OCER 2.2.1.1). For requests and responses alike. */
#ifndef SIP_BORDER_H
#define SIP_BORDER_H

#include <hanse/message.h>

#include "plugins/sip/edit.h"
#include "plugins/sip/reply.h"
#include "plugins/sip/sip.h"

/* Can the marks be realised on this message towards that side? HANSE_F_NONE or HANSE_F_MARK. */
enum hanse_failure sip_border_check(const struct sip *sip, const struct hanse_message *message);

/* The trust header of what we say inside ourselves. False: it is not configured, or there is no memory. */
bool sip_border_own(struct sip *sip, struct hanse_arena *arena, struct sip_line *out);

/* Edits for a message on its way from the side that message->facts names towards `to`. HANSE_OK, NOMEM, INVALID. */
int sip_border_edit(struct sip *sip, struct sip_edits *edits, const struct hanse_message *message, enum hanse_side to);

#endif
