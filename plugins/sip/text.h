/* What a body says of itself: its type, and the text for content filters. */
#ifndef SIP_TEXT_H
#define SIP_TEXT_H

#include "plugins/sip/message.h"

/* The media type without its parameters; empty when there is none. */
struct hanse_slice sip_text_media_type(const struct sip_message *message);

/* The media type, when it is text/… and there is a body; else empty. */
struct hanse_slice sip_text_type(const struct sip_message *message);

/* The body of a message with such a type, when it is in UTF-8 or US-ASCII, not encoded, and its octets are UTF-8; else
   empty. */
struct hanse_slice sip_text_part(const struct sip_message *message);

#endif
