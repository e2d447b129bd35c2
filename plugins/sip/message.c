#include "plugins/sip/message.h"

#include "plugins/sip/lex.h"

unsigned sip_header_find(const struct sip_message *message, struct hanse_slice name, unsigned after) {
  enum sip_header_id id = sip_header_lookup(name);
  for (unsigned n = after + 1; n <= message->count; n++) {
    const struct sip_header *header = sip_header(message, n);
    if (id ? header->id == id : hanse_same_nocase(header->name, name)) return n;
  }
  return 0;
}

int sip_unfold(struct hanse_arena *arena, struct hanse_slice value, struct hanse_slice *out) {
  if (value.len == 0 || !memchr(value.at, '\n', value.len)) {
    *out = value;
    return HANSE_OK;
  }
  char *text = hanse_alloc(arena, value.len + 1);
  if (!text) return HANSE_NOMEM;
  size_t n = 0;
  const char *end = value.at + value.len;
  for (const char *p = value.at; p < end;) {
    const char *next = sip_lex_skip(p, end);
    if (memchr(p, '\n', (size_t)(next - p))) {
      text[n++] = ' ';
      p = next;
    }
    while (p < next) text[n++] = *p++;
    while (p < end && !sip_lex_blank(*p)) text[n++] = *p++;
  }
  *out = hanse_slice(text, n);
  return HANSE_OK;
}
