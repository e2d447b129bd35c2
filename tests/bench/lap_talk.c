#include "tests/bench/lap_talk.h"

#include <stdio.h>
#include <string.h>

#include "tests/bench/load.h"

#define TEXT                                                                                              \
  "The cog is loaded: forty barrels of herring, six of wax, one of pepper, and the letters for the "      \
  "counting house. She leaves with the tide on Thursday and should be with you, wind permitting, by the " \
  "feast of Saint Martin.\r\n"
#define SDP                                                                           \
  "v=0\r\no=- 0 0 IN IP4 192.0.2.10\r\ns=session\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\n" \
  "m=message 5060 sip null\r\na=accept-types:text/plain multipart/alternative text/rtf\r\n"
#define ALICE "\"Alice of Contoso\" <sip:alice@contoso.example>;tag=8c1b2f7a;epid=0a1b2c3d4e"
#define BOB "<sip:bob@fabrikam.example>"
#define MESSAGE_ROOM 4096

enum lap_kind lap_kind_of(const char *name) {
  static const char *const names[] = {
      [LAP_MESSAGE] = "message", [LAP_DIALOG] = "dialog", [LAP_IN_DIALOG] = "in_dialog"};
  for (size_t i = LAP_MESSAGE; i <= LAP_IN_DIALOG; i++)
    if (!strcmp(names[i], name)) return (enum lap_kind)i;
  return LAP_NONE;
}

/* ---- the home side ---- */

struct request {
  const char *method, *body, *type;
  uint32_t call, cseq; /* both in Call-ID and branch */
  bool in_dialog;
};

static void send_request(struct lap_talk *talk, const struct request *request) {
  char *out = lap_wire_room(&talk->home, MESSAGE_ROOM);
  const char *method = request->method;
  bool invite = !strcmp(method, "INVITE");
  int n = snprintf(out, MESSAGE_ROOM,
                   "%s %s SIP/2.0\r\n"
                   "Via: SIP/2.0/TLS pool.contoso.example:5061;branch=z9hG4bK-%08x.%u%c\r\n"
                   "Max-Forwards: 70\r\n%s"
                   "From: " ALICE
                   "\r\nTo: %s\r\n"
                   "Call-ID: %08x-4f1d2c@pool.contoso.example\r\nCSeq: %u %s\r\n%s"
                   "User-Agent: bench/1.0\r\n%s%s%sContent-Length: %zu\r\n\r\n%s",
                   method, request->in_dialog ? talk->target : "sip:bob@fabrikam.example", (unsigned)request->call,
                   (unsigned)request->cseq, *method, request->in_dialog ? talk->routes : "",
                   request->in_dialog ? talk->to : BOB, (unsigned)request->call, (unsigned)request->cseq, method,
                   invite ? "Contact: <sip:alice@contoso.example;opaque=user:epid:4wAbXg;gruu>\r\n" : "",
                   request->type ? "Content-Type: " : "", request->type ? request->type : "",
                   request->type ? "\r\n" : "", strlen(request->body), request->body);
  if (n < 0 || n >= MESSAGE_ROOM) lap_fail("a request is too long");
  lap_wire_say(&talk->home, (size_t)n);
}

static void send_invite(struct lap_talk *talk) {
  talk->dialog = talk->begun;
  send_request(talk, &(struct request){"INVITE", SDP, "application/sdp", talk->dialog, 1, false});
}

static void begin_one(struct lap_talk *talk) {
  talk->begun++;
  if (talk->kind == LAP_MESSAGE)
    send_request(talk, &(struct request){"MESSAGE", TEXT, "text/plain;charset=UTF-8", talk->begun, 1, false});
  else if (talk->kind == LAP_DIALOG)
    send_invite(talk);
  else
    send_request(
        talk, &(struct request){"MESSAGE", TEXT, "text/plain;charset=UTF-8", talk->dialog, 1 + ++talk->requests, true});
}

static void end_one(struct lap_talk *talk) {
  talk->done++;
  lap_clock_forward(talk->pace);
  begin_one(talk);
}

/* The route set of who called: the entries of Record-Route, the last one first (RFC 3261 §12.1.2). */
static void keep_routes(struct lap_talk *talk, const struct sip *answer) {
  char *at = talk->routes, *end = talk->routes + sizeof talk->routes;
  for (unsigned i = answer->record_route_count; i-- > 0;) {
    struct piece value = answer->record_routes[i];
    if (memchr(value.at, ',', value.len)) lap_fail("several entries in one Record-Route");
    at += snprintf(at, (size_t)(end - at), "Route: %.*s\r\n", (int)value.len, value.at);
    if (at >= end) lap_fail("the route set is too long");
  }
  if (at == talk->routes) lap_fail("the answer to INVITE has no Record-Route");
}

static void keep_dialog(struct lap_talk *talk, const struct sip *answer) {
  keep_routes(talk, answer);
  snprintf(talk->to, sizeof talk->to, "%.*s", (int)answer->to.len, answer->to.at);
  snprintf(talk->target, sizeof talk->target, "sip:bob@fabrikam.example;opaque=user:epid:9dQzTk;gruu");
}

static void send_answer(struct lap_talk *talk, const struct sip *request, const char *status);

/* 180 was heard: the one who is called takes it. The INVITE is remembered as it was delivered. */
struct rung {
  char text[MESSAGE_ROOM];
  size_t len;
};
static struct rung rung; /* file-level: one call rings at a time */

static void take_call(struct lap_talk *talk) {
  struct sip invite;
  if (sip_read(&invite, rung.text, rung.len) != SIP_WHOLE) lap_fail("there is no call to be taken");
  send_answer(talk, &invite, "200 OK");
}

static void answered(struct lap_talk *talk, const struct sip *answer) {
  bool invite = memmem(answer->cseq.at, answer->cseq.len, "INVITE", 6) != NULL;
  bool good = !memcmp(answer->start.at, "SIP/2.0 200", 11), rings = !memcmp(answer->start.at, "SIP/2.0 180", 11);
  if (answer->start.at[8] == '1' && !rings) return; /* 100 Trying */
  if (!good && !rings) lap_fail("refused: %.*s", (int)answer->start.len, answer->start.at);
  if (answer->via_count != 1) lap_fail("an answer with %u Vias", answer->via_count);
  if (rings) {
    take_call(talk);
  } else if (invite) {
    keep_dialog(talk, answer);
    send_request(talk, &(struct request){"ACK", "", NULL, talk->dialog, 1, true});
  } else {
    end_one(talk);
  }
}

/* ---- the partner's side ---- */

static void append(char **at, char *end, const char *text, struct piece value, const char *more) {
  int n = snprintf(*at, (size_t)(end - *at), "%s%.*s%s", text, (int)value.len, value.at, more);
  if (n < 0 || n >= end - *at) lap_fail("an answer is too long");
  *at += n;
}

static void send_answer(struct lap_talk *talk, const struct sip *request, const char *status) {
  char *out = lap_wire_room(&talk->partner, MESSAGE_ROOM), *at = out, *end = out + MESSAGE_ROOM;
  bool tagged = memmem(request->to.at, request->to.len, ";tag=", 5) != NULL;
  bool invite = !memcmp(request->start.at, "INVITE", 6);
  append(&at, end, "SIP/2.0 ", (struct piece){status, strlen(status)}, "\r\n");
  for (unsigned i = 0; i < request->via_count; i++) append(&at, end, "", request->vias[i], "");
  for (unsigned i = 0; invite && i < request->record_route_count; i++)
    append(&at, end, "Record-Route: ", request->record_routes[i], "\r\n");
  append(&at, end, "From: ", request->from, "\r\n");
  append(&at, end, "To: ", request->to, tagged ? "\r\n" : ";tag=5e2a91\r\n");
  append(&at, end, "Call-ID: ", request->call_id, "\r\n");
  append(&at, end, "CSeq: ", request->cseq, "\r\n");
  if (invite)
    append(&at, end, "Contact: <sip:bob@fabrikam.example;opaque=user:epid:9dQzTk;gruu>\r\n", (struct piece){0}, "");
  append(&at, end, "Content-Length: 0\r\n\r\n", (struct piece){"", 0}, "");
  lap_wire_say(&talk->partner, (size_t)(at - out));
}

static bool is_text(const struct sip *request) {
  return request->body.len == sizeof TEXT - 1 && !memcmp(request->body.at, TEXT, sizeof TEXT - 1);
}

static void requested(struct lap_talk *talk, const struct sip *request, const char *at) {
  if (!memcmp(request->start.at, "INVITE ", 7)) {
    if (request->size > sizeof rung.text) lap_fail("the INVITE is too long");
    memcpy(rung.text, at, rung.len = request->size);
    send_answer(talk, request, "180 Ringing");
  } else if (!memcmp(request->start.at, "ACK ", 4)) {
    talk->open = true;
    if (talk->kind == LAP_IN_DIALOG)
      begin_one(talk);
    else
      send_request(talk, &(struct request){"BYE", "", NULL, talk->dialog, 2, true});
  } else if (!memcmp(request->start.at, "BYE ", 4) || is_text(request)) {
    send_answer(talk, request, "200 OK");
  } else {
    lap_fail("changed on its way: %.*s", (int)request->start.len, request->start.at);
  }
}

/* ---- both ---- */

static size_t hear(struct lap_talk *talk, bool partner, const char *at, size_t len) {
  size_t used = 0;
  struct sip sip;
  for (enum sip_found found; used < len && (found = sip_read(&sip, at + used, len - used)) != SIP_MORE;) {
    if (found != SIP_WHOLE) lap_fail("this is no message: %.*s", (int)(len - used), at + used);
    if (partner)
      requested(talk, &sip, at + used);
    else
      answered(talk, &sip);
    used += sip.size;
  }
  return used;
}

static size_t home_hears(void *context, const char *at, size_t len) { return hear(context, false, at, len); }
static size_t partner_hears(void *context, const char *at, size_t len) { return hear(context, true, at, len); }

void lap_talk_init(struct lap_talk *talk, enum lap_kind kind) {
  talk->kind = kind;
  talk->home.hear = home_hears;
  talk->partner.hear = partner_hears;
  talk->home.context = talk->partner.context = talk;
  lap_wire_open(&talk->home);
  lap_wire_open(&talk->partner);
}

void lap_talk_begin(struct lap_talk *talk, uint32_t in_flight) {
  if (talk->kind == LAP_IN_DIALOG)
    send_invite(talk);
  else
    for (uint32_t i = 0; i < in_flight; i++) begin_one(talk);
}
