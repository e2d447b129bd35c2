/* Leaves create and destroy empty. */
#include "bad.h"

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),
    BAD_WORDS("no_callbacks", "has no create and no destroy"),
    .configure = bad_configure,
    .start = bad_start,
};
