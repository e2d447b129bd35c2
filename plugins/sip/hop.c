#include "plugins/sip/hop.h"

#include "plugins/sip/send.h"
#include "plugins/sip/sink.h"

static struct hanse_slice decimal(uint32_t n, char room[16]) {
  char *p = room + 16;
  do *--p = (char)('0' + n % 10);
  while (n /= 10);
  return hanse_slice(p, (size_t)(room + 16 - p));
}

/* Header lines of the INVITE as they were written. */
static void put_written(struct sip_sink *sink, const struct sip_exchange *x, enum sip_header_id id) {
  for (unsigned n = x->request->first[id]; n; n = sip_header(x->request, n)->next) sip_edit_put(&x->edits, n, 0, sink);
}

/* To is the response's in an ACK (§17.1.1.3). */
static void put_to(struct sip_sink *sink, const struct sip_exchange *x, const struct sip_message *response) {
  if (response)
    sip_sink_slice(sink, sip_header_first(response, SIP_H_TO)->line);
  else
    put_written(sink, x, SIP_H_TO);
}

/* Request-URI, topmost Via, Route, From, Call-ID and the number of CSeq are the INVITE's, as they stand in its edits:
   nothing of it is copied, whatever its size. */
static size_t emit(const struct sip_exchange *x, struct hanse_slice method, const struct sip_message *response,
                   char *out) {
  struct sip_sink sink = {out, 0};
  char digits[16];
  sip_sink_slice(&sink, method);
  sip_edit_put(&x->edits, 0, x->request->method_text.len, &sink);
  sip_sink_line(&sink, HANSE_LIT("Via"), x->via);
  sip_sink_line(&sink, HANSE_LIT("Max-Forwards"), HANSE_LIT("70"));
  put_written(&sink, x, SIP_H_ROUTE);
  put_written(&sink, x, SIP_H_FROM);
  put_to(&sink, x, response);
  put_written(&sink, x, SIP_H_CALL_ID);
  sip_sink_slice(&sink, HANSE_LIT("CSeq: "));
  sip_sink_slice(&sink, decimal(x->request->cseq, digits));
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
