/* The federation type `discovered`: whoever publishes where he is found, and proves it, unless something forbids it
   (R4). Nobody is vouched for: a policy must allow what comes from them. */
#include "located.h"

static const struct hanse_federation discovered_federation = {
    .size = sizeof(struct hanse_federation),
    .wire_type = HANSE_WIRE_AUTO_FEDERATION,
    .catch_all = true,
    .confirm = located_confirm,
    .route = located_route,
    .withdrawn = located_withdrawn,
};

/* What the same thing was called before: LCS 2005 SP1, OCS 2007, Lync 2010 (R7). */
static const char *const discovered_aliases[] = {
    "open enhanced",
    "open-enhanced",
    "open enhanced federation",
    "discovered partner domain",
    "discovered-partner-domain",
    "partner discovery",
    NULL,
};

static const struct hanse_offer discovered_offers[] = {
    {HANSE_FEDERATION, "discovered", discovered_aliases, &discovered_federation, NULL, 0},
    HANSE_OFFERS_END,
};

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),
    .name = "discovered",
    .version = "0.1.0",
    .summary = "domains that no entry names, found by SRV",
    .offers = discovered_offers,
    .create = located_create,
    .configure = located_configure,
    .start = located_start,
    .destroy = located_destroy,
};
