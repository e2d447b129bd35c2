/* The library that missing_library.so is linked to and that no search path leads to. */
#include <hanse/base.h>

HANSE_EXPORT int hanse_not_installed(void *self);
HANSE_EXPORT int hanse_not_installed(void *self) { return self ? HANSE_OK : HANSE_FAIL; }
