#include "plugins/sip/state.h"

#include <utlist.h>

#include "plugins/sip/invite.h"
#include "plugins/sip/refuse.h"

enum { VERSION = 2 };

/* One settled INVITE, with the hosts of From and To behind it. The process that writes it reads it, so the machine's
   own byte order will do; later versions add fields at the end and raise `fixed`. */
struct record {
  uint32_t version;
  uint16_t state, status;
  hanse_ticket ticket;
  hanse_time until;
  uint64_t in, out; /* numbers of the links; 0: none */
  uint64_t dialog;
  uint16_t wire_type; /* and the network above it */
  uint16_t fixed;     /* octets before the hosts */
  uint16_t from, to;  /* lengths of the hosts */
};

static uint64_t link_id(const struct sip *sip, const struct hanse_link *link) {
  return link ? hanse_link_id(sip->host, link) : 0;
}

static int save(struct sip *sip, const struct sip_invite *invite) {
  char text[sizeof(struct record) + (size_t)2 * SIP_HOSTS_KEPT];
  struct hanse_slice from = invite->hosts.from, to = invite->hosts.to;
  struct record record = {.version = VERSION,
                          .state = invite->state,
                          .status = invite->status,
                          .ticket = invite->ticket,
                          .until = invite->until,
                          .in = link_id(sip, invite->in),
                          .out = link_id(sip, invite->out),
                          .dialog = invite->dialog,
                          .wire_type = (uint16_t)(invite->wire_type | invite->network << 8),
                          .fixed = sizeof record,
                          .from = (uint16_t)from.len,
                          .to = (uint16_t)to.len};
  memcpy(text, &record, sizeof record);
  if (from.len) memcpy(text + sizeof record, from.at, from.len);
  if (to.len) memcpy(text + sizeof record + from.len, to.at, to.len);
  return hanse_save(sip->host, hanse_slice(text, sizeof record + from.len + to.len));
}

int sip_state_save(struct sip *sip) {
  const struct sip_invite *invite;
  int status = HANSE_OK;
  DL_FOREACH2(sip->invites, invite, next) {
    if (invite->state != SIP_INVITE_OPEN) status = save(sip, invite);
    if (status) break;
  }
  return status;
}

static struct hanse_link *link_of(struct sip *sip, uint64_t id) { return id ? hanse_link_by_id(sip->host, id) : NULL; }

static int resume(struct sip *sip, const struct record *record, const struct sip_hosts *hosts) {
  struct sip_invite *invite = sip_invite_new(sip, link_of(sip, record->in));
  if (!invite) return HANSE_NOMEM;
  struct hanse_link *out = link_of(sip, record->out);
  if (out) invite->out = hanse_link_hold(sip->host, out);
  invite->state = (uint8_t)record->state;
  invite->status = record->status;
  invite->wire_type = (uint8_t)record->wire_type;
  invite->network = (uint8_t)(record->wire_type >> 8);
  invite->ticket = record->ticket;
  invite->until = record->until;
  invite->dialog = record->dialog;
  if (invite->state == SIP_INVITE_ACCEPTED) sip_invite_hosts(invite, hosts);
  sip->settled++;
  if (hanse_ticket_adopt(sip->host, record->ticket, invite) == HANSE_OK)
    sip_invite_resume(invite);
  else
    sip_invite_drop(invite); /* it ended meanwhile */
  return HANSE_OK;
}

/* False: of another form. */
static bool read_record(struct hanse_slice bytes, struct record *record, struct sip_hosts *hosts) {
  if (bytes.len < sizeof *record) return false;
  memcpy(record, bytes.at, sizeof *record);
  if (record->version < VERSION || record->fixed < sizeof *record) return false;
  if ((size_t)record->fixed + record->from + record->to > bytes.len) return false;
  hosts->from = hanse_slice(bytes.at + record->fixed, record->from);
  hosts->to = hanse_slice(bytes.at + record->fixed + record->from, record->to);
  return record->state == SIP_INVITE_COMPLETED || record->state == SIP_INVITE_ACCEPTED;
}

int sip_state_adopt(struct sip *sip, const struct hanse_saved *saved) {
  int status = HANSE_OK;
  for (uint32_t i = 0; i < saved->count && !status; i++) {
    struct record record;
    struct sip_hosts hosts;
    if (read_record(saved->records[i], &record, &hosts)) status = resume(sip, &record, &hosts);
  }
  return status;
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
