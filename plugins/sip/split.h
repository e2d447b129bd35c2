/* Cutting the head of a message into its lines: RFC 3261 §7.3.1, §25.1. */
#ifndef SIP_SPLIT_H
#define SIP_SPLIT_H

#include "plugins/sip/message.h"

/* Records the first thing that is wrong with a message; later ones change nothing. Returns what was recorded. */
static inline enum hanse_failure sip_fault(struct sip_message *message, enum hanse_failure *failure,
                                           enum hanse_failure what, const char *problem, unsigned header) {
  if (*failure == HANSE_F_NONE) {
    *failure = what;
    message->problem = problem;
    message->problem_header = header;
  }
  return *failure;
}

/* Sets start, headers, count, first, head and body of `out` (zeroed before, with bytes set). Lines that break a rule
   are left out and the first of them is recorded, so that a reply can still be made from the others. `whole`: the blank
   line must be there; otherwise `out->bytes` is a beginning, and an unfinished last line is left out. HANSE_F_NONE,
   PARSE, TOO_LARGE (SIP_HEADERS_MAX) or MEMORY. */
enum hanse_failure sip_split(struct hanse_arena *arena, struct sip_message *out, bool whole);

#endif
