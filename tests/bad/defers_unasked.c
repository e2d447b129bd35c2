/* A policy that defers although it has no `withdrawn`, and even when dry: nobody would ever answer. */
#include "bad.h"

static enum hanse_verdict decide(void *self, const struct hanse_case *c) {
  (void)self, (void)c;
  return HANSE_DEFER;
}

static const struct hanse_policy policy = {
    .size = sizeof(struct hanse_policy),
    .stages = HANSE_STAGE_ADMIT,
    .decide = decide,
};

static const struct hanse_offer offers[] = {
    {HANSE_POLICY, NULL, NULL, &policy, NULL, 0},
    HANSE_OFFERS_END,
};

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),
    BAD_WORDS("defers_unasked", "defers what it may not defer"),
    .offers = offers,
    BAD_LIFE,
};
