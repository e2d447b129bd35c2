/* `hansectl import lync FILE…`: a configuration from what another edge was told. */
#ifndef CTL_IMPORT_H
#define CTL_IMPORT_H

#include "ctl/arguments.h"
#include "ctl/status.h"

extern const struct hanse_argument import_arguments[];

/* `words`: those behind the command. Returns the exit status. */
int import_run(const struct ctl_globals *globals, struct ctl_words words);

#endif
