/* The number of this start: written into what we send, so that what an earlier process sent is told apart. */
#ifndef ROUTER_BOOT_H
#define ROUTER_BOOT_H

#include <hanse/base.h>

/* Counts state_dir/boot up by one, on the disk before it returns, also when several processes start at once. *out is
   from 1 on and was never given before. HANSE_FAIL: `problem` says why. */
int boot_next(const char *state_dir, uint32_t *out, struct hanse_problem *problem);

#endif
