/* The targets that a federation type names while it is asked for a route. */
#ifndef ROUTER_FOUND_H
#define ROUTER_FOUND_H

#include "router/generation.h"
#include "router/message.h"

#define FOUND_MAX 32

struct hanse_found_targets {
  struct message *message;
  uint8_t wire_type;                   /* enum hanse_wire_type of the federation type that is asked */
  const struct hanse_partner *partner; /* NULL: a catch-all type's */
  uint32_t count;
  struct hanse_target *targets[FOUND_MAX]; /* held */
};

/* In the message's arena. NULL: no memory. */
struct hanse_found_targets *found_new(struct message *message, const struct hanse_federation *slots,
                                      const struct hanse_partner *partner);
/* What a place becomes as a target: protocol, TLS profile and source of the partner's entry (NULL: none), else of the
   place, else of the first partner listener. Borrowed from the running generation. HANSE_INVALID: there is no such
   protocol, or no TLS profile. */
int found_settings(struct router *router, const struct hanse_partner *partner, const struct hanse_place *place,
                   struct target_settings *out);
/* hanse_route_add. HANSE_INVALID: the place is not one (no host, no port); HANSE_NOMEM: too many, or no memory. */
int found_add(struct router *router, struct hanse_found_targets *found, const struct hanse_place *place);
void found_clear(struct hanse_found_targets *found);
/* What is being found for the message is given up. */
void found_forget(struct message *message);

#endif
