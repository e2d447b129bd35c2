/* `hanse-plugin new`: a folder with a plugin that builds and passes its own test as it stands. */
#ifndef SDK_TOOL_NEW_H
#define SDK_TOOL_NEW_H

#include <stdio.h>

struct new_wish {
  const char *name, *kind;
  const char *folder; /* NULL: called as the plugin */
};

/* Writes it and says what comes next. Returns the exit status. */
int new_run(const struct new_wish *wish, FILE *out);

/* "policy, federation, …": kinds that there are. */
extern const char new_kinds[];

#endif
