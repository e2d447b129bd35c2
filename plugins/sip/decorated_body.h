/* Presence documents that call their subject by a decoration: who watches joe@example.org would not know
   joe(example.org)@decoration for him (RFC 3863 §4.1.1: the entity says whose presence it is). */
#ifndef SIP_DECORATED_BODY_H
#define SIP_DECORATED_BODY_H

#include "plugins/sip/edit.h"

/* In a body that is one presence document (…pidf…), not encoded: each address `called` becomes `plain`, with or without
   a scheme before it; every other octet stays. Only where nothing of a longer address stands before or behind. HANSE_OK
   or HANSE_NOMEM. */
int sip_decorated_body(struct sip_edits *edits, struct hanse_slice called, struct hanse_slice plain);

#endif
