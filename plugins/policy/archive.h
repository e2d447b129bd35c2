/* The parts of the policy `archive`: a text is written to a file before it goes on (R113). */
#ifndef POLICY_ARCHIVE_H
#define POLICY_ARCHIVE_H

#include <hanse/plugin.h>
#include <hanse/worker.h>
#include <jansson.h>

struct archive_settings {
  struct hanse_where where;
  struct hanse_slice file;
  int direction; /* enum archive_direction */
  bool sync, refuse_unreadable;
};

enum archive_direction { ARCHIVE_IN = 1, ARCHIVE_OUT = 2, ARCHIVE_BOTH = 3 };

/* The file: the thread's alone, once it runs. `fd` is -1 before first use. */
struct archive_file {
  int fd;
};

/* Opens it, or the new one where the old one was moved away (logrotate). 0 or errno; EMEDIUMTYPE: it is no file. */
int archive_file_open(struct archive_file *file, const char *path);
/* Adds lines to it; `sync`: they are on the disk then. 0 or errno: none of the lines is there, unless the file can not
   be cut either. */
int archive_file_add(struct archive_file *file, const char *path, struct hanse_slice lines, bool sync);
void archive_file_close(struct archive_file *file);

/* Lines that go to the file in one piece, and the messages that wait for them. */
struct archive_batch {
  struct hanse_job job;
  int failed; /* errno, or 0: all is written */
  char *lines;
  size_t used, room;
  hanse_token *tokens;
  size_t count, places;
};

#define ARCHIVE_BATCH ((size_t)64 << 20) /* octets that may wait for the disk */

/* One line of JSON for this message. HANSE_OK; or HANSE_NOMEM, HANSE_AGAIN (there is no room, which the disk must make
   first): the batch is as it was. */
int archive_batch_add(struct archive_batch *batch, struct hanse_host *host, const struct hanse_case *c);
/* Empties it, and gives back what is worth it. */
void archive_batch_end(struct archive_batch *batch);
void archive_batch_clear(struct archive_batch *batch);

/* What its line says, as an object to be released; NULL: no memory. */
json_t *archive_line(struct hanse_host *host, const struct hanse_facts *facts, struct hanse_slice text);

#endif
