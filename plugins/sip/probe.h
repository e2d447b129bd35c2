/* Requests to ourselves: the Request-URI names this router and no user. */
#ifndef SIP_PROBE_H
#define SIP_PROBE_H

#include "plugins/sip/message.h"
#include "plugins/sip/sip.h"

/* Is the request for us? */
bool sip_probe_is_ours(struct sip *sip, const struct hanse_link *link, const struct sip_message *request);

/* OPTIONS: 200 with what we can (RFC 3261 §11.2). Anything else: 404. Stateless. */
void sip_probe_answer(struct sip *sip, struct hanse_link *link, const struct hanse_message *message,
                      const struct sip_message *request);

#endif
