/* Runs a plugin's code in a child process, so that a crash, a hang or an exit there is a finding like any other. */
#ifndef SDK_TOOL_TRIAL_H
#define SDK_TOOL_TRIAL_H

#include "sdk/tool/report.h"

struct trial_board; /* shared by parent and child */

/* The child's side. */
struct trial {
  struct report *report;
  struct trial_board *board;
  hanse_time called; /* by the machine's monotonic clock; 0: no call is open */
};

/* Runs `run` in a child. What it reports is reported here; when it does not come to its end, a point `what` says in
   which call. `seconds`: the longest that one call may take. True: the child came to its end. */
bool trial_run(struct report *report, const char *what, unsigned seconds,
               void (*run)(struct trial *trial, void *argument), void *argument);

/* In the child: names the call that begins, for the report of a crash: "decide (stage ADMIT)". */
void trial_call(struct trial *trial, const char *format, ...) HANSE_PRINTF(2, 3);
/* In the child: the call has returned. One that held the loop for over a second is reported, once for each of its names
   up to the first space. */
void trial_returned(struct trial *trial);

#endif
