/* Its option table names a field that lies outside its settings. */
#include "bad.h"

struct settings {
  hanse_time interval;
};

static const struct hanse_option options[] = {
    {"interval", HANSE_DURATION, 0, sizeof(struct settings), "1s", NULL, NULL, NULL, NULL, 0, NULL,
     "How often nothing is done."},
    HANSE_OPTIONS_END,
};

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),     BAD_WORDS("outside_field", "has a field outside its settings"),
    .options = options, .settings_size = sizeof(struct settings),
    BAD_LIFE,
};
