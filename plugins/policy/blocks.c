#include "blocks.h"

#include <stdlib.h>
#include <string.h>

#define BLOCKS_PIECES 256

struct blocks_block {
  struct blocks_block *next;
  size_t cut; /* pieces that were taken from it */
  max_align_t pieces[];
};

/* The next piece of the newest block, which may have to be made. */
static void *cut(struct blocks *blocks) {
  struct blocks_block *block = blocks->last;
  if (!block || block->cut == BLOCKS_PIECES) {
    block = (struct blocks_block *)malloc(sizeof *block + BLOCKS_PIECES * blocks->size);
    if (!block) return NULL;
    *block = (struct blocks_block){0};
    if (blocks->last)
      blocks->last->next = block;
    else
      blocks->first = block;
    blocks->last = block;
  }
  return (char *)block->pieces + block->cut++ * blocks->size;
}

void *blocks_take(struct blocks *blocks) {
  void *piece = blocks->spare ? blocks->spare : cut(blocks);
  if (!piece) return NULL;
  if (blocks->spare) memcpy(&blocks->spare, piece, sizeof blocks->spare);
  return memset(piece, 0, blocks->size);
}

void blocks_give(struct blocks *blocks, void *piece) {
  memcpy(piece, &blocks->spare, sizeof blocks->spare);
  blocks->spare = piece;
}

/* The oldest first: in the other order each is the last thing on the heap, and is given back to the kernel by itself,
   which costs three times as much. */
void blocks_free(struct blocks *blocks) {
  while (blocks->first) {
    struct blocks_block *next = blocks->first->next;
    free(blocks->first);
    blocks->first = next;
  }
  blocks->last = NULL;
  blocks->spare = NULL;
}
