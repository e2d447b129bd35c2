/* One process per run_dir. */
#ifndef ROUTER_LOCK_H
#define ROUTER_LOCK_H

#include <hanse/base.h>

/* Takes run_dir/lock and writes our pid into it. HANSE_OK: *out is the descriptor that holds the lock; it ends with the
   process, however that ends. HANSE_FAIL: `problem` says why ("already running as pid …"). */
int lock_take(const char *run_dir, int *out, struct hanse_problem *problem);
/* Gives it back; the file stays. */
void lock_release(int fd);

#endif
