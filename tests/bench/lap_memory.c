#include "tests/bench/lap_memory.h"

#include <stddef.h>
#include <stdlib.h>

/* File-level, because an allocator has no context. */
static struct lap_memory asked;
static bool counts;

void lap_memory_count(bool on) { counts = on; }
bool lap_memory_counts(void) { return counts; }
struct lap_memory lap_memory(void) {
  return asked;
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LAP_MEMORY_NONE
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define LAP_MEMORY_NONE
#endif

#ifndef LAP_MEMORY_NONE

/* The C library's own, which its malloc is another name of. */
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t count, size_t n);
void *__libc_realloc(void *block, size_t n);

static void note(size_t n) {
  if (!counts) return;
  asked.calls++;
  asked.octets += n;
}

void *malloc(size_t n) {
  note(n);
  return __libc_malloc(n);
}

void *calloc(size_t count, size_t n) {
  note(count * n);
  return __libc_calloc(count, n);
}

void *realloc(void *block, size_t n) {
  note(n);
  return __libc_realloc(block, n);
}

#endif
