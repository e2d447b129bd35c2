#include "contract/roff.h"

void roff_text(const char *at, FILE *out) {
  if (*at == '.' || *at == '\'') fputs("\\&", out);
  for (; *at; at++) {
    if (*at == '-')
      fputs("\\-", out);
    else if (*at == '\\')
      fputs("\\e", out);
    else
      putc(*at, out);
  }
}
