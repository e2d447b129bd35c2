#include "router/outbox.h"

#include <stdlib.h>

struct outbox_chunk {
  struct outbox_chunk *next;
  size_t begin, end, size; /* unwritten octets stand between begin and end */
  char bytes[];
};

void outbox_spare_clear(struct outbox_spare *spare) {
  while (spare->first) {
    struct outbox_chunk *chunk = spare->first;
    spare->first = chunk->next;
    free(chunk);
  }
  spare->count = 0;
}

static struct outbox_chunk *chunk_new(struct outbox_spare *spare, size_t n) {
  struct outbox_chunk *chunk = spare->first;
  if (n <= OUTBOX_CHUNK && chunk) {
    spare->first = chunk->next;
    spare->count--;
  } else {
    size_t size = n > OUTBOX_CHUNK ? n : OUTBOX_CHUNK;
    if (size > SIZE_MAX - sizeof *chunk) return NULL;
    chunk = malloc(sizeof *chunk + size);
    if (!chunk) return NULL;
    chunk->size = size;
  }
  chunk->next = NULL;
  chunk->begin = chunk->end = 0;
  return chunk;
}

static void chunk_free(struct outbox_spare *spare, struct outbox_chunk *chunk) {
  if (chunk->size != OUTBOX_CHUNK || spare->count >= OUTBOX_SPARE) {
    free(chunk);
    return;
  }
  chunk->next = spare->first;
  spare->first = chunk;
  spare->count++;
}

static void drop_first(struct outbox *outbox, struct outbox_spare *spare) {
  struct outbox_chunk *chunk = outbox->first;
  outbox->first = chunk->next;
  if (!outbox->first) outbox->last = NULL;
  chunk_free(spare, chunk);
}

char *outbox_room(struct outbox *outbox, struct outbox_spare *spare, size_t n) {
  struct outbox_chunk *last = outbox->last;
  if (last && last->size - last->end >= n) return last->bytes + last->end;
  struct outbox_chunk *chunk = chunk_new(spare, n);
  if (!chunk) return NULL;
  if (last)
    last->next = chunk;
  else
    outbox->first = chunk;
  outbox->last = chunk;
  return chunk->bytes;
}

void outbox_filled(struct outbox *outbox, size_t n) {
  outbox->last->end += n;
  outbox->waiting += n;
}

struct hanse_slice outbox_first(const struct outbox *outbox) {
  const struct outbox_chunk *chunk = outbox->first;
  while (chunk && chunk->begin == chunk->end) chunk = chunk->next; /* room that was taken and not filled */
  return chunk ? hanse_slice(chunk->bytes + chunk->begin, chunk->end - chunk->begin) : hanse_slice(NULL, 0);
}

void outbox_gone(struct outbox *outbox, struct outbox_spare *spare, size_t n) {
  while (outbox->first->begin == outbox->first->end) drop_first(outbox, spare);
  outbox->first->begin += n;
  outbox->waiting -= n;
  if (outbox->waiting == 0)
    outbox_clear(outbox, spare);
  else if (outbox->first->begin == outbox->first->end)
    drop_first(outbox, spare);
}

void outbox_clear(struct outbox *outbox, struct outbox_spare *spare) {
  while (outbox->first) drop_first(outbox, spare);
  outbox->waiting = 0;
}
