/* What is said of a failure besides its status: ms-diagnostics, which may name servers and stays inside, and
   ms-diagnostics-public, the same without `source`, which may cross the border (MS-OCER 2.2.1; R82–R85). */
#ifndef SIP_DIAGNOSTICS_H
#define SIP_DIAGNOSTICS_H

#include <hanse/message.h>

#include "plugins/sip/edit.h"
#include "plugins/sip/reply.h"
#include "plugins/sip/sip.h"

/* What was to be reached when it failed; all empty: it has nothing to do with reaching somebody. */
struct sip_cause {
  struct hanse_slice target; /* "host:port" */
  struct hanse_slice domain; /* where no target was found for it */
  struct hanse_slice text;   /* how that failed */
};

/* How much may be said there. */
enum hanse_diagnostics sip_diagnostics_level(const struct sip *sip, enum hanse_side to,
                                             const struct hanse_marks *marks);

/* The line of a response of ours, cut from the arena. False: nothing may or can be said, or there is no memory. */
bool sip_diagnostics_line(struct sip *sip, struct hanse_arena *arena, enum hanse_diagnostics level,
                          enum hanse_failure failure, const struct sip_cause *cause, struct sip_line *out);

/* Adds what goes inside of what somebody outside said in a message whose own lines of this kind are deleted: at most
   one, in the public form; or, when it is a failure and he said nothing, that he did not. HANSE_OK, HANSE_NOMEM. */
int sip_diagnostics_inwards(struct sip *sip, struct sip_edits *edits, const struct hanse_message *message);

#endif
