/* What a test has done wrong, or a plugin that it tests, and no return value can say: one sentence, and the end. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "sdk/fakehost/inside.h"

void fake_end(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("fake host: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  abort();
}
