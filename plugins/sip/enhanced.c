/* The federation type `enhanced`: a domain that the administrator entered without its edge, which is found by SRV
   (R3). */
#include "located.h"

static const struct hanse_federation enhanced_federation = {
    .size = sizeof(struct hanse_federation),
    .wire_type = HANSE_WIRE_AUTO_FEDERATION,
    .catch_all = false,
    .confirm = located_confirm,
    .route = located_route,
    .withdrawn = located_withdrawn,
};

/* What the same thing was called before: LCS 2005 SP1, OCS 2007, Lync 2010, and on the wire (R7). */
static const char *const enhanced_aliases[] = {
    "enhanced federation",         "allowed partner domain", "allowed-partner-domain", "allowed domain",
    "allowed domain without FQDN", "allowed-domain",         "AutoFederation",         NULL,
};

static const struct hanse_offer enhanced_offers[] = {
    {HANSE_FEDERATION, "enhanced", enhanced_aliases, &enhanced_federation, NULL, 0},
    HANSE_OFFERS_END,
};

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),
    .name = "enhanced",
    .version = "0.1.0",
    .summary = "partners that are entered by domain only and found by SRV",
    .offers = enhanced_offers,
    .create = located_create,
    .configure = located_configure,
    .start = located_start,
    .destroy = located_destroy,
};
