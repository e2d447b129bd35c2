/* From the configuration's files to settings. */
#ifndef HANSE_ROUTER_SETTINGS_READ_H
#define HANSE_ROUTER_SETTINGS_READ_H

#include "contract/source.h"
#include "router/settings.h"

/* Reads the file and conf.d beside it, converts and checks the core's part. `user` is the router's own user (geteuid()
   unless one checks for somebody else); its files and root's are believed. HANSE_OK: *out was made, and is fit to run
   when `problems` has no error after settings_finish; with errors it may still be used to convert the plugins' parts,
   so that all errors are reported at once. HANSE_NOMEM: nothing was made. */
int settings_read(struct settings **out, const char *path, const struct source_draft *draft, uid_t user,
                  struct problem_list *problems);
/* The same from one text without a file, which may not include anything; relative paths in it resolve against
   `folder`. */
int settings_read_text(struct settings **out, struct hanse_slice text, const char *folder, uid_t user,
                       struct problem_list *problems);

#endif
