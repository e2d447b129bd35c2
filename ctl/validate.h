/* A draft is judged by the daemon's own code: `hanse --check --draft` reads it in its place among the other files. */
#ifndef CTL_VALIDATE_H
#define CTL_VALIDATE_H

#include "ctl/status.h"

/* `config`: hanse.conf; `draft`: a file, to be read as conf.d/`name`. CTL_DONE; CTL_NO: *said (to be freed) has the
   lines that say what is wrong; CTL_NOT_DETERMINED: it could not be asked, *said tells why. CTL_NOT_DETERMINED with
   NULL: no memory. */
int validate_draft(const char *config, const char *name, const char *draft, char **said);

#endif
