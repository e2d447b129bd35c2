/* Calls a function that nobody has; linked without -z defs, so that only the loader can notice. */
#include "bad.h"

extern int hanse_function_that_nobody_has(void *self);

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),
    BAD_WORDS("undefined_symbol", "needs a symbol that nobody has"),
    .create = bad_create,
    .configure = bad_configure,
    .start = hanse_function_that_nobody_has,
    .destroy = bad_destroy,
};
