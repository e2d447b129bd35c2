/* A policy that ends the process: what it was and which build must be told. */
#include "bad.h"

static enum hanse_verdict decide(void *self, const struct hanse_case *c) {
  (void)self;
  if (!c->dry) abort();
  return HANSE_ABSTAIN;
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
    BAD_WORDS("crashes", "ends the process when it is asked"),
    .offers = offers,
    BAD_LIFE,
};
