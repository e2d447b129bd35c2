#include "plugins/sip/send.h"

#include "plugins/sip/peer.h"

bool sip_send_edits(struct sip *sip, struct hanse_link *link, const struct sip_edits *edits, uint64_t *start) {
  size_t n = sip_edit_room(edits);
  char *room = hanse_link_room(sip->host, link, n);
  if (!room) return false;
  if (start) *start = hanse_link_queued(sip->host, link);
  hanse_link_filled(sip->host, link, sip_edit_write(edits, room));
  return true;
}

bool sip_send_reply(struct sip *sip, struct hanse_link *link, const struct sip_message *request,
                    const struct sip_reply *reply) {
  struct sip_line lines[SIP_SEND_LINES + 1];
  struct sip_received received;
  struct sip_reply whole = *reply;
  sip_peer_received(sip, link, &request->via, &received);
  whole.received = &received;
  whole.line_count = reply->line_count < SIP_SEND_LINES ? reply->line_count : SIP_SEND_LINES;
  if (whole.line_count) memcpy(lines, reply->lines, whole.line_count * sizeof lines[0]);
  if (sip->settings->server.len)
    lines[whole.line_count++] = (struct sip_line){HANSE_LIT("Server"), sip->settings->server};
  whole.lines = lines;
  size_t n = sip_reply_size(request, &whole);
  char *room = n ? hanse_link_room(sip->host, link, n) : NULL;
  if (!room) return false;
  hanse_link_filled(sip->host, link, sip_reply_write(request, &whole, room));
  return true;
}

bool sip_send_octets(struct sip *sip, struct hanse_link *link, struct hanse_slice octets) {
  char *room = hanse_link_room(sip->host, link, octets.len);
  if (!room) return false;
  memcpy(room, octets.at, octets.len);
  hanse_link_filled(sip->host, link, octets.len);
  return true;
}
