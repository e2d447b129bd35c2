/* Waiting in a stage: for a verdict that a policy deferred, for what a federation type will find. What ends a wait, and
   the list of messages that may go on (router->ready), which the way of a message empties: no stage runs from here. */
#ifndef ROUTER_WAIT_H
#define ROUTER_WAIT_H

#include "router/message.h"
#include "router/router.h"

/* The longest wait from now on (policy.deferred_timeout). HANSE_OK, HANSE_NOMEM: it stays as it was. */
int wait_limit(struct router *router, hanse_time longest);
/* The message's stage said STEP_WAIT: its token is out. */
void wait_begin(struct message *message);
/* The message is through: the next one of its conversation may go on. */
void wait_let_next(struct message *message);
/* Takes the message out of wherever it waits; who was asked for it hears that nobody waits any more. False: it waits
   nowhere. */
bool wait_take_out(struct message *message);
/* What waits for an answer of this instance goes on as if the time for it were over. */
void wait_asked_gone(struct router *router, const struct instance *instance);

/* What a federation type missed is known now: its slot is called again, a few times at most. */
void wait_ask_again(struct router *router, hanse_token token);
/* hanse_resolve_verdict, hanse_resolve_found. HANSE_GONE: nobody waits for that token (counted); HANSE_INVALID: it was
   asked for the other kind of answer. */
int wait_resolve_verdict(struct router *router, hanse_token token, enum hanse_verdict verdict,
                         const struct hanse_refusal *why);
int wait_resolve_found(struct router *router, hanse_token token, enum hanse_found found,
                       const struct hanse_refusal *why);

#endif
