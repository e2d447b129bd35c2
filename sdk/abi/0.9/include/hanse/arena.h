/* The memory of a message: what is cut from an arena is freed at once. A message has two (message.h): one that lives as
   long as it does, one for the while. */
#ifndef HANSE_ARENA_H
#define HANSE_ARENA_H

#include <hanse/base.h>

HANSE_BEGIN

/* Made by the core; a plugin only allocates from it. The core's own fields follow. */
struct hanse_arena {
  uint32_t size; /* of this struct */
  uint32_t reserved;
  char *at;
  char *end;
  /* Makes room for `n` more bytes and returns them, or NULL at the message's bound or out of memory. */
  void *(*more)(struct hanse_arena *arena, size_t n);
};

/* n bytes, aligned for any type, not cleared. NULL: no memory, or the message has used up its bound
   (limits.message plus a fixed allowance). Lives as long as the arena says. */
static inline void *hanse_alloc(struct hanse_arena *arena, size_t n) {
  size_t need = (n + 15u) & ~(size_t)15u;
  if (need < n) return NULL;
  if ((size_t)(arena->end - arena->at) < need) return arena->more(arena, need);
  void *p = arena->at;
  arena->at += need;
  return p;
}

/* The same, cleared. */
static inline void *hanse_alloc_zero(struct hanse_arena *arena, size_t n) {
  void *p = hanse_alloc(arena, n);
  if (p) memset(p, 0, n);
  return p;
}

/* A copy of s in the arena, NUL-terminated behind its length. *out is written only on success. */
static inline int hanse_copy(struct hanse_arena *arena, struct hanse_slice s, struct hanse_slice *out) {
  char *p = (char *)hanse_alloc(arena, s.len + 1);
  if (!p) return HANSE_NOMEM;
  if (s.len) memcpy(p, s.at, s.len);
  p[s.len] = '\0';
  *out = hanse_slice(p, s.len);
  return HANSE_OK;
}

HANSE_END
#endif
