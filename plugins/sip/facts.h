/* What policies are told of a request or a response. */
#ifndef SIP_FACTS_H
#define SIP_FACTS_H

#include <hanse/message.h>

#include "plugins/sip/path.h"

/* Fills message->facts of a request. `path` was read before. HANSE_F_NONE, or why the request is refused at once: its
   sender has no domain name (an address, another scheme). */
enum hanse_failure sip_facts_request(struct sip *sip, struct hanse_message *message, const struct sip_message *request,
                                     const struct sip_path *path);

/* Fills message->facts of a response; who talks to whom is the request's, `asked`. NULL: that is gone, and the response
   has to say it itself. HANSE_F_NONE or MEMORY; a name that is none stays empty. */
enum hanse_failure sip_facts_response(struct sip *sip, struct hanse_message *message,
                                      const struct sip_message *response, const struct hanse_facts *asked);

#endif
