/* A file of conf.d that is written whole: first a draft beside it, which the router's code judges, then in its place.
 */
#ifndef CTL_DRAFT_H
#define CTL_DRAFT_H

#include <limits.h>
#include <stdio.h>

#include "ctl/status.h"

struct draft_place {
  const struct ctl_globals *globals; /* borrowed */
  int folder_fd;                     /* of conf.d, locked until the place is left; -1: none */
  bool made_folder;
  char folder[PATH_MAX], path[PATH_MAX]; /* conf.d, and the file in it */
};

/* conf.d beside `config` (hanse.conf), and `name` in it; conf.d is made where it is missing. CTL_DONE: draft_leave is
   due; else what ctl_fail returned. */
int draft_enter(struct draft_place *place, const struct ctl_globals *globals, const char *config, const char *name);
/* Takes a folder away again that was made and holds nothing. */
void draft_leave(struct draft_place *place);

/* Writes a new file beside, down to the disk; print(argument, out) says what it holds. draft: its path. CTL_DONE, or
   what ctl_fail returned. */
int draft_write(const struct draft_place *place, void (*print)(const void *argument, FILE *out), const void *argument,
                char draft[PATH_MAX]);
/* Has the router's code judge it (validate.h), and says what is wrong. CTL_DONE, or an exit status. */
int draft_judge(const struct draft_place *place, const char *config, const char *draft);
/* Puts the draft in the place of the file, so that whoever looks sees the old or the new one, also after a crash. */
int draft_commit(struct draft_place *place, const char *draft);

/* Says what the system refused at `path` (errno). An exit status. */
int draft_refused(const struct ctl_globals *globals, const char *path);

#endif
