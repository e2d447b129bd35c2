/* Server transactions: RFC 3261 §17.2, RFC 4320, RFC 6026. Over reliable transports a transaction that is no INVITE's
   ends with its final response (Timer J is 0). */
#ifndef SIP_SERVER_H
#define SIP_SERVER_H

#include "plugins/sip/invite.h"

/* Opens the transaction of a new request: its exchange, ticket and key. HANSE_OK: *out, the message is taken.
   HANSE_SKIP: the request repeats one that is open. HANSE_NOMEM. */
int sip_server_open(struct sip *sip, struct hanse_message *message, const struct sip_message *request,
                    struct sip_exchange **out);

/* Sends the 100 of an INVITE, once. */
void sip_server_trying(struct sip_exchange *x);

/* The link on which a response leaves; NULL: there is none any more. */
struct hanse_link *sip_server_link(struct sip_exchange *x);

/* The final response was written: the exchange is over, with its message. */
void sip_server_done(struct sip_exchange *x, unsigned status);

/* Tag that our own responses put on To: the same for the same request (RFC 3261 §8.2.6.2). Octets of `room`. */
enum { SIP_SERVER_TAG = 16 };
struct hanse_slice sip_server_tag(const struct sip *sip, const struct sip_message *request, char room[SIP_SERVER_TAG]);

/* Is the To tag one that we gave to this request, or to the INVITE that this ACK belongs to? */
bool sip_server_tagged(const struct sip *sip, const struct sip_message *request);

/* The transaction that the request's key names for `method`: 0 is none. */
hanse_ticket sip_server_find(struct sip *sip, struct hanse_link *link, const struct sip_message *request,
                             struct hanse_slice method);

#endif
