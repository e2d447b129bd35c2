/* How often the process asks the allocator, plugins and libraries included. Counts nothing under AddressSanitizer,
   which has an allocator of its own. */
#ifndef BENCH_LAP_MEMORY_H
#define BENCH_LAP_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

struct lap_memory {
  uint64_t calls, octets; /* of malloc, calloc, realloc */
};

/* From now on, or not any more. */
void lap_memory_count(bool on);
bool lap_memory_counts(void);
struct lap_memory lap_memory(void);

#endif
