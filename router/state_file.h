/* Small files of state_dir and run_dir that must be whole or not there at all, whenever the machine stops. */
#ifndef ROUTER_STATE_FILE_H
#define ROUTER_STATE_FILE_H

#include <hanse/base.h>

#define STATE_FILE_MAX 4096 /* octets of one file */

enum state_file_way {
  STATE_FILE_REPLACE, /* instead of what is there */
  STATE_FILE_NEW      /* only when nothing is there: else HANSE_GONE */
};

/* Writes folder/name: 0600, to a file of its own beside it, to the disk, then under its name. HANSE_FAIL: `problem`
   names the file and says why. */
int state_file_write(const char *folder, const char *name, struct hanse_slice content, enum state_file_way way,
                     struct hanse_problem *problem);
/* Reads folder/name into buf, NUL-terminated. HANSE_GONE: there is none. HANSE_FAIL: `problem` says why. */
int state_file_read(const char *folder, const char *name, char buf[STATE_FILE_MAX + 1], size_t *length,
                    struct hanse_problem *problem);

/* Fills a problem without a place. Returns HANSE_FAIL. */
int state_file_problem(struct hanse_problem *problem, const char *format, ...) HANSE_PRINTF(2, 3);

#endif
