/* Fails in create. */
#include "bad.h"

static int create(struct hanse_host *host, void **self) {
  (void)self;
  hanse_log(host, HANSE_ERROR, "bad.create", "text=\"the example fails on purpose\"");
  return HANSE_FAIL;
}

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),     BAD_WORDS("fails_in_create", "fails in create"),
    .create = create,   .configure = bad_configure,
    .start = bad_start, .destroy = bad_destroy,
};
