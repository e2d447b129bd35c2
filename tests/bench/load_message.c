#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "load.h"

#define BODY                                                                                              \
  "The cog is loaded: forty barrels of herring, six of wax, one of pepper, and the letters for the "      \
  "counting house. She leaves with the tide on Thursday and should be with you, wind permitting, by the " \
  "feast of Saint Martin.\r\n"
#define BRANCH "z9hG4bK-"

static const char start_message[] = "MESSAGE sip:bob@fabrikam.example SIP/2.0";
static const char start_invite[] = "INVITE sip:bob@fabrikam.example SIP/2.0";
static const char head_1[] =
    "\r\n"
    "Via: SIP/2.0/TLS pool.contoso.example:5061;branch=" BRANCH;
static const char head_2[] =
    "\r\n"
    "Max-Forwards: 70\r\n"
    "From: \"Alice of Contoso\" <sip:alice@contoso.example>;tag=8c1b2f7a;epid=0a1b2c3d4e\r\n"
    "To: <sip:bob@fabrikam.example>\r\n"
    "Call-ID: ";
static const char head_3[] = "-4f1d2c@pool.contoso.example\r\n";
static const char cseq_message[] = "CSeq: 1 MESSAGE\r\n";
static const char cseq_invite[] =
    "CSeq: 1 INVITE\r\nContact: <sip:alice@contoso.example;opaque=user:epid:4wAbXg;gruu>\r\n";
static const char head_4[] =
    "User-Agent: bench/1.0\r\n"
    "Content-Type: text/plain;charset=UTF-8\r\n"
    "Content-Length: ";

static void digits(char *out, uint32_t lap, uint32_t slot) {
  static const char hex[] = "0123456789abcdef";
  uint64_t value = (uint64_t)lap << 20 | slot;
  for (int i = LAP_DIGITS - 1; i >= 0; i--, value >>= 4) out[i] = hex[value & 15];
}

static char *put(char *to, const void *from, size_t n) {
  memcpy(to, from, n);
  return to + n;
}

size_t sip_request(char *out, bool invite, uint32_t lap, uint32_t slot) {
  char id[LAP_DIGITS], length[16];
  char *at = out;
  digits(id, lap, slot);
  int n = snprintf(length, sizeof length, "%zu\r\n\r\n", sizeof BODY - 1);
  at = invite ? put(at, start_invite, sizeof start_invite - 1) : put(at, start_message, sizeof start_message - 1);
  at = put(at, head_1, sizeof head_1 - 1);
  at = put(at, id, sizeof id);
  at = put(at, head_2, sizeof head_2 - 1);
  at = put(at, id, sizeof id);
  at = put(at, head_3, sizeof head_3 - 1);
  at = invite ? put(at, cseq_invite, sizeof cseq_invite - 1) : put(at, cseq_message, sizeof cseq_message - 1);
  at = put(at, head_4, sizeof head_4 - 1);
  at = put(at, length, (size_t)n);
  at = put(at, BODY, sizeof BODY - 1);
  return (size_t)(at - out);
}

bool sip_lap(struct piece text, uint32_t *lap, uint32_t *slot) {
  uint64_t value = 0;
  if (text.len < LAP_DIGITS) return false;
  for (int i = 0; i < LAP_DIGITS; i++) {
    const char *hex = strchr("0123456789abcdef", text.at[i]);
    if (!hex || !text.at[i]) return false;
    value = value << 4 | (uint64_t)(hex - "0123456789abcdef");
  }
  *lap = (uint32_t)(value >> 20);
  *slot = (uint32_t)(value & 0xfffff);
  return true;
}

size_t sip_blank(const char *at, size_t len) {
  size_t n = 0;
  while (n < len && (at[n] == '\r' || at[n] == '\n')) n++;
  return n;
}

static bool is(struct piece name, const char *word, char compact) {
  size_t n = strlen(word);
  if (name.len == 1) return (name.at[0] | 32) == compact;
  return name.len == n && strncasecmp(name.at, word, n) == 0;
}

static void header(struct sip *sip, struct piece name, struct piece value, struct piece line, size_t *length) {
  switch (name.len ? name.at[0] | 32 : 0) {
    case 'v':
      if (!is(name, "via", 'v')) return;
      if (!sip->via_count) sip->via = value;
      if (sip->via_count < sizeof sip->vias / sizeof *sip->vias) sip->vias[sip->via_count++] = line;
      return;
    case 'r':
      if (is(name, "record-route", 0) &&
          sip->record_route_count < sizeof sip->record_routes / sizeof *sip->record_routes)
        sip->record_routes[sip->record_route_count++] = value;
      return;
    case 'f':
      if (is(name, "from", 'f')) sip->from = value;
      return;
    case 't':
      if (is(name, "to", 't')) sip->to = value;
      return;
    case 'i':
      if (is(name, "call-id", 'i')) sip->call_id = value;
      return;
    case 'c':
      if (is(name, "cseq", 0)) sip->cseq = value;
      if (is(name, "call-id", 'i')) sip->call_id = value;
      if (!is(name, "content-length", 'l')) return;
      /* fall through */
    case 'l':
      if (!is(name, "content-length", 'l')) return;
      *length = 0;
      for (size_t i = 0; i < value.len && value.at[i] >= '0' && value.at[i] <= '9' && i < 7; i++)
        *length = *length * 10 + (size_t)(value.at[i] - '0');
  }
}

enum sip_found sip_read(struct sip *sip, const char *at, size_t len) {
  const char *end = memmem(at, len, "\r\n\r\n", 4);
  size_t length = 0;
  if (!end) return len > 65536 ? SIP_BROKEN : SIP_MORE;
  *sip = (struct sip){0};
  for (const char *line = at; line <= end;) {
    const char *stop = memchr(line, '\r', (size_t)(end - line) + 1);
    if (!stop || stop[1] != '\n') return SIP_BROKEN;
    const char *colon = memchr(line, ':', (size_t)(stop - line));
    if (line == at) {
      sip->start = (struct piece){line, (size_t)(stop - line)};
    } else if (colon) {
      const char *value = colon + 1, *name_end = colon;
      while (value < stop && *value == ' ') value++;
      while (name_end > line && name_end[-1] == ' ') name_end--;
      header(sip, (struct piece){line, (size_t)(name_end - line)}, (struct piece){value, (size_t)(stop - value)},
             (struct piece){line, (size_t)(stop + 2 - line)}, &length);
    } else {
      return SIP_BROKEN;
    }
    line = stop + 2;
  }
  size_t before = (size_t)(end + 4 - at);
  if (len - before < length) return SIP_MORE;
  sip->body = (struct piece){end + 4, length};
  sip->size = before + length;
  return SIP_WHOLE;
}

static bool same(struct piece piece, const char *text) {
  return piece.len == strlen(text) && !memcmp(piece.at, text, piece.len);
}

bool sip_is_ours(const struct sip *request) {
  static const char from[] = "\"Alice of Contoso\" <sip:alice@contoso.example>;tag=8c1b2f7a;epid=0a1b2c3d4e";
  static const char to[] = "<sip:bob@fabrikam.example>";
  return (same(request->start, start_message) || same(request->start, start_invite)) && same(request->from, from) &&
         same(request->to, to) && same(request->body, BODY) && request->via_count > 0 &&
         request->call_id.len > LAP_DIGITS;
}

static bool field(char **at, const char *end, const char *name, struct piece value, const char *more) {
  size_t n = strlen(name), m = strlen(more);
  if ((size_t)(end - *at) < n + value.len + m) return false;
  *at = put(*at, name, n);
  *at = put(*at, value.at, value.len);
  *at = put(*at, more, m);
  return true;
}

size_t sip_answer(char *out, const struct sip *request) {
  char *at = out, *end = out + SIP_ANSWER;
  at = put(at, "SIP/2.0 200 OK\r\n", 16);
  for (unsigned i = 0; i < request->via_count; i++)
    if (!field(&at, end, "", request->vias[i], "")) return 0;
  if (!field(&at, end, "From: ", request->from, "\r\n") || !field(&at, end, "To: ", request->to, ";tag=5e2a91\r\n") ||
      !field(&at, end, "Call-ID: ", request->call_id, "\r\n") ||
      !field(&at, end, "CSeq: ", request->cseq, "\r\nContent-Length: 0\r\n\r\n"))
    return 0;
  return (size_t)(at - out);
}
