/* `hansectl partner`: partners and blocked domains, in a file of their own. */
#ifndef CTL_PARTNER_H
#define CTL_PARTNER_H

#include <jansson.h>

#include "ctl/status.h"

#define PARTNER_CONFIG "/etc/hanse/hanse.conf"

extern const struct hanse_argument partner_arguments[];

/* `arguments`: as arguments_read made them; `socket`: of the router that is told. Returns the exit status. */
int partner_run(const struct ctl_globals *globals, const json_t *arguments, const char *socket);

#endif
