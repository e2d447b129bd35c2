/* Completion scripts, generated from the table of commands. */
#ifndef CTL_COMPLETION_H
#define CTL_COMPLETION_H

#include <stdbool.h>
#include <stdio.h>

/* false: no script for that shell. */
bool completion_print(const char *shell, FILE *out);

#endif
