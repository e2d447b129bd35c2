/* Offers three observers, of which the third would never be told of anything. */
#include "bad.h"

static void event(void *self, const struct hanse_event *event) { (void)self, (void)event; }

static const struct hanse_observer observer = {
    .size = sizeof(struct hanse_observer),
    .mask = HANSE_EVENT_REFUSED,
    .event = event,
};

static const struct hanse_offer offers[] = {
    {HANSE_OBSERVER, NULL, NULL, &observer, NULL, 0},
    {HANSE_OBSERVER, NULL, NULL, &observer, NULL, 0},
    {HANSE_OBSERVER, NULL, NULL, &observer, NULL, 0},
    HANSE_OFFERS_END,
};

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),
    BAD_WORDS("third_observer", "offers one observer more than there may be"),
    .offers = offers,
    BAD_LIFE,
};
