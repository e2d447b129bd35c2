/* Between protocols: a message whose target speaks another one is lifted into neutral form by its own, and lowered by
   the target's into a message of its own, which is delivered in its place (hanse/lifted.h). The two know each other
   until the one is concluded or either is gone. */
#ifndef ROUTER_LIFT_H
#define ROUTER_LIFT_H

#include "router/stage.h"
#include "router/target.h"

/* Does its route lead into another protocol? */
static inline bool lift_is_due(const struct message *message) {
  return message->way.route.count &&
         !hanse_same(target_key(message->way.route.targets[0])->protocol, message->public.link->protocol);
}

/* Behind the last stage: makes message->other, which is to be delivered. When the message is dry, only looks whether it
   could be made. */
enum step stage_lift(struct message *message);

/* hanse_concluded: whoever sent what `lowered` was made of is told. HANSE_GONE: nobody waits for it. */
int lift_concluded(struct message *lowered, uint16_t status, const struct hanse_refusal *why);

#endif
