/* What was refused or could not be delivered of late, so that the word in an answer (RFC 3261 §20.43, Warning) leads to
   the reason. Bounded; what passes is not noted. Loop thread. */
#ifndef ROUTER_DECISION_H
#define ROUTER_DECISION_H

#include <hanse/facts.h>
#include <hanse/failure.h>
#include <hanse/host.h>

#define DECISIONS_KEPT 256

struct decision {
  uint64_t number; /* hanse_facts.decision */
  hanse_time at;
  enum hanse_failure failure;
  bool tried;   /* it passed the stages and could not be delivered */
  uint8_t side; /* enum hanse_side that it came from */
  char word[HANSE_DECISION_TEXT];
  char method[24], from[200], to[200], partner[128], by[64], target[128], rule[160], text[256];
};

struct decisions;

/* The word that stands for the number in answers, the log and commands: eight letters and digits, one to one for a
   million million numbers in a row, in an order that tells strangers nothing of how many there were. Any thread. */
void decision_word(uint64_t number, char out[HANSE_DECISION_TEXT]);

/* Keeps a copy, in place of the oldest one. *ring is made at the first one; without memory nothing is kept. */
void decisions_note(struct decisions **ring, const struct decision *decision);
/* The newest one under this word, in either case of letters; NULL: none is kept. */
const struct decision *decisions_find(const struct decisions *ring, struct hanse_slice word);
/* The one before `n` newer ones; NULL: so many are not kept. */
const struct decision *decisions_back(const struct decisions *ring, size_t n);
void decisions_free(struct decisions *ring);

#endif
