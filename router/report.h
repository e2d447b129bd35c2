/* What is told of a message's fate: counters, the log, observers. */
#ifndef ROUTER_REPORT_H
#define ROUTER_REPORT_H

#include "router/message.h"
#include "router/router.h"

/* What to do about a partner whose edge was written down and does not answer. */
#define PARTNER_MOVED_HINT                                                                                         \
  "the partner may have changed its edge; ask it, or enter the domain with type enhanced and without an edge, so " \
  "that "                                                                                                          \
  "it is found by its SRV record"

void report_accepted(struct message *message);
HANSE_RARE void report_refused(struct message *message, const struct hanse_refusal *why);
/* It passed the stages, but could not be delivered. Without a text of its own the last target that failed speaks. */
HANSE_RARE void report_failed(struct message *message, const struct hanse_refusal *why);
void report_answered(struct message *answer, const struct message *asked);
void report_link(struct router *router, const struct hanse_link *link, bool up);

#endif
