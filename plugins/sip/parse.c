#include "plugins/sip/parse.h"

#include "plugins/sip/lex.h"
#include "plugins/sip/list.h"
#include "plugins/sip/split.h"
#include "plugins/sip/start.h"

#define MAX_FORWARDS_MAX 255 /* RFC 3261 §20.22 */

/* What the readers of single headers share: the message, and the first thing that is wrong with it. */
struct reader {
  struct sip_message *out;
  enum hanse_failure failure;
};

HANSE_RARE static void fault(struct reader *r, enum hanse_failure what, const char *problem, enum sip_header_id id) {
  sip_fault(r->out, &r->failure, what, problem, r->out->first[id]);
}

/* Every Via entry must be sound: one that is not could hide our own, or a loop, from us. */
static void read_vias(struct reader *r) {
  struct sip_message *out = r->out;
  struct sip_list list = sip_list(out, SIP_H_VIA);
  struct sip_via other;
  for (unsigned n = out->first[SIP_H_VIA]; n; n = sip_header(out, n)->next)
    if (sip_header(out, n)->value.len == 0) fault(r, HANSE_F_PARSE, "an empty Via", SIP_H_VIA);
  while (!r->failure && sip_list_next(&list)) {
    const char *problem;
    enum hanse_failure failure = sip_via_parse(list.entry, list.count == 1 ? &out->via : &other, &problem);
    if (failure) sip_fault(out, &r->failure, failure, problem, list.header);
  }
  if (list.failure) sip_fault(out, &r->failure, list.failure, list.problem, list.header);
  out->vias = list.count;
}

static void read_address(struct reader *r, enum sip_header_id id, struct sip_address *address) {
  const char *problem;
  enum hanse_failure failure = sip_address_parse(sip_header_value(r->out, id), address, &problem);
  if (failure) fault(r, failure, problem, id);
}

/* 1*DIGIT LWS Method; the method is that of the request line (RFC 3261 §8.1.1.5). */
static void read_cseq(struct reader *r) {
  struct sip_message *out = r->out;
  struct hanse_slice value = sip_header_value(out, SIP_H_CSEQ);
  const char *end = value.at + value.len, *p = value.at;
  while (p < end && sip_lex_digit(*p)) p++;
  const char *method = sip_lex_skip(p, end);
  struct hanse_slice name = sip_lex_between(method, end);
  uint32_t number;
  if (!sip_number(sip_lex_between(value.at, p), &number) || method == p || method == end ||
      sip_lex_span(method, end, SIP_C_TOKEN) != end) {
    fault(r, HANSE_F_PARSE, "CSeq is malformed", SIP_H_CSEQ);
  } else if (number > SIP_CSEQ_MAX) {
    fault(r, HANSE_F_PARSE, "CSeq is over 2147483647", SIP_H_CSEQ);
  } else if (out->request && !hanse_same(name, out->method_text)) {
    fault(r, HANSE_F_PARSE, "the method of CSeq is not that of the request", SIP_H_CSEQ);
  } else {
    out->cseq = number;
    out->method_text = name;
    if (!out->request) out->method = sip_method_lookup(name);
  }
}

static void read_call_id(struct reader *r) {
  struct hanse_slice value = sip_header_value(r->out, SIP_H_CALL_ID);
  const char *end = value.at + value.len;
  if (value.len == 0 || sip_lex_span(value.at, end, SIP_C_CALL_ID) != end)
    fault(r, HANSE_F_PARSE, "Call-ID is empty or malformed", SIP_H_CALL_ID);
  r->out->call_id = value;
}

static void read_max_forwards(struct reader *r) {
  uint32_t number;
  r->out->max_forwards = -1;
  if (!r->out->first[SIP_H_MAX_FORWARDS]) return;
  if (!sip_number(sip_header_value(r->out, SIP_H_MAX_FORWARDS), &number))
    fault(r, HANSE_F_PARSE, "Max-Forwards is not a number", SIP_H_MAX_FORWARDS);
  else
    r->out->max_forwards = number > MAX_FORWARDS_MAX ? MAX_FORWARDS_MAX : (int)number;
}

/* On a stream it is there, once, and is what was framed by (RFC 3261 §18.3). */
static void read_content_length(struct reader *r) {
  uint32_t number;
  if (!r->out->first[SIP_H_CONTENT_LENGTH])
    fault(r, HANSE_F_PARSE, "no Content-Length", SIP_H_OTHER);
  else if (!sip_number(sip_header_value(r->out, SIP_H_CONTENT_LENGTH), &number) || number != r->out->body.len)
    fault(r, HANSE_F_PARSE, "Content-Length is not the length of the body", SIP_H_CONTENT_LENGTH);
}

static bool has_mandatory(const struct sip_message *m) {
  return m->first[SIP_H_VIA] && m->first[SIP_H_FROM] && m->first[SIP_H_TO] && m->first[SIP_H_CALL_ID] &&
         m->first[SIP_H_CSEQ];
}

/* The addresses come last: an answer's may have been read in its request. */
static void read_addresses(struct reader *r) {
  read_address(r, SIP_H_FROM, &r->out->from);
  read_address(r, SIP_H_TO, &r->out->to);
  if (r->out->request && !r->failure && !r->out->from.tag.at) fault(r, HANSE_F_PARSE, "From has no tag", SIP_H_FROM);
}

static void read_headers(struct reader *r) {
  if (!has_mandatory(r->out)) {
    fault(r, HANSE_F_PARSE, "Via, From, To, Call-ID or CSeq is missing", SIP_H_OTHER);
    return;
  }
  read_content_length(r);
  read_vias(r);
  read_call_id(r);
  read_cseq(r);
  read_max_forwards(r);
}

static bool is_answerable(const struct sip_message *m) {
  return m->request && m->first[SIP_H_VIA] && m->method != SIP_M_ACK && m->method != SIP_M_BENOTIFY;
}

/* Lines and start line: what a reply needs is there afterwards, whatever else is wrong. */
static enum hanse_failure read_lines(struct hanse_arena *arena, struct hanse_slice bytes, struct sip_message *out,
                                     bool whole) {
  const char *problem = NULL;
  memset(out, 0, sizeof *out);
  out->bytes = bytes;
  enum hanse_failure failure = sip_split(arena, out, whole);
  if (!out->start.at) return failure;
  enum hanse_failure start = sip_start_parse(out, &problem);
  if (start) sip_fault(out, &failure, start, problem, 0);
  out->answerable = is_answerable(out);
  return failure;
}

enum hanse_failure sip_message_parse(struct hanse_arena *arena, struct hanse_slice bytes, struct sip_message *out) {
  struct reader r = {out, read_lines(arena, bytes, out, true)};
  if (!r.failure) read_headers(&r);
  if (!r.failure) read_addresses(&r);
  return r.failure;
}

enum hanse_failure sip_message_parse_arrived(struct hanse_arena *arena, struct hanse_slice bytes,
                                             struct sip_message *out) {
  struct reader r = {out, read_lines(arena, bytes, out, true)};
  if (!r.failure) read_headers(&r);
  if (!r.failure && out->request) read_addresses(&r);
  return r.failure;
}

enum hanse_failure sip_message_parse_answer(struct sip_message *response, const struct sip_asked *from,
                                            const struct sip_asked *to) {
  struct reader r = {response, HANSE_F_NONE};
  if (!from || !sip_address_repeats(sip_header_value(response, SIP_H_FROM), from, &response->from))
    read_address(&r, SIP_H_FROM, &response->from);
  if (!to || !sip_address_repeats(sip_header_value(response, SIP_H_TO), to, &response->to))
    read_address(&r, SIP_H_TO, &response->to);
  return r.failure;
}

bool sip_message_salvage(struct hanse_arena *arena, struct hanse_slice bytes, struct sip_message *out) {
  if (read_lines(arena, bytes, out, false) == HANSE_F_MEMORY) return false;
  return out->answerable;
}
