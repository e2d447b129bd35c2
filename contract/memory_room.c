#include "contract/memory_room.h"

#include <stdlib.h>

bool memory_room(size_t octets) {
  volatile char *room = malloc(octets);
  if (!room) return false;
  *room = '\0'; /* or the compiler would save itself the question */
  free((char *)room);
  return true;
}
