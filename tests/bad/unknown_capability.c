/* Offers a capability that nobody knows. */
#include "bad.h"

static const struct hanse_policy policy = {
    .size = sizeof(struct hanse_policy),
    .stages = HANSE_STAGE_ADMIT,
    .decide = bad_abstain,
};

static const struct hanse_offer offers[] = {
    {(enum hanse_capability)99, NULL, NULL, &policy, NULL, 0},
    HANSE_OFFERS_END,
};

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),
    BAD_WORDS("unknown_capability", "offers a capability that does not exist"),
    .offers = offers,
    BAD_LIFE,
};
