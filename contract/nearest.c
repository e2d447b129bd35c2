#include "contract/nearest.h"

#include <stdio.h>

/* How many letters may differ: short names that share little are not the same name mistyped. */
static unsigned tolerance(size_t length) { return length < 4 ? 1 : length < 8 ? 2 : 3; }

/* Edits (a swap of neighbours counts as one) from a to b, both at most NEAREST_LENGTH: optimal string alignment. */
static unsigned distance(struct hanse_slice a, struct hanse_slice b) {
  unsigned rows[3][NEAREST_LENGTH + 1];
  unsigned *before = rows[0], *last = rows[1], *row = rows[2];
  for (size_t j = 0; j <= b.len; j++) before[j] = last[j] = (unsigned)j;
  for (size_t i = 1; i <= a.len; i++) {
    row[0] = (unsigned)i;
    for (size_t j = 1; j <= b.len; j++) {
      char x = hanse_lower(a.at[i - 1]), y = hanse_lower(b.at[j - 1]);
      unsigned best = last[j - 1] + (x != y);
      if (last[j] + 1 < best) best = last[j] + 1;
      if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
      bool swapped = i > 1 && j > 1 && x == hanse_lower(b.at[j - 2]) && hanse_lower(a.at[i - 2]) == y;
      if (swapped && before[j - 2] + 1 < best) best = before[j - 2] + 1;
      row[j] = best;
    }
    unsigned *free_row = before;
    before = last;
    last = row;
    row = free_row;
  }
  return last[b.len];
}

void nearest_init(struct nearest *nearest, struct hanse_slice wanted) {
  *nearest = (struct nearest){.wanted = wanted, .distance = tolerance(wanted.len) + 1};
}

void nearest_offer(struct nearest *nearest, struct hanse_slice candidate) {
  size_t a = nearest->wanted.len, b = candidate.len;
  if (a == 0 || b == 0 || a > NEAREST_LENGTH || b > NEAREST_LENGTH) return;
  if ((a > b ? a - b : b - a) >= nearest->distance) return;
  unsigned found = distance(nearest->wanted, candidate);
  if (found >= nearest->distance || found >= a) return;
  nearest->distance = found;
  nearest->best = candidate;
}

const char *nearest_text(const struct nearest *nearest, char *buf, size_t cap) {
  if (nearest->best.at)
    snprintf(buf, cap, ", did you mean \"%.*s\"?", HANSE_FMT(nearest->best));
  else
    buf[0] = '\0';
  return buf;
}
