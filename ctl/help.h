/* What hansectl can do, for people: from the table of commands, and from the router for what plugins offer. */
#ifndef CTL_HELP_H
#define CTL_HELP_H

#include <stdio.h>

#include "router/command_table.h"

/* Commands that hansectl answers itself. Ends with a NULL name. */
extern const struct command_entry help_own_commands[];

/* hansectl's own options, as struct hanse_argument. */
extern const struct hanse_argument help_options[];

/* What an exit status says. Ends with a NULL text. */
struct help_outcome {
  int status;
  const char *text;
};
extern const struct help_outcome help_outcomes[];

void help_print(FILE *out);
/* Usage, help and arguments of one command. */
void help_print_command(const char *name, const struct hanse_argument *arguments, const char *help, FILE *out);

#endif
