/* Says in configure that there is more to do, for ever. */
#include "bad.h"

static int configure(void *self, const void *settings, struct hanse_problem *problem) {
  (void)self, (void)settings, (void)problem;
  return HANSE_AGAIN;
}

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),       BAD_WORDS("never_configured", "never comes to an end in configure"),
    .create = bad_create, .configure = configure,
    .start = bad_start,   .destroy = bad_destroy,
};
