/* A request whose way goes on in another protocol: its neutral form (hanse/lifted.h), and what its sender is told in
   the end. Page mode only: RFC 3428, as RFC 7572 §4 maps it. */
#ifndef SIP_LIFT_H
#define SIP_LIFT_H

#include <hanse/lifted.h>

#include "plugins/sip/exchange.h"

/* HANSE_F_NONE, or why the request has no neutral form. */
enum hanse_failure sip_lift(struct sip_exchange *x, struct hanse_lifted *out);

/* The other side has answered with that status: so do we, and the exchange is over. */
void sip_lift_conclude(struct sip_exchange *x, unsigned status);

#endif
