#include "plugins/sip/refuse.h"

#include <inttypes.h>
#include <stdio.h>

#include "plugins/sip/border.h"
#include "plugins/sip/diagnostics.h"
#include "plugins/sip/send.h"

#define RETRY_AFTER (5 * HANSE_SECOND)

enum { WARNING_TEXT = 400, SECONDS_TEXT = 24 };

unsigned sip_refuse_status(unsigned status, bool invite) {
  if (status == 503) return 500;
  if (status == 408 && !invite) return 504;
  return status;
}

int sip_refuse_allow(const struct sip *sip, struct hanse_arena *arena, struct sip_line *out) {
  static const struct hanse_slice always = HANSE_LIT("ACK, CANCEL, BYE");
  const struct hanse_slice *methods = sip->settings->methods.items;
  size_t n = always.len;
  for (size_t i = 0; i < sip->settings->methods.count; i++) n += methods[i].len + 2;
  char *text = hanse_alloc(arena, n), *p = text;
  if (!text) return HANSE_NOMEM;
  for (size_t i = 0; i < sip->settings->methods.count; i++) {
    p = (char *)memcpy(p, methods[i].at, methods[i].len) + methods[i].len;
    p = (char *)memcpy(p, ", ", 2) + 2;
  }
  memcpy(p, always.at, always.len);
  *out = (struct sip_line){HANSE_LIT("Allow"), hanse_slice(text, n)};
  return HANSE_OK;
}

static struct hanse_slice our_name_outside(struct sip *sip) {
  struct hanse_slice name = hanse_side_name(sip->host, HANSE_SIDE_PARTNER);
  const char *colon = name.len ? memchr(name.at, ':', name.len) : NULL;
  return colon ? hanse_slice(name.at, (size_t)(colon - name.at)) : name;
}

/* RFC 3261 §20.43: the word by which our log and `hansectl decision` know this verdict. Inside also the failure's name;
   outside neither that nor another name than the one that the peer has for us. A refused text has the code by which
   clients of federated servers know that ([MS-SIPRE]). */
static struct sip_line warning(struct sip *sip, enum hanse_side to, enum hanse_failure failure, uint64_t decision,
                               char *room) {
  char word[HANSE_DECISION_TEXT];
  bool inside = to == HANSE_SIDE_HOME;
  struct hanse_slice agent = inside ? sip->host->node->name : our_name_outside(sip);
  hanse_decision_text(sip->host, decision, word);
  int n = snprintf(room, WARNING_TEXT, "%u %.*s \"%s%sdecision=%s\"", failure == HANSE_F_FILTER ? 309u : 399u,
                   HANSE_FMT(agent), inside ? hanse_failure_name(sip->host, failure) : "", inside ? " " : "", word);
  return (struct sip_line){HANSE_LIT("Warning"), hanse_slice(room, n < WARNING_TEXT ? (size_t)n : 0)};
}

static struct sip_line retry_after(hanse_time wait, char *room) {
  int n = snprintf(room, SECONDS_TEXT, "%" PRId64, (wait + HANSE_SECOND - 1) / HANSE_SECOND);
  return (struct sip_line){HANSE_LIT("Retry-After"), hanse_slice(room, (size_t)n)};
}

/* What is said of a refusal besides its status. */
struct said {
  struct sip_line lines[SIP_SEND_LINES];
  size_t count;
  char warning[WARNING_TEXT], seconds[SECONDS_TEXT];
};

/* `message` NULL: nothing is known but that the request cannot be read. */
static void say(struct sip *sip, enum hanse_side to, const struct hanse_message *message, enum hanse_failure failure,
                const struct sip_cause *cause, struct said *out) {
  out->count = 0;
  if (!message) return;
  enum hanse_diagnostics level = sip_diagnostics_level(sip, to, message->marks);
  if (message->facts->decision)
    out->lines[out->count++] = warning(sip, to, failure, message->facts->decision, out->warning);
  if (sip_diagnostics_line(sip, message->scratch, level, failure, cause, &out->lines[out->count])) out->count++;
  if (to == HANSE_SIDE_HOME && sip_border_own(sip, message->scratch, &out->lines[out->count])) out->count++;
}

static bool answer(struct sip *sip, struct hanse_link *link, const struct sip_message *request,
                   enum hanse_failure failure, const struct said *said, unsigned *status) {
  char tag[SIP_SERVER_TAG];
  struct sip_reply reply = {.reason = hanse_text(hanse_failure_reason(sip->host, failure)),
                            .to_tag = sip_server_tag(sip, request, tag),
                            .lines = said->lines,
                            .line_count = said->count};
  reply.status = *status = sip_refuse_status(hanse_failure_status(sip->host, failure), request->method == SIP_M_INVITE);
  ++*sip->count.refused;
  return link && sip_send_reply(sip, link, request, &reply);
}

static void end_unsaid(struct sip_exchange *x) {
  if (x->invite)
    sip_invite_end(x->invite);
  else
    sip_exchange_end(x);
}

/* The failures that come before there is a target. */
static bool is_of_domain(enum hanse_failure failure) {
  return failure == HANSE_F_SRV_NONE || failure == HANSE_F_SRV || failure == HANSE_F_SRV_DOMAIN ||
         failure == HANSE_F_HOSTED || failure == HANSE_F_NO_ROUTE;
}

/* The failures that have to do with a target. */
static bool is_of_target(enum hanse_failure failure) {
  return (failure >= HANSE_F_DNS_NONE && failure <= HANSE_F_PEER_BUSY) || failure == HANSE_F_TLS_TRUST ||
         failure == HANSE_F_ADDRESS;
}

/* The target that failed like this, the last one first; else the one that was tried last, and its link. */
static struct sip_cause cause_of(const struct sip_exchange *x, enum hanse_failure failure) {
  const struct hanse_route *route = x->route;
  struct sip_cause cause = {{NULL, 0}, {NULL, 0}, {NULL, 0}};
  if (!route || route->count == 0 || !is_of_target(failure)) return cause;
  for (uint32_t i = route->count; i > 0; i--) {
    if (hanse_target_failure(x->sip->host, route->targets[i - 1], &cause.text) != failure) continue;
    cause.target = hanse_target_text(x->sip->host, route->targets[i - 1]);
    return cause;
  }
  cause.text = hanse_slice(NULL, 0);
  if (x->out && !hanse_link_is_open(x->sip->host, x->out)) hanse_link_failure(x->sip->host, x->out, &cause.text);
  cause.target =
      hanse_target_text(x->sip->host, route->targets[x->target < route->count ? x->target : route->count - 1]);
  return cause;
}

/* In the other protocol it is said to whoever sent it. */
static void refuse_lowered(struct sip_exchange *x, const struct hanse_refusal *why) {
  ++*x->sip->count.refused;
  hanse_concluded(x->sip->host, x->message, 0, why);
  sip_exchange_end(x);
}

void sip_refuse(struct sip_exchange *x, const struct hanse_refusal *why) {
  struct sip *sip = x->sip;
  struct said said;
  unsigned status = 0;
  if (x->lowered) {
    refuse_lowered(x, why);
    return;
  }
  const struct sip_message *request = sip_exchange_is_silent(x) ? NULL : sip_exchange_request(x);
  if (!request) { /* silent, or no memory for the answer either */
    ++*sip->count.refused;
    end_unsaid(x);
    return;
  }
  struct sip_cause cause = cause_of(x, why->failure);
  if (is_of_domain(why->failure)) cause = (struct sip_cause){.domain = x->message->facts->to.domain, .text = why->text};
  say(sip, (enum hanse_side)x->message->facts->side, x->message, why->failure, &cause, &said);
  if (why->retry_after > 0) said.lines[said.count++] = retry_after(why->retry_after, said.seconds);
  if (why->failure == HANSE_F_METHOD && sip_refuse_allow(sip, x->message->scratch, &said.lines[said.count]) == HANSE_OK)
    said.count++;
  if (why->failure == HANSE_F_FOREIGN_CONTENT) /* RFC 3261 §21.4.13 */
    said.lines[said.count++] = (struct sip_line){HANSE_LIT("Accept"), HANSE_LIT("text/plain")};
  answer(sip, sip_server_link(x), request, why->failure, &said, &status);
  sip_server_done(x, status);
}

/* What is full now may have room soon. */
static hanse_time wait_for(enum hanse_failure failure) {
  bool soon = failure == HANSE_F_QUEUE_FULL || failure == HANSE_F_BUSY || failure == HANSE_F_DRAINING;
  return soon ? RETRY_AFTER : 0;
}

void sip_refuse_plain(struct sip_exchange *x, enum hanse_failure failure) {
  struct sip_cause cause = cause_of(x, failure);
  const struct hanse_refusal why = {
      .size = sizeof why, .failure = failure, .retry_after = wait_for(failure), .text = cause.text};
  hanse_refused(x->sip->host, x->message, &why);
  sip_refuse(x, &why);
}

bool sip_refuse_stateless(struct sip *sip, struct hanse_link *link, const struct hanse_message *message,
                          const struct sip_message *request, enum hanse_failure failure, const struct sip_line *extra) {
  struct said said;
  unsigned status;
  say(sip, hanse_link_side(sip->host, link), message, failure, NULL, &said);
  if (extra) said.lines[said.count++] = *extra;
  return answer(sip, link, request, failure, &said, &status);
}
