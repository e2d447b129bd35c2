/* What a body says of itself: the text for content filters, and what kind of conversation an SDP describes. */
#ifndef SIP_TEXT_H
#define SIP_TEXT_H

#include <hanse/facts.h>

#include "plugins/sip/message.h"

/* The media type without its parameters; empty when there is none. */
struct hanse_slice sip_text_media_type(const struct sip_message *message);

/* The body, when its type is text/… in UTF-8 or US-ASCII, not encoded, and its octets are UTF-8; else empty. */
struct hanse_slice sip_text_part(const struct sip_message *message);

/* From the m= lines (RFC 4566 §5.14): audio or video win over a message session, and that over others. */
enum hanse_modality sip_text_sdp_modality(struct hanse_slice body);

#endif
