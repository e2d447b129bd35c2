#include "plugins/sip/client.h"

#include "plugins/sip/border.h"
#include "plugins/sip/decorated.h"
#include "plugins/sip/failover.h"
#include "plugins/sip/hop.h"
#include "plugins/sip/refuse.h"
#include "plugins/sip/respond.h"

static void fire(void *self, struct hanse_timer *timer);

static void start(struct sip_exchange *x, struct hanse_timers *list) {
  hanse_timer_start(x->sip->host, list, &x->timer, fire);
}

void sip_client_arm(struct sip_exchange *x) {
  if (!sip_exchange_is_invite(x) && !sip_exchange_is_silent(x)) start(x, x->sip->timers.trying);
}

/* The requester's view of a failure on the way: a cancelled INVITE ends as such, whatever broke meanwhile. */
static void give_up(struct sip_exchange *x, enum hanse_failure failure) {
  sip_refuse_plain(x, x->cancelled && !x->given_up ? HANSE_F_WITHDRAWN : failure);
}

static void walked(struct sip_exchange *x, enum sip_walk walk) {
  bool invite = sip_exchange_is_invite(x);
  switch (walk) {
    case SIP_WALK_SENT:
      if (sip_exchange_is_silent(x)) {
        sip_exchange_end(x);
        return;
      }
      if (invite) start(x, x->sip->timers.b);
      sip_exchange_settle(x);
      return;
    case SIP_WALK_WAITS:
      if (invite) hanse_timer_stop(x->sip->host, &x->timer); /* the core bounds the wait */
      sip_exchange_settle(x);
      return;
    case SIP_WALK_OVER:
      give_up(x, x->failure);
      return;
  }
}

void sip_client_deliver(struct sip_exchange *x, const struct hanse_route *route) {
  enum hanse_failure failure = sip_border_check(x->sip, x->message);
  if (!failure && x->message->facts->terms.decoration.len) failure = sip_decorated_check(x);
  x->route = route;
  x->failure = HANSE_F_NO_ROUTE;
  if (failure || x->cancelled) {
    give_up(x, failure);
    return;
  }
  if (sip_exchange_is_invite(x)) sip_server_trying(x);
  walked(x, sip_failover_walk(x));
}

void sip_client_link_ready(struct sip_exchange *x, struct hanse_link *link, const struct hanse_refusal *why) {
  if (x->state != SIP_LINKING) return;
  walked(x, link ? sip_failover_link(x, link) : sip_failover_next(x, why->failure));
}

void sip_client_link_lost(struct sip_exchange *x, struct hanse_link *link) {
  if (x->out == link) walked(x, sip_failover_lost(x));
}

static void send_cancel(struct sip_exchange *x) {
  x->cancel_sent = true;
  sip_hop_cancel(x); /* one that cannot be written is as good as unanswered: the timer ends it */
  start(x, x->sip->timers.cancel);
}

/* RFC 3261 §9.1: a CANCEL leaves only behind a provisional response. */
static void proceed(struct sip_exchange *x, bool restart) {
  bool first = x->state == SIP_CALLING;
  x->state = SIP_PROCEEDING;
  if (!sip_exchange_is_invite(x) || x->cancel_sent) return;
  if (x->cancelled)
    send_cancel(x);
  else if (first || restart)
    start(x, x->sip->timers.c);
}

void sip_client_trying(struct sip_exchange *x) {
  if (x->state == SIP_CALLING || x->state == SIP_PROCEEDING) proceed(x, false);
}

/* RFC 4320 §4.1: nothing but an INVITE has provisional responses that go on. */
static void provisional(struct sip_exchange *x, const struct hanse_message *answer,
                        const struct hanse_refusal *denied) {
  struct hanse_link *link = sip_server_link(x);
  const struct sip_hosts hosts = sip_exchange_hosts(x);
  bool goes_on = !denied && sip_exchange_is_invite(x) && sip_border_check(x->sip, answer) == HANSE_F_NONE;
  if (link && goes_on) sip_respond(x->sip, link, answer, &hosts);
  proceed(x, true);
}

static void final(struct sip_exchange *x, const struct hanse_message *answer) {
  const struct sip_message *response = answer->native;
  bool invite = sip_exchange_is_invite(x);
  const struct sip_hosts hosts = sip_exchange_hosts(x);
  struct hanse_link *link = sip_server_link(x);
  if (response->status == 503 && !x->cancelled && sip_failover_has_next(x)) {
    walked(x, sip_failover_next(x, HANSE_F_PEER_BUSY));
    return;
  }
  if (sip_border_check(x->sip, answer)) {
    sip_refuse_plain(x, HANSE_F_MARK);
  } else if (link && !sip_respond(x->sip, link, answer, &hosts)) {
    sip_refuse_plain(x, HANSE_F_MEMORY);
  } else {
    sip_server_done(x, sip_respond_status(response->status, invite));
  }
}

void sip_client_response(struct sip_exchange *x, const struct hanse_message *answer,
                         const struct hanse_refusal *denied) {
  const struct sip_message *response = answer->native;
  if (x->state != SIP_CALLING && x->state != SIP_PROCEEDING) return;
  if (response->status < 200) {
    provisional(x, answer, denied);
    return;
  }
  if (sip_exchange_is_invite(x) && response->status >= 300) sip_hop_ack(x, response);
  if (denied)
    sip_refuse(x, denied); /* behind a 2xx to an INVITE the callee gives up when no ACK comes */
  else
    final(x, answer);
}

/* RFC 3326: why it was cancelled goes on, hop by hop. Without memory it is left out. */
static void note_reasons(struct sip_exchange *x, const struct sip_message *cancel) {
  size_t n = 0;
  for (unsigned i = cancel->first[SIP_H_REASON]; i; i = sip_header(cancel, i)->next)
    n += sip_header(cancel, i)->line.len;
  char *text = n ? hanse_alloc(x->message->arena, n) : NULL;
  struct sip_sink sink = {text, 0};
  if (!text) return;
  for (unsigned i = cancel->first[SIP_H_REASON]; i; i = sip_header(cancel, i)->next)
    sip_sink_slice(&sink, sip_header(cancel, i)->line);
  x->reasons = hanse_slice(text, n);
}

void sip_client_cancel(struct sip_exchange *x, const struct sip_message *cancel) {
  if (x->cancelled) return;
  x->cancelled = true;
  note_reasons(x, cancel);
  switch ((enum sip_state)x->state) {
    case SIP_JUDGED: /* otherwise it is refused when the core hands it back */
      if (hanse_withdraw(x->sip->host, x->message) == HANSE_OK) give_up(x, HANSE_F_WITHDRAWN);
      return;
    case SIP_LINKING:
      give_up(x, HANSE_F_WITHDRAWN);
      return;
    case SIP_CALLING:
      return; /* until a provisional response comes */
    case SIP_PROCEEDING:
      send_cancel(x);
      return;
  }
}

/* Timer B, Timer C, or no answer to our CANCEL. */
static void invite_over(struct sip_exchange *x) {
  if (x->state == SIP_CALLING) {
    walked(x, sip_failover_next(x, HANSE_F_TIMEOUT));
  } else if (x->state == SIP_PROCEEDING && !x->cancel_sent) {
    x->cancelled = x->given_up = true;
    send_cancel(x);
  } else {
    give_up(x, HANSE_F_TIMEOUT);
  }
}

/* Our 504 leaves before the requester's own Timer F, and stands for the 408 that must not be sent (RFC 4320 §4.2). */
static void request_over(struct sip_exchange *x) {
  if (!x->trying) {
    sip_server_trying(x);
    if (x->state != SIP_JUDGED) sip_exchange_settle(x);
    start(x, x->sip->timers.answer);
  } else if (x->state == SIP_JUDGED && hanse_withdraw(x->sip->host, x->message) != HANSE_OK) {
    start(x, x->sip->timers.trying); /* on its way through the core this very moment */
  } else {
    give_up(x, HANSE_F_TIMEOUT);
  }
}

static void fire(void *self, struct hanse_timer *timer) {
  struct sip_exchange *x = (struct sip_exchange *)(void *)((char *)timer - offsetof(struct sip_exchange, timer));
  (void)self;
  if (sip_exchange_is_invite(x))
    invite_over(x);
  else
    request_over(x);
}
