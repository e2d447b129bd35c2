#include "router/clock.h"

#include <time.h>

hanse_time clock_read(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (hanse_time)now.tv_sec * HANSE_SECOND + now.tv_nsec / 1000;
}
