/* What probe and check find, one row each: a grade, the rule that was looked at, whose side it is on, what it means and
   what to do. */
#ifndef ROUTER_FINDING_H
#define ROUTER_FINDING_H

#include "router/rows.h"

enum grade {
  GRADE_PASS = 0,
  GRADE_NOTE = 1, /* good to know; neither good nor bad */
  GRADE_WARN = 2,
  GRADE_FAIL = 3,
  GRADE_SKIP = 4, /* was not looked at: never the same as passed */
  GRADE_COUNT
};

struct finding {
  const char *rule; /* stable: "tls.chain" */
  enum grade grade;
  const char *side; /* "ours", "theirs", "between", or NULL: nobody's */
  hanse_time took;  /* 0: not measured */
  struct hanse_where where;
  const char *meaning, *cure; /* sentences, or NULL */
};

struct findings {
  struct hanse_rows *rows; /* borrowed */
  unsigned count[GRADE_COUNT];
  /* The first that failed. */
  char rule[32], side[16], text[600], meaning[400], cure[400];
};

const char *grade_name(enum grade grade);

/* Writes the row. The text is shown in its printable form, so it may come from outside. */
void finding_say(struct findings *findings, const struct finding *finding, const char *format, ...) HANSE_PRINTF(3, 4);

/* "1 failed, 2 not run, 7 passed"; into out, and returned. */
const char *findings_sum(const struct findings *findings, char *out, size_t n);

#endif
