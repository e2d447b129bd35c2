/* Offers a federation type without a name, so that no entry can say it. */
#include "bad.h"

static enum hanse_found not_mine(void *self, const struct hanse_partner *partner, struct hanse_question *question) {
  (void)self, (void)partner, (void)question;
  return HANSE_FOUND_NOT_MINE;
}

static const struct hanse_federation federation = {
    .size = sizeof(struct hanse_federation),
    .wire_type = HANSE_WIRE_DIRECT_PARTNER,
    .confirm = not_mine,
    .route = not_mine,
};

static const struct hanse_offer offers[] = {
    {HANSE_FEDERATION, NULL, NULL, &federation, NULL, 0},
    HANSE_OFFERS_END,
};

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),
    BAD_WORDS("nameless_type", "offers a federation type without a name"),
    .offers = offers,
    BAD_LIFE,
};
