/* Time-outs of fixed lengths: one FIFO list per length, since what starts later ends later. Start and stop are O(1);
   one alarm serves all lists, armed for the earliest end it knows and re-armed when it fires, not on every start. */
#ifndef ROUTER_TIMERS_H
#define ROUTER_TIMERS_H

#include <hanse/host.h>

#include "router/loop.h"

struct timers; /* all lists of the process */

struct timers *timers_new(struct loop *loop); /* NULL: no memory, or no descriptor */
void timers_free(struct timers *timers);

/* The list for this length and owner; `fire_in` is called for each timer that ends: it sets up whose code runs and
   calls timer->fire(self, timer). NULL: timer->fire(owner, timer) is called directly. One list per (owner, length) is
   made and found again, by walking over the lists. NULL: no memory. */
struct hanse_timers *timers_list(struct timers *timers, void *owner, hanse_time length,
                                 void (*fire_in)(void *owner, struct hanse_timer *timer));
/* How many timers run in this owner's lists. */
size_t timers_running(const struct timers *timers, const void *owner);
/* Stops and forgets all lists of the owner; also from a timer that fires. */
void timers_owner_gone(struct timers *timers, const void *owner);

/* Starts the timer, or starts it again from now. */
void timers_start(struct hanse_timers *list, struct hanse_timer *timer, void (*fire)(void *self, struct hanse_timer *));
void timers_stop(struct hanse_timer *timer); /* harmless when not running */

/* Fires what is due by the loop's clock, at most TIMERS_A_TURN of each list, the rest in the next turn: a process that
   was stopped for a while must not answer everything at once. The loop calls it; tests with a clock of their own as
   well.
 */
#define TIMERS_A_TURN 512
void timers_due(struct timers *timers);

#endif
