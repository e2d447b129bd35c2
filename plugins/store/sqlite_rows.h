/* What the store `sqlite` does with one request. In the worker's thread. */
#ifndef SQLITE_ROWS_H
#define SQLITE_ROWS_H

#include "job.h"
#include "sqlite_file.h"

/* Fills in job->answer. Its status is HANSE_FAIL or HANSE_NOMEM where SQLite failed; sqlite3_errmsg then says why.
 *wrote: a transaction is open that has to be committed before this may be answered. */
void sqlite_rows_do(struct sqlite_file *file, struct job *job, bool *wrote);
/* Begins a transaction where there is none. SQLITE_OK, or what SQLite says. */
int sqlite_rows_begin(const struct sqlite_file *file);

#endif
