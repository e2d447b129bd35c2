/* The way of a message, and of its answer: the stages in order, waiting in between, and the order within a
   conversation. Everything goes down from here: stages, policies, types, the protocol that delivers. */
#ifndef ROUTER_WAY_H
#define ROUTER_WAY_H

#include "router/message.h"
#include "router/router.h"

/* HANSE_OK or HANSE_NOMEM. */
int way_init(struct router *router);

/* hanse_submit_take */
void way_submit(struct router *router, struct message *message);
/* hanse_answer_take. HANSE_GONE: the answer was freed. */
int way_answer(struct router *router, hanse_ticket ticket, struct message *answer);
/* hanse_withdraw */
int way_withdraw(struct router *router, struct message *message);
/* The link is closed: what waits of it ends. */
void way_link_closed(struct router *router, struct hanse_link *link);
/* An instance's time is over: what waits for its answer goes on without, what it made and what waits ends. */
void way_instance_gone(struct router *router, const struct instance *instance);
/* explain: runs the stages IDENTIFY to ROUTED on a message that is marked dry. True: it would be delivered; else
   message->way.why says why not. */
bool way_try(struct message *message);

#endif
