/* Declares a setting that is the core's. */
#include "bad.h"

struct settings {
  struct hanse_slice plugin;
};

static const struct hanse_option options[] = {
    {.name = "plugin",
     .type = HANSE_STRING,
     .offset = offsetof(struct settings, plugin),
     .help = "Is not its to declare."},
    HANSE_OPTIONS_END,
};

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),     BAD_WORDS("core_option", "declares a setting of the core"),
    .options = options, .settings_size = sizeof(struct settings),
    BAD_LIFE,
};
