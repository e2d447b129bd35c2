#include "plugins/sip/frame.h"

#include "plugins/sip/lex.h"
#include "plugins/sip/scan.h"
#include "plugins/sip/start.h"

HANSE_RARE static enum sip_frame_result bad(struct sip_frame *f, enum hanse_failure failure, const char *problem) {
  f->failure = failure;
  f->problem = problem;
  f->head = f->line;
  f->length = 0;
  return SIP_FRAME_BAD;
}

static enum sip_frame_result foreign(struct sip_frame *f) {
  f->problem = "these octets are not SIP";
  return SIP_FRAME_NOT_SIP;
}

/* The search starts anew behind what this call hands out. */
static enum sip_frame_result done(struct sip_frame *f, enum sip_frame_result result) {
  f->scanned = f->line = f->content_length = 0;
  f->lengths = 0;
  f->fresh = true;
  return result;
}

/* CRLFs between messages. RFC 5626 §3.5.1: two of them are a ping, one is a pong. */
static enum sip_frame_result keepalive(struct sip_frame *f, const char *at, size_t len) {
  size_t n = 0;
  while (len - n >= 2 && at[n] == '\r' && at[n + 1] == '\n') n += 2;
  if (n == 0) return len == 1 ? SIP_FRAME_MORE : foreign(f);
  f->length = n;
  f->crlfs = (unsigned)(n / 2);
  f->pings = (f->crlfs + f->odd) / 2;
  f->odd = (f->crlfs + f->odd) % 2;
  return done(f, SIP_FRAME_KEEPALIVE);
}

/* Notes where the value begins when the line at f->line is a Content-Length in either form. */
static void note_length(struct sip_frame *f, const char *at, size_t end) {
  const char *p = at + f->line, *stop = at + end;
  const char *name_end = sip_lex_span(p, stop, SIP_C_TOKEN), *colon = name_end;
  size_t len = (size_t)(name_end - p);
  while (*colon == ' ' || *colon == '\t') colon++; /* a line ends with LF */
  if (*colon != ':') return;
  if (len == 1 ? (*p | 0x20) != 'l' : len != 14 || !sip_lex_same(p, "content-length", 14)) return;
  if (f->lengths < 2) f->lengths++;
  f->content_length = (size_t)(colon + 1 - at);
}

/* SP, HTAB, and CRLF with one of them behind it. `end` is behind the blank line, so that two octets follow each CR. */
static const char *skip_lws(const char *p) {
  while (*p == ' ' || *p == '\t' || (p[0] == '\r' && (p[2] == ' ' || p[2] == '\t'))) p += *p == '\r' ? 3 : 1;
  return p;
}

/* The value at p: decimal digits and LWS round them, up to the CRLF of the header. Over `limit` it is limit + 1. */
static bool read_length(const char *p, size_t limit, size_t *out) {
  size_t n = 0;
  p = skip_lws(p);
  if (!sip_lex_digit(*p)) return false;
  for (; sip_lex_digit(*p); p++)
    if (n <= limit) n = n * 10 + (size_t)(*p - '0');
  p = skip_lws(p);
  *out = n <= limit ? n : limit + 1;
  return *p == '\r';
}

/* The blank line was found: the head is at[0, head). */
static enum sip_frame_result head_found(struct sip_frame *f, const struct sip_bounds *bounds, const char *at,
                                        size_t head) {
  size_t body, limit = bounds->message < SIZE_MAX / 16 ? bounds->message : SIZE_MAX / 16;
  if (f->lengths == 0) return bad(f, HANSE_F_PARSE, "no Content-Length");
  if (f->lengths > 1) return bad(f, HANSE_F_PARSE, "more than one Content-Length");
  if (!read_length(at + f->content_length, limit, &body))
    return bad(f, HANSE_F_PARSE, "Content-Length is not one decimal number");
  if (body > limit || head + body > limit)
    return bad(f, HANSE_F_TOO_LARGE, "the message is larger than limits.message");
  f->head = head;
  f->length = head + body;
  return SIP_FRAME_MORE;
}

/* Saves looking at most other lines. */
static inline bool may_be_length(const char *line, size_t len) {
  char first = hanse_lower(line[0]);
  return first == 'c' ? len > 14 && hanse_lower(line[8]) == 'l' : first == 'l';
}

/* A line at[f->line, end) with its LF; sizes are checked first, so that the verdict does not depend on the cuts. */
static enum sip_frame_result take_line(struct sip_frame *f, const struct sip_bounds *bounds, const char *at,
                                       size_t end) {
  size_t len = end - f->line;
  if (len < 2 || at[end - 2] != '\r') return bad(f, HANSE_F_PARSE, "a lone LF in the headers");
  if (f->line == 0) {
    if (!sip_start_is_sip(hanse_slice(at, len - 2))) return foreign(f);
  } else if (len == 2) {
    return head_found(f, bounds, at, end);
  } else if (may_be_length(at + f->line, len)) {
    note_length(f, at, end);
  }
  f->line = f->scanned = end;
  return SIP_FRAME_MORE;
}

/* Octets up to `end` belong to the start line or the headers: are they within the bounds? */
static enum sip_frame_result check_size(struct sip_frame *f, const struct sip_bounds *bounds, size_t end) {
  if (f->line == 0 && end > SIP_START_LINE_MAX) return bad(f, HANSE_F_URI_TOO_LONG, "the start line is too long");
  if (end > bounds->headers) return bad(f, HANSE_F_TOO_LARGE, "the headers are larger than limits.headers");
  return SIP_FRAME_MORE;
}

static enum sip_frame_result find_head(struct sip_frame *f, const struct sip_bounds *bounds, const char *at,
                                       size_t len) {
  struct sip_scan lines = sip_scan(at + f->scanned, at + len);
  const char *lf;
  while (f->head == 0 && (lf = sip_scan_next(&lines, sip_scan_lines)) < at + len) {
    size_t end = (size_t)(lf - at) + 1;
    enum sip_frame_result result = check_size(f, bounds, end);
    if (result == SIP_FRAME_MORE) result = take_line(f, bounds, at, end);
    if (result != SIP_FRAME_MORE) return result;
  }
  if (f->head) return SIP_FRAME_MORE;
  f->scanned = len;
  return check_size(f, bounds, len);
}

enum sip_frame_result sip_frame(struct sip_frame *frame, const struct sip_bounds *bounds, const char *at, size_t len) {
  if (frame->fresh) {
    frame->fresh = false;
    frame->length = frame->head = 0;
    frame->pings = frame->crlfs = 0;
  }
  if (len == 0) return SIP_FRAME_MORE;
  if (frame->scanned == 0) {
    if (at[0] == '\r') return keepalive(frame, at, len);
    if (!sip_lex_is(at[0], SIP_C_TOKEN)) return foreign(frame);
    frame->odd = false;
  }
  if (frame->head == 0) {
    enum sip_frame_result result = find_head(frame, bounds, at, len);
    if (result != SIP_FRAME_MORE) return result;
  }
  return frame->head && len >= frame->length ? done(frame, SIP_FRAME_MESSAGE) : SIP_FRAME_MORE;
}
