/* Files by the extension of their name, as the receiver's system will see it: without what it leaves out. */
#include "filter.h"

#define FILTER_EXTENSION_MAX 16

static bool filter_in_extension(char c) {
  char lower = hanse_lower(c);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static struct hanse_slice filter_extension(struct hanse_slice written) {
  if (written.len && written.at[0] == '.') written = hanse_slice(written.at + 1, written.len - 1);
  return written;
}

int filter_files_check(const struct filter_settings *settings, struct hanse_problem *problem) {
  const struct hanse_slice *written = (const struct hanse_slice *)settings->extensions.items;
  for (size_t i = 0; i < settings->extensions.count; i++) {
    struct hanse_slice extension = filter_extension(written[i]);
    bool fits = extension.len > 0 && extension.len <= FILTER_EXTENSION_MAX;
    for (size_t k = 0; k < extension.len; k++) fits = fits && filter_in_extension(extension.at[k]);
    if (fits) continue;
    problem->where = settings->where;
    hanse_explain(problem, "extensions: \"%.80s\" is no extension; write one such as \".exe\"", written[i].at);
    return HANSE_INVALID;
  }
  return HANSE_OK;
}

static unsigned filter_hex(char c) {
  char lower = hanse_lower(c);
  if (c >= '0' && c <= '9') return (unsigned)(c - '0');
  return lower >= 'a' && lower <= 'f' ? (unsigned)(lower - 'a' + 10) : 16;
}

/* The end of a name, unescaped: "%65" is "e" to who fetches it (RFC 3986 §2.1). */
static size_t filter_tail(struct hanse_slice name, char room[FILTER_EXTENSION_ROOM]) {
  size_t n = 0;
  const char *p = name.at, *end = p + name.len;
  if (name.len > FILTER_EXTENSION_ROOM) p = end - FILTER_EXTENSION_ROOM;
  while (p < end) {
    unsigned high = end - p > 2 ? filter_hex(p[1]) : 16, low = end - p > 2 ? filter_hex(p[2]) : 16;
    bool escape = *p == '%' && (high | low) < 16;
    room[n++] = escape ? (char)(high << 4 | low) : *p;
    p += escape ? 3 : 1;
  }
  return n;
}

/* Windows leaves out dots and blanks at the end of a name, and people put brackets and full stops behind a link. */
static struct hanse_slice filter_extension_of(struct hanse_slice name, char room[FILTER_EXTENSION_ROOM]) {
  size_t n = filter_tail(name, room), dot;
  while (n && !filter_in_extension(room[n - 1])) n--;
  for (dot = n; dot && filter_in_extension(room[dot - 1]); dot--) continue;
  if (!dot || room[dot - 1] != '.') return hanse_slice("", 0);
  return hanse_slice(room + dot, n - dot);
}

bool filter_file_is_blocked(const struct filter_settings *settings, struct hanse_slice name,
                            char room[FILTER_EXTENSION_ROOM], struct hanse_slice *extension) {
  const struct hanse_slice *written = (const struct hanse_slice *)settings->extensions.items;
  *extension = filter_extension_of(name, room);
  if (!extension->len || settings->files == FILTER_FILES_OFF) return false;
  if (settings->files == FILTER_FILES_ALL) return true;
  for (size_t i = 0; i < settings->extensions.count; i++)
    if (hanse_same_nocase(filter_extension(written[i]), *extension)) return true;
  return false;
}
