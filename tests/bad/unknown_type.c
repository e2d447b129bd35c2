/* Declares a setting of a type that nobody knows. */
#include "bad.h"

struct settings {
  struct hanse_slice plugin;
};

static const struct hanse_option options[] = {
    {.name = "interval",
     .type = (enum hanse_option_type)99,
     .offset = offsetof(struct settings, plugin),
     .help = "Cannot be read."},
    HANSE_OPTIONS_END,
};

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),     BAD_WORDS("unknown_type", "declares a setting of an unknown type"),
    .options = options, .settings_size = sizeof(struct settings),
    BAD_LIFE,
};
