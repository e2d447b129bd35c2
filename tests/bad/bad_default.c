/* Its option table has a default that is no value of the option's type. */
#include "bad.h"

struct settings {
  hanse_time interval;
};

static const struct hanse_option options[] = {
    HANSE_OPTION(struct settings, interval, HANSE_DURATION, 0, "often", "How often nothing is done."),
    HANSE_OPTIONS_END,
};

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),     BAD_WORDS("bad_default", "has a default that does not convert"),
    .options = options, .settings_size = sizeof(struct settings),
    BAD_LIFE,
};
