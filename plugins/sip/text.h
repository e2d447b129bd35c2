/* What a body says of itself: its type, and the text for content filters. */
#ifndef SIP_TEXT_H
#define SIP_TEXT_H

#include "plugins/sip/edit.h"
#include "plugins/sip/message.h"

/* The media type without its parameters; empty when there is none. */
struct hanse_slice sip_text_media_type(const struct sip_message *message);

/* The text of a message: its body, when the type is text/…; or the first text of a session, which travels in the
   INVITE's header ms-text-format (its parameter ms-body, [MS-SIPRE]). *type is empty without such a thing. *text is
   empty as well when it cannot be read: encoded, in another character set than UTF-8 and US-ASCII, or said twice.
   HANSE_OK; HANSE_NOMEM: nothing is written. */
int sip_text_read(const struct sip_message *message, struct hanse_arena *arena, struct hanse_slice *type,
                  struct hanse_slice *text);

/* Puts another text in the place of the one that was read. HANSE_OK, NOMEM, INVALID: there is none. */
int sip_text_replace(struct sip_edits *edits, struct hanse_slice text);

#endif
