/* What would be decided for a message that nobody sends: the stages of the way, dry, over a link that is not there. */
#ifndef ROUTER_REHEARSAL_H
#define ROUTER_REHEARSAL_H

#include "router/message.h"
#include "router/rows.h"

struct rehearsal {
  struct message *message; /* way.why, way.route and facts tell; NULL: no memory, or no protocol runs */
  struct hanse_link link;  /* what the stages read of a link */
  bool allowed;
};

/* An instant message from one address to another, from that side, over a link that proved these names, which must live
   as long as the rehearsal. Without a user, `from` and `to` stand for their domains. */
void rehearse(struct rehearsal *rehearsal, struct router *router, enum hanse_side side,
              const struct hanse_address_fact *from, const struct hanse_address_fact *to,
              const struct hanse_slice *names, size_t count);
void rehearsal_end(struct rehearsal *rehearsal);

/* The argument as an address: "sip:user@domain", "user@domain" or "domain". False: the rows say what is wrong. The
   domain is cut from the arena, the user is the argument's. */
bool rehearsal_address(struct hanse_rows *rows, const char *argument, struct hanse_arena *arena,
                       struct hanse_address_fact *out);

#endif
