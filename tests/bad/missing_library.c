/* Needs a library (DT_NEEDED) that is not installed. */
#include "bad.h"

extern int hanse_not_installed(void *self); /* not_installed.c */

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),
    BAD_WORDS("missing_library", "needs a library that is not there"),
    .create = bad_create,
    .configure = bad_configure,
    .start = hanse_not_installed,
    .destroy = bad_destroy,
};
