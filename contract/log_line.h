/* One event as one line, text or JSON (the same fields in both). */
#ifndef CONTRACT_LOG_LINE_H
#define CONTRACT_LOG_LINE_H

#include <hanse/host.h>
#include <time.h>

#include "contract/log_field.h"

enum log_format { LOG_TEXT = 0, LOG_JSON = 1 };

#define LOG_LINE_MAX 4096 /* octets with the line feed: PIPE_BUF, so that lines of several writers do not mix */

struct log_head {
  struct timespec time; /* wall clock */
  enum hanse_level level;
  const char *subsystem, *event;
  bool journal; /* begin the line with "<N>" (sd-daemon(3)) */
};

/* Writes the line with its line feed and returns its length, never over LOG_LINE_MAX. Fields that do not fit any more
   are left out and the line says so: truncated=true. */
size_t log_line(char out[LOG_LINE_MAX], enum log_format format, const struct log_head *head, struct log_fields *fields);

const char *log_level_name(enum hanse_level level); /* "ERROR", … */

#endif
