/* Searches sixty-four octets at once, for the passes over a whole head, which are most of the work of a parser that
   takes one octet after another. */
#ifndef SIP_SCAN_H
#define SIP_SCAN_H

#include <hanse/base.h>

/* A text that is searched. */
struct sip_scan {
  const char *block; /* the octets that were searched last, a bit for each … */
  uint64_t found;    /* … that is sought and was not handed out yet */
  const char *rest;  /* those behind them */
  const char *end;
};

static inline struct sip_scan sip_scan(const char *p, const char *end) { return (struct sip_scan){p, 0, p, end}; }

/* What is sought: these take the next block of the text, of which something is left. */
typedef void sip_scan_block(struct sip_scan *scan);
sip_scan_block sip_scan_controls; /* control characters: below SP, or DEL */
sip_scan_block sip_scan_lines;    /* LF */
sip_scan_block sip_scan_marks;    /* the comma, and what hides one: the quote and the angle bracket that open */

/* The next octet that is sought, or the end. */
static inline const char *sip_scan_next(struct sip_scan *scan, sip_scan_block *block) {
  while (scan->found == 0) {
    if (scan->rest == scan->end) return scan->end;
    block(scan);
  }
  const char *p = scan->block + __builtin_ctzll(scan->found);
  scan->found &= scan->found - 1;
  return p;
}

#endif
