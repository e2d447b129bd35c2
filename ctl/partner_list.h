/* Where domains are written in the files of a configuration: partner entries, home domains, and the lists of every
   instance of the policy `domains`. */
#ifndef CTL_PARTNER_LIST_H
#define CTL_PARTNER_LIST_H

#include <jansson.h>

#include "ctl/status.h"

/* Reads hanse.conf (`config`) and conf.d beside it, and appends a row to the array `rows` for each domain: domain, list
   ("partner", "home", "allow", "block"), and what the entry says. CTL_DONE, or what ctl_fail returned. */
int partner_list_read(const struct ctl_globals *globals, const char *config, json_t *rows);

/* The first row with that domain; NULL: none. Borrowed. */
const json_t *partner_list_find(const json_t *rows, const char *domain);

#endif
