#include "line.h"

/* The next word, and what stands behind the space after it. */
static struct hanse_slice cut(struct hanse_slice *rest) {
  const char *space = rest->len ? (const char *)memchr(rest->at, ' ', rest->len) : NULL;
  size_t length = space ? (size_t)(space - rest->at) : rest->len;
  struct hanse_slice word = hanse_slice(rest->at, length);
  size_t taken = space ? length + 1 : length;
  *rest = hanse_slice(rest->at + taken, rest->len - taken);
  return word;
}

static enum line_verb verb_of(struct hanse_slice word) {
  static const char *const names[] = {"say", "ok", "no", "ping", "pong"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (hanse_same(word, hanse_text(names[i]))) return (enum line_verb)(LINE_SAY + i);
  return LINE_BAD;
}

struct line line_read(struct hanse_slice text) {
  struct line line = {LINE_BAD, {NULL, 0}, {NULL, 0}, {NULL, 0}, text};
  line.verb = verb_of(cut(&line.rest));
  if (line.verb == LINE_PING || line.verb == LINE_PONG) return line;
  line.id = cut(&line.rest);
  if (line.verb == LINE_SAY) {
    line.from = cut(&line.rest);
    line.to = cut(&line.rest);
  }
  bool whole = line.id.len && line.id.len <= ID_MAX && (line.verb != LINE_SAY || (line.from.len && line.to.len));
  if (!whole) line.verb = LINE_BAD;
  return line;
}

bool line_address(struct hanse_slice address, struct hanse_slice *user, struct hanse_slice *domain) {
  const char *at = address.len ? (const char *)memchr(address.at, '@', address.len) : NULL;
  if (!at || at == address.at || at + 1 == address.at + address.len) return false;
  if (at - address.at > USER_MAX) return false;
  *user = hanse_slice(address.at, (size_t)(at - address.at));
  *domain = hanse_slice(at + 1, address.len - user->len - 1);
  return true;
}

int line_unescape(struct hanse_arena *arena, struct hanse_slice text, struct hanse_slice *out) {
  char *room = (char *)hanse_alloc(arena, text.len + 1), *to = room;
  if (!room) return HANSE_NOMEM;
  for (size_t i = 0; i < text.len; i++) {
    bool escape = text.at[i] == '\\' && i + 1 < text.len;
    if (escape) i++;
    *to++ = escape && text.at[i] == 'n' ? '\n' : text.at[i];
  }
  *out = hanse_slice(room, (size_t)(to - room));
  return HANSE_OK;
}

int line_escape(struct hanse_arena *arena, struct hanse_slice text, struct hanse_slice *out) {
  char *room = (char *)hanse_alloc(arena, 2 * text.len + 1), *to = room;
  if (!room) return HANSE_NOMEM;
  for (size_t i = 0; i < text.len; i++) {
    char c = text.at[i];
    if (c == '\r' && i + 1 < text.len && text.at[i + 1] == '\n') continue; /* the LF says it */
    if (c == '\n' || c == '\r' || c == '\\') *to++ = '\\';
    *to++ = c == '\n' || c == '\r' ? 'n' : c;
  }
  *out = hanse_slice(room, (size_t)(to - room));
  return HANSE_OK;
}
