#include "plugins/sip/request.h"

#include "plugins/sip/branch.h"
#include "plugins/sip/cancel.h"
#include "plugins/sip/check.h"
#include "plugins/sip/client.h"
#include "plugins/sip/facts.h"
#include "plugins/sip/probe.h"
#include "plugins/sip/refuse.h"
#include "plugins/sip/send.h"

/* Refuses what never became an exchange. Nobody is told of an ACK or BENOTIFY. */
HANSE_RARE static void turn_away(struct sip *sip, struct hanse_message *message, const struct sip_message *request,
                                 enum hanse_failure failure) {
  struct sip_line line;
  bool extra = sip_check_line(sip, message->scratch, request, failure, &line);
  const struct hanse_refusal why = {.size = sizeof why, .failure = failure};
  if (message->facts->from.domain.len == 0) { /* for the log, as they were written */
    message->facts->from = (struct hanse_address_fact){request->from.uri.user, request->from.uri.host};
    message->facts->to = (struct hanse_address_fact){request->uri.user, request->uri.host};
  }
  message->facts->method = request->method_text;
  message->facts->conversation = request->call_id;
  hanse_refused(sip->host, message, &why);
  sip_refuse_stateless(sip, message->link, message, request, failure, extra ? &line : NULL);
  hanse_message_free(sip->host, message);
}

/* A settled INVITE is answered again; anything else that is open answers when its time comes (RFC 3261 §17.2). */
HANSE_RARE static void repeat_ours(struct sip *sip, struct hanse_message *message, const struct sip_message *request,
                                   struct sip_object *object) {
  struct sip_invite *invite = (struct sip_invite *)(void *)object;
  char tag[SIP_SERVER_TAG];
  if (object->kind != SIP_KIND_INVITE || invite->state == SIP_INVITE_ACCEPTED) return;
  struct sip_reply reply = {.status = 100};
  if (invite->state == SIP_INVITE_COMPLETED) {
    reply.status = invite->status;
    reply.to_tag = sip_server_tag(sip, request, tag);
  }
  sip_send_reply(sip, message->link, request, &reply);
}

HANSE_RARE static void repeat(struct sip *sip, struct hanse_message *message, const struct sip_message *request,
                              bool handed) {
  hanse_ticket ticket = sip_server_find(sip, message->link, request, request->method_text);
  void *object = NULL;
  int status = ticket ? hanse_ticket_object(sip->host, ticket, &object) : HANSE_GONE;
  ++*sip->count.repeats;
  if (status == HANSE_OK)
    repeat_ours(sip, message, request, object);
  else if (status == HANSE_SKIP && !handed)
    hanse_hand_over(sip->host, ticket, message->link, message->bytes);
  hanse_message_free(sip->host, message);
}

/* Its transaction is open, its clock starts. */
static void opened(struct sip_exchange *x, struct sip_checked *checked) {
  x->path = &checked->path;
  x->opener = x->message->facts->flags & HANSE_FACT_IN_DIALOG ? x->path->token.tag : sip_asked_tag(&x->from);
  x->loop = checked->loop;
  sip_client_arm(x);
}

/* All checks passed: opens the transaction and lets the core judge. */
static void begin(struct sip *sip, struct hanse_message *message, const struct sip_message *request,
                  struct sip_checked *checked, bool handed) {
  struct sip_exchange *x;
  int status = sip_server_open(sip, message, request, &x);
  if (status == HANSE_SKIP) {
    repeat(sip, message, request, handed);
  } else if (status) {
    turn_away(sip, message, request, HANSE_F_MEMORY);
  } else {
    opened(x, checked);
    hanse_submit_take(sip->host, message);
  }
}

/* The checks, and the facts. */
static enum hanse_failure check(struct sip *sip, struct hanse_message *message, const struct sip_message *request,
                                struct sip_checked **out) {
  struct sip_checked *checked = *out = hanse_alloc(message->scratch, sizeof *checked);
  enum hanse_failure failure = checked ? sip_check(sip, message, request, checked) : HANSE_F_MEMORY;
  return failure ? failure : sip_facts_request(sip, message, request, &checked->path);
}

static void pass(struct sip *sip, struct hanse_message *message, const struct sip_message *request, bool handed) {
  struct sip_checked *checked;
  enum hanse_failure failure = check(sip, message, request, &checked);
  if (failure)
    turn_away(sip, message, request, failure);
  else
    begin(sip, message, request, checked, handed);
}

void sip_request(struct sip *sip, struct hanse_message *message, const struct sip_message *request, bool handed) {
  ++*sip->count.requests;
  if (request->method == SIP_M_CANCEL || request->method == SIP_M_ACK) {
    enum sip_cancel result = sip_cancel(sip, message, request, handed);
    if (result == SIP_CANCEL_TAKEN) {
      hanse_message_free(sip->host, message);
      return;
    }
    if (result == SIP_CANCEL_NOTHING) {
      turn_away(sip, message, request, HANSE_F_NO_TRANSACTION);
      return;
    }
  } else if (sip_probe_is_ours(sip, message->link, request)) {
    sip_probe_answer(sip, message->link, message, request);
    hanse_message_free(sip->host, message);
    return;
  }
  pass(sip, message, request, handed);
}

enum hanse_failure sip_request_lowered(struct sip *sip, struct hanse_message *message,
                                       const struct sip_message *request) {
  struct sip_checked *checked;
  struct sip_exchange *x;
  enum hanse_failure failure = check(sip, message, request, &checked);
  if (failure) return failure;
  if (sip_server_open(sip, message, request, &x) != HANSE_OK) return HANSE_F_MEMORY;
  x->lowered = true;
  opened(x, checked);
  return HANSE_F_NONE;
}
