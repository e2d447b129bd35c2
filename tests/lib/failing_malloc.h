/* An allocator that fails when a test says so: defines malloc, calloc and realloc of the whole process, libraries
   included. To be included once, by the test's own file; not with sanitizers, which bring an allocator of their own. */
#ifndef TESTS_LIB_FAILING_MALLOC_H
#define TESTS_LIB_FAILING_MALLOC_H

#include <stdbool.h>
#include <stddef.h>

/* glibc's own names. */
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t count, size_t n);
void *__libc_realloc(void *block, size_t n);

static long until_failure; /* 0: none will fail; 1: the next */
static bool failed;

static bool fails(void) {
  if (until_failure == 0 || --until_failure > 0) return false;
  failed = true;
  return true;
}

void *malloc(size_t n) { return fails() ? NULL : __libc_malloc(n); }
void *calloc(size_t count, size_t n) { return fails() ? NULL : __libc_calloc(count, n); }
void *realloc(void *block, size_t n) { return fails() ? NULL : __libc_realloc(block, n); }

#endif
