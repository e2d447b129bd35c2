/* Judges what a plugin says of itself: its descriptor, its option tables, what it offers. For trial_run; `argument` is
   the struct subject. */
#ifndef SDK_TOOL_DESCRIBED_H
#define SDK_TOOL_DESCRIBED_H

#include "sdk/tool/trial.h"

void described_check(struct trial *trial, void *argument);

#endif
