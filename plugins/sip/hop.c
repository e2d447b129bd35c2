#include "plugins/sip/hop.h"

#include "plugins/sip/send.h"
#include "plugins/sip/sink.h"

/* The INVITE exactly as it was written, read again: whatever was edited stands in it. */
static const struct sip_message *forwarded(struct sip_exchange *x) {
  struct hanse_arena *arena = x->message->arena;
  size_t n = sip_edit_size(&x->edits);
  char *text = hanse_alloc(arena, n);
  struct sip_message *invite = hanse_alloc(arena, sizeof *invite);
  if (!text || !invite) return NULL;
  sip_edit_write(&x->edits, text);
  return sip_message_parse(arena, hanse_slice(text, n), invite) == HANSE_F_NONE ? invite : NULL;
}

static void put_lines(struct sip_sink *sink, const struct sip_message *message, enum sip_header_id id) {
  for (unsigned n = message->first[id]; n; n = sip_header(message, n)->next)
    sip_sink_slice(sink, sip_header(message, n)->line);
}

/* Request-URI, topmost Via, Route, From, Call-ID and the number of CSeq are the INVITE's; To is the response's in an
   ACK. */
static size_t emit(const struct sip_message *invite, struct hanse_slice method, const struct sip_message *to,
                   char *out) {
  struct sip_sink sink = {out, 0};
  char digits[16], *p = digits + sizeof digits;
  uint32_t cseq = invite->cseq;
  do *--p = (char)('0' + cseq % 10);
  while (cseq /= 10);
  sip_sink_slice(&sink, method);
  sip_sink_slice(&sink, HANSE_LIT(" "));
  sip_sink_slice(&sink, invite->uri.text);
  sip_sink_slice(&sink, HANSE_LIT(" SIP/2.0\r\n"));
  sip_sink_line(&sink, HANSE_LIT("Via"), invite->via.text);
  sip_sink_line(&sink, HANSE_LIT("Max-Forwards"), HANSE_LIT("70"));
  put_lines(&sink, invite, SIP_H_ROUTE);
  put_lines(&sink, invite, SIP_H_FROM);
  put_lines(&sink, to, SIP_H_TO);
  put_lines(&sink, invite, SIP_H_CALL_ID);
  sip_sink_slice(&sink, HANSE_LIT("CSeq: "));
  sip_sink_put(&sink, p, (size_t)(digits + sizeof digits - p));
  sip_sink_slice(&sink, HANSE_LIT(" "));
  sip_sink_slice(&sink, method);
  sip_sink_slice(&sink, HANSE_LIT("\r\nContent-Length: 0\r\n\r\n"));
  return sink.len;
}

static bool send(struct sip_exchange *x, struct hanse_slice method, const struct sip_message *response) {
  const struct sip_message *invite = x->out ? forwarded(x) : NULL;
  if (!invite) return false;
  const struct sip_message *to = response ? response : invite;
  size_t n = emit(invite, method, to, NULL);
  char *room = hanse_link_room(x->sip->host, x->out, n);
  if (!room) return false;
  hanse_link_filled(x->sip->host, x->out, emit(invite, method, to, room));
  return true;
}

bool sip_hop_cancel(struct sip_exchange *x) { return send(x, HANSE_LIT("CANCEL"), NULL); }

bool sip_hop_ack(struct sip_exchange *x, const struct sip_message *response) {
  return send(x, HANSE_LIT("ACK"), response);
}
