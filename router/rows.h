/* What a control command answers: rows of named values, in the order they were written. Loop thread only. */
#ifndef ROUTER_ROWS_H
#define ROUTER_ROWS_H

#include <hanse/command.h>
#include <jansson.h>

struct control_asker;

#define ROWS_VALUE_MAX 4096 /* octets of one text value; what is longer is cut and ends in "..." */

struct hanse_rows {
  json_t *arguments; /* object: what was asked; every value is a string */
  json_t *rows;      /* array of objects; what was sent is taken out, so it holds the rows of one step */
  json_t *row;       /* the one being written; borrowed from rows; NULL: none */
  char text[512];    /* what a command says beside its rows: why the answer is no, what to do */
  struct hanse_where where;
  bool failed;                 /* no memory: a row is incomplete, so the whole answer is a failure */
  struct control_asker *asker; /* who asked on the control socket; NULL: somebody else */
};

/* HANSE_NOMEM leaves nothing to clear. `arguments` is borrowed and held; NULL: none. */
int rows_init(struct hanse_rows *rows, json_t *arguments);
void rows_clear(struct hanse_rows *rows);

void rows_begin(struct hanse_rows *rows);
/* The value in its shown form (printable.h): control octets, bidi controls and what is not UTF-8 as \xNN. A value
   without rows_begin begins the first row. */
void rows_text(struct hanse_rows *rows, const char *name, struct hanse_slice value);
void rows_number(struct hanse_rows *rows, const char *name, int64_t value);
void rows_flag(struct hanse_rows *rows, const char *name, bool value);
/* The argument as it was asked, numbers and flags as text ("8", "true"); empty: not given. */
struct hanse_slice rows_argument(const struct hanse_rows *rows, const char *name);
/* The sentence beside the rows; the last one counts. Shown as rows_text shows. */
void rows_say(struct hanse_rows *rows, const char *format, ...) HANSE_PRINTF(2, 3);

#endif
