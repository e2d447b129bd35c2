/* Not a plugin of this router: another magic. */
#include "bad.h"

const struct hanse_plugin hanse_plugin = {
    .magic = 0x7f454c46u,
    .size = sizeof(struct hanse_plugin),
    .abi_major = HANSE_ABI_MAJOR,
    .abi_minor = HANSE_ABI_MINOR,
    BAD_WORDS("wrong_magic", "has another magic"),
    BAD_LIFE,
};
