/* Blocks of memory that messages use for a short while and give back: the next message finds them warm. */
#ifndef ROUTER_BLOCK_H
#define ROUTER_BLOCK_H

#include <stddef.h>

struct block {
  struct block *next;
  size_t room; /* octets behind this struct */
  _Alignas(max_align_t) char bytes[];
};

/* Blocks of one size that nobody uses now. */
struct block_store {
  size_t room;   /* of each */
  unsigned most; /* so many are kept */
  unsigned count;
  struct block *spare;
};

/* A block with at least `room` octets, not cleared; one of the store's where they suffice. NULL: no memory. */
struct block *block_take(struct block_store *store, size_t room);
void block_give(struct block_store *store, struct block *block);
/* Frees what is spare. */
void block_store_clear(struct block_store *store);

#endif
