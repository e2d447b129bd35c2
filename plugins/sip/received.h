/* Where a request really came from, as its topmost Via is made to say: RFC 3261 §18.2.1, RFC 3581 §4. */
#ifndef SIP_RECEIVED_H
#define SIP_RECEIVED_H

#include "plugins/sip/via.h"

struct sip_received_part {
  struct hanse_slice where; /* octets of the Via that are replaced; empty: an insertion */
  struct hanse_slice text;
};

/* Points into itself: not to be copied. */
struct sip_received {
  unsigned count;
  struct sip_received_part parts[2]; /* in the order of their places */
  char port[8], address[80];
};

/* What must change in a Via that came from `address` (IPv6 without brackets) and `port`, both as text. Nothing when the
   address is empty, as of a link that has none. */
void sip_received(const struct sip_via *via, struct hanse_slice address, struct hanse_slice port,
                  struct sip_received *out);

#endif
