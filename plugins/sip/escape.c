#include "plugins/sip/escape.h"

#include "plugins/sip/lex.h"

int sip_unescape(struct hanse_arena *arena, struct hanse_slice text, struct hanse_slice *out) {
  if (text.len == 0 || !memchr(text.at, '%', text.len)) {
    *out = text;
    return HANSE_OK;
  }
  char *room = hanse_alloc(arena, text.len), *to = room;
  if (!room) return HANSE_NOMEM;
  for (const char *p = text.at, *end = p + text.len; p < end;) {
    unsigned high = end - p > 2 ? sip_lex_hex(p[1]) : 16, low = end - p > 2 ? sip_lex_hex(p[2]) : 16;
    bool escape = *p == '%' && (high | low) < 16;
    *to++ = escape ? (char)(high << 4 | low) : *p;
    p += escape ? 3 : 1;
  }
  *out = hanse_slice(room, (size_t)(to - room));
  return HANSE_OK;
}

int sip_escape_user(struct hanse_arena *arena, struct hanse_slice text, struct hanse_slice *out) {
  const char *p = text.at, *end = p + text.len;
  if (text.len == 0 || sip_lex_span(p, end, SIP_C_USER) == end) {
    *out = text;
    return HANSE_OK;
  }
  char *room = hanse_alloc(arena, 3 * text.len), *to = room;
  if (!room) return HANSE_NOMEM;
  for (; p < end; p++) {
    if (sip_lex_span(p, p + 1, SIP_C_USER) == p + 1) {
      *to++ = *p;
    } else {
      *to++ = '%';
      *to++ = "0123456789ABCDEF"[(unsigned char)*p >> 4];
      *to++ = "0123456789ABCDEF"[(unsigned char)*p & 15];
    }
  }
  *out = hanse_slice(room, (size_t)(to - room));
  return HANSE_OK;
}
