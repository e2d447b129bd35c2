/* The file of the store `sqlite`: whether it may be used, opening it, and what is done with rows. In the worker's
 * thread. */
#ifndef STORE_FILE_H
#define STORE_FILE_H

#include <hanse/base.h>
#include <sqlite3.h>

enum sqlite_condition {
  STORE_FILE_GOOD = 0,    /* or it is not there yet */
  STORE_FILE_CORRUPT = 1, /* ours, and damaged: it is moved aside */
  STORE_FILE_REFUSED = 2  /* not ours, or out of reach */
};

struct sqlite_finding {
  enum sqlite_condition condition;
  char text[400]; /* REFUSED: what is wrong, and what to do */
};

enum sqlite_statement { STORE_FIND, STORE_WRITE, STORE_REMOVE, STORE_SCAN, STORE_PURGE, STORE_STATEMENTS };

struct sqlite_file {
  sqlite3 *db; /* NULL: not open */
  sqlite3_stmt *statements[STORE_STATEMENTS];
};

/* Looks at the file without changing it. */
void sqlite_file_examine(const char *path, struct sqlite_finding *finding);
/* Renames it, and what SQLite keeps beside it, to PATH.corrupt-TIME; `to` gets that name. False: errno says why. */
bool sqlite_file_move_aside(const char *path, int64_t time, char *to, size_t size);
/* Opens it, after making it where it is not there. False: `why` says why not, and it is closed. */
bool sqlite_file_open(struct sqlite_file *file, const char *path, char *why, size_t size);
void sqlite_file_close(struct sqlite_file *file);

#endif
