/* A policy that answers later, with a reason whose size it does not set. */
#include "bad.h"

/* The answer comes before the slot returns, which is legal. */
static enum hanse_verdict decide(void *self, const struct hanse_case *c) {
  const struct bad *bad = (const struct bad *)self;
  const struct hanse_refusal why = {.size = 0, .failure = HANSE_F_BLOCKED};
  if (c->dry) return HANSE_ABSTAIN;
  hanse_resolve_verdict(bad->host, c->token, HANSE_DENY, &why);
  return HANSE_DEFER;
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
    BAD_WORDS("unsized_refusal", "does not set the size of its reason"),
    .offers = offers,
    BAD_LIFE,
};
