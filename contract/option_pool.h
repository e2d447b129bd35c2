/* The memory of one configuration, or of one module's settings: everything is cut from it and freed with it. */
#ifndef CONTRACT_OPTION_POOL_H
#define CONTRACT_OPTION_POOL_H

#include <hanse/arena.h>

struct disposer;
struct option_chunk;

struct option_pool {
  struct hanse_arena arena; /* for hanse_alloc, hanse_copy */
  struct option_chunk *chunks;
  size_t taken;     /* bytes asked from malloc */
  size_t bound;     /* for taken; SIZE_MAX: none. A test lowers it to make allocations fail. */
  const char *file; /* last file name that was copied into this pool */
};

void option_pool_init(struct option_pool *pool);
/* Frees everything; chunks that held secrets are overwritten first. The pool is then empty and usable. */
void option_pool_clear(struct option_pool *pool);

/* The same, but a large pool is left to the disposer (NULL: none). */
void option_pool_dispose(struct option_pool *pool, struct disposer *disposer);

/* n bytes of their own that are overwritten when the pool is cleared. NULL: no memory. */
void *option_pool_secret(struct option_pool *pool, size_t n);
/* A copy of `where` whose file name lives in this pool. HANSE_NOMEM leaves *out alone. */
int option_pool_where(struct option_pool *pool, struct hanse_where where, struct hanse_where *out);

#endif
