/* The router's time: monotonic microseconds, read once per turn of the loop. Nothing else calls a clock; the wall clock
   serves certificates, the log, and what is kept between runs only. */
#ifndef ROUTER_CLOCK_H
#define ROUTER_CLOCK_H

#include <hanse/base.h>

/* CLOCK_MONOTONIC now, in microseconds. Any thread. */
hanse_time clock_read(void);
/* Microseconds since 1970. Any thread. */
int64_t clock_wall(void);
/* For how long this thread has had a processor, in microseconds. A system call. */
hanse_time clock_read_thread(void);

#endif
