/* Several tables in one answer: rows that say by "table" to which they belong; and any rows as Markdown. */
#ifndef CTL_TABLES_H
#define CTL_TABLES_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

bool tables_are(const json_t *rows);
/* Each under its name, in the order in which the names appear. Rows without one are a table without a title. */
void tables_print(const json_t *rows, bool markdown, bool colour, FILE *out);

#endif
