#include "plugins/sip/response.h"

#include "plugins/sip/border.h"
#include "plugins/sip/branch.h"
#include "plugins/sip/client.h"
#include "plugins/sip/facts.h"
#include "plugins/sip/parse.h"
#include "plugins/sip/peer.h"
#include "plugins/sip/respond.h"

/* What no response may change (RFC 3261 §8.2.6.2). */
static bool answers(const struct sip_exchange *x, const struct sip_message *response) {
  const struct hanse_facts *asked = x->message->facts;
  return response->cseq == x->cseq && hanse_same(response->method_text, asked->method) &&
         hanse_same(response->call_id, asked->conversation) && hanse_same(response->from.tag, sip_asked_tag(&x->from));
}

/* Is it for the client transaction that runs now: same peer, present attempt, and an answer to what was asked? */
static bool fits_exchange(const struct sip_exchange *x, const struct hanse_message *message,
                          const struct sip_message *response, const struct sip_branch *branch) {
  if (x->state != SIP_CALLING && x->state != SIP_PROCEEDING) return false;
  return branch->attempt == x->attempt && x->out && answers(x, response) &&
         sip_peer_same(x->sip, x->out, message->link);
}

static bool answers_settled(const struct sip_invite *invite, const struct sip_message *response) {
  const struct sip_keys *keys = &invite->sip->keys;
  for (int which = HANSE_KEY_CURRENT; which <= HANSE_KEY_PREVIOUS; which++)
    if (keys->have[which] && sip_invite_dialog(keys, (enum hanse_key)which, response->call_id, response->from.tag,
                                               response->cseq) == invite->dialog)
      return true;
  return false;
}

static bool is_2xx(const struct sip_message *response) { return response->status >= 200 && response->status < 300; }

/* Behind a 2xx only further ones go on (RFC 3261 §16.7 step 5); behind a failure nothing does (RFC 6026 §7.1). */
static bool fits_settled(const struct sip_invite *invite, const struct hanse_message *message,
                         const struct sip_message *response) {
  return invite->state == SIP_INVITE_ACCEPTED && response->method == SIP_M_INVITE && is_2xx(response) && invite->out &&
         answers_settled(invite, response) && sip_peer_same(invite->sip, invite->out, message->link);
}

static struct sip_exchange *exchange_of(struct sip_object *object) {
  if (object->kind == SIP_KIND_EXCHANGE) return (struct sip_exchange *)(void *)object;
  return ((struct sip_invite *)(void *)object)->exchange;
}

/* True: it was handed to the core, which takes it. */
static bool take(struct sip *sip, hanse_ticket ticket, struct sip_object *object, struct hanse_message *message,
                 const struct sip_message *response, const struct sip_branch *branch) {
  struct sip_exchange *x = exchange_of(object);
  bool fits = x ? fits_exchange(x, message, response, branch)
                : fits_settled((const struct sip_invite *)(void *)object, message, response);
  if (!fits) {
    ++*sip->count.stray;
    return false;
  }
  if (x && response->status == 100) {
    sip_client_trying(x);
    return false;
  }
  if (sip_facts_response(sip, message, response, x ? x->message->facts : NULL) != HANSE_F_NONE) return false;
  hanse_answer_take(sip->host, ticket, message);
  return true;
}

static bool read_branch(struct sip *sip, const struct sip_message *response, struct sip_branch *branch) {
  const struct hanse_node *node = sip->host->node;
  if (response->vias < 2) return false; /* ours alone: nothing of ours has no previous hop */
  return sip_branch_read(&sip->keys, response->via.branch, branch) && branch->node == node->number &&
         branch->boot == node->boot;
}

static enum hanse_failure read_addresses(struct sip_message *response, struct sip_object *object) {
  const struct sip_exchange *x = exchange_of(object);
  return sip_message_parse_answer(response, x ? &x->from : NULL, x ? &x->to : NULL);
}

enum hanse_failure sip_response(struct sip *sip, struct hanse_message *message, struct sip_message *response,
                                bool handed) {
  struct sip_branch branch;
  void *object = NULL;
  ++*sip->count.responses;
  int status =
      read_branch(sip, response, &branch) ? hanse_ticket_object(sip->host, branch.ticket, &object) : HANSE_GONE;
  enum hanse_failure failure = status == HANSE_OK ? read_addresses(response, object) : HANSE_F_NONE;
  if (failure) return failure;
  if (status == HANSE_OK && take(sip, branch.ticket, object, message, response, &branch)) return HANSE_F_NONE;
  if (status == HANSE_GONE || (status == HANSE_SKIP && handed)) ++*sip->count.stray;
  if (status == HANSE_SKIP && !handed) hanse_hand_over(sip->host, branch.ticket, message->link, message->bytes);
  hanse_message_free(sip->host, message);
  return HANSE_F_NONE;
}

/* The request is gone, and with it what the core knew of the partner. While the answer was judged, the first final one
   may have been another. */
static void respond_settled(struct sip *sip, const struct sip_invite *invite, const struct hanse_message *answer) {
  struct hanse_link *link = invite->in ? hanse_link_again(sip->host, invite->in) : NULL;
  if (invite->state != SIP_INVITE_ACCEPTED || !is_2xx(answer->native)) return;
  if (answer->facts->wire_type == HANSE_WIRE_NONE) {
    answer->facts->wire_type = invite->wire_type;
    answer->facts->terms.network = invite->network;
  }
  if (link && sip_border_check(sip, answer) == HANSE_F_NONE) sip_respond(sip, link, answer, &invite->hosts);
}

/* While the answer was judged, the request may have gone on to another target: then nobody waits for it any more. */
static bool is_late(struct sip *sip, const struct sip_exchange *x, const struct hanse_message *answer) {
  const struct sip_message *response = answer->native;
  struct sip_branch branch;
  if (x->attempt == 0) return false;
  return !sip_branch_read(&sip->keys, response->via.branch, &branch) || branch.attempt != x->attempt;
}

void sip_response_judged(struct sip *sip, void *object, struct hanse_message *answer,
                         const struct hanse_refusal *denied) {
  struct sip_exchange *x = exchange_of(object);
  if (x && is_late(sip, x, answer))
    ++*sip->count.stray;
  else if (x)
    sip_client_response(x, answer, denied);
  else if (!denied)
    respond_settled(sip, object, answer);
  hanse_message_free(sip->host, answer);
}
