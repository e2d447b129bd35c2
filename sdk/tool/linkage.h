/* Judges a plugin's file before any of its code runs: what it exports and how it was linked. */
#ifndef SDK_TOOL_LINKAGE_H
#define SDK_TOOL_LINKAGE_H

#include "sdk/tool/object.h"
#include "sdk/tool/report.h"

void linkage_check(const struct object *object, struct report *report);

#endif
