#include "plugins/sip/reply.h"

#include "plugins/sip/edit.h"
#include "plugins/sip/lex.h"
#include "plugins/sip/sink.h"

static void put_status_line(struct sip_sink *sink, unsigned status, struct hanse_slice reason) {
  char code[3] = {(char)('0' + status / 100), (char)('0' + status / 10 % 10), (char)('0' + status % 10)};
  sip_sink_slice(sink, HANSE_LIT("SIP/2.0 "));
  sip_sink_slice(sink, hanse_slice(code, 3));
  sip_sink_slice(sink, HANSE_LIT(" "));
  sip_sink_slice(sink, reason.at ? reason : hanse_text(sip_reason(status)));
  sip_sink_slice(sink, HANSE_LIT("\r\n"));
}

/* RFC 3261 §8.2.6.2: our tag on a To that has none, but not in a 100. A To that cannot be read stays as it is. */
static void put_to(struct sip_sink *sink, const struct sip_header *to, const struct sip_reply *reply) {
  struct sip_address address;
  const char *problem;
  if (!to) return;
  if (reply->status == 100 || !reply->to_tag.at || sip_address_parse(to->value, &address, &problem) || address.tag.at) {
    sip_sink_slice(sink, to->line);
    return;
  }
  const char *end = to->value.at + to->value.len;
  sip_sink_slice(sink, sip_lex_between(to->line.at, end));
  sip_sink_slice(sink, HANSE_LIT(";tag="));
  sip_sink_slice(sink, reply->to_tag);
  sip_sink_slice(sink, HANSE_LIT("\r\n"));
}

static void put_first(struct sip_sink *sink, const struct sip_message *message, enum sip_header_id id) {
  const struct sip_header *header = sip_header_first(message, id);
  if (header) sip_sink_slice(sink, header->line);
}

/* A Via line, with what stands in it of `received`. */
static void put_via(struct sip_sink *sink, struct hanse_slice line, const struct sip_received *received) {
  const char *from = line.at, *end = line.at + line.len;
  for (unsigned i = 0; received && i < received->count; i++) {
    struct hanse_slice where = received->parts[i].where;
    if (where.at < from || where.at >= end) continue;
    sip_sink_slice(sink, sip_lex_between(from, where.at));
    sip_sink_slice(sink, received->parts[i].text);
    from = where.at + where.len;
  }
  sip_sink_slice(sink, sip_lex_between(from, end));
}

static size_t emit(const struct sip_message *message, const struct sip_reply *reply, char *out) {
  struct sip_sink sink = {out, 0};
  put_status_line(&sink, reply->status, reply->reason);
  for (unsigned n = message->first[SIP_H_VIA]; n; n = sip_header(message, n)->next)
    put_via(&sink, sip_header(message, n)->line, reply->received);
  put_first(&sink, message, SIP_H_FROM);
  put_to(&sink, sip_header_first(message, SIP_H_TO), reply);
  put_first(&sink, message, SIP_H_CALL_ID);
  put_first(&sink, message, SIP_H_CSEQ);
  for (size_t i = 0; i < reply->line_count; i++) sip_sink_line(&sink, reply->lines[i].name, reply->lines[i].value);
  sip_sink_slice(&sink, HANSE_LIT("Content-Length: 0\r\n\r\n"));
  return sink.len;
}

static bool is_token(struct hanse_slice s) {
  return s.len && sip_lex_span(s.at, s.at + s.len, SIP_C_TOKEN) == s.at + s.len;
}

static bool is_valid(const struct sip_message *message, const struct sip_reply *reply) {
  if (!message->answerable || reply->status < 100 || reply->status > 699) return false;
  if (!sip_text_is_clean(reply->reason) || (reply->to_tag.at && !is_token(reply->to_tag))) return false;
  for (size_t i = 0; i < reply->line_count; i++)
    if (!is_token(reply->lines[i].name) || !sip_text_is_clean(reply->lines[i].value)) return false;
  return true;
}

size_t sip_reply_size(const struct sip_message *message, const struct sip_reply *reply) {
  return is_valid(message, reply) ? emit(message, reply, NULL) : 0;
}

size_t sip_reply_write(const struct sip_message *message, const struct sip_reply *reply, char *out) {
  return is_valid(message, reply) ? emit(message, reply, out) : 0;
}
