/* Says that its descriptor ends before the callbacks that every plugin has. */
#include "bad.h"

const struct hanse_plugin hanse_plugin = {
    .magic = HANSE_MAGIC,
    .size = (uint32_t)offsetof(struct hanse_plugin, create),
    .abi_major = HANSE_ABI_MAJOR,
    .abi_minor = HANSE_ABI_MINOR,
    BAD_WORDS("short_descriptor", "has a short descriptor"),
    BAD_LIFE,
};
