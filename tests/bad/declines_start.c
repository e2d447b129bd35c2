/* Not bad at all: has nothing to do, says so (HANSE_SKIP), and everybody goes on without it. */
#include "bad.h"

static int start(void *self) {
  (void)self;
  return HANSE_SKIP;
}

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),       BAD_WORDS("declines_start", "has nothing to do"),
    .create = bad_create, .configure = bad_configure,
    .start = start,       .destroy = bad_destroy,
};
