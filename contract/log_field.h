/* The fields of a log line, one after the other, out of a printf format and its arguments. */
#ifndef CONTRACT_LOG_FIELD_H
#define CONTRACT_LOG_FIELD_H

#include <hanse/base.h>
#include <stdarg.h>

#define LOG_VALUE_MAX 256 /* octets of one value, as given */

struct log_field {
  struct hanse_slice key; /* a piece of the format */
  char value[LOG_VALUE_MAX];
  size_t length;
  bool cut;    /* the value was longer */
  bool number; /* the value is one integer that fits int64_t */
};

struct log_fields {
  const char *at; /* what is left of the format */
  int error;      /* errno of the caller, for %m */
  va_list arguments;
};

/* The walk copies `arguments` and must be ended with log_fields_end. `error` is what %m means. */
void log_fields_begin(struct log_fields *fields, const char *format, va_list arguments, int error);
void log_fields_end(struct log_fields *fields);

/* The next field; false: no more. A field is key=value up to a blank of the format, or key="value" up to the format's
   next quote; text without a key runs to the end of the format and is named "text". Blanks, quotes and equal signs
   inside an argument never end a field. Conversions: all of printf but %n and wide characters, which give "?". */
bool log_fields_next(struct log_fields *fields, struct log_field *field);

#endif
