/* Refuses its settings and does not say why. */
#include "bad.h"

static int configure(void *self, const void *settings, struct hanse_problem *problem) {
  (void)self, (void)settings, (void)problem;
  return HANSE_FAIL;
}

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),       BAD_WORDS("fails_silently", "fails without a reason"),
    .create = bad_create, .configure = configure,
    .start = bad_start,   .destroy = bad_destroy,
};
