/* An observer that holds the loop for 20 ms at each message. */
#include <time.h>

#include "bad.h"

static void event(void *self, const struct hanse_event *event) {
  const struct timespec while_all_wait = {0, 20 * 1000 * 1000};
  (void)self;
  if (event->kind == HANSE_EVENT_ACCEPTED) nanosleep(&while_all_wait, NULL);
}

static const struct hanse_observer observer = {
    .size = sizeof(struct hanse_observer),
    .mask = HANSE_EVENT_ACCEPTED,
    .event = event,
};

static const struct hanse_offer offers[] = {
    {HANSE_OBSERVER, NULL, NULL, &observer, NULL, 0},
    HANSE_OFFERS_END,
};

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),
    BAD_WORDS("slow_event", "is slow"),
    .offers = offers,
    BAD_LIFE,
};
