/* Offers a store that cannot be asked: its one mandatory slot is empty. */
#include "bad.h"

static const struct hanse_store store = {.size = sizeof(struct hanse_store)};

static const struct hanse_offer offers[] = {
    {HANSE_STORE, NULL, NULL, &store, NULL, 0},
    HANSE_OFFERS_END,
};

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),
    BAD_WORDS("store_slot", "offers a store that cannot be asked"),
    .offers = offers,
    BAD_LIFE,
};
