/* Rows as people read them. */
#ifndef CTL_TABLE_H
#define CTL_TABLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* An aligned table, a column per name in the order in which names appear; numbers stand at the right. Nothing when
   there are no rows. */
void table_print(const json_t *rows, bool colour, FILE *out);

/* Each value of each row on a line of its own, "name  value"; what is empty is left out. A "file" and "line" (or
   "where") is written behind the value before it, in brackets: it says where that was written. */
void table_print_record(const json_t *rows, bool colour, FILE *out);

#endif
