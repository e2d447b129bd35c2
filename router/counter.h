/* Counters by name. They outlive instances: a successor finds its predecessor's. Loop thread only. */
#ifndef ROUTER_COUNTER_H
#define ROUTER_COUNTER_H

#include <hanse/base.h>

struct counters;

struct counters *counters_new(void);
void counters_free(struct counters *counters);
/* The counter "owner.name"; made at first use. Never NULL: beyond 4096 counters, or without memory, a spare one. */
uint64_t *counter_get(struct counters *counters, const char *owner, const char *name, const char *help);
/* In order of name. */
void counters_each(const struct counters *counters,
                   void (*row)(void *argument, const char *name, uint64_t value, const char *help), void *argument);

#endif
