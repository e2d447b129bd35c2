/* What kinds of talk a message is for: from its method, its event package, its SDP and who takes part. */
#ifndef SIP_MODALITY_H
#define SIP_MODALITY_H

#include <hanse/facts.h>

#include "plugins/sip/message.h"

/* Sets modality, modalities and file_name, whose text lies in the message or, where it was escaped, in the arena.
   HANSE_OK or HANSE_NOMEM. */
int sip_modality_read(const struct sip_message *message, struct hanse_arena *arena, struct hanse_facts *facts);

#endif
