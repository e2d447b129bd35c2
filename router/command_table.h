/* The commands of the core, as plain data that the daemon, hansectl, its completion and its manual share. What plugins
   offer is not here: hansectl asks the daemon for it (`help`). */
#ifndef ROUTER_COMMAND_TABLE_H
#define ROUTER_COMMAND_TABLE_H

#include <hanse/command.h>

enum command_number {
  COMMAND_STATUS,
  COMMAND_TURNS,
  COMMAND_LINKS,
  COMMAND_PARTNERS,
  COMMAND_TARGETS,
  COMMAND_MODULES,
  COMMAND_GENERATIONS,
  COMMAND_COUNTERS,
  COMMAND_EXPLAIN,
  COMMAND_DECISIONS,
  COMMAND_DECISION,
  COMMAND_PROBE,
  COMMAND_CHECK,
  COMMAND_PLAN,
  COMMAND_RELOAD,
  COMMAND_CLOSE,
  COMMAND_DNS,
  COMMAND_LOG,
  COMMAND_STOP,
  COMMAND_HELP, /* answered by the control socket itself */
  COMMAND_COUNT
};

struct command_entry {
  const char *name;
  const struct hanse_argument *arguments; /* never NULL */
  const char *help;
};

extern const struct command_entry command_table[COMMAND_COUNT];

/* NULL: no command of the core has that name. */
const struct command_entry *command_entry_find(struct hanse_slice name);

/* Writes "explain FROM TO [--names NAMES]" to buf, cut at cap, and returns buf. `arguments` may be NULL. */
const char *command_usage(const char *name, const struct hanse_argument *arguments, char *buf, size_t cap);

#endif
