/* What is wrong with a configuration: every problem at once, sorted, and bounded. */
#ifndef CONTRACT_PROBLEM_H
#define CONTRACT_PROBLEM_H

#include <hanse/base.h>
#include <stdio.h>

enum problem_severity { PROBLEM_ERROR = 0, PROBLEM_WARNING = 1 };

struct problem {
  char *file; /* owned; NULL: no place */
  unsigned line;
  enum problem_severity severity;
  char *text; /* owned: what is wrong; what to do. Control characters are replaced. */
  size_t order;
};

/* How many are kept; the others are only counted. */
#define PROBLEM_KEPT 200

struct problem_list {
  struct problem *items; /* owned */
  size_t count, capacity;
  size_t errors, warnings; /* all of them, also those that were not kept */
};

void problem_list_init(struct problem_list *list);
/* Frees what the list owns; the list is then empty and usable. */
void problem_list_clear(struct problem_list *list);

/* Adds one. `where` may be NULL or without a file; its file name is copied. Never fails towards the caller: past
   PROBLEM_KEPT, or out of memory, the problem is only counted. */
void problem_error(struct problem_list *list, const struct hanse_where *where, const char *format, ...)
    HANSE_PRINTF(3, 4);
void problem_warning(struct problem_list *list, const struct hanse_where *where, const char *format, ...)
    HANSE_PRINTF(3, 4);
/* What a plugin reported. */
void problem_error_from(struct problem_list *list, const struct hanse_problem *problem);

/* By file name and line; problems of one line stay in the order in which they were found. */
void problem_list_sort(struct problem_list *list);
/* Sorts and writes one line each, `file:line: what is wrong; what to do` (a warning says "warning: " before the text),
   and at the end how many more there are. */
void problem_list_print(struct problem_list *list, FILE *out);

#endif
