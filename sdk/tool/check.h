/* `hanse-plugin check`: whether a plugin keeps the contract, as far as that can be seen without a router. */
#ifndef SDK_TOOL_CHECK_H
#define SDK_TOOL_CHECK_H

#include <stdbool.h>
#include <stdio.h>

struct check_wish {
  const char *file;
  const char *settings, *entry, *input; /* NULL: not given */
  unsigned seconds;
  bool json;
};

/* Prints what it finds. Returns the exit status. */
int check_run(const struct check_wish *wish, FILE *out);

#endif
