/* Sets a slot that came with headers later than the minor version that it says it needs. */
#include "bad.h"

static const struct {
  struct hanse_policy known;
  void (*later)(void *self);
} policy = {
    .known = {.size = sizeof policy, .stages = HANSE_STAGE_ADMIT, .decide = bad_abstain},
    .later = bad_destroy,
};

static const struct hanse_offer offers[] = {
    {HANSE_POLICY, NULL, NULL, &policy, NULL, 0},
    HANSE_OFFERS_END,
};

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),
    BAD_WORDS("later_fields", "needs more than it says"),
    .offers = offers,
    BAD_LIFE,
};
