/* Who we are and who they are, as names and addresses say it. */
#ifndef SIP_PEER_H
#define SIP_PEER_H

#include "plugins/sip/received.h"
#include "plugins/sip/sip.h"
#include "plugins/sip/uri.h"

/* Is the URI's host, and its port where both have one, a name of ours? */
bool sip_peer_is_us(struct sip *sip, const struct hanse_link *link, const struct sip_uri *uri);

/* The far end's address without its port; IPv6 without brackets. */
struct hanse_slice sip_peer_address(const struct sip *sip, const struct hanse_link *link);

/* Who is at the far end: the first name that it proved, or its address when it proved none. */
struct hanse_slice sip_peer_identity(const struct sip *sip, const struct hanse_link *link);

/* Links of one side to one peer: what a transaction may come back on. */
bool sip_peer_same(const struct sip *sip, const struct hanse_link *a, const struct hanse_link *b);

/* What the topmost Via of a request that came on this link must say of where it came from. */
void sip_peer_received(const struct sip *sip, const struct hanse_link *link, const struct sip_via *via,
                       struct sip_received *out);

/* "TLS" or "TCP" */
struct hanse_slice sip_peer_transport(const struct sip *sip, const struct hanse_link *link);

#endif
