#include "ctl/status.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>

#include "contract/printable.h"

/* The stable object, as the daemon would have sent it. */
static void print_object(int status, const char *text, size_t length) {
  json_t *object =
      json_pack("{s:[],s:b,s:i,s:{s:s%}}", "rows", "ok", 0, "outcome", status, "error", "text", text, length);
  if (!object) return;
  json_dumpf(object, stdout, JSON_COMPACT);
  putchar('\n');
  json_decref(object);
}

int ctl_say(const struct ctl_globals *globals, const char *text) {
  json_t *answer = globals->json ? json_pack("{s:[],s:b,s:i,s:s}", "rows", "ok", 1, "outcome", 0, "text", text) : NULL;
  if (answer) {
    json_dumpf(answer, stdout, JSON_COMPACT);
    putchar('\n');
  } else {
    puts(text);
  }
  json_decref(answer);
  return CTL_DONE;
}

int ctl_fail(const struct ctl_globals *globals, int status, const char *format, ...) {
  char said[1024], shown[sizeof said];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(said, sizeof said, format, arguments);
  va_end(arguments);
  size_t n = length < 0 ? 0 : (size_t)length < sizeof said ? (size_t)length : sizeof said - 1;
  n = printable_copy(hanse_slice(said, n), shown, sizeof shown, NULL);
  if (globals->json)
    print_object(status, shown, n);
  else
    fprintf(stderr, "hansectl: %.*s\n", (int)n, shown);
  return status;
}
