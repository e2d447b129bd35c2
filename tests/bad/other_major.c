/* Built for a router of another major version of the contract. */
#include "bad.h"

const struct hanse_plugin hanse_plugin = {
    .magic = HANSE_MAGIC,
    .size = sizeof(struct hanse_plugin),
    .abi_major = HANSE_ABI_MAJOR + 7,
    .abi_minor = HANSE_ABI_MINOR,
    BAD_WORDS("other_major", "is of another major version"),
    BAD_LIFE,
};
