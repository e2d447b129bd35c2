/* Calls the slots of each offer with what may come. */
#ifndef SDK_TOOL_SLOTS_H
#define SDK_TOOL_SLOTS_H

#include "sdk/tool/trial.h"

struct subject;

struct slots_of {
  struct subject *subject;
  size_t offer; /* which of the plugin's offers */
};

/* For trial_run; `argument` is a struct slots_of. */
void slots_check(struct trial *trial, void *argument);

#endif
