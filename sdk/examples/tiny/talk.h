/* One text on its way: from whoever said it, through the router's stages, to a server of the other side, and the answer
   back. The object lies in its message's arena, so that both end together. */
#ifndef TINY_TALK_H
#define TINY_TALK_H

#include <hanse/link.h>

#include "line.h"

/* The instance: what `create` makes. */
struct tiny {
  struct hanse_host *host;
  struct hanse_timers *patience; /* how long an answer may take */
  struct talk *talks;            /* all that are open, so that `stop` can end them */
  uint64_t *texts;               /* counter */
};

struct talk {
  struct tiny *tiny;
  struct talk *next, *previous;
  struct hanse_message *message; /* ours, but while the core's stages have it */
  struct hanse_slice id;         /* by which whoever said it knows it */
  hanse_ticket ticket;           /* by which the core and the next server know it */
  const struct hanse_route *route;
  uint32_t target;        /* index in the route */
  struct hanse_link *out; /* held: where it was written; NULL: not yet */
  struct hanse_timer timer;
  bool judged;  /* the stages are through with it */
  bool lowered; /* made of another protocol's message: the core is told what becomes of it, not a link */
};

/* A line `say` that has come: states the facts and opens the ticket. HANSE_F_NONE: message->native is the talk.
   Otherwise the message is as it was. */
enum hanse_failure talk_open(struct tiny *tiny, struct hanse_message *message, const struct line *line);
/* What talk_open would not take: tells whoever said it, and the log. Takes the message. */
void talk_not_opened(struct tiny *tiny, struct hanse_message *message, const struct line *line,
                     enum hanse_failure failure);

/* The stages let it pass: on to the first target that takes it. */
void talk_deliver(struct talk *talk, const struct hanse_route *route);
/* The link that was waited for is there, or (NULL) will not come. */
void talk_link_ready(struct talk *talk, struct hanse_link *link, enum hanse_failure failure);
void talk_link_lost(struct talk *talk);
/* The next server's line `ok` or `no`. Takes nothing. */
void talk_answered(struct talk *talk, bool arrived);
/* Tells whoever said it, and ends it. The failure's name is the reason of a `no`. */
void talk_refuse(struct talk *talk, const struct hanse_refusal *why);
void talk_conclude(struct talk *talk, uint16_t status);

#endif
