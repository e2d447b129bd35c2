/* What a proxy typically does to a request, and the check that the result reads the same to the next hop. Used by the
   torture tests and the fuzz targets; needs no test library. */
#ifndef TEST_ROUNDTRIP_H
#define TEST_ROUNDTRIP_H

#include <stdio.h>
#include <stdlib.h>

#include "plugins/sip/edit.h"
#include "plugins/sip/frame.h"
#include "plugins/sip/list.h"
#include "plugins/sip/parse.h"

#define ROUNDTRIP_VIA "SIP/2.0/TLS edge.test;branch=z9hG4bKn1.1.1.0123456789abcdef"
#define ROUNDTRIP_ROUTE "<sip:token@edge.test;lr>"
#define ROUNDTRIP_RECEIVED ";received=192.0.2.99"

/* One entry more can still be walked over. */
static inline bool roundtrip_has_room(const struct sip_message *m, enum sip_header_id id) {
  struct sip_list list = sip_list(m, id);
  while (sip_list_next(&list)) continue;
  return list.count < SIP_ENTRIES_MAX;
}

/* Not written yet: what would not fit the bounds with one header more is not tried. */
static inline bool roundtrip_fits(const struct sip_message *m) {
  return m->vias < SIP_ENTRIES_MAX && m->via.count < SIP_PARAMS_MAX && roundtrip_has_room(m, SIP_H_ROUTE) &&
         roundtrip_has_room(m, SIP_H_RECORD_ROUTE) && m->count + 4 <= SIP_HEADERS_MAX && m->head < 60000 &&
         m->bytes.len < 1000000;
}

/* The new Max-Forwards: B12, RFC 3261 §16.6 step 3. */
static inline int roundtrip_hops(const struct sip_message *m) {
  return m->max_forwards < 0 ? 70 : m->max_forwards > 0 ? m->max_forwards - 1 : 0;
}

static inline int roundtrip_edit(struct sip_edits *edits, const struct sip_message *m, char hops[16]) {
  struct hanse_slice via_end = hanse_slice(m->via.text.at + m->via.text.len, 0);
  int status = sip_edit_top(edits, HANSE_LIT("Record-Route"), HANSE_LIT(ROUNDTRIP_ROUTE));
  status |= sip_edit_top(edits, HANSE_LIT("Via"), HANSE_LIT(ROUNDTRIP_VIA));
  snprintf(hops, 16, "%d", roundtrip_hops(m));
  if (m->first[SIP_H_MAX_FORWARDS])
    status |= sip_edit_value(edits, m->first[SIP_H_MAX_FORWARDS], hanse_text(hops));
  else
    status |= sip_edit_append(edits, HANSE_LIT("Max-Forwards"), hanse_text(hops));
  status |= sip_edit_replace(edits, m->from.uri.text, m->from.uri.text);
  if (m->uri.host.at) status |= sip_edit_replace(edits, m->uri.host, m->uri.host);
  if (!m->via.received.at) status |= sip_edit_replace(edits, via_end, HANSE_LIT(ROUNDTRIP_RECEIVED));
  return status;
}

/* Entry lists of one kind, the first `skip_a` and `skip_b` left out. */
static inline bool roundtrip_same_list(const struct sip_message *a, const struct sip_message *b, enum sip_header_id id,
                                       unsigned skip_a, unsigned skip_b) {
  struct sip_list in = sip_list(a, id), out = sip_list(b, id);
  while (skip_a--) sip_list_next(&in);
  while (skip_b--) sip_list_next(&out);
  for (;;) {
    bool more = sip_list_next(&in);
    if (more != sip_list_next(&out)) return false;
    if (!more) return in.failure == out.failure;
    if (!hanse_same(in.entry, out.entry)) return false;
  }
}

/* Every header that no edit touched is there, octet by octet and in order. */
static inline bool roundtrip_same_rest(const struct sip_message *a, const struct sip_message *b) {
  unsigned n = 0;
  for (unsigned i = 1; i <= a->count; i++) {
    const struct sip_header *header = sip_header(a, i);
    if (header->id == SIP_H_VIA || header->id == SIP_H_ROUTE || header->id == SIP_H_MAX_FORWARDS ||
        header->id == SIP_H_CONTENT_LENGTH || header->id == SIP_H_FROM)
      continue;
    do n++;
    while (n <= b->count && !hanse_same(sip_header(b, n)->line, header->line));
    if (n > b->count) return false;
  }
  return true;
}

/* NULL: the same to the next hop. Otherwise what differs. */
static inline const char *roundtrip_compare(const struct sip_message *a, const struct sip_message *b, bool dropped) {
  char length[32];
  snprintf(length, sizeof length, "%zu", a->body.len);
  if (!hanse_same(a->start, b->start) || !hanse_same(a->uri.text, b->uri.text)) return "start line";
  if (a->method != b->method || a->cseq != b->cseq || !hanse_same(a->method_text, b->method_text)) return "CSeq";
  if (!hanse_same(a->from.text, b->from.text) || !hanse_same(a->from.tag, b->from.tag)) return "From";
  if (!hanse_same(a->to.text, b->to.text) || !hanse_same(a->to.tag, b->to.tag)) return "To";
  if (!hanse_same(a->call_id, b->call_id)) return "Call-ID";
  if (!hanse_same(a->body, b->body)) return "body";
  if (b->max_forwards != roundtrip_hops(a)) return "Max-Forwards";
  if (!hanse_same(sip_header_value(b, SIP_H_CONTENT_LENGTH), hanse_text(length))) return "Content-Length";
  if (!hanse_same(b->via.text, HANSE_LIT(ROUNDTRIP_VIA)) || b->vias != a->vias + 1) return "top Via";
  if (!roundtrip_same_list(a, b, SIP_H_VIA, 1, 2)) return "lower Vias";
  if (!roundtrip_same_list(a, b, SIP_H_ROUTE, dropped, 0)) return "Route";
  if (!roundtrip_same_list(a, b, SIP_H_RECORD_ROUTE, 0, 1)) return "Record-Route";
  return roundtrip_same_rest(a, b) ? NULL : "another header";
}

/* The old top Via is the second now, with what was added to it. */
static inline const char *roundtrip_second_via(const struct sip_message *a, const struct sip_message *b) {
  struct sip_list list = sip_list(b, SIP_H_VIA);
  struct sip_via via;
  const char *problem;
  if (!sip_list_next(&list) || !sip_list_next(&list)) return "second Via is missing";
  if (sip_via_parse(list.entry, &via, &problem)) return problem;
  if (!hanse_same(via.host, a->via.host) || !hanse_same(via.branch, a->via.branch)) return "second Via";
  return a->via.received.at || hanse_same(via.received, HANSE_LIT("192.0.2.99")) ? NULL : "received";
}

static inline const char *roundtrip_reparse(struct hanse_arena *arena, const struct sip_message *m,
                                            struct hanse_slice wire, bool dropped) {
  static const struct sip_bounds bounds = {128 * 1024, 2 * 1024 * 1024};
  struct sip_frame frame = {0};
  struct sip_message again;
  if (sip_frame(&frame, &bounds, wire.at, wire.len) != SIP_FRAME_MESSAGE || frame.length != wire.len) return "framing";
  if (sip_message_parse(arena, wire, &again)) return again.problem;
  const char *differs = roundtrip_compare(m, &again, dropped);
  return differs ? differs : roundtrip_second_via(m, &again);
}

/* Edits, writes into a block of exactly the room that was asked for, and reads it again. NULL: all well. */
static inline const char *roundtrip(struct hanse_arena *arena, const struct sip_message *m) {
  struct sip_edits edits;
  char hops[16];
  unsigned route = m->first[SIP_H_ROUTE];
  if (sip_edits_init(&edits, arena, m) || roundtrip_edit(&edits, m, hops)) return "an edit was refused";
  bool dropped = route && sip_edit_drop_entries(&edits, route, 1) == HANSE_OK;
  size_t room = sip_edit_room(&edits);
  char *out = malloc(room);
  if (!out) return "no memory";
  const char *problem = "size";
  size_t size = sip_edit_write(&edits, out);
  if (size <= room) problem = roundtrip_reparse(arena, m, hanse_slice(out, size), dropped);
  free(out);
  return problem;
}

#endif
