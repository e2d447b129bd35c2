/* Escapes of URIs: "%" and two hexadecimal digits for an octet (RFC 3261 §19.1.2). */
#ifndef SIP_ESCAPE_H
#define SIP_ESCAPE_H

#include <hanse/arena.h>

/* Without escapes: `text` itself where it has none, else cut from the arena. A "%" that begins no escape stays.
   HANSE_OK or HANSE_NOMEM. */
int sip_unescape(struct hanse_arena *arena, struct hanse_slice text, struct hanse_slice *out);

/* As the user part of a URI (SIP_C_USER): `text` itself where nothing in it needs an escape, else cut from the arena.
   HANSE_OK or HANSE_NOMEM. */
int sip_escape_user(struct hanse_arena *arena, struct hanse_slice text, struct hanse_slice *out);

#endif
