/* What the router does as memory gets short: it gives up by steps, so that neither the kernel ends it nor an allocation
   fails on somebody's way. Memory is measured on a timer, never on the way of a message. */
#ifndef ROUTER_PRESSURE_H
#define ROUTER_PRESSURE_H

#include "router/memory_use.h"
#include "router/timers.h"
#include "router/transport.h"

struct pressure;

/* NULL: no memory. */
struct pressure *pressure_new(struct loop *loop, struct timers *timers, struct transport *transport);
void pressure_free(struct pressure *pressure);

/* limits.memory, in octets; 0: only what the system states counts. */
void pressure_limit_set(struct pressure *pressure, uint64_t limit);
/* Where the figures come from; memory_use_read at first. For tests with figures of their own. */
void pressure_source(struct pressure *pressure, struct memory_use (*read)(void *argument), void *argument);

/* How short memory is, and the figures that say so, as of the last look. */
enum transport_shortage pressure_level(const struct pressure *pressure);
struct memory_use pressure_use(const struct pressure *pressure);
const char *pressure_level_name(enum transport_shortage level);

#endif
