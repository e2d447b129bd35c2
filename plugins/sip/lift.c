#include "plugins/sip/lift.h"

#include <hanse/utf8.h>

#include "plugins/sip/border.h"
#include "plugins/sip/diagnostics.h"
#include "plugins/sip/escape.h"
#include "plugins/sip/number.h"
#include "plugins/sip/respond.h"
#include "plugins/sip/send.h"
#include "plugins/sip/server.h"
#include "plugins/sip/text.h"

/* What people would say: no escapes, and nothing that no network has in its names. */
static enum hanse_failure lift_address(struct hanse_arena *arena, const struct hanse_address_fact *fact,
                                       struct hanse_address_fact *out) {
  out->domain = fact->domain;
  if (sip_unescape(arena, fact->user, &out->user) != HANSE_OK) return HANSE_F_MEMORY;
  return hanse_is_utf8(out->user) && sip_text_is_clean(out->user) ? HANSE_F_NONE : HANSE_F_PARSE;
}

/* The text that policies have put in its place counts. What is no plain text, or cannot be read, is nothing to others.
 */
static enum hanse_failure lift_text(const struct hanse_message *message, struct hanse_slice *out) {
  const struct hanse_facts *facts = message->facts;
  bool replaced = (message->marks->set & HANSE_MARK_TEXT) != 0;
  if (!hanse_same_nocase(facts->text_type, HANSE_LIT("text/plain")) || facts->text.len == 0)
    return HANSE_F_FOREIGN_CONTENT;
  *out = replaced ? message->marks->text : facts->text;
  return HANSE_F_NONE;
}

/* Only a text of its own, outside of any dialog, is more than a part of something that others do not know. */
static bool is_page(const struct sip_exchange *x) {
  return x->method == SIP_M_MESSAGE && x->message->facts->action == HANSE_ACTION_MESSAGE &&
         !(x->message->facts->flags & HANSE_FACT_IN_DIALOG);
}

enum hanse_failure sip_lift(struct sip_exchange *x, struct hanse_lifted *out) {
  const struct hanse_facts *facts = x->message->facts;
  struct hanse_lifted lifted = {.size = sizeof lifted, .kind = HANSE_LIFTED_IM, .hops = facts->hops};
  if (!is_page(x)) return HANSE_F_FOREIGN;
  const struct sip_message *request = sip_exchange_request(x);
  if (!request) return HANSE_F_MEMORY;
  enum hanse_failure failure = lift_text(x->message, &lifted.text);
  if (!failure) failure = lift_address(x->message->arena, &facts->from, &lifted.from);
  if (!failure) failure = lift_address(x->message->arena, &facts->to, &lifted.to);
  lifted.id = request->call_id;
  lifted.subject = sip_header_value(request, SIP_H_SUBJECT);
  if (!failure && !(hanse_is_utf8(lifted.subject) && sip_text_is_clean(lifted.subject)))
    failure = HANSE_F_FOREIGN_CONTENT;
  if (!failure) *out = lifted;
  return failure;
}

/* What those inside are told besides the status: the trust header, and that the other side did not say why (R82). */
static size_t lines_inside(struct sip_exchange *x, unsigned status, struct sip_line lines[2]) {
  const struct hanse_message *message = x->message;
  size_t count = sip_border_own(x->sip, message->scratch, &lines[0]);
  enum hanse_diagnostics level = sip_diagnostics_level(x->sip, HANSE_SIDE_HOME, message->marks);
  if (status < 300) return count;
  return count + sip_diagnostics_line(x->sip, message->scratch, level, HANSE_F_PEER_UNSAID, NULL, &lines[count]);
}

void sip_lift_conclude(struct sip_exchange *x, unsigned status) {
  struct sip *sip = x->sip;
  struct sip_line lines[2];
  char tag[SIP_SERVER_TAG];
  struct hanse_link *link = sip_server_link(x);
  const struct sip_message *request = sip_exchange_request(x);
  unsigned told = sip_respond_status(status, false);
  if (link && request) {
    bool inside = x->message->facts->side == HANSE_SIDE_HOME;
    struct sip_reply reply = {.status = told, .to_tag = sip_server_tag(sip, request, tag), .lines = lines};
    if (inside) reply.line_count = lines_inside(x, told, lines);
    sip_send_reply(sip, link, request, &reply);
  }
  sip_server_done(x, told);
}
