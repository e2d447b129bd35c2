/* "did you mean …?": the candidate that is nearest to a mistyped name. */
#ifndef CONTRACT_NEAREST_H
#define CONTRACT_NEAREST_H

#include <hanse/base.h>

#define NEAREST_LENGTH 64 /* longer names are neither compared nor proposed */

struct nearest {
  struct hanse_slice wanted;
  struct hanse_slice best; /* borrowed from a candidate; at NULL: nothing near enough */
  unsigned distance;       /* of best; before any, one more than what is near enough */
};

/* `wanted` is borrowed for as long as candidates are offered. */
void nearest_init(struct nearest *nearest, struct hanse_slice wanted);
/* The first of equally near candidates stays. Time is bounded by the square of NEAREST_LENGTH. */
void nearest_offer(struct nearest *nearest, struct hanse_slice candidate);
/* Writes `, did you mean "name"?` or the empty text to buf, and returns it. */
const char *nearest_text(const struct nearest *nearest, char *buf, size_t cap);

#endif
