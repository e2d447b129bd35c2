/* Converts a text into one value of an option type, and checks its bounds. */
#ifndef CONTRACT_OPTION_TEXT_H
#define CONTRACT_OPTION_TEXT_H

#include <hanse/option.h>
#include <sys/types.h>

#include "contract/option.h"

#define OPTION_WHY 1000

struct option_text {
  const struct hanse_option *option;
  struct option_pool *pool;             /* receives what the value points to */
  struct option_references *references; /* may be NULL */
  uid_t user;
  struct hanse_where where; /* its file name must live as long as the value */
  const char *folder;       /* against which relative paths resolve */
  char why[OPTION_WHY];     /* after HANSE_INVALID: what is wrong; what to do */
};

/* Fills the field, which has the C type of the option (of one element, for a list). HANSE_OK, HANSE_INVALID,
   HANSE_NOMEM; the field is written only on success. Not for groups and origins. */
int option_text_convert(struct option_text *text, struct hanse_slice in, void *field);

/* The same without a value and without reading files: whether `in` and the bounds of the option have the right form. */
int option_text_check(struct option_text *text, struct hanse_slice in);

/* "size", "domain", …; NULL: no such type. And how it is written: "a size is written as a string with a unit". */
const char *option_type_name(enum hanse_option_type type);
const char *option_type_form(enum hanse_option_type type);
/* The C size of one value; 0 for groups and unknown types. */
size_t option_type_size(enum hanse_option_type type);

#endif
