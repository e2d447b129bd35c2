/* One configuration file with its includes expanded into one text, and the map from its lines back to the files. */
#ifndef CONTRACT_SOURCE_TEXT_H
#define CONTRACT_SOURCE_TEXT_H

#include <sys/types.h>

#include "contract/option_pool.h"
#include "contract/problem.h"

/* Lines of the text from `first` on are lines of one file from `line` on. */
struct source_segment {
  unsigned first, line;
  const char *name;   /* of the file, as problems show it */
  const char *folder; /* absolute */
};

struct source_text {
  char *at; /* owned, NUL-terminated behind its length */
  size_t length, capacity;
  unsigned line;                   /* of its end */
  struct source_segment *segments; /* owned, sorted by first */
  size_t count, room;
};

/* Where files may come from; all borrowed. */
struct source_origin {
  uid_t user;                /* whose files are believed, besides root's */
  struct option_pool *names; /* receives names and folders */
  struct problem_list *problems;
};

void source_text_init(struct source_text *text);
void source_text_clear(struct source_text *text);
/* Gives back the text but keeps the map. */
void source_text_drop(struct source_text *text);

/* Reads the file at `path`, which problems call `name`. HANSE_OK, HANSE_INVALID (reported), HANSE_NOMEM. */
int source_text_read(struct source_text *text, const char *path, const char *name, const struct source_origin *origin);
/* Takes a text that has no file; it may not include anything. */
int source_text_put(struct source_text *text, struct hanse_slice content, const char *name, const char *folder,
                    const struct source_origin *origin);

/* The segment of a line; NULL when there is none. */
const struct source_segment *source_text_segment(const struct source_text *text, unsigned line);
/* The place of a line; no file when there is none. */
struct hanse_where source_text_where(const struct source_text *text, unsigned line);

#endif
