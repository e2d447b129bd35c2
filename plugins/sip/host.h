/* Hosts as they stand in SIP: names, IPv4 literals, bracketed IPv6 references (RFC 3261 §25.1, RFC 5118). */
#ifndef SIP_HOST_H
#define SIP_HOST_H

#include <hanse/base.h>

enum sip_host_kind {
  SIP_HOST_NONE = 0,
  SIP_HOST_NAME, /* a domain name, as written: any case, perhaps with a final dot or octets over 127 (a U-label) */
  SIP_HOST_IPV4, /* a strict dotted quad */
  SIP_HOST_IPV6  /* "[" IPv6 address "]", without a zone */
};

/* What kind of host the whole of `host` is; SIP_HOST_NONE: none at all. A name whose last label reads as a number
   (2130706433, 127.1, 0x7f.1, 0177.0.0.1) is a host to some resolvers and an address to others, hence none to us. */
enum sip_host_kind sip_host_check(struct hanse_slice host);

/* The address of a SIP_HOST_IPV4 (4 octets) or SIP_HOST_IPV6 (16 octets) in network order. Returns its length, 0 for
   anything else. "[2001:db8:::192.0.2.1]" is read with two colons (RFC 5118 §4.10). */
size_t sip_host_address(struct hanse_slice host, unsigned char out[16]);

/* Reads host [":" port] from the front of `rest`; LWS is allowed round the colon when `lws` (RFC 3261's COLON in Via).
 *port is 0 when none is given; a port of 0 or over 65535 is refused. On success *rest is what follows. */
bool sip_host_port(struct hanse_slice *rest, bool lws, struct hanse_slice *host, enum sip_host_kind *kind,
                   unsigned *port);

#endif
