#include "plugins/sip/param.h"

#include "plugins/sip/lex.h"

/* The value behind "=": a quoted string or plain characters, possibly none. NULL: an open quote. */
static const char *read_value(const char *p, const char *end, struct hanse_slice *out) {
  const char *stop = p < end && *p == '"' ? sip_lex_quoted(p, end) : sip_lex_span(p, end, SIP_C_VALUE);
  if (stop) *out = sip_lex_between(p, stop);
  return stop;
}

int sip_param_next(struct hanse_slice *rest, struct sip_param *out) {
  if (rest->len == 0) return 0;
  const char *end = rest->at + rest->len, *start = sip_lex_skip(rest->at, end);
  if (start == end) return 0;
  if (*start != ';') return -1;
  const char *name = sip_lex_skip(start + 1, end);
  const char *p = sip_lex_span(name, end, SIP_C_PARAM);
  if (p == name) return -1;
  struct sip_param param = {sip_lex_between(name, p), {NULL, 0}, start, p};
  const char *equals = sip_lex_skip(p, end);
  if (equals < end && *equals == '=') {
    p = read_value(sip_lex_skip(equals + 1, end), end, &param.value);
    if (!p) return -1;
    param.end = p;
  }
  *out = param;
  *rest = sip_lex_between(p, end);
  return 1;
}

bool sip_param_find(struct hanse_slice params, struct hanse_slice name, struct sip_param *out) {
  struct sip_param param;
  while (sip_param_next(&params, &param) == 1) {
    if (!hanse_same_nocase(param.name, name)) continue;
    *out = param;
    return true;
  }
  return false;
}
