/* Pieces of one size, cut from blocks: so many of them are freed at once without a visit to each. The one that was
   given back last is taken first; the blocks stay until all is freed, so whoever uses them has a bound of its own. */
#ifndef POLICY_BLOCKS_H
#define POLICY_BLOCKS_H

#include <stddef.h>

struct blocks {
  size_t size; /* octets of a piece, set before first use: at least a pointer's, a multiple of its alignment */
  struct blocks_block *first, *last;
  void *spare;
};

/* A piece of zeros; NULL: no memory. */
void *blocks_take(struct blocks *blocks);
void blocks_give(struct blocks *blocks, void *piece);
/* All pieces are gone. */
void blocks_free(struct blocks *blocks);

#endif
