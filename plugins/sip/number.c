#include "plugins/sip/number.h"

#include "plugins/sip/lex.h"

bool sip_number(struct hanse_slice value, uint32_t *out) {
  uint64_t n = 0;
  if (value.len == 0) return false;
  for (size_t i = 0; i < value.len; i++) {
    if (!sip_lex_digit(value.at[i])) return false;
    n = n * 10 + (unsigned)(value.at[i] - '0');
    if (n > UINT32_MAX) n = UINT32_MAX;
  }
  *out = (uint32_t)n;
  return true;
}

struct hanse_slice sip_number_text(uint64_t n, char room[SIP_NUMBER_ROOM]) {
  char *end = room + SIP_NUMBER_ROOM, *p = end;
  do *--p = (char)('0' + n % 10);
  while (n /= 10);
  return hanse_slice(p, (size_t)(end - p));
}
