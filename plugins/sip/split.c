#include "plugins/sip/split.h"

#include "plugins/sip/lex.h"
#include "plugins/sip/scan.h"

#define HEADERS_FIRST 32u /* room made at first; doubled up to SIP_HEADERS_MAX */

struct split {
  struct hanse_arena *arena;
  struct sip_message *out;
  struct sip_scan controls; /* of the whole message, as far as it was read */
  bool odd;                 /* some of this line are neither HTAB nor part of a CRLF */
  unsigned room;
  enum hanse_failure failure;
  unsigned char last[SIP_H_COUNT]; /* number of the last header of each id */
};

HANSE_RARE static void fault(struct split *s, enum hanse_failure what, const char *problem) {
  sip_fault(s->out, &s->failure, what, problem, s->out->count);
}

/* Control characters may stand in a header only as quoted-pair in a quoted string, CR and LF not even there. One pass
   over a line in which some were seen. */
HANSE_RARE static bool controls_are_quoted(const char *p, const char *end) {
  bool quoted = false;
  for (; p < end; p++) {
    unsigned char c = (unsigned char)*p;
    if (c == '\r' && end - p >= 3 && p[1] == '\n' && (p[2] == ' ' || p[2] == '\t')) {
      p += 2;
      continue;
    }
    if (quoted && c == '\\' && end - p >= 2 && p[1] != '\r' && p[1] != '\n') {
      p++;
      continue;
    }
    if (c == '"') quoted = !quoted;
    if ((c < 0x20 && c != '\t') || c == 0x7f) return false;
  }
  return true;
}

/* The CR of the next CRLF, NULL: the bytes end before. Notes control characters that are neither HTAB nor part of one.
 */
static inline const char *next_crlf(struct split *s) {
  const char *p, *end = s->controls.end;
  while ((p = sip_scan_next(&s->controls, sip_scan_controls)) < end) {
    if (*p == '\r' && end - p >= 2 && p[1] == '\n') {
      sip_scan_next(&s->controls, sip_scan_controls); /* the LF */
      return p;
    }
    if (*p != '\t') s->odd = true;
  }
  return NULL;
}

/* Does the header go on behind the CRLF at `stop`? RFC 3261 §7.3.1. */
static inline bool folds(const char *stop, const char *end) {
  return end - stop >= 3 && (stop[2] == ' ' || stop[2] == '\t');
}

/* The CR of the CRLF that ends a header, folds included, of which the first ends at `stop`. NULL: the bytes end before.
 */
HANSE_RARE static const char *unfold(struct split *s, const char *stop) {
  const char *end = s->controls.end;
  bool hollow = false;
  while (stop && folds(stop, end)) {
    const char *p = stop + 3;
    while (p < end && (*p == ' ' || *p == '\t')) p++;
    hollow |= p < end && *p == '\r';
    stop = next_crlf(s);
  }
  if (stop && hollow) fault(s, HANSE_F_PARSE, "a folded line with nothing on it");
  return stop;
}

/* One more place in the header array, NULL: the bound is reached or no memory. */
static struct sip_header *add(struct split *s) {
  struct sip_message *out = s->out;
  if (out->count == SIP_HEADERS_MAX) {
    fault(s, HANSE_F_TOO_LARGE, "too many headers");
    return NULL;
  }
  if (out->count == s->room) {
    unsigned room = s->room ? s->room * 2 : HEADERS_FIRST;
    struct sip_header *more = hanse_alloc(s->arena, room * sizeof *more);
    if (!more) {
      fault(s, HANSE_F_MEMORY, "no memory for the headers");
      return NULL;
    }
    if (out->count) memcpy(more, out->headers, out->count * sizeof *more);
    out->headers = more;
    s->room = room;
  }
  return &out->headers[out->count++];
}

/* Chains the newest header to those of its kind. */
static void chain(struct split *s, unsigned id) {
  struct sip_message *out = s->out;
  unsigned char number = (unsigned char)out->count;
  if (id == SIP_H_OTHER) return;
  if (!out->first[id]) {
    out->first[id] = number;
  } else {
    out->headers[s->last[id] - 1].next = number;
    if (sip_header_kind(id)->flags & SIP_HEADER_ONCE)
      fault(s, HANSE_F_PARSE, "a header that may stand only once is repeated");
  }
  s->last[id] = number;
}

/* One header line: [p, stop) without its CRLF. False: no room for more. */
static bool take_header(struct split *s, const char *p, const char *stop) {
  const char *name_end = sip_lex_span(p, stop, SIP_C_TOKEN), *colon = name_end;
  while (colon < stop && (*colon == ' ' || *colon == '\t')) colon++;
  if (name_end == p || colon == stop || *colon != ':') {
    fault(s, HANSE_F_PARSE, "a header without a name or a colon");
    return true;
  }
  if (s->odd && !controls_are_quoted(colon + 1, stop)) {
    fault(s, HANSE_F_PARSE, "a control character, lone CR or lone LF in a header");
    return true;
  }
  struct sip_header *header = add(s);
  if (!header) return false;
  header->line = sip_lex_between(p, stop + 2);
  header->name = sip_lex_between(p, name_end);
  header->value = sip_lex_trim(sip_lex_between(colon + 1, stop));
  header->id = (unsigned char)sip_header_lookup(header->name);
  header->next = 0;
  chain(s, header->id);
  return true;
}

/* The header lines from p on, up to the blank line. Returns that line, NULL: it is missing, or there was no room. */
static const char *take_headers(struct split *s, const char *p, const char *end) {
  while (end - p >= 2 && !(p[0] == '\r' && p[1] == '\n')) {
    s->odd = false;
    const char *stop = next_crlf(s);
    if (stop && folds(stop, end)) stop = unfold(s, stop);
    if (!stop || !take_header(s, p, stop)) return NULL;
    s->out->head = (size_t)(stop + 2 - s->out->bytes.at);
    p = stop + 2;
  }
  return end - p >= 2 ? p : NULL;
}

enum hanse_failure sip_split(struct hanse_arena *arena, struct sip_message *out, bool whole) {
  const char *p = out->bytes.len ? out->bytes.at : "", *end = p + out->bytes.len;
  struct split s = {arena, out, sip_scan(p, end), false, 0, HANSE_F_NONE, {0}};
  const char *stop = next_crlf(&s);
  if (!stop) {
    fault(&s, HANSE_F_PARSE, "no start line");
    return s.failure;
  }
  out->start = sip_lex_between(p, stop);
  out->head = out->start.len + 2;
  if (s.odd || memchr(p, '\t', out->start.len))
    fault(&s, HANSE_F_PARSE, "a control character, lone CR or lone LF in the start line");
  if (out->start.len + 2 > SIP_START_LINE_MAX) fault(&s, HANSE_F_URI_TOO_LONG, "the start line is too long");
  const char *blank = take_headers(&s, stop + 2, end);
  if (blank)
    out->body = sip_lex_between(blank + 2, end);
  else if (whole)
    fault(&s, HANSE_F_PARSE, "the headers do not end");
  return s.failure;
}
