/* Calls a function that nobody has, bound lazily: only a loader that binds all at once notices before the call. */
#include "bad.h"

extern int hanse_function_that_nobody_has(void *self);

static int create(struct hanse_host *host, void **self) {
  *self = host;
  return hanse_function_that_nobody_has(host);
}

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),     BAD_WORDS("undefined_call", "calls a function that nobody has"),
    .create = create,   .configure = bad_configure,
    .start = bad_start, .destroy = bad_destroy,
};
