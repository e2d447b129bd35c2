/* Its policy struct says that it ends before the slot that must be there. */
#include "bad.h"

static const struct hanse_policy policy = {
    .size = (uint32_t)offsetof(struct hanse_policy, decide),
    .stages = HANSE_STAGE_ADMIT,
    .decide = bad_abstain,
};

static const struct hanse_offer offers[] = {
    {HANSE_POLICY, NULL, NULL, &policy, NULL, 0},
    HANSE_OFFERS_END,
};

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),
    BAD_WORDS("short_slots", "has short slots"),
    .offers = offers,
    BAD_LIFE,
};
