/* Which names a plugin may have. */
#ifndef SDK_TOOL_NAME_H
#define SDK_TOOL_NAME_H

#include <stdbool.h>
#include <stddef.h>

/* Is it the name of a file NAME.so, of a struct in C and of a module, and free? False: `why` (of `cap` octets) says
   what is wrong and what to do. */
bool name_is_good(const char *name, char *why, size_t cap);

#endif
