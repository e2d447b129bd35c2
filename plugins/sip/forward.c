#include "plugins/sip/forward.h"

#include "plugins/sip/border.h"
#include "plugins/sip/branch.h"
#include "plugins/sip/decorated.h"
#include "plugins/sip/hop.h"
#include "plugins/sip/number.h"
#include "plugins/sip/peer.h"
#include "plugins/sip/send.h"

enum { MAX_FORWARDS = 70, MAX_BREADTH = 60 }; /* RFC 3261 §16.6 step 3, RFC 5393 §5.3.3 */

static char *put(char *p, struct hanse_slice s) { return s.len ? (char *)memcpy(p, s.at, s.len) + s.len : p; }

/* Adds a header with a number, or gives the one that is there another. */
static int set_number(struct sip_edits *edits, unsigned header, struct hanse_slice name, unsigned n) {
  char *room = hanse_alloc(edits->arena, SIP_NUMBER_ROOM);
  if (!room) return HANSE_NOMEM;
  struct hanse_slice value = sip_number_text(n, room);
  return header ? sip_edit_value(edits, header, value) : sip_edit_append(edits, name, value);
}

static int edit_hops(struct sip_edits *edits) {
  const struct sip_message *request = edits->message;
  int hops = request->max_forwards;
  uint32_t breadth;
  int status = set_number(edits, request->first[SIP_H_MAX_FORWARDS], HANSE_LIT("Max-Forwards"),
                          hops > 0   ? (unsigned)hops - 1
                          : hops < 0 ? MAX_FORWARDS
                                     : 0);
  if (status) return status;
  unsigned header = request->first[SIP_H_MAX_BREADTH];
  if (header && sip_number(sip_header(request, header)->value, &breadth) && breadth <= MAX_BREADTH) return HANSE_OK;
  return set_number(edits, header, HANSE_LIT("Max-Breadth"), MAX_BREADTH);
}

/* RFC 3261 §20.19: at most 2^32 - 1. A larger number could wrap in whoever reads it next. */
static int edit_expires(struct sip_edits *edits) {
  unsigned header = edits->message->first[SIP_H_EXPIRES];
  uint32_t seconds;
  if (!header || !sip_number(sip_header(edits->message, header)->value, &seconds) || seconds < UINT32_MAX)
    return HANSE_OK;
  return set_number(edits, header, HANSE_LIT("Expires"), UINT32_MAX);
}

/* Where the sender's spelling of a domain differs from the canonical one, the latter leaves (B3). */
static int edit_host(struct sip_edits *edits, const struct sip_uri *uri, struct hanse_slice domain) {
  if (domain.len == 0 || hanse_same(uri->host, domain)) return HANSE_OK;
  return sip_edit_replace(edits, uri->host, domain);
}

static int edit_hosts(struct sip *sip, struct sip_edits *edits, const struct hanse_facts *facts) {
  const struct sip_message *request = edits->message;
  struct hanse_slice to;
  int status = edit_host(edits, &request->from.uri, facts->from.domain);
  if (status) return status;
  if (!(facts->flags & HANSE_FACT_IN_DIALOG)) status = edit_host(edits, &request->uri, facts->to.domain);
  if (status || request->to.uri.host_kind != SIP_HOST_NAME || hanse_same(request->to.uri.host, facts->to.domain))
    return status;
  status = hanse_canonical(sip->host, edits->arena, request->to.uri.host, &to);
  if (status == HANSE_NOMEM) return status;
  return status ? HANSE_OK : edit_host(edits, &request->to.uri, to);
}

/* The previous hop's Via says where it really came from. */
static int edit_received(struct sip *sip, struct sip_edits *edits, const struct hanse_link *link) {
  struct sip_received received;
  struct hanse_slice text;
  int status = HANSE_OK;
  sip_peer_received(sip, link, &edits->message->via, &received);
  for (unsigned i = 0; i < received.count && !status; i++) {
    status = hanse_copy(edits->arena, received.parts[i].text, &text);
    if (!status) status = sip_edit_replace(edits, received.parts[i].where, text);
  }
  return status;
}

/* RFC 6665 §4.3 wants the NOTIFY too. Requests inside a dialog get it again: an endpoint that lost its state may learn
   the way anew (§16.6 step 4). */
static bool forms_dialog(enum sip_method method) {
  return method == SIP_M_INVITE || method == SIP_M_SUBSCRIBE || method == SIP_M_NOTIFY || method == SIP_M_REFER;
}

static int record(struct sip *sip, struct sip_edits *edits, const struct hanse_link *link,
                  const struct sip_token *token) {
  struct hanse_slice name = hanse_link_local(sip->host, link), sealed;
  int status = sip_token_write(sip->host, edits->arena, token, edits->message->call_id, &sealed);
  if (status) return status;
  bool secure = hanse_link_secure(sip->host, link);
  struct hanse_slice transport = secure ? HANSE_LIT(";transport=tls;lr;") : HANSE_LIT(";transport=tcp;lr;");
  /* §16.6 step 4: what is asked for by sips is recorded as sips */
  struct hanse_slice scheme = edits->message->uri.scheme == SIP_SCHEME_SIPS ? HANSE_LIT("<sips:") : HANSE_LIT("<sip:");
  size_t n = scheme.len + name.len + transport.len + sizeof SIP_TOKEN_PARAM + sealed.len + 1;
  char *text = hanse_alloc(edits->arena, n);
  if (!text) return HANSE_NOMEM;
  char *p = put(put(put(text, scheme), name), transport);
  put(put(put(p, HANSE_LIT(SIP_TOKEN_PARAM "=")), sealed), HANSE_LIT(">"));
  return sip_edit_top(edits, HANSE_LIT("Record-Route"), hanse_slice(text, n));
}

/* What our tokens for this dialog say alike: those of a dialog that is open already repeat what they said. */
static struct sip_token dialog_token(const struct sip_exchange *x) {
  const struct hanse_facts *facts = x->message->facts;
  struct hanse_slice outside = facts->side == HANSE_SIDE_PARTNER ? facts->from.domain : facts->to.domain;
  struct sip_token token = {
      .wire_type = (enum hanse_wire_type)facts->wire_type, .decoration = sip_decoration(x), .tag = x->opener};
  if (facts->flags & HANSE_FACT_IN_DIALOG) {
    token.partner = facts->partner_name;
    token.beyond = facts->beyond;
    token.target = facts->target_name;
  } else {
    token.target = hanse_target_text(x->sip->host, x->route->targets[x->target]);
    token.partner = x->route->partner ? hanse_partner_name(x->sip->host, x->route->partner) : outside;
    if (facts->flags & HANSE_FACT_RELAYED) {
      token.beyond = token.partner;
      token.partner = outside;
    }
  }
  return token;
}

/* Two entries, the outgoing side on top (RFC 5658 §4). What comes back on either side finds the seal for that side: on
   the incoming one with the target that this attempt goes to, on the outgoing one with none, which is whoever opened
   the dialog. Between two partners each sends with its own name and to the other's. */
static int edit_record_route(struct sip_exchange *x, struct sip_edits *edits, const struct hanse_link *out) {
  struct sip *sip = x->sip;
  if (!forms_dialog((enum sip_method)x->method)) return HANSE_OK;
  struct sip_token token = dialog_token(x);
  token.side = hanse_link_side(sip->host, x->message->link);
  int status = record(sip, edits, x->message->link, &token);
  token.side = hanse_link_side(sip->host, out);
  token.target = hanse_slice(NULL, 0);
  if (token.beyond.len) {
    struct hanse_slice sender = token.partner;
    token.partner = token.beyond;
    token.beyond = sender;
  }
  return status ? status : record(sip, edits, out, &token);
}

static int edit_via(struct sip_exchange *x, struct sip_edits *edits, const struct hanse_link *out,
                    struct hanse_slice *via) {
  struct sip *sip = x->sip;
  const struct hanse_node *node = sip->host->node;
  const struct sip_branch branch = {node->number, x->attempt, node->boot, x->loop, x->ticket};
  struct hanse_slice name = hanse_link_local(sip->host, out);
  size_t n = 8 + 3 + 1 + name.len + 8 + SIP_BRANCH_TEXT;
  char *text = hanse_alloc(edits->arena, n);
  if (!text) return HANSE_NOMEM;
  char *p = put(put(text, HANSE_LIT("SIP/2.0/")), sip_peer_transport(sip, out));
  p = put(put(put(p, HANSE_LIT(" ")), name), HANSE_LIT(";branch="));
  sip_branch_write(&sip->keys, &branch, p);
  *via = hanse_slice(text, n);
  return sip_edit_top(edits, HANSE_LIT("Via"), *via);
}

static int edit(struct sip_exchange *x, struct sip_edits *edits, const struct hanse_link *out,
                struct hanse_slice *via) {
  const struct hanse_message *message = x->message;
  int status = sip_edits_init(edits, message->scratch, x->request);
  if (!status) status = sip_border_edit(x->sip, edits, message, hanse_link_side(x->sip->host, out));
  if (!status) status = edit_hops(edits);
  if (!status) status = edit_expires(edits);
  if (!status) status = edit_hosts(x->sip, edits, message->facts);
  struct hanse_slice decoration = sip_decoration(x);
  if (!status && decoration.len) status = sip_decorated_edit(x, edits, decoration);
  if (!status && x->path->entries) status = sip_path_edit(edits, x->path);
  if (!status && !x->lowered) status = edit_received(x->sip, edits, message->link);
  if (!status) status = edit_record_route(x, edits, out);
  return status ? status : edit_via(x, edits, out, via);
}

enum hanse_failure sip_forward(struct sip_exchange *x, struct hanse_link *link) {
  struct sip_edits edits;
  struct hanse_slice via;
  if (!sip_exchange_request(x)) return HANSE_F_MEMORY;
  int status = edit(x, &edits, link, &via);
  if (!status && sip_exchange_is_invite(x)) status = sip_hop_note(x, &edits, via);
  if (status == HANSE_NOMEM) return HANSE_F_MEMORY;
  if (status == SIP_DECORATED_TOO_LONG) return HANSE_F_URI_TOO_LONG;
  if (status) return HANSE_F_ERROR;
  return sip_send_edits(x->sip, link, &edits, &x->start) ? HANSE_F_NONE : HANSE_F_QUEUE_FULL;
}
