/* Requires a plugin that is not configured. */
#include "bad.h"

static const char *const requires[] = {"a_plugin_that_nobody_configured", NULL};

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),
    BAD_WORDS("missing_requirement", "requires what is not configured"),
    .requires = requires,
    BAD_LIFE,
};
