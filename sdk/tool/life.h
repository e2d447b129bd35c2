/* A hundred lives of an instance, and reloads: what stays behind. For trial_run; `argument` is the struct subject. */
#ifndef SDK_TOOL_LIFE_H
#define SDK_TOOL_LIFE_H

#include "sdk/tool/trial.h"

void life_check(struct trial *trial, void *argument);

#endif
