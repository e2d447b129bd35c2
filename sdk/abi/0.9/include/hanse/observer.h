/* OBSERVER: sees messages and answers pass; cannot change anything. */
#ifndef HANSE_OBSERVER_H
#define HANSE_OBSERVER_H

#include <hanse/message.h>

HANSE_BEGIN

/* What an observer can be told of. */
enum hanse_event_kind {
  HANSE_EVENT_ACCEPTED = 1, /* a message passed all stages */
  HANSE_EVENT_REFUSED = 2,  /* a stage or the protocol refused it: `why` */
  HANSE_EVENT_ANSWERED = 4, /* an answer passed back */
  HANSE_EVENT_LINK_UP = 8,
  HANSE_EVENT_LINK_DOWN = 16,
  HANSE_EVENT_FAILED = 32 /* it passed all stages and could not be delivered: `why` */
};

/* One event. The core's; nothing in it may be kept, all of it may be copied. */
struct hanse_event {
  uint32_t size;
  uint32_t kind;                   /* enum hanse_event_kind */
  const struct hanse_facts *facts; /* NULL for link events */
  const struct hanse_link *link;   /* that it came on, went up, or went down */
  const struct hanse_refusal *why; /* REFUSED, FAILED; else NULL */
};

/* What a plugin offers that is an observer. */
struct hanse_observer {
  uint32_t size;
  uint32_t mask; /* enum hanse_event_kind, or-ed: it is called for these only */
  /* On a message's way: microseconds. What takes longer is queued, and done by a thread or a timer. */
  void (*event)(void *self, const struct hanse_event *event);
};

HANSE_END
#endif
