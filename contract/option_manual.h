/* What is written from an option table alone: the manual and the sample configuration. */
#ifndef CONTRACT_OPTION_MANUAL_H
#define CONTRACT_OPTION_MANUAL_H

#include <hanse/option.h>
#include <stdio.h>

/* A Markdown table: name, type, default, bounds, meaning. What is in groups has dotted names, `list[].name` in lists.
 */
void option_manual(const struct hanse_option *table, FILE *out);
/* Every option as a comment with its meaning, bounds and default, indented by so many spaces. */
void option_sample(const struct hanse_option *table, int indent, FILE *out);

#endif
