/* hansectl(1), generated from the table of commands. */
#ifndef CTL_MANUAL_H
#define CTL_MANUAL_H

#include <stdio.h>

void manual_print(FILE *out);

#endif
