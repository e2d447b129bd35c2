#include "plugins/sip/hop.h"

#include "plugins/sip/send.h"
#include "plugins/sip/sink.h"

static struct hanse_slice decimal(uint32_t n, char room[16]) {
  char *p = room + 16;
  do *--p = (char)('0' + n % 10);
  while (n /= 10);
  return hanse_slice(p, (size_t)(room + 16 - p));
}

/* Header lines of the INVITE as they are written. */
static void put_written(struct sip_sink *sink, const struct sip_edits *edits, enum sip_header_id id) {
  const struct sip_message *invite = edits->message;
  for (unsigned n = invite->first[id]; n; n = sip_header(invite, n)->next) sip_edit_put(edits, n, 0, sink);
}

/* The lines in their order; *hop says where its parts lie in `out`. */
static size_t put(struct sip_hop *hop, const struct sip_edits *edits, struct hanse_slice via, char *out) {
  struct sip_sink sink = {out, 0};
  sip_edit_put(edits, 0, edits->message->method_text.len, &sink);
  hop->line = hanse_slice(out, sink.len);
  size_t from = sink.len;
  sip_sink_line(&sink, HANSE_LIT("Via"), via);
  sip_sink_line(&sink, HANSE_LIT("Max-Forwards"), HANSE_LIT("70"));
  put_written(&sink, edits, SIP_H_ROUTE);
  put_written(&sink, edits, SIP_H_FROM);
  size_t to = sink.len;
  put_written(&sink, edits, SIP_H_TO);
  size_t call_id = sink.len;
  put_written(&sink, edits, SIP_H_CALL_ID);
  if (!out) return sink.len;
  hop->from = hanse_slice(out + from, to - from);
  hop->to = hanse_slice(out + to, call_id - to);
  hop->call_id = hanse_slice(out + call_id, sink.len - call_id);
  return sink.len;
}

bool sip_hop_note(struct sip_exchange *x, const struct sip_edits *edits, struct hanse_slice via) {
  struct sip_hop *hop = hanse_alloc(x->message->arena, sizeof *hop);
  char *text = hop ? hanse_alloc(x->message->arena, put(hop, edits, via, NULL)) : NULL;
  if (!text) return false;
  put(hop, edits, via, text);
  x->hop = hop;
  return true;
}

/* Request-URI, topmost Via, Route, From, Call-ID and the number of CSeq are the INVITE's; To is the response's in an
   ACK (§17.1.1.3). */
static size_t emit(const struct sip_exchange *x, struct hanse_slice method, const struct sip_message *response,
                   char *out) {
  struct sip_sink sink = {out, 0};
  char digits[16];
  sip_sink_slice(&sink, method);
  sip_sink_slice(&sink, x->hop->line);
  sip_sink_slice(&sink, x->hop->from);
  sip_sink_slice(&sink, response ? sip_header_first(response, SIP_H_TO)->line : x->hop->to);
  sip_sink_slice(&sink, x->hop->call_id);
  sip_sink_slice(&sink, HANSE_LIT("CSeq: "));
  sip_sink_slice(&sink, decimal(x->cseq, digits));
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
