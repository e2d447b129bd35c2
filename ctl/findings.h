/* The rows of probe and check: a tree of steps, each with its grade, what it means and what to do. */
#ifndef CTL_FINDINGS_H
#define CTL_FINDINGS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* Whether the first row is a finding. */
bool findings_are(const json_t *rows);
/* Findings as people read them; rows that are none as records, behind an empty line. */
void findings_print(const json_t *rows, bool colour, FILE *out);

#endif
