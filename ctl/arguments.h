/* From the words of a command line to the arguments of a request. */
#ifndef CTL_ARGUMENTS_H
#define CTL_ARGUMENTS_H

#include <jansson.h>

#include "ctl/status.h"

struct ctl_words {
  char **at;
  int count;
};

/* Takes hansectl's own options out of the words, wherever they stand before "--". *help and *version become true when
   asked for. 0, or what ctl_fail returned. */
int arguments_globals(struct ctl_words *words, struct ctl_globals *globals, bool *help, bool *version);

/* Fits the words behind the command's name to its table. *out: a new object of strings. 0, or what ctl_fail returned.
 */
int arguments_read(const struct ctl_globals *globals, const char *command, const struct hanse_argument *table,
                   struct ctl_words words, json_t **out);

#endif
