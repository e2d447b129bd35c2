/* Lives of an instance in which one allocation after the other fails. For trial_run; `argument` is the struct subject.
 */
#ifndef SDK_TOOL_SCARCE_H
#define SDK_TOOL_SCARCE_H

#include "sdk/tool/trial.h"

void scarce_check(struct trial *trial, void *argument);

#endif
