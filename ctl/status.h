/* Exit statuses, and the one way to say why it is not 0. */
#ifndef CTL_STATUS_H
#define CTL_STATUS_H

#include <hanse/command.h>

/* Those of enum hanse_outcome, and one that only hansectl can give. */
enum {
  CTL_DONE = 0,
  CTL_NO = 1,
  CTL_USAGE = 2,
  CTL_NO_DAEMON = 3,
  CTL_NOT_PERMITTED = 4,
  CTL_NO_SUCH_THING = 5,
  CTL_NOT_DETERMINED = 6,
  CTL_CLASS = 10, /* to CTL_CLASS_LAST: a kind of no that the command's help tells */
  CTL_CLASS_LAST = 19
};

/* What the caller wants of every command. */
struct ctl_globals {
  const char *socket; /* NULL: from config, environment or default */
  const char *config; /* NULL: none */
  unsigned timeout;   /* seconds of silence; 0: the command's default */
  bool json;
  bool markdown; /* tables as Markdown */
};

/* Says what went wrong, on standard error, or with --json as an answer object on standard output. Returns status. */
int ctl_fail(const struct ctl_globals *globals, int status, const char *format, ...) HANSE_PRINTF(3, 4);

/* Says what was done, on standard output, with --json as an answer object. Returns CTL_DONE. */
int ctl_say(const struct ctl_globals *globals, const char *text);

#endif
