#include "router/link_log.h"

#include "router/address.h"
#include "router/log.h"

static const char *side_name(enum hanse_side side) { return side == HANSE_SIDE_HOME ? "home" : "partner"; }
static const char *direction(const struct hanse_link *link) { return link->outbound ? "out" : "in"; }

static const char *close_name(enum hanse_close why) {
  switch (why) {
    case HANSE_CLOSE_PEER:
      return "peer";
    case HANSE_CLOSE_ERROR:
      return "error";
    case HANSE_CLOSE_OURS:
      return "ours";
    case HANSE_CLOSE_IDLE:
      return "idle";
  }
  return "?";
}

/* The first name that the peer proved. */
static struct hanse_slice first_name(const struct hanse_link *link) {
  return link->proved_count ? link->proved[0] : hanse_slice("", 0);
}

void link_log_up(const struct hanse_link *link) {
  if (!log_wants(HANSE_INFO)) return;
  char cipher[80];
  struct hanse_slice name = first_name(link);
  log_event(HANSE_INFO, "link", "link.up", "link=%llu peer=%s side=%s direction=%s name=\"%.*s\" names=%zu tls=\"%s\"",
            (unsigned long long)link->id, link->peer, side_name(link->side), direction(link), HANSE_FMT(name),
            link->proved_count, link_cipher(link, cipher, sizeof cipher));
}

void link_log_down(const struct hanse_link *link, enum hanse_close why) {
  struct hanse_slice name = first_name(link);
  bool trouble = link->failure != HANSE_F_NONE || why == HANSE_CLOSE_ERROR;
  log_event(trouble ? HANSE_NOTICE : HANSE_INFO, "link", "link.down",
            "link=%llu peer=%s side=%s direction=%s name=\"%.*s\" by=%s failure=%d reason=\"%s\" in=%llu out=%llu",
            (unsigned long long)link->id, link->peer, side_name(link->side), direction(link), HANSE_FMT(name),
            close_name(why), (int)link->failure, link->reason, (unsigned long long)link->bytes_in,
            (unsigned long long)link->bytes_out);
}

void link_log_refused(const struct hanse_link *link) {
  struct transport *transport = link->transport;
  uint32_t unlogged = 0;
  bool stranger = !link->outbound && link->side == HANSE_SIDE_PARTNER;
  if (stranger && !admission_may_log(transport->admission, (const struct sockaddr *)&link->peer_address,
                                     *transport->now, &unlogged))
    return;
  struct hanse_slice name = first_name(link);
  log_event(HANSE_NOTICE, "link", "link.refused",
            "link=%llu peer=%s side=%s direction=%s name=\"%.*s\" failure=%d reason=\"%s\" unlogged=%u",
            (unsigned long long)link->id, link->peer, side_name(link->side), direction(link), HANSE_FMT(name),
            (int)link->failure, link->reason, unlogged);
}

void link_log_shed(struct transport *transport, const struct sockaddr *peer, enum hanse_side side, const char *reason) {
  char text[ADDRESS_TEXT];
  uint32_t unlogged = 0;
  if (!admission_may_log(transport->admission, peer, *transport->now, &unlogged)) return;
  log_event(HANSE_NOTICE, "link", "link.refused", "peer=%s side=%s direction=in reason=\"%s\" unlogged=%u",
            address_text(peer, text), side_name(side), reason, unlogged);
}
