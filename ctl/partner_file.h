/* The file that `hansectl partner` keeps, conf.d/partners.conf beside hanse.conf: partner entries, and an instance of
   the policy `domains` with the domains that are blocked. What else stands in it is kept as it is, comments are not. */
#ifndef CTL_PARTNER_FILE_H
#define CTL_PARTNER_FILE_H

#include <libconfig.h>

#include "ctl/draft.h"

#define PARTNER_FILE_NAME "partners.conf"

struct partner_file {
  struct draft_place place;
  config_t tree;
};

struct partner_entry {
  const char *domain, *type;             /* must be set */
  const char *edge, *provider, *comment; /* NULL: none */
};

/* `config`: hanse.conf. CTL_DONE: partner_file_close is due; else what ctl_fail returned. */
int partner_file_open(struct partner_file *file, const struct ctl_globals *globals, const char *config);
void partner_file_close(struct partner_file *file);

/* CTL_DONE, or what ctl_fail returned. */
int partner_file_add(struct partner_file *file, const struct partner_entry *entry);
int partner_file_block(struct partner_file *file, const char *domain);
/* CTL_NO_SUCH_THING, silently: the domain is neither a partner nor blocked here. */
int partner_file_remove(struct partner_file *file, const char *domain);

/* Writes all of it as a draft (draft.h). */
int partner_file_draft(const struct partner_file *file, char draft[PATH_MAX]);

/* Whether two domains are written alike: in any case, with or without a dot at the end. */
bool partner_same(const char *one, const char *other);

#endif
