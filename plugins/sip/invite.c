#include "plugins/sip/invite.h"

#include <stdlib.h>
#include <utlist.h>

#define SETTLE_TIME (32 * HANSE_SECOND) /* 64*T1 */
#define HASTY_TIME (5 * HANSE_SECOND)   /* T4: as long as a message stays in the network */

struct sip_invite *sip_invite_new(struct sip *sip, struct hanse_link *in) {
  struct sip_invite *invite = calloc(1, sizeof *invite);
  if (!invite) return NULL;
  invite->object.kind = SIP_KIND_INVITE;
  invite->state = SIP_INVITE_OPEN;
  invite->sip = sip;
  if (in) invite->in = hanse_link_hold(sip->host, in);
  DL_PREPEND2(sip->invites, invite, previous, next);
  return invite;
}

void sip_invite_drop(struct sip_invite *invite) {
  struct sip *sip = invite->sip;
  hanse_timer_stop(sip->host, &invite->timer);
  if (invite->state != SIP_INVITE_OPEN) sip->settled--;
  if (invite->in) hanse_link_release(sip->host, invite->in);
  if (invite->out) hanse_link_release(sip->host, invite->out);
  DL_DELETE2(sip->invites, invite, previous, next);
  free(invite);
}

void sip_invite_end(struct sip_invite *invite) {
  if (invite->exchange) sip_exchange_end(invite->exchange);
  hanse_ticket_close(invite->sip->host, invite->ticket);
  sip_invite_drop(invite);
}

static void over(void *self, struct hanse_timer *timer) {
  (void)self;
  sip_invite_end((struct sip_invite *)(void *)((char *)timer - offsetof(struct sip_invite, timer)));
}

void sip_invite_settle(struct sip_invite *invite, unsigned status) {
  struct sip *sip = invite->sip;
  if (sip->settled >= SIP_SETTLED_MAX) {
    ++*sip->count.settled_full;
    sip_invite_end(invite);
    return;
  }
  if (invite->exchange->out) invite->out = hanse_link_hold(sip->host, invite->exchange->out);
  invite->wire_type = invite->exchange->message->facts->wire_type;
  sip_exchange_end(invite->exchange);
  invite->exchange = NULL;
  invite->status = (uint16_t)status;
  invite->state = status < 300 ? SIP_INVITE_ACCEPTED : SIP_INVITE_COMPLETED;
  invite->until = hanse_now(sip->host) + (sip->draining ? HASTY_TIME : SETTLE_TIME);
  sip->settled++;
  hanse_timer_start(sip->host, sip->draining ? sip->timers.hasty : sip->timers.settle, &invite->timer, over);
}

void sip_invite_resume(struct sip_invite *invite) {
  struct hanse_host *host = invite->sip->host;
  hanse_time left = invite->until - hanse_now(host), length = HANSE_SECOND;
  while (length < left && length < SETTLE_TIME) length *= 2;
  struct hanse_timers *list = hanse_timers(host, length);
  hanse_timer_start(host, list ? list : invite->sip->timers.settle, &invite->timer, over);
}
