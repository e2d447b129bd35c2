/* Files that decide who may talk to whom are believed only when nobody but root or the router's own user could have
   written them. */
#ifndef CONTRACT_TRUSTED_H
#define CONTRACT_TRUSTED_H

#include <hanse/base.h>
#include <sys/types.h>

#include "contract/option_pool.h"

enum trusted_kind {
  TRUSTED_FILE,  /* a regular file, and its folders, not writable by group or others (a sticky folder is fine) */
  TRUSTED_SECRET /* also not readable by group or others; its memory is overwritten at the end */
};

/* Reads the whole file into `pool`, NUL-terminated behind its length. `user` is the router's own user; root is always
   believed. On failure *why (of `cap` bytes) says what is wrong and what to do: HANSE_INVALID, or HANSE_NOMEM. */
int trusted_read(const char *path, uid_t user, enum trusted_kind kind, size_t max, struct option_pool *pool,
                 struct hanse_slice *out, char *why, size_t cap);

#endif
