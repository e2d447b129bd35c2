#include "federation.h"

#include <stdarg.h>
#include <stdio.h>

#define NAMES_SAID 4

enum hanse_found federation_refuse(struct hanse_question *question, struct hanse_where where,
                                   enum hanse_failure failure, const char *format, ...) {
  char text[640];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  hanse_refusal_say(question->why, question->arena, failure, where, text);
  return HANSE_FOUND_NO;
}

const char *federation_names(const struct hanse_peer *peer, char out[FEDERATION_NAMES]) {
  uint32_t count = peer ? peer->proved_count : 0;
  size_t used = (size_t)snprintf(out, FEDERATION_NAMES, "%s", count ? "" : "no name");
  for (uint32_t i = 0; i < count && i < NAMES_SAID; i++) {
    struct hanse_slice name = peer->proved[i];
    int n = snprintf(out + used, FEDERATION_NAMES - used, "%s%.*s", i ? ", " : "", HANSE_FMT(name));
    if (n < 0 || (size_t)n >= FEDERATION_NAMES - used) break;
    used += (size_t)n;
  }
  if (count > NAMES_SAID) snprintf(out + used, FEDERATION_NAMES - used, " and %u more", (unsigned)(count - NAMES_SAID));
  return out;
}
