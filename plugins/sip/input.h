/* Octets come in: framing, keepalives (RFC 5626 §3.5.1), and what cannot be read. */
#ifndef SIP_INPUT_H
#define SIP_INPUT_H

#include <hanse/protocol.h>

#include "plugins/sip/sip.h"

/* The slots of hanse_protocol. */
size_t sip_input(struct sip *sip, struct hanse_link *link, struct hanse_input *in);
void sip_input_hand_over(struct sip *sip, struct hanse_link *link, struct hanse_slice bytes);
void sip_input_keepalive(struct sip *sip, struct hanse_link *link);

#endif
