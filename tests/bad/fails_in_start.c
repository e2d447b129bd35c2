/* Fails in start, after everything went well. */
#include "bad.h"

static int start(void *self) {
  (void)self;
  return HANSE_FAIL;
}

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),       BAD_WORDS("fails_in_start", "fails in start"),
    .create = bad_create, .configure = bad_configure,
    .start = start,       .destroy = bad_destroy,
};
