/* Text in manual pages (man(7)). */
#ifndef CONTRACT_ROFF_H
#define CONTRACT_ROFF_H

#include <stdio.h>

/* Writes text into a line of roff: hyphens that can be copied, no control line by accident. */
void roff_text(const char *at, FILE *out);

#endif
