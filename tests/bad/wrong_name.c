/* Calls itself otherwise than its file. */
#include "bad.h"

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),
    BAD_WORDS("somebody_else", "has the name of another"),
    BAD_LIFE,
};
