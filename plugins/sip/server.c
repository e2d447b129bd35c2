#include "plugins/sip/server.h"

#include "plugins/sip/key.h"
#include "plugins/sip/send.h"

hanse_ticket sip_server_find(struct sip *sip, struct hanse_link *link, const struct sip_message *request,
                             struct hanse_slice method) {
  char room[SIP_KEY_TEXT];
  return hanse_ticket_by_name(sip->host, sip_key(sip, link, request, method, room));
}

static struct hanse_slice tag(const struct sip *sip, enum hanse_key which, const struct sip_message *request,
                              char room[SIP_SERVER_TAG]) {
  const struct hanse_slice parts[] = {request->via.branch, request->call_id, request->from.tag};
  uint64_t hashes[3], hash;
  for (size_t i = 0; i < 3; i++) hashes[i] = sip_keys_hash(&sip->keys, which, parts[i].at, parts[i].len);
  hash = sip_keys_hash(&sip->keys, which, hashes, sizeof hashes);
  for (unsigned i = 0; i < SIP_SERVER_TAG; i++) room[i] = "0123456789abcdef"[hash >> (4 * i) & 15];
  return hanse_slice(room, SIP_SERVER_TAG);
}

struct hanse_slice sip_server_tag(const struct sip *sip, const struct sip_message *request, char room[SIP_SERVER_TAG]) {
  return tag(sip, HANSE_KEY_CURRENT, request, room);
}

bool sip_server_tagged(const struct sip *sip, const struct sip_message *request) {
  char room[SIP_SERVER_TAG];
  for (int which = HANSE_KEY_CURRENT; which <= HANSE_KEY_PREVIOUS; which++)
    if (sip->keys.have[which] && hanse_same(request->to.tag, tag(sip, (enum hanse_key)which, request, room)))
      return true;
  return false;
}

/* An INVITE's ticket stands for the part that stays; any other's for the exchange. */
static int open_ticket(struct sip *sip, struct sip_exchange *x) {
  void *object = x;
  if (sip_exchange_is_invite(x)) {
    object = x->invite = sip_invite_new(sip, x->message->link);
    if (!object) return HANSE_NOMEM;
    x->invite->exchange = x;
  }
  int status = hanse_ticket_open(sip->host, object, &x->ticket);
  if (!status && x->invite) x->invite->ticket = x->ticket;
  if (!status) x->message->ticket = x->ticket;
  return status;
}

/* The key is taken when an open transaction has it: then the request repeats that one. */
static int name_ticket(struct sip *sip, struct sip_exchange *x) {
  char room[SIP_KEY_TEXT];
  if (sip_exchange_is_silent(x)) return HANSE_OK;
  int status = hanse_ticket_name(sip->host, x->ticket,
                                 sip_key(sip, x->message->link, x->request, x->request->method_text, room));
  return status == HANSE_INVALID ? HANSE_SKIP : status;
}

/* Undoes an opening; the message stays with the caller. */
static void forget(struct sip *sip, struct sip_exchange *x) {
  hanse_ticket_close(sip->host, x->ticket);
  if (x->invite) {
    x->invite->exchange = NULL;
    sip_invite_drop(x->invite);
  }
  x->message->ticket = 0;
  sip_exchange_forget(x);
}

int sip_server_open(struct sip *sip, struct hanse_message *message, const struct sip_message *request,
                    struct sip_exchange **out) {
  struct sip_exchange *x = sip_exchange_new(sip, message, request);
  if (!x) return HANSE_NOMEM;
  int status = open_ticket(sip, x);
  if (!status) status = name_ticket(sip, x);
  if (status)
    forget(sip, x);
  else
    *out = x;
  return status;
}

struct hanse_link *sip_server_link(struct sip_exchange *x) {
  return x->lowered ? NULL : hanse_link_again(x->sip->host, x->message->link);
}

void sip_server_trying(struct sip_exchange *x) {
  struct hanse_link *link = sip_server_link(x);
  if (x->trying) return;
  x->trying = true;
  const struct sip_message *request = link ? sip_exchange_request(x) : NULL;
  if (!request) return;
  struct hanse_slice timestamp = sip_header_value(request, SIP_H_TIMESTAMP);
  struct sip_line line = {HANSE_LIT("Timestamp"), timestamp}; /* RFC 3261 §8.2.6.1 */
  struct sip_reply reply = {.status = 100, .lines = &line, .line_count = timestamp.len != 0};
  sip_send_reply(x->sip, link, request, &reply);
}

void sip_server_done(struct sip_exchange *x, unsigned status) {
  if (x->lowered) hanse_concluded(x->sip->host, x->message, (uint16_t)status, NULL);
  if (x->invite)
    sip_invite_settle(x->invite, status);
  else
    sip_exchange_end(x);
}
