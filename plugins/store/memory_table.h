/* The rows of the store `memory`: a table by space and key, and a list in the order in which they were written. Who
   walks along the list in several turns registers, so that no row is taken from under its feet. */
#ifndef MEMORY_TABLE_H
#define MEMORY_TABLE_H

#include <hanse/plugin.h>

struct memory_row;

/* A place in the list: the next row to look at. */
struct memory_walk {
  struct memory_walk *next;
  struct memory_row *at; /* NULL: the end */
  uint64_t until;        /* rows that were written later are not looked at */
};

struct memory_table {
  struct memory_row *rows;
  struct memory_walk *walks;
  uint64_t written; /* number of the last row */
  size_t octets, limit;
  size_t count;
  unsigned char key[16]; /* of the hash: others choose what our keys are made of */
};

void memory_table_clear(struct memory_table *table);

/* *value lies in the table until it is changed. HANSE_SKIP: there is none at this time. */
int memory_get(const struct memory_table *table, struct hanse_slice space, struct hanse_slice key, int64_t now,
               struct hanse_slice *value, int64_t *expires);
/* HANSE_NOMEM: no memory, or over the limit; what was there stays. */
int memory_put(struct memory_table *table, struct hanse_slice space, struct hanse_slice key, struct hanse_slice value,
               int64_t expires);
/* HANSE_SKIP: there was none. */
int memory_delete(struct memory_table *table, struct hanse_slice space, struct hanse_slice key);

/* From the first row to the last one that there is now. */
void memory_walk_begin(struct memory_table *table, struct memory_walk *walk);
void memory_walk_end(struct memory_table *table, struct memory_walk *walk);

struct memory_view {
  struct hanse_slice space, key, value;
  int64_t expires; /* 0: never */
};
/* The next row; false: that was the last one. */
bool memory_walk_next(struct memory_walk *walk, struct memory_view *view);
/* Drops the rows among the next `most` whose time is over. Returns how many. */
size_t memory_purge(struct memory_table *table, struct memory_walk *walk, size_t most, int64_t now);

static inline bool memory_over(int64_t expires, int64_t now) { return expires && expires <= now; }

#endif
