/* An arena for fuzz targets: each allocation is a block of its own, so that ASan sees every overrun. */
#ifndef FUZZ_ARENA_H
#define FUZZ_ARENA_H

#include <hanse/arena.h>
#include <stdlib.h>

struct fuzz_arena {
  struct hanse_arena arena;
  struct fuzz_block {
    struct fuzz_block *next;
    size_t pad;
  } * blocks;
};

static inline void *fuzz_more(struct hanse_arena *arena, size_t n) {
  struct fuzz_arena *fuzz = (struct fuzz_arena *)(void *)arena;
  struct fuzz_block *block = malloc(sizeof *block + n);
  if (!block) return NULL;
  block->next = fuzz->blocks;
  fuzz->blocks = block;
  return block + 1;
}

static inline void fuzz_arena_init(struct fuzz_arena *fuzz) {
  memset(fuzz, 0, sizeof *fuzz);
  fuzz->arena.size = sizeof fuzz->arena;
  fuzz->arena.more = fuzz_more;
}

static inline void fuzz_arena_free(struct fuzz_arena *fuzz) {
  while (fuzz->blocks) {
    struct fuzz_block *block = fuzz->blocks;
    fuzz->blocks = block->next;
    free(block);
  }
}

/* A rule of the codec that does not hold is a finding. */
#define FUZZ_RULE(condition)   \
  do {                         \
    if (!(condition)) abort(); \
  } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
