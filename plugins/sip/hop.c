#include "plugins/sip/hop.h"

#include "plugins/sip/send.h"
#include "plugins/sip/sink.h"

/* Room for what `put` writes, and it. HANSE_OK or HANSE_NOMEM. */
static int copy(struct hanse_arena *arena, void (*put)(const struct sip_edits *, unsigned, struct sip_sink *),
                const struct sip_edits *edits, unsigned what, struct hanse_slice *out) {
  struct sip_sink count = {NULL, 0};
  put(edits, what, &count);
  char *text = hanse_alloc(arena, count.len);
  struct sip_sink sink = {text, 0};
  if (!text) return HANSE_NOMEM;
  put(edits, what, &sink);
  *out = hanse_slice(text, sink.len);
  return HANSE_OK;
}

static void put_line(const struct sip_edits *edits, unsigned what, struct sip_sink *sink) {
  (void)what;
  sip_edit_put(edits, 0, edits->message->method_text.len, sink);
}

static int note_line(struct hanse_arena *arena, const struct sip_edits *edits, struct hanse_slice *out) {
  const struct sip_message *invite = edits->message;
  if (sip_edit_concerns(edits, 0)) return copy(arena, put_line, edits, 0, out);
  size_t method = invite->method_text.len;
  *out = hanse_slice(invite->start.at + method, invite->start.len + 2 - method);
  return HANSE_OK;
}

static void put_lines(const struct sip_edits *edits, unsigned id, struct sip_sink *sink) {
  const struct sip_message *invite = edits->message;
  for (unsigned n = invite->first[id]; n; n = sip_header(invite, n)->next) sip_edit_put(edits, n, 0, sink);
}

/* All lines of one header, as they are written. */
static int note_lines(struct hanse_arena *arena, const struct sip_edits *edits, enum sip_header_id id,
                      struct hanse_slice *out) {
  const struct sip_message *invite = edits->message;
  unsigned first = invite->first[id];
  *out = hanse_slice(NULL, 0);
  if (!first) return HANSE_OK;
  if (sip_header(invite, first)->next || sip_edit_concerns(edits, first))
    return copy(arena, put_lines, edits, (unsigned)id, out);
  *out = sip_header(invite, first)->line;
  return HANSE_OK;
}

int sip_hop_note(struct sip_exchange *x, const struct sip_edits *edits, struct hanse_slice via) {
  struct hanse_arena *arena = x->message->arena;
  struct sip_hop *hop = hanse_alloc(arena, sizeof *hop);
  if (!hop) return HANSE_NOMEM;
  int status = note_line(arena, edits, &hop->line);
  if (!status) status = hanse_copy(arena, via, &hop->via);
  if (!status) status = note_lines(arena, edits, SIP_H_ROUTE, &hop->route);
  if (!status) status = note_lines(arena, edits, SIP_H_FROM, &hop->from);
  if (!status) status = note_lines(arena, edits, SIP_H_TO, &hop->to);
  if (!status) status = note_lines(arena, edits, SIP_H_CALL_ID, &hop->call_id);
  if (!status) x->hop = hop;
  return status;
}

/* Request-URI, topmost Via, Route, From, Call-ID and the number of CSeq are the INVITE's; To is the response's in an
   ACK (§17.1.1.3). */
static size_t emit(const struct sip_exchange *x, struct hanse_slice method, const struct sip_message *response,
                   char *out) {
  struct sip_sink sink = {out, 0};
  char room[SIP_NUMBER_ROOM];
  sip_sink_slice(&sink, method);
  sip_sink_slice(&sink, x->hop->line);
  sip_sink_line(&sink, HANSE_LIT("Via"), x->hop->via);
  sip_sink_line(&sink, HANSE_LIT("Max-Forwards"), HANSE_LIT("70"));
  sip_sink_slice(&sink, x->hop->route);
  sip_sink_slice(&sink, x->hop->from);
  sip_sink_slice(&sink, response ? sip_header_first(response, SIP_H_TO)->line : x->hop->to);
  sip_sink_slice(&sink, x->hop->call_id);
  sip_sink_slice(&sink, HANSE_LIT("CSeq: "));
  sip_sink_slice(&sink, sip_number_text(x->cseq, room));
  sip_sink_slice(&sink, HANSE_LIT(" "));
  sip_sink_slice(&sink, method);
  sip_sink_slice(&sink, HANSE_LIT("\r\n"));
  if (!response) sip_sink_slice(&sink, x->reasons);
  sip_sink_slice(&sink, HANSE_LIT("Content-Length: 0\r\n\r\n"));
  return sink.len;
}

static bool send(struct sip_exchange *x, struct hanse_slice method, const struct sip_message *response) {
  if (!x->out) return false;
  char *room = hanse_link_room(x->sip->host, x->out, emit(x, method, response, NULL));
  if (!room) return false;
  hanse_link_filled(x->sip->host, x->out, emit(x, method, response, room));
  return true;
}

bool sip_hop_cancel(struct sip_exchange *x) { return send(x, HANSE_LIT("CANCEL"), NULL); }

bool sip_hop_ack(struct sip_exchange *x, const struct sip_message *response) {
  return send(x, HANSE_LIT("ACK"), response);
}
