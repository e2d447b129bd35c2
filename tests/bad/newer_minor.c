/* Needs a minor version of the contract that this router does not have yet. */
#include "bad.h"

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(HANSE_ABI_MINOR + 7),
    BAD_WORDS("newer_minor", "needs a newer minor version"),
    BAD_LIFE,
};
