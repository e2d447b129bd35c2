#include "contract/option_pool.h"

#include <sodium.h>
#include <stddef.h>
#include <stdlib.h>

#include "contract/disposer.h"

#define CHUNK ((size_t)64 << 10)
/* A pool that has become larger takes chunks of this size, which malloc maps one by one (main.c), so that they go back
   to the system when they are freed; to free them takes longer than to have another thread do it. */
#define LARGE ((size_t)1 << 20)

struct option_chunk {
  struct option_chunk *next;
  size_t size;
  bool secret;
  _Alignas(16) char bytes[];
};

static struct option_pool *of_arena(struct hanse_arena *arena) {
  return (struct option_pool *)((char *)arena - offsetof(struct option_pool, arena));
}

static struct option_chunk *take_chunk(struct option_pool *pool, size_t size, bool secret) {
  if (size > SIZE_MAX - sizeof(struct option_chunk)) return NULL;
  size_t all = size + sizeof(struct option_chunk);
  if (all > pool->bound || pool->taken > pool->bound - all) return NULL;
  struct option_chunk *chunk = malloc(all);
  if (!chunk) return NULL;
  pool->taken += all;
  chunk->next = pool->chunks;
  chunk->size = size;
  chunk->secret = secret;
  pool->chunks = chunk;
  return chunk;
}

/* A large piece gets a chunk of its own, so that the rest of the current one is not lost. */
static void *more(struct hanse_arena *arena, size_t n) {
  struct option_pool *pool = of_arena(arena);
  bool large = n > CHUNK / 4;
  size_t size = pool->taken < LARGE ? CHUNK : LARGE;
  struct option_chunk *chunk = take_chunk(pool, large ? n : size, false);
  if (!chunk) return NULL;
  if (large) return chunk->bytes;
  arena->at = chunk->bytes + n;
  arena->end = chunk->bytes + size;
  return chunk->bytes;
}

void option_pool_init(struct option_pool *pool) {
  *pool = (struct option_pool){.bound = SIZE_MAX};
  pool->arena.size = sizeof pool->arena;
  pool->arena.more = more;
}

static void free_chunks(void *first) {
  for (struct option_chunk *chunk = first, *next; chunk; chunk = next) {
    next = chunk->next;
    if (chunk->secret) sodium_memzero(chunk->bytes, chunk->size);
    free(chunk);
  }
}

void option_pool_clear(struct option_pool *pool) {
  free_chunks(pool->chunks);
  option_pool_init(pool);
}

void option_pool_dispose(struct option_pool *pool, struct disposer *disposer) {
  dispose(pool->taken < LARGE ? NULL : disposer, free_chunks, pool->chunks);
  option_pool_init(pool);
}

void *option_pool_secret(struct option_pool *pool, size_t n) {
  struct option_chunk *chunk = take_chunk(pool, n, true);
  return chunk ? chunk->bytes : NULL;
}

int option_pool_where(struct option_pool *pool, struct hanse_where where, struct hanse_where *out) {
  if (where.file && (!pool->file || strcmp(pool->file, where.file) != 0)) {
    struct hanse_slice copy;
    if (hanse_copy(&pool->arena, hanse_text(where.file), &copy) != HANSE_OK) return HANSE_NOMEM;
    pool->file = copy.at;
  }
  *out = (struct hanse_where){where.file ? pool->file : NULL, where.line};
  return HANSE_OK;
}
