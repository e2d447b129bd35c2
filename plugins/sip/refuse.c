#include "plugins/sip/refuse.h"

#include <inttypes.h>
#include <stdio.h>

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

/* RFC 3261 §20.43, with the number by which our log names this verdict; the reason itself is for our administrator. A
   refused text has the code by which clients of federated servers know that ([MS-SIPRE]). */
static struct sip_line warning(struct sip *sip, enum hanse_failure failure, uint64_t decision, char *room) {
  int n = snprintf(room, WARNING_TEXT, "%u %.*s \"%s decision=%" PRIu64 "\"", failure == HANSE_F_FILTER ? 309u : 399u,
                   HANSE_FMT(sip->host->node->name), hanse_failure_name(sip->host, failure), decision);
  return (struct sip_line){HANSE_LIT("Warning"), hanse_slice(room, n < WARNING_TEXT ? (size_t)n : 0)};
}

static struct sip_line retry_after(hanse_time wait, char *room) {
  int n = snprintf(room, SECONDS_TEXT, "%" PRId64, (wait + HANSE_SECOND - 1) / HANSE_SECOND);
  return (struct sip_line){HANSE_LIT("Retry-After"), hanse_slice(room, (size_t)n)};
}

static bool answer(struct sip *sip, struct hanse_link *link, const struct sip_message *request,
                   enum hanse_failure failure, const struct sip_line *lines, size_t count, unsigned *status) {
  char tag[SIP_SERVER_TAG];
  struct sip_reply reply = {.reason = hanse_text(hanse_failure_reason(sip->host, failure)),
                            .to_tag = sip_server_tag(sip, request, tag),
                            .lines = lines,
                            .line_count = count};
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

void sip_refuse(struct sip_exchange *x, const struct hanse_refusal *why) {
  struct sip *sip = x->sip;
  char text[WARNING_TEXT], seconds[SECONDS_TEXT];
  struct sip_line lines[3];
  size_t count = 0;
  unsigned status = 0;
  const struct sip_message *request = sip_exchange_is_silent(x) ? NULL : sip_exchange_request(x);
  if (!request) { /* silent, or no memory for the answer either */
    ++*sip->count.refused;
    end_unsaid(x);
    return;
  }
  lines[count++] = warning(sip, why->failure, x->message->facts->decision, text);
  if (why->retry_after > 0) lines[count++] = retry_after(why->retry_after, seconds);
  if (why->failure == HANSE_F_METHOD && sip_refuse_allow(sip, x->message->scratch, &lines[count]) == HANSE_OK) count++;
  answer(sip, sip_server_link(x), request, why->failure, lines, count, &status);
  sip_server_done(x, status);
}

/* What is full now may have room soon. */
static hanse_time wait_for(enum hanse_failure failure) {
  bool soon = failure == HANSE_F_QUEUE_FULL || failure == HANSE_F_BUSY || failure == HANSE_F_DRAINING;
  return soon ? RETRY_AFTER : 0;
}

void sip_refuse_plain(struct sip_exchange *x, enum hanse_failure failure) {
  const struct hanse_refusal why = {.size = sizeof why, .failure = failure, .retry_after = wait_for(failure)};
  hanse_refused(x->sip->host, x->message, &why);
  sip_refuse(x, &why);
}

bool sip_refuse_stateless(struct sip *sip, struct hanse_link *link, const struct sip_message *request,
                          enum hanse_failure failure, const struct sip_line *extra) {
  unsigned status;
  return answer(sip, link, request, failure, extra, extra != NULL, &status);
}
