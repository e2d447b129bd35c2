/* A federation type that answers later and has no `withdrawn`, so that it is given no token to answer with. */
#include "bad.h"

static enum hanse_found later(void *self, const struct hanse_partner *partner, struct hanse_question *question) {
  (void)self, (void)partner;
  if (!question->dry) return HANSE_FOUND_LATER;
  hanse_refusal_say(question->why, question->arena, HANSE_F_NO_ROUTE, (struct hanse_where){NULL, 0}, "not asked yet");
  return HANSE_FOUND_NO;
}

static const struct hanse_federation federation = {
    .size = sizeof(struct hanse_federation),
    .wire_type = HANSE_WIRE_DIRECT_PARTNER,
    .confirm = later,
    .route = later,
};

static const struct hanse_offer offers[] = {
    {HANSE_FEDERATION, "later", NULL, &federation, NULL, 0},
    HANSE_OFFERS_END,
};

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),
    BAD_WORDS("later_untold", "answers later without a token"),
    .offers = offers,
    BAD_LIFE,
};
