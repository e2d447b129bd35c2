#include "plugins/sip/failover.h"

#include "plugins/sip/forward.h"

static enum hanse_failure write_to(struct sip_exchange *x, struct hanse_link *link) {
  struct hanse_host *host = x->sip->host;
  enum hanse_failure failure = sip_forward(x, link);
  if (failure) return failure;
  x->out = hanse_link_hold(host, link);
  x->state = SIP_CALLING;
  if (!sip_exchange_is_silent(x)) hanse_ticket_ride(host, x->ticket, link);
  return HANSE_F_NONE;
}

/* A target that is left alone for now says how it failed. */
static enum hanse_failure want_failure(const struct sip_exchange *x, int status) {
  struct hanse_slice text;
  if (status == HANSE_NOMEM) return HANSE_F_QUEUE_FULL;
  enum hanse_failure failure = hanse_target_failure(x->sip->host, x->route->targets[x->target], &text);
  return failure ? failure : HANSE_F_CONNECT;
}

enum sip_walk sip_failover_walk(struct sip_exchange *x) {
  struct hanse_host *host = x->sip->host;
  struct hanse_link *link = NULL;
  for (; x->target < x->route->count; x->target++) {
    int status = hanse_link_want(host, x->ticket, x->route->targets[x->target], &link);
    if (status == HANSE_SKIP) {
      x->state = SIP_LINKING;
      return SIP_WALK_WAITS;
    }
    x->failure = status ? want_failure(x, status) : write_to(x, link);
    if (x->failure == HANSE_F_NONE) return SIP_WALK_SENT;
  }
  return SIP_WALK_OVER;
}

enum sip_walk sip_failover_link(struct sip_exchange *x, struct hanse_link *link) {
  x->failure = write_to(x, link);
  if (x->failure == HANSE_F_NONE) return SIP_WALK_SENT;
  x->target++;
  return sip_failover_walk(x);
}

/* Each attempt is a client transaction of its own: what still comes for an earlier one is told apart by its branch. */
static enum sip_walk again(struct sip_exchange *x) {
  sip_exchange_leave(x);
  x->attempt++;
  ++*x->sip->count.failovers;
  return sip_failover_walk(x);
}

enum sip_walk sip_failover_next(struct sip_exchange *x, enum hanse_failure failure) {
  x->failure = failure;
  x->target++;
  if (x->cancelled || x->target >= x->route->count) return SIP_WALK_OVER;
  return again(x);
}

bool sip_failover_is_harmless(const struct sip_exchange *x) {
  switch ((enum sip_method)x->method) {
    case SIP_M_INVITE:
      return x->state != SIP_PROCEEDING;
    case SIP_M_SUBSCRIBE:
    case SIP_M_OPTIONS:
      return true;
    default:
      return false;
  }
}

enum sip_walk sip_failover_lost(struct sip_exchange *x) {
  struct hanse_slice text;
  bool refused = hanse_link_failure(x->sip->host, x->out, &text) == HANSE_F_TLS_OURS;
  bool written = !refused && hanse_link_written(x->sip->host, x->out) > x->start;
  x->failure = refused ? HANSE_F_TLS_OURS : HANSE_F_LINK_LOST;
  if (x->cancelled || (written && !sip_failover_is_harmless(x))) return SIP_WALK_OVER;
  if (!written && !refused && !sip_failover_has_next(x) && !x->retried) {
    x->retried = true;
    return again(x);
  }
  return sip_failover_next(x, written || refused ? x->failure : HANSE_F_CONNECT);
}
