/* What must hold between several settings (R11, R12 and the like). */
#ifndef HANSE_ROUTER_SETTINGS_CHECK_H
#define HANSE_ROUTER_SETTINGS_CHECK_H

#include "router/settings.h"

/* HANSE_OK, HANSE_INVALID after reports, HANSE_NOMEM. */
int settings_check(struct settings *settings, struct problem_list *problems);

#endif
