#include "router/block.h"

#include <stdlib.h>

/* What index and edits of a common request and its own route headers need, so that one is enough. */
#define BLOCK_ROOM ((size_t)8192 - sizeof(struct block))

/* As many as messages wait for verdicts in ordinary times; sanitizers see more when none is used twice. */
#ifdef HANSE_SANITIZED
enum { BLOCKS_SPARE = 0 };
#else
enum { BLOCKS_SPARE = 16 };
#endif

struct block *block_take(struct block_store *store, size_t room) {
  struct block *block = room <= BLOCK_ROOM ? store->spare : NULL;
  if (block) {
    store->spare = block->next;
    store->count--;
  } else {
    if (room < BLOCK_ROOM) room = BLOCK_ROOM;
    block = malloc(sizeof *block + room);
    if (block) block->room = room;
  }
  return block;
}

void block_give(struct block_store *store, struct block *block) {
  if (block->room != BLOCK_ROOM || (int)store->count >= BLOCKS_SPARE) {
    free(block);
    return;
  }
  block->next = store->spare;
  store->spare = block;
  store->count++;
}

void block_store_clear(struct block_store *store) {
  while (store->spare) {
    struct block *next = store->spare->next;
    free(store->spare);
    store->spare = next;
  }
  store->count = 0;
}
