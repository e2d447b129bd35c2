/* Refuses its settings and says where and why. */
#include <stdio.h>

#include "bad.h"

struct settings {
  struct hanse_where where;
};

static const struct hanse_option options[] = {
    HANSE_OPTION(struct settings, where, HANSE_ORIGIN, HANSE_HIDDEN, NULL, "Where the module stands."),
    HANSE_OPTIONS_END,
};

static int configure(void *self, const void *settings, struct hanse_problem *problem) {
  (void)self;
  problem->where = ((const struct settings *)settings)->where;
  snprintf(problem->text, sizeof problem->text, "this module refuses any settings; take it out");
  return HANSE_INVALID;
}

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),       BAD_WORDS("fails_in_configure", "fails in configure"),
    .options = options,   .settings_size = sizeof(struct settings),
    .create = bad_create, .configure = configure,
    .start = bad_start,   .destroy = bad_destroy,
};
