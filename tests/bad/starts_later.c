/* Returns from start what start cannot return: it was taken for started, and nobody asked it anything. */
#include "bad.h"

static int start(void *self) {
  (void)self;
  return HANSE_AGAIN;
}

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),       BAD_WORDS("starts_later", "starts later"),
    .create = bad_create, .configure = bad_configure,
    .start = start,       .destroy = bad_destroy,
};
