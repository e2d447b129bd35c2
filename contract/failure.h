/* The one table of refusals and failures: what each means on the wire and to the administrator. */
#ifndef CONTRACT_FAILURE_H
#define CONTRACT_FAILURE_H

#include <hanse/base.h>
#include <hanse/failure.h>
#include <stdio.h>

struct failure {
  enum hanse_failure number;
  const char *name;    /* stable word for logs, counters and scripts */
  uint16_t sip_status; /* what the sender gets; never 503 */
  const char *sip_reason;
  uint16_t diagnostic;        /* ms-diagnostics id (MS-OCER 2.2.1.1), 0: none fits */
  const char *xmpp_condition; /* RFC 6120 §8.3.3 */
  const char *meaning;        /* one sentence for the administrator */
  const char *cure;           /* what to do about it; "" where nothing is to be done */
};

/* Never NULL: an unknown number gives the row of HANSE_F_ERROR. */
const struct failure *failure_row(enum hanse_failure number);
/* Rows in order; NULL past the end. */
const struct failure *failure_at(size_t index);
/* The table as Markdown, for docs/failures.md. */
void failure_manual(FILE *out);

#endif
