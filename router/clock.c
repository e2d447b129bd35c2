#include "router/clock.h"

#include <time.h>

static hanse_time read_clock(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (hanse_time)now.tv_sec * HANSE_SECOND + now.tv_nsec / 1000;
}

hanse_time clock_read(void) { return read_clock(CLOCK_MONOTONIC); }
int64_t clock_wall(void) { return read_clock(CLOCK_REALTIME); }
hanse_time clock_read_thread(void) { return read_clock(CLOCK_THREAD_CPUTIME_ID); }
