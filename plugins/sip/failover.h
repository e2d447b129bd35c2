/* The walk over the targets of a route: design §3 ROUTE, RFC 3263 §4.3. */
#ifndef SIP_FAILOVER_H
#define SIP_FAILOVER_H

#include "plugins/sip/exchange.h"

enum sip_walk {
  SIP_WALK_SENT,  /* written to x->out */
  SIP_WALK_WAITS, /* link_ready will come */
  SIP_WALK_OVER   /* no target is left; x->failure says what the last one lacked */
};

/* Tries the targets from x->target on. */
enum sip_walk sip_failover_walk(struct sip_exchange *x);

/* The link that was waited for is there. */
enum sip_walk sip_failover_link(struct sip_exchange *x, struct hanse_link *link);

/* The present target failed for this reason: goes on to the next. */
enum sip_walk sip_failover_next(struct sip_exchange *x, enum hanse_failure failure);

/* The link broke. Goes on where that does no harm: nothing was written, or nothing read because the peer refused our
   certificate, or what was written may be repeated (an INVITE without a 1xx, SUBSCRIBE, OPTIONS). The last target is
   tried once more when nothing had been written: a link that was idle says little about its target. */
enum sip_walk sip_failover_lost(struct sip_exchange *x);

/* Is there a target behind the present one? */
static inline bool sip_failover_has_next(const struct sip_exchange *x) { return x->target + 1 < x->route->count; }

/* May a request that was written, and not answered, be sent elsewhere? */
bool sip_failover_is_harmless(const struct sip_exchange *x);

#endif
