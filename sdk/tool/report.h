/* What a check finds: one line a point, and at the end the verdict. Points may be found in a child process: they come
   to the parent through a pipe. */
#ifndef SDK_TOOL_REPORT_H
#define SDK_TOOL_REPORT_H

#include <hanse/base.h>
#include <stdio.h>

enum report_kind { REPORT_OK = 0, REPORT_WARNING = 1, REPORT_WRONG = 2, REPORT_NOT_RUN = 3, REPORT_KINDS = 4 };

/* Small enough for a pipe to take it whole (PIPE_BUF). */
struct report_point {
  uint32_t kind;
  char what[64];   /* which point: "exported symbols", "decide" */
  char text[1200]; /* what was found; what is wrong and what to do */
};

struct json_t;
struct report {
  int pipe; /* not negative: this is a child, points go there */
  unsigned of[REPORT_KINDS];
  struct json_t *rows; /* owned; NULL: points are printed as lines */
  bool lost;           /* memory ended: a point is missing among `rows` */
  FILE *out;
};

/* With `json`, points are kept for the end. False: no memory. */
bool report_init(struct report *report, bool json, FILE *out);
void report_clear(struct report *report);
/* One point. Control characters and what is not UTF-8 are replaced. */
void report_add(struct report *report, enum report_kind kind, const char *what, const char *format, ...)
    HANSE_PRINTF(4, 5);
/* A point as it came from a child; the texts need not be terminated. */
void report_take(struct report *report, const struct report_point *point);
/* Prints the verdict about `file`. Returns the exit status. */
int report_end(struct report *report, const char *file);

#endif
