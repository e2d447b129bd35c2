#include "plugins/sip/cancel.h"

#include "plugins/sip/client.h"
#include "plugins/sip/send.h"
#include "plugins/sip/server.h"

static enum sip_cancel acknowledge(struct sip_invite *invite) {
  if (invite->state == SIP_INVITE_ACCEPTED) return SIP_CANCEL_PASS;
  if (invite->state == SIP_INVITE_COMPLETED) sip_invite_end(invite); /* Timer I is 0 */
  return SIP_CANCEL_TAKEN;
}

/* The CANCEL has its own answer, also when it comes too late to have an effect. */
static enum sip_cancel cancel(struct sip *sip, struct hanse_link *link, const struct sip_message *request,
                              struct sip_invite *invite) {
  char tag[SIP_SERVER_TAG];
  const struct sip_reply reply = {.status = 200, .to_tag = sip_server_tag(sip, request, tag)};
  sip_send_reply(sip, link, request, &reply);
  if (invite->state == SIP_INVITE_OPEN) sip_client_cancel(invite->exchange, request);
  return SIP_CANCEL_TAKEN;
}

enum sip_cancel sip_cancel(struct sip *sip, struct hanse_message *message, const struct sip_message *request,
                           bool handed) {
  bool ack = request->method == SIP_M_ACK;
  hanse_ticket ticket = sip_server_find(sip, message->link, request, HANSE_LIT("INVITE"));
  void *object = NULL;
  int status = ticket ? hanse_ticket_object(sip->host, ticket, &object) : HANSE_GONE;
  if (status == HANSE_OK) return ack ? acknowledge(object) : cancel(sip, message->link, request, object);
  if (status == HANSE_SKIP && !handed && hanse_hand_over(sip->host, ticket, message->link, message->bytes) == HANSE_OK)
    return SIP_CANCEL_TAKEN;
  if (!ack) return SIP_CANCEL_NOTHING;
  return sip_server_tagged(sip, request) ? SIP_CANCEL_TAKEN : SIP_CANCEL_PASS; /* a stateless refusal's (§17.1.1.3) */
}
