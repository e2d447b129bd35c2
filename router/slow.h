/* Who is slow: after a turn of the loop over 5 ms each call into a plugin is timed for a second, and after a call that
   takes as long, which is named in the log, for ten. While turns are short no clock is read for it (design §5). */
#ifndef ROUTER_SLOW_H
#define ROUTER_SLOW_H

#include "router/loop.h"
#include "router/watchdog.h"

struct slow {
  bool timing; /* calls are timed now */
  struct loop *loop;
  struct loop_hook hook;
  hanse_time until;
};

#define SLOW_CALL (5 * HANSE_MSEC)

struct slow *slow_new(struct loop *loop); /* NULL: no memory */
void slow_free(struct slow *slow);
/* A call of that module (NULL: the core) and slot that began at `since` (clock_read) has ended. */
void slow_ended(struct slow *slow, hanse_time since, const struct watched *who, const char *slot);

#endif
