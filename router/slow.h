/* Who is slow: after a turn of the loop over 5 ms each call into a plugin is timed for a while, and those that take
   long are named in the log. While turns are short no clock is read for it (design §5). */
#ifndef ROUTER_SLOW_H
#define ROUTER_SLOW_H

#include <hanse/base.h>

struct loop;
struct slow;

#define SLOW_CALL (5 * HANSE_MSEC)

struct slow *slow_new(struct loop *loop); /* NULL: no memory */
void slow_free(struct slow *slow);
/* Whether calls are timed now; the address stays. */
const bool *slow_timing(const struct slow *slow);
/* A call of that module and slot that began at `since` (clock_read) has ended. */
void slow_ended(hanse_time since, const char *module, const char *slot);

#endif
