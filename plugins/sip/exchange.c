#include "plugins/sip/exchange.h"

#include <utlist.h>

#include "plugins/sip/parse.h"

struct sip_exchange *sip_exchange_new(struct sip *sip, struct hanse_message *message,
                                      const struct sip_message *request) {
  struct sip_exchange *x = hanse_alloc_zero(message->arena, sizeof *x);
  if (!x) return NULL;
  x->object.kind = SIP_KIND_EXCHANGE;
  x->state = SIP_JUDGED;
  x->sip = sip;
  x->message = message;
  x->request = request;
  x->method = (uint8_t)request->method;
  x->cseq = request->cseq;
  x->from = sip_address_asked(&request->from);
  x->to = sip_address_asked(&request->to);
  message->native = x;
  DL_PREPEND2(sip->exchanges, x, previous, next);
  return x;
}

void sip_exchange_forget(struct sip_exchange *x) {
  x->message->native = NULL;
  DL_DELETE2(x->sip->exchanges, x, previous, next);
}

/* It was read before with the same result: only memory may be short now. */
const struct sip_message *sip_exchange_request(struct sip_exchange *x) {
  struct hanse_arena *scratch = x->message->scratch;
  const char *problem;
  if (x->request) return x->request;
  struct sip_message *request = hanse_alloc(scratch, sizeof *request);
  struct sip_path *path = hanse_alloc(scratch, sizeof *path);
  if (!request || !path || sip_message_parse(scratch, x->message->bytes, request) != HANSE_F_NONE ||
      sip_path_read(x->sip, scratch, x->message->link, request, path, &problem) != HANSE_F_NONE)
    return NULL;
  x->path = path;
  return x->request = request;
}

void sip_exchange_settle(struct sip_exchange *x) {
  x->request = NULL;
  x->path = NULL;
  hanse_message_settle(x->sip->host, x->message);
}

void sip_exchange_leave(struct sip_exchange *x) {
  if (!x->out) return;
  hanse_ticket_ride(x->sip->host, x->ticket, NULL);
  hanse_link_release(x->sip->host, x->out);
  x->out = NULL;
}

void sip_exchange_end(struct sip_exchange *x) {
  struct sip *sip = x->sip;
  hanse_timer_stop(sip->host, &x->timer);
  sip_exchange_leave(x);
  if (!sip_exchange_is_invite(x)) hanse_ticket_close(sip->host, x->ticket);
  DL_DELETE2(sip->exchanges, x, previous, next);
  hanse_message_free(sip->host, x->message);
}
