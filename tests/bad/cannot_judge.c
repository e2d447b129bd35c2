/* A policy that never can judge, and says so. */
#include "bad.h"

static enum hanse_verdict decide(void *self, const struct hanse_case *c) {
  (void)self;
  c->why->failure = HANSE_F_ERROR;
  c->why->text = HANSE_LIT("its helper does not run");
  return HANSE_DENY;
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
    BAD_WORDS("cannot_judge", "cannot judge"),
    .offers = offers,
    BAD_LIFE,
};
