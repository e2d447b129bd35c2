/* Offers a policy without slots. */
#include "bad.h"

static const struct hanse_offer offers[] = {
    {HANSE_POLICY, NULL, NULL, NULL, NULL, 0},
    HANSE_OFFERS_END,
};

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),
    BAD_WORDS("no_slots", "offers a policy without slots"),
    .offers = offers,
    BAD_LIFE,
};
