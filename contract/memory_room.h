/* Room for a library that does not ask whether it got memory: it is not called without there being enough. */
#ifndef CONTRACT_MEMORY_ROOM_H
#define CONTRACT_MEMORY_ROOM_H

#include <stdbool.h>
#include <stddef.h>

/* Could so many octets be had now? */
bool memory_room(size_t octets);

#endif
