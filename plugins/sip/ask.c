#include "plugins/sip/ask.h"

#include <hanse/host.h>
#include <stdio.h>

#include "plugins/sip/frame.h"
#include "plugins/sip/parse.h"
#include "plugins/sip/sip.h"
#include "plugins/sip/unique.h"

#define REQUEST_MAX 2048
#define ANSWER_MAX ((size_t)64 * 1024) /* as the contract says */

int sip_ask(void *self, const struct hanse_probe_question *question, struct hanse_arena *arena,
            struct hanse_slice *out) {
  struct hanse_host *host = ((struct sip *)self)->host;
  char branch[SIP_UNIQUE_TEXT], tag[SIP_UNIQUE_TEXT], call[SIP_UNIQUE_TEXT], *text = hanse_alloc(arena, REQUEST_MAX);
  if (!text) return HANSE_NOMEM;
  sip_unique(host, branch);
  sip_unique(host, tag);
  sip_unique(host, call);
  int n = snprintf(text, REQUEST_MAX,
                   "OPTIONS sip:%.*s SIP/2.0\r\n"
                   "Via: SIP/2.0/TLS %.*s;branch=z9hG4bK%s\r\n"
                   "Max-Forwards: 70\r\n"
                   "From: <sip:%.*s>;tag=%s\r\n"
                   "To: <sip:%.*s>\r\n"
                   "Call-ID: %s\r\n"
                   "CSeq: 1 OPTIONS\r\n"
                   "Accept: application/sdp\r\n"
                   "Content-Length: 0\r\n\r\n",
                   HANSE_FMT(question->to), HANSE_FMT(question->local), branch, HANSE_FMT(question->from), tag,
                   HANSE_FMT(question->to), call);
  if (n < 0 || n >= REQUEST_MAX) return HANSE_NOMEM;
  *out = hanse_slice(text, (size_t)n);
  return HANSE_OK;
}

/* ---- the answer ---- */

struct reading {
  unsigned from, to; /* statuses */
  enum hanse_probe_verdict verdict;
  const char *meaning, *cure;
};

/* The first row that covers the status. */
static const struct reading readings[] = {
    {200, 299, HANSE_PROBE_GOOD, "", ""},
    {401, 401, HANSE_PROBE_REFUSED, "It wants us to authenticate: it takes us for a client, not for a partner.",
     "Ask the partner to enter our domain and the name of our edge among those it federates with."},
    {403, 403, HANSE_PROBE_REFUSED, "The connection is good, but the partner's server does not serve our domain.",
     "Ask the partner to allow our domain with the name of our edge, and to see why its server refuses."},
    {407, 407, HANSE_PROBE_REFUSED, "It wants us to authenticate: it takes us for a client, not for a partner.",
     "Ask the partner to enter our domain and the name of our edge among those it federates with."},
    {482, 483, HANSE_PROBE_FAILED, "The request went in a circle: the partner's server sends that domain back.",
     "Ask the partner where its edge sends requests for its own domain; see that our server does not send it there."},
    {500, 599, HANSE_PROBE_FAILED,
     "The partner's edge took the request and could not have it answered, by a server inside or by asking back to us.",
     "Ask the partner to look at its edge; it may not find us: see that `hansectl check` has no complaint."},
    {600, 699, HANSE_PROBE_REFUSED, "The partner's server wants nothing to do with this request.",
     "Ask the partner to see why its server refuses."},
    {300, 499, HANSE_PROBE_ODD, "The partner's server answers; this kind of request it does not serve.",
     "Nothing, if messages pass; `hansectl explain` tells what is decided here."},
};

static const struct reading *reading_of(unsigned status) {
  for (size_t i = 0; i < sizeof readings / sizeof *readings; i++)
    if (status >= readings[i].from && status <= readings[i].to) return &readings[i];
  return NULL;
}

/* "403 Forbidden; Server: x; ms-diagnostics: 1027;…": the headers by which servers of this kind say more. */
static struct hanse_slice tell(struct hanse_arena *arena, const struct sip_message *message) {
  static const enum sip_header_id told[] = {SIP_H_SERVER, SIP_H_MS_DIAGNOSTICS_PUBLIC, SIP_H_MS_DIAGNOSTICS,
                                            SIP_H_WARNING};
  const size_t room = 1024;
  char *text = hanse_alloc(arena, room);
  if (!text) return hanse_slice("", 0);
  int n = snprintf(text, room, "%u %.*s", message->status, HANSE_FMT(message->reason));
  for (size_t i = 0; i < sizeof told / sizeof *told && n >= 0 && (size_t)n < room; i++) {
    struct hanse_slice value = sip_header_value(message, told[i]);
    if (!value.len) continue;
    n += snprintf(text + n, room - (size_t)n, "; %s: %.*s", sip_header_kind(told[i])->name,
                  (int)(value.len < 300 ? value.len : 300), value.at);
  }
  return hanse_slice(text, n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1);
}

/* A provisional answer, and a request of the far end's own, are passed over. */
static bool is_answer(struct hanse_arena *arena, struct hanse_slice bytes, struct sip_message *out) {
  return sip_message_parse(arena, bytes, out) == HANSE_F_NONE && !out->request && out->status >= 200 &&
         out->method == SIP_M_OPTIONS;
}

static enum hanse_probe_verdict foreign(struct hanse_probe_answer *out, const char *problem) {
  out->text = hanse_text(problem ? problem : "what came is no SIP message");
  out->meaning = HANSE_LIT("What listens there does not speak SIP over TLS.");
  out->cure = HANSE_LIT("Check the port; ask the partner which host is its edge.");
  return HANSE_PROBE_FOREIGN;
}

enum hanse_probe_verdict sip_ask_read(void *self, struct hanse_slice octets, struct hanse_arena *arena,
                                      struct hanse_probe_answer *out) {
  const struct sip_bounds bounds = {.headers = ANSWER_MAX, .message = ANSWER_MAX};
  struct sip_frame frame = {0};
  struct sip_message message;
  (void)self;
  for (size_t at = 0; at < octets.len; at += frame.length) {
    enum sip_frame_result result = sip_frame(&frame, &bounds, octets.at + at, octets.len - at);
    if (result == SIP_FRAME_MORE) break;
    if (result == SIP_FRAME_BAD || result == SIP_FRAME_NOT_SIP) return foreign(out, frame.problem);
    if (result == SIP_FRAME_KEEPALIVE || !is_answer(arena, hanse_slice(octets.at + at, frame.length), &message))
      continue;
    const struct reading *reading = reading_of(message.status);
    if (!reading) return foreign(out, "its status is none of SIP");
    out->text = tell(arena, &message);
    out->meaning = hanse_text(reading->meaning);
    out->cure = hanse_text(reading->cure);
    return reading->verdict;
  }
  return HANSE_PROBE_MORE;
}
