#include "router/block.h"

#include <stdbool.h>
#include <stdlib.h>

/* A sanitizer sees more when nothing is used twice. */
static bool keeps(const struct block_store *store) {
#ifdef HANSE_SANITIZED
  (void)store;
  return false;
#else
  return store->count < store->most;
#endif
}

struct block *block_take(struct block_store *store, size_t room) {
  struct block *block = room <= store->room ? store->spare : NULL;
  if (block) {
    store->spare = block->next;
    store->count--;
    return block;
  }
  if (room < store->room) room = store->room;
  block = malloc(sizeof *block + room);
  if (block) block->room = room;
  return block;
}

void block_give(struct block_store *store, struct block *block) {
  if (block->room != store->room || !keeps(store)) {
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
