/* A response on its way back: RFC 3261 §16.7. */
#ifndef SIP_RESPOND_H
#define SIP_RESPOND_H

#include "plugins/sip/invite.h"

/* The status under which a response of that status goes on: 503 would make the requester avoid us, who are not
   overloaded (§16.7 step 6); a challenge of another organisation can be met by nobody here (R79); 408 answers only an
   INVITE (RFC 4320 §4.2). */
unsigned sip_respond_status(unsigned status, bool invite);

/* Writes `answer`, without our Via, to `link`: never to an address that a Via names (RFC 3261 §18.2.2). `hosts` is
   how the requester spelled From and To, which return like that; empty: unknown. False: nothing was written. */
bool sip_respond(struct sip *sip, struct hanse_link *link, const struct hanse_message *answer,
                 const struct sip_hosts *hosts);

#endif
