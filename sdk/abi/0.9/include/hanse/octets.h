/* Sixteen octets of a text at once, for plugins that look through all of it: the compiler's own vectors, so that the
   same code runs on every machine. */
#ifndef HANSE_OCTETS_H
#define HANSE_OCTETS_H

#include <hanse/base.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { HANSE_OCTETS = 16 };

/* A comparison gives octets of ones where it holds, of noughts elsewhere: cast it to this type again. */
typedef unsigned char hanse_octets __attribute__((vector_size(HANSE_OCTETS)));

/* The octets at p, of which there are HANSE_OCTETS. */
static inline hanse_octets hanse_octets_at(const char *p) {
  hanse_octets text;
  memcpy(&text, p, sizeof text);
  return text;
}

/* A bit for each octet of a comparison, the first one's the lowest. */
static inline uint32_t hanse_octets_bits(hanse_octets found) {
#ifdef __SSE2__
  return (uint32_t)_mm_movemask_epi8((__m128i)found);
#else
  uint32_t all = 0;
  for (unsigned i = 0; i < HANSE_OCTETS; i++) all |= (uint32_t)(found[i] & 1) << i;
  return all;
#endif
}

#endif
