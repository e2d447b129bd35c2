#include "plugins/sip/respond.h"

#include "plugins/sip/border.h"
#include "plugins/sip/decorated_body.h"
#include "plugins/sip/reply.h"
#include "plugins/sip/send.h"

unsigned sip_respond_status(unsigned status, bool invite) {
  if (status == 503) return 500;
  if (status == 401 || status == 407) return 403;
  if (status == 408 && !invite) return 504;
  return status;
}

static int drop_all(struct sip_edits *edits, enum sip_header_id id) {
  int status = HANSE_OK;
  for (unsigned n = edits->message->first[id]; n && !status; n = sip_header(edits->message, n)->next)
    status = sip_edit_delete(edits, n);
  return status;
}

static int edit_status(struct sip_edits *edits, bool invite) {
  const struct sip_message *response = edits->message;
  unsigned status = sip_respond_status(response->status, invite);
  if (status == response->status) return HANSE_OK;
  char *code = hanse_alloc(edits->arena, 3);
  if (!code) return HANSE_NOMEM;
  code[0] = (char)('0' + status / 100);
  code[1] = (char)('0' + status / 10 % 10);
  code[2] = (char)('0' + status % 10);
  if (response->status == 503) { /* its Retry-After speaks of that server, not of us (§16.7 step 6) */
    int dropped = drop_all(edits, SIP_H_RETRY_AFTER);
    if (dropped) return dropped;
  }
  /* "SIP/2.0 " stands before the code */
  int result = sip_edit_replace(edits, hanse_slice(response->start.at + 8, 3), hanse_slice(code, 3));
  return result ? result : sip_edit_replace(edits, response->reason, hanse_text(sip_reason(status)));
}

/* Decorated addresses were noted with their user part. */
static int edit_address(struct sip_edits *edits, const struct sip_uri *uri, struct hanse_slice was) {
  bool whole = memchr(was.at, '@', was.len) != NULL, to = uri == &edits->message->to.uri;
  struct hanse_slice is = whole ? sip_uri_address(uri) : uri->host;
  int status =
      whole && to ? sip_decorated_body(edits, is, was) : HANSE_OK; /* presence may come with the answer (R74) */
  return status ? status : sip_edit_replace(edits, is, was);
}

/* From and To come back as the requester wrote them, where we had put the canonical host (RFC 3261 §8.2.6.2). */
static int edit_host(struct sip_edits *edits, const struct sip_uri *uri, struct hanse_slice was) {
  if (uri->host.len == 0 || was.len == 0 || hanse_same(uri->host, was)) return HANSE_OK;
  return edit_address(edits, uri, was);
}

static int edit(struct sip *sip, struct sip_edits *edits, struct hanse_link *link, const struct hanse_message *answer,
                const struct sip_hosts *hosts) {
  const struct sip_message *response = answer->native;
  int status = sip_edits_init(edits, answer->scratch, response);
  if (!status) status = sip_edit_drop_entries(edits, response->first[SIP_H_VIA], 1);
  if (!status) status = edit_status(edits, response->method == SIP_M_INVITE);
  if (!status) status = edit_host(edits, &response->from.uri, hosts->from);
  if (!status) status = edit_host(edits, &response->to.uri, hosts->to);
  return status ? status : sip_border_edit(sip, edits, answer, hanse_link_side(sip->host, link));
}

bool sip_respond(struct sip *sip, struct hanse_link *link, const struct hanse_message *answer,
                 const struct sip_hosts *hosts) {
  struct sip_edits edits;
  if (edit(sip, &edits, link, answer, hosts) != HANSE_OK) return false;
  return sip_send_edits(sip, link, &edits, NULL);
}
