/* A shared object that exports something, but not the descriptor. */
#include <hanse/base.h>

HANSE_EXPORT int somebody_elses_symbol(void);
HANSE_EXPORT int somebody_elses_symbol(void) { return 1; }
