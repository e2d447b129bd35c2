/* What hanse-plugin can do, for people: one table for --help and for the manual page. */
#ifndef SDK_TOOL_HELP_H
#define SDK_TOOL_HELP_H

#include <stdio.h>

void help_print(FILE *out);
void help_manual(FILE *out);

#endif
