#include "addition.h"

#define ADDITION_ESCAPE_MAX 5 /* "&amp;" */

enum addition_form addition_form(struct hanse_slice media_type) {
  if (hanse_same_nocase(media_type, HANSE_LIT("text/plain"))) return ADDITION_PLAIN;
  if (hanse_same_nocase(media_type, HANSE_LIT("text/html"))) return ADDITION_HTML;
  return ADDITION_NONE;
}

static bool addition_is_tag(const char *p, const char *end, struct hanse_slice tag) {
  return (size_t)(end - p) >= tag.len && hanse_same_nocase(hanse_slice(p, tag.len), tag);
}

/* Behind the first <body …>, or at the beginning. */
static size_t addition_body_begin(struct hanse_slice text) {
  const char *p = text.at, *end = p + text.len;
  for (; p && p < end; p = p + 1 < end ? memchr(p + 1, '<', (size_t)(end - p - 1)) : NULL) {
    if (!addition_is_tag(p, end, HANSE_LIT("<body"))) continue;
    const char *close = memchr(p, '>', (size_t)(end - p));
    return close ? (size_t)(close + 1 - text.at) : 0;
  }
  return 0;
}

/* Before the last </body or </html, or at the end. */
static size_t addition_body_end(struct hanse_slice text) {
  size_t html = text.len;
  for (size_t at = text.len; at > 0; at--) {
    const char *p = text.at + at - 1, *end = text.at + text.len;
    if (*p != '<') continue;
    if (addition_is_tag(p, end, HANSE_LIT("</body"))) return at - 1;
    if (html == text.len && addition_is_tag(p, end, HANSE_LIT("</html"))) html = at - 1;
  }
  return html;
}

static char *addition_put(char *to, struct hanse_slice text) {
  if (text.len) memcpy(to, text.at, text.len);
  return to + text.len;
}

static struct hanse_slice addition_escape(const char *octet) {
  switch (*octet) {
    case '<':
      return HANSE_LIT("&lt;");
    case '>':
      return HANSE_LIT("&gt;");
    case '&':
      return HANSE_LIT("&amp;");
    default:
      return hanse_slice(octet, 1);
  }
}

static char *addition_put_sentence(char *to, enum addition_form form, struct hanse_slice sentence) {
  if (form == ADDITION_PLAIN) return addition_put(to, sentence);
  for (size_t i = 0; i < sentence.len; i++) to = addition_put(to, addition_escape(sentence.at + i));
  return to;
}

static size_t addition_cut(struct hanse_slice text, enum addition_form form, enum addition_place place) {
  if (form == ADDITION_PLAIN) return place == ADDITION_BEFORE ? 0 : text.len;
  return place == ADDITION_BEFORE ? addition_body_begin(text) : addition_body_end(text);
}

int addition_make(struct hanse_arena *arena, struct hanse_slice text, enum addition_form form,
                  struct hanse_slice sentence, enum addition_place place, struct hanse_slice *out) {
  struct hanse_slice line = form == ADDITION_HTML ? HANSE_LIT("<br>") : HANSE_LIT("\r\n");
  size_t cut = addition_cut(text, form, place);
  char *room = (char *)hanse_alloc(arena, text.len + line.len + sentence.len * ADDITION_ESCAPE_MAX), *to = room;
  if (!room) return HANSE_NOMEM;
  to = addition_put(to, hanse_slice(text.at, cut));
  if (place == ADDITION_AFTER) to = addition_put(to, line);
  to = addition_put_sentence(to, form, sentence);
  if (place == ADDITION_BEFORE) to = addition_put(to, line);
  to = addition_put(to, hanse_slice(text.at + cut, text.len - cut));
  *out = hanse_slice(room, (size_t)(to - room));
  return HANSE_OK;
}
