#include "plugins/sip/probe.h"

#include "plugins/sip/peer.h"
#include "plugins/sip/refuse.h"
#include "plugins/sip/send.h"

bool sip_probe_is_ours(struct sip *sip, const struct hanse_link *link, const struct sip_message *request) {
  return !request->uri.user.at && !request->to.tag.at && sip_peer_is_us(sip, link, &request->uri);
}

void sip_probe_answer(struct sip *sip, struct hanse_link *link, const struct hanse_message *message,
                      const struct sip_message *request) {
  char tag[SIP_SERVER_TAG];
  struct sip_line lines[] = {
      {{NULL, 0}, {NULL, 0}},
      {HANSE_LIT("Accept"), HANSE_LIT("*/*")},        /* bodies pass untouched */
      {HANSE_LIT("Accept-Encoding"), HANSE_LIT("*")}, /* … and so does how they are packed */
      {HANSE_LIT("Supported"), HANSE_LIT("ms-benotify")},
  };
  struct sip_reply reply = {.status = 200,
                            .to_tag = sip_server_tag(sip, request, tag),
                            .lines = lines,
                            .line_count = sizeof lines / sizeof lines[0]};
  if (request->method == SIP_M_OPTIONS && sip_refuse_allow(sip, message->scratch, &lines[0]) == HANSE_OK)
    sip_send_reply(sip, link, request, &reply);
  else
    sip_refuse_stateless(sip, link, message, request, HANSE_F_NO_ROUTE, NULL);
}
