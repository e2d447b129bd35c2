/* Offers a policy that cannot decide: its one mandatory slot is empty. */
#include "bad.h"

static const struct hanse_policy policy = {
    .size = sizeof(struct hanse_policy),
    .stages = HANSE_STAGE_ADMIT,
};

static const struct hanse_offer offers[] = {
    {HANSE_POLICY, NULL, NULL, &policy, NULL, 0},
    HANSE_OFFERS_END,
};

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),
    BAD_WORDS("empty_slot", "offers a policy that cannot decide"),
    .offers = offers,
    BAD_LIFE,
};
