/* A policy that defers every verdict and never gives one. */
#include "bad.h"

static enum hanse_verdict decide(void *self, const struct hanse_case *c) {
  (void)self;
  return c->dry ? HANSE_ABSTAIN : HANSE_DEFER;
}
static void withdrawn(void *self, hanse_token token) { (void)self, (void)token; }

static const struct hanse_policy policy = {
    .size = sizeof(struct hanse_policy),
    .stages = HANSE_STAGE_ADMIT,
    .decide = decide,
    .withdrawn = withdrawn,
};

static const struct hanse_offer offers[] = {
    {HANSE_POLICY, NULL, NULL, &policy, NULL, 0},
    HANSE_OFFERS_END,
};

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),
    BAD_WORDS("never_answers", "never answers"),
    .offers = offers,
    BAD_LIFE,
};
