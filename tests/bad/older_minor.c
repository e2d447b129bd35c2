/* Needs an older minor version, while the major is 0 and nothing is promised between those. */
#include "bad.h"

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(HANSE_ABI_MINOR - 1),
    BAD_WORDS("older_minor", "needs an older minor version before 1.0"),
    BAD_LIFE,
};
