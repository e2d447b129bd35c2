#include "plugins/sip/invite.h"

#include <stdlib.h>
#include <utlist.h>

#define SETTLE_TIME (32 * HANSE_SECOND) /* 64*T1 */
#define HASTY_TIME (5 * HANSE_SECOND)   /* T4: as long as a message stays in the network */

uint64_t sip_invite_dialog(const struct sip_keys *keys, enum hanse_key which, struct hanse_slice call_id,
                           struct hanse_slice from_tag, uint32_t cseq) {
  const uint64_t hashes[] = {sip_keys_hash(keys, which, call_id.at, call_id.len),
                             sip_keys_hash(keys, which, from_tag.at, from_tag.len), cseq};
  return sip_keys_hash(keys, which, hashes, sizeof hashes);
}

void sip_invite_hosts(struct sip_invite *invite, const struct sip_hosts *hosts) {
  size_t from = hosts->from.len <= SIP_HOSTS_KEPT ? hosts->from.len : 0;
  size_t to = hosts->to.len <= SIP_HOSTS_KEPT ? hosts->to.len : 0;
  char *text = malloc(from + to + 1);
  if (!text) return;
  if (from) memcpy(text, hosts->from.at, from);
  if (to) memcpy(text + from, hosts->to.at, to);
  invite->hosts.from = hanse_slice(text, from);
  invite->hosts.to = hanse_slice(text + from, to);
}

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
  free((char *)(uintptr_t)invite->hosts.from.at);
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

/* What is needed of the request when more 2xx come. */
static void note_request(struct sip_invite *invite) {
  const struct sip_exchange *x = invite->exchange;
  if (x->out) invite->out = hanse_link_hold(invite->sip->host, x->out);
  invite->wire_type = x->message->facts->wire_type;
  invite->network = x->message->facts->terms.network;
  invite->dialog = sip_invite_dialog(&invite->sip->keys, HANSE_KEY_CURRENT, x->message->facts->conversation,
                                     sip_asked_tag(&x->from), x->cseq);
  const struct sip_hosts hosts = sip_exchange_hosts(x);
  sip_invite_hosts(invite, &hosts);
}

/* Nothing comes again behind a failure but the ACK, for which old code need not stay; 2xx may (Timer L). */
static bool is_hasty(const struct sip_invite *invite) {
  return invite->sip->draining && invite->state == SIP_INVITE_COMPLETED;
}

void sip_invite_settle(struct sip_invite *invite, unsigned status) {
  struct sip *sip = invite->sip;
  if (sip->settled >= SIP_SETTLED_MAX) {
    ++*sip->count.settled_full;
    sip_invite_end(invite);
    return;
  }
  invite->status = (uint16_t)status;
  invite->state = status < 300 ? SIP_INVITE_ACCEPTED : SIP_INVITE_COMPLETED;
  if (invite->state == SIP_INVITE_ACCEPTED) note_request(invite);
  sip_exchange_end(invite->exchange);
  invite->exchange = NULL;
  bool hasty = is_hasty(invite);
  invite->until = hanse_now(sip->host) + (hasty ? HASTY_TIME : SETTLE_TIME);
  sip->settled++;
  hanse_timer_start(sip->host, hasty ? sip->timers.hasty : sip->timers.settle, &invite->timer, over);
}

void sip_invite_resume(struct sip_invite *invite) {
  struct hanse_host *host = invite->sip->host;
  hanse_time left = invite->until - hanse_now(host), length = HANSE_SECOND;
  while (length < left && length < SETTLE_TIME) length *= 2;
  struct hanse_timers *list = hanse_timers(host, length);
  hanse_timer_start(host, list ? list : invite->sip->timers.settle, &invite->timer, over);
}
