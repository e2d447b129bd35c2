/* Asking another server whether it serves us: an OPTIONS (RFC 3261 §11) on a connection of its own, without a
   transaction, for `hansectl probe`. */
#ifndef SIP_ASK_H
#define SIP_ASK_H

#include <hanse/probe.h>

#define SIP_ASK_SERVICE "_sipfederationtls._tcp"
#define SIP_ASK_PORT 5061

/* Slots of struct hanse_probe. The request goes to the domain itself, without a user, from our domain: so the far
   end's lists are asked as well. */
int sip_ask(void *self, const struct hanse_probe_question *question, struct hanse_arena *arena,
            struct hanse_slice *out);
enum hanse_probe_verdict sip_ask_read(void *self, struct hanse_slice octets, struct hanse_arena *arena,
                                      struct hanse_probe_answer *out);

#endif
