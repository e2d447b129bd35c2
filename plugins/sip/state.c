#include "plugins/sip/state.h"

#include <utlist.h>

#include "plugins/sip/invite.h"
#include "plugins/sip/refuse.h"

enum { VERSION = 2, HOST_SIZE = SIP_HOST_MAX + 1 };

/* One settled INVITE. The process that writes it reads it, so the machine's own byte order will do; later versions add
   at the end. Version 1 ended before `dialog`. */
struct record {
  uint32_t version;
  uint16_t state, status;
  hanse_ticket ticket;
  hanse_time until;
  uint64_t in, out; /* numbers of the links; 0: none */
  uint64_t wire_type;
  uint64_t dialog;
  char from[HOST_SIZE], to[HOST_SIZE]; /* NUL-terminated */
};

static void put_host(char out[HOST_SIZE], struct hanse_slice host) {
  if (host.len && host.len < HOST_SIZE) memcpy(out, host.at, host.len);
}

static struct hanse_slice host_of(const char text[HOST_SIZE]) { return hanse_slice(text, strnlen(text, HOST_SIZE)); }

static uint64_t link_id(const struct sip *sip, const struct hanse_link *link) {
  return link ? hanse_link_id(sip->host, link) : 0;
}

int sip_state_save(struct sip *sip) {
  const struct sip_invite *invite;
  int status = HANSE_OK;
  DL_FOREACH2(sip->invites, invite, next) {
    struct record record;
    if (invite->state == SIP_INVITE_OPEN) continue;
    memset(&record, 0, sizeof record);
    record.version = VERSION;
    record.state = invite->state;
    record.status = invite->status;
    record.ticket = invite->ticket;
    record.until = invite->until;
    record.in = link_id(sip, invite->in);
    record.out = link_id(sip, invite->out);
    record.wire_type = invite->wire_type;
    record.dialog = invite->dialog;
    put_host(record.from, invite->hosts.from);
    put_host(record.to, invite->hosts.to);
    status = hanse_save(sip->host, hanse_slice((const char *)&record, sizeof record));
    if (status) break;
  }
  return status;
}

static struct hanse_link *link_of(struct sip *sip, uint64_t id) { return id ? hanse_link_by_id(sip->host, id) : NULL; }

static int resume(struct sip *sip, const struct record *record) {
  struct sip_invite *invite = sip_invite_new(sip, link_of(sip, record->in));
  if (!invite) return HANSE_NOMEM;
  struct hanse_link *out = link_of(sip, record->out);
  if (out) invite->out = hanse_link_hold(sip->host, out);
  invite->state = (uint8_t)record->state;
  invite->status = record->status;
  invite->wire_type = (uint8_t)record->wire_type;
  invite->ticket = record->ticket;
  invite->until = record->until;
  invite->dialog = record->dialog;
  const struct sip_hosts hosts = {host_of(record->from), host_of(record->to)};
  if (invite->state == SIP_INVITE_ACCEPTED) sip_invite_hosts(invite, &hosts);
  sip->settled++;
  if (hanse_ticket_adopt(sip->host, record->ticket, invite) == HANSE_OK)
    sip_invite_resume(invite);
  else
    sip_invite_drop(invite); /* it ended meanwhile */
  return HANSE_OK;
}

int sip_state_adopt(struct sip *sip, const struct hanse_saved *saved) {
  for (uint32_t i = 0; i < saved->count; i++) {
    struct record record;
    if (saved->records[i].len < sizeof record) continue;
    memcpy(&record, saved->records[i].at, sizeof record);
    if (record.version < VERSION || (record.state != SIP_INVITE_COMPLETED && record.state != SIP_INVITE_ACCEPTED))
      continue;
    int status = resume(sip, &record);
    if (status) return status;
  }
  return HANSE_OK;
}

void sip_state_drain(struct sip *sip) {
  struct sip_invite *invite, *next;
  sip->draining = true;
  DL_FOREACH_SAFE2(sip->invites, invite, next, next) {
    void *object;
    if (invite->state == SIP_INVITE_OPEN) continue;
    if (hanse_ticket_object(sip->host, invite->ticket, &object) == HANSE_SKIP)
      sip_invite_drop(invite);
    else
      sip_invite_end(invite);
  }
}

void sip_state_stop(struct sip *sip) {
  struct sip_exchange *x, *next_x;
  struct sip_invite *invite, *next_invite;
  DL_FOREACH_SAFE2(sip->exchanges, x, next_x, next) {
    if (x->state != SIP_JUDGED || hanse_withdraw(sip->host, x->message) == HANSE_OK)
      sip_refuse_plain(x, HANSE_F_DRAINING);
  }
  DL_FOREACH_SAFE2(sip->invites, invite, next_invite, next) {
    if (invite->state != SIP_INVITE_OPEN) sip_invite_end(invite);
  }
}

void sip_state_discard(struct sip *sip) {
  while (sip->invites) sip_invite_drop(sip->invites);
}
