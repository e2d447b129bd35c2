/* COMMAND: answers a control command in rows. */
#ifndef HANSE_COMMAND_H
#define HANSE_COMMAND_H

#include <hanse/base.h>

HANSE_BEGIN

struct hanse_rows; /* where the rows go: the core's */

/* How an argument is given. In a request all arguments are members of one object, whatever is said here. 0: hansectl
   takes it by its place among those without HANSE_BY_NAME and HANSE_FLAG, and it may be left out. */
enum hanse_argument_flags {
  HANSE_ARGUMENT_REQUIRED = 1,
  HANSE_BY_NAME = 2, /* --name VALUE */
  HANSE_FLAG = 4     /* --name, without a value: the command reads "true" */
};

/* One argument of a command. */
struct hanse_argument {
  const char *name; /* lower-case letters, digits and "-"; NULL ends the table */
  uint32_t flags;   /* enum hanse_argument_flags */
  const char *help; /* a few words */
};

/* How a command ended; hansectl's exit status. */
enum hanse_outcome {
  HANSE_DONE = 0,
  HANSE_NO = 1,
  HANSE_USAGE = 2,
  HANSE_NOT_PERMITTED = 4,
  HANSE_NO_SUCH_THING = 5,
  HANSE_NOT_DETERMINED = 6,
  HANSE_CLASS = 10, /* to 19: the answer is no, of a kind that the command's help tells */
  HANSE_MORE = 100  /* call again: the command has more rows and its 2 ms are over */
};

/* What a plugin offers that is a command: `hansectl NAME`, or INSTANCE.NAME where several instances offer it. */
struct hanse_command {
  uint32_t size;
  const char *name;                       /* lower-case letters, digits and "-" */
  const char *help;                       /* one line */
  const struct hanse_argument *arguments; /* or NULL */
  /* Writes rows with hanse_row_* (host.h). *cursor is NULL at first and belongs to the command until it returns
     anything but HANSE_MORE; `finish` is called instead if the asker goes away. */
  enum hanse_outcome (*run)(void *self, struct hanse_rows *rows, void **cursor);
  void (*finish)(void *self, void *cursor); /* may be NULL */
};

HANSE_END
#endif
