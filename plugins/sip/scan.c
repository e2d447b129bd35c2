#include "plugins/sip/scan.h"

#include <hanse/octets.h>

enum { BLOCK = 64 };

typedef hanse_octets octets;
typedef octets test(octets text);

static inline octets is_control(octets text) { return (octets)((text < 0x20) | (text == 0x7f)); }
static inline octets is_lf(octets text) { return (octets)(text == '\n'); }
static inline octets is_mark(octets text) { return (octets)((text == ',') | (text == '"') | (text == '<')); }

static inline uint64_t look(const char *p, test *is_sought) { return hanse_octets_bits(is_sought(hanse_octets_at(p))); }

static inline uint64_t look_at_block(const char *p, test *is_sought) {
  return look(p, is_sought) | look(p + 16, is_sought) << 16 | look(p + 32, is_sought) << 32 |
         look(p + 48, is_sought) << 48;
}

/* The last block: its last sixteen octets may overlap those before. A shorter text is filled up with blanks, which
   nobody seeks. */
static inline uint64_t look_at_rest(const char *p, size_t n, test *is_sought) {
  char filled[sizeof(octets)];
  uint64_t found = 0;
  if (n < sizeof filled) return look(memcpy(memset(filled, ' ', sizeof filled), p, n), is_sought);
  for (size_t at = 0; at + sizeof filled < n; at += sizeof filled) found |= look(p + at, is_sought) << at;
  return found | look(p + n - sizeof filled, is_sought) << (n - sizeof filled);
}

/* Each in two functions, so that whole blocks need no room. */
#define SEARCH(name, is_sought)                                                    \
  __attribute__((noinline)) static uint64_t rest_##name(const char *p, size_t n) { \
    return look_at_rest(p, n, is_sought);                                          \
  }                                                                                \
  void sip_scan_##name(struct sip_scan *scan) {                                    \
    const char *p = scan->rest;                                                    \
    size_t n = (size_t)(scan->end - p);                                            \
    scan->block = p;                                                               \
    scan->rest = n < BLOCK ? scan->end : p + BLOCK;                                \
    scan->found = n < BLOCK ? rest_##name(p, n) : look_at_block(p, is_sought);     \
  }

SEARCH(controls, is_control)
SEARCH(lines, is_lf)
SEARCH(marks, is_mark)
