#include "plugins/sip/decorated_body.h"

#include "plugins/sip/lex.h"
#include "plugins/sip/text.h"

static bool is_presence(const struct sip_message *message) {
  struct hanse_slice type = sip_text_media_type(message), word = HANSE_LIT("pidf");
  if (message->first[SIP_H_CONTENT_ENCODING] || message->body.len == 0) return false;
  for (size_t i = 0; i + word.len <= type.len; i++)
    if (hanse_same_nocase(hanse_slice(type.at + i, word.len), word)) return true;
  return false;
}

/* The next place that holds the address and nothing more; NULL: there is none. */
static const char *next(const char *p, const char *begin, const char *end, struct hanse_slice called) {
  while (p < end && (p = (const char *)memmem(p, (size_t)(end - p), called.at, called.len)) != NULL) {
    const char *behind = p + called.len;
    bool before_free = p == begin || p[-1] == ':' || p[-1] == '\'' || !sip_lex_is(p[-1], SIP_C_USER);
    if (before_free && (behind == end || !sip_lex_is(*behind, SIP_C_HOST))) return p;
    p++;
  }
  return NULL;
}

static char *put(char *to, const char *from, size_t n) { return n ? (char *)memcpy(to, from, n) + n : to; }

int sip_decorated_body(struct sip_edits *edits, struct hanse_slice called, struct hanse_slice plain) {
  struct hanse_slice body = edits->message->body;
  if (!called.len || !is_presence(edits->message)) return HANSE_OK;
  const char *end = body.at + body.len, *from = body.at, *p;
  size_t count = 0;
  for (p = next(from, body.at, end, called); p; p = next(p + called.len, body.at, end, called)) count++;
  if (!count) return HANSE_OK;
  size_t n = body.len - count * called.len;
  if (plain.len > (SIZE_MAX - n) / count) return HANSE_NOMEM;
  n += count * plain.len;
  char *text = hanse_alloc(edits->arena, n ? n : 1), *to = text;
  if (!text) return HANSE_NOMEM;
  for (p = next(from, body.at, end, called); p; p = next(from, body.at, end, called)) {
    to = put(put(to, from, (size_t)(p - from)), plain.at, plain.len);
    from = p + called.len;
  }
  put(to, from, (size_t)(end - from));
  sip_edit_body(edits, hanse_slice(text, n));
  return HANSE_OK;
}
