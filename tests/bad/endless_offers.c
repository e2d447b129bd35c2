/* Its table of offers has no end within what the contract allows. */
#include "bad.h"

static const struct hanse_policy policy = {
    .size = sizeof(struct hanse_policy),
    .stages = HANSE_STAGE_ADMIT,
    .decide = bad_abstain,
};

#define ONE \
  { HANSE_POLICY, NULL, NULL, &policy, NULL, 0 }
#define TEN ONE, ONE, ONE, ONE, ONE, ONE, ONE, ONE, ONE, ONE
static const struct hanse_offer offers[] = {TEN, TEN, TEN, TEN, TEN, TEN, TEN};

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),
    BAD_WORDS("endless_offers", "does not end its table of offers"),
    .offers = offers,
    BAD_LIFE,
};
