#include "router/decision.h"

#include <stdlib.h>

#include "router/hash.h"

struct decisions {
  uint64_t noted; /* so far */
  struct decision kept[DECISIONS_KEPT];
};

void decisions_free(struct decisions *ring) { free(ring); }

/* ---- the word ---- */

#define HALF_BITS 20
#define HALF_MASK (((uint32_t)1 << HALF_BITS) - 1)

static uint32_t mix(uint32_t round, uint32_t half) {
  const uint32_t parts[2] = {round, half};
  return (uint32_t)hash_keyed(parts, sizeof parts) & HALF_MASK;
}

/* A Feistel network over two halves, under the key of this process: a permutation, whatever `mix` is. */
void decision_word(uint64_t number, char out[HANSE_DECISION_TEXT]) {
  uint32_t left = (uint32_t)(number >> HALF_BITS) & HALF_MASK, right = (uint32_t)number & HALF_MASK;
  for (uint32_t round = 0; round < 4; round++) {
    uint32_t next = left ^ mix(round, right);
    left = right;
    right = next;
  }
  uint64_t mixed = (uint64_t)left << HALF_BITS | right;
  for (int i = 0; i < HANSE_DECISION_TEXT - 1; i++, mixed >>= 5) /* letters that nobody mistakes for digits */
    out[i] = "0123456789abcdefghjkmnpqrstvwxyz"[mixed & 31];
  out[HANSE_DECISION_TEXT - 1] = '\0';
}

/* ---- what is kept ---- */

void decisions_note(struct decisions **ring, const struct decision *decision) {
  if (!*ring) *ring = calloc(1, sizeof **ring);
  if (!*ring) return;
  (*ring)->kept[(*ring)->noted++ % DECISIONS_KEPT] = *decision;
}

const struct decision *decisions_back(const struct decisions *ring, size_t n) {
  if (!ring || n >= ring->noted || n >= DECISIONS_KEPT) return NULL;
  return &ring->kept[(ring->noted - 1 - n) % DECISIONS_KEPT];
}

const struct decision *decisions_find(const struct decisions *ring, struct hanse_slice word) {
  const struct decision *decision;
  for (size_t n = 0; (decision = decisions_back(ring, n)) != NULL; n++)
    if (hanse_same_nocase(word, hanse_text(decision->word))) return decision;
  return NULL;
}
