/* The fake host's memory: what a plugin asks it for may run out, what it keeps for the test does not. */
#include <stdlib.h>

#include "sdk/fakehost/inside.h"

void *fake_memory(struct fake_world *world, size_t n) {
  if (fake_allocation_fails() || world->memory == 0) return NULL;
  if (world->memory > 0) world->memory--;
  return fake_keep(n);
}

void fake_fail_after(struct fake_world *world, long n) { world->memory = n; }
long fake_memory_left(const struct fake_world *world) { return world->memory; }

void *fake_keep(size_t n) {
  struct fake_calling before = fake_step_out();
  void *block = calloc(1, n ? n : 1);
  fake_leave(before);
  if (!block) fake_end("no memory");
  return block;
}

void *fake_keep_more(void *block, size_t n) {
  struct fake_calling before = fake_step_out();
  void *grown = realloc(block, n ? n : 1);
  fake_leave(before);
  if (!grown) fake_end("no memory");
  return grown;
}

char *fake_keep_text(struct hanse_slice text) {
  char *copy = fake_keep(text.len + 1);
  if (text.len) memcpy(copy, text.at, text.len);
  return copy;
}

void fake_buffer_add(struct fake_buffer *buffer, const void *octets, size_t n) {
  if (buffer->len + n + 1 > buffer->room) {
    buffer->room = 2 * (buffer->len + n + 1);
    buffer->at = fake_keep_more(buffer->at, buffer->room);
  }
  if (octets && n) memcpy(buffer->at + buffer->len, octets, n);
  buffer->len += n;
  buffer->at[buffer->len] = '\0';
}

void fake_buffer_cut(struct fake_buffer *buffer, size_t n) {
  if (n == 0) return;
  buffer->len -= n;
  memmove(buffer->at, buffer->at + n, buffer->len + 1);
}

/* ---- arenas ---- */

static void *more(struct hanse_arena *arena, size_t n) {
  struct fake_pieces *pieces = (struct fake_pieces *)(void *)arena;
  size_t size = n > FAKE_BLOCK ? n : FAKE_BLOCK;
  struct fake_block *block = fake_memory(pieces->world, sizeof *block + size);
  if (!block) return NULL;
  block->next = pieces->blocks;
  pieces->blocks = block;
  arena->at = block->bytes + n;
  arena->end = block->bytes + size;
  return block->bytes;
}

void fake_pieces_begin(struct fake_pieces *pieces, struct fake_world *world) {
  pieces->arena = (struct hanse_arena){.size = sizeof pieces->arena, .more = more};
  pieces->world = world;
  pieces->blocks = NULL;
}

void fake_pieces_clear(struct fake_pieces *pieces) {
  for (struct fake_block *block = pieces->blocks, *next; block; block = next) {
    next = block->next;
    free(block);
  }
  pieces->blocks = NULL;
  pieces->arena.at = pieces->arena.end = NULL;
}

struct hanse_slice fake_pieces_keep(struct fake_pieces *pieces, struct hanse_slice text) {
  struct fake_block *block = fake_keep(sizeof *block + text.len + 1);
  block->next = pieces->blocks;
  pieces->blocks = block;
  if (text.len) memcpy(block->bytes, text.at, text.len);
  return hanse_slice(block->bytes, text.len);
}

struct hanse_slice fake_text_kept(struct fake_world *world, struct hanse_slice text) {
  return text.len ? fake_pieces_keep(&world->texts, text) : hanse_slice("", 0);
}
