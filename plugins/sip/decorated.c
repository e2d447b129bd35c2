#include "plugins/sip/decorated.h"

#include <hanse/decoration.h>

#include "plugins/sip/decorated_body.h"

enum hanse_failure sip_decorated_sender(struct sip *sip, struct hanse_message *message, const struct sip_token *token) {
  struct hanse_address_fact *from = &message->facts->from;
  struct hanse_slice user, inner, domain;
  if (!hanse_same(from->domain, token->decoration) || !hanse_undecorate(from->user, &user, &inner)) return HANSE_F_NONE;
  int status = hanse_canonical(sip->host, message->arena, inner, &domain);
  if (status == HANSE_NOMEM) return HANSE_F_MEMORY;
  if (status == HANSE_OK && hanse_domain_within(domain, token->partner))
    *from = (struct hanse_address_fact){user, domain};
  return HANSE_F_NONE;
}

struct hanse_slice sip_decoration(const struct sip_exchange *x) {
  const struct hanse_facts *facts = x->message->facts;
  return facts->flags & HANSE_FACT_IN_DIALOG ? x->path->token.decoration : facts->terms.decoration;
}

static int replace(struct sip_edits *edits, const struct sip_uri *uri, struct hanse_slice user,
                   struct hanse_slice host) {
  int status = uri->user.at ? sip_edit_replace(edits, uri->user, user) : HANSE_OK;
  return status ? status : sip_edit_replace(edits, uri->host, host);
}

/* Decorates an address of a domain that goes to the network with this message; others stay. */
static int decorate(struct sip *sip, struct sip_edits *edits, const struct sip_uri *uri, struct hanse_slice going,
                    bool whole_entry, struct hanse_slice decoration, bool *done) {
  struct hanse_slice domain, user = {NULL, 0};
  if (uri->host_kind != SIP_HOST_NAME) return HANSE_OK;
  int status = hanse_canonical(sip->host, edits->arena, uri->host, &domain);
  if (status == HANSE_NOMEM) return status;
  if (status || hanse_same(domain, decoration)) return HANSE_OK;
  if (whole_entry ? !hanse_domain_within(domain, going) : !hanse_same(domain, going)) return HANSE_OK;
  status = uri->user.at ? hanse_decorate(edits->arena, uri->user, domain, &user) : HANSE_OK;
  if (status) return status == HANSE_INVALID ? SIP_DECORATED_TOO_LONG : status;
  if (done) *done = uri->user.at != NULL;
  return replace(edits, uri, user, decoration);
}

enum hanse_failure sip_decorated_check(struct sip_exchange *x) {
  const struct hanse_facts *facts = x->message->facts;
  if (facts->side != HANSE_SIDE_HOME) return HANSE_F_NONE;
  const struct sip_message *request = sip_exchange_request(x);
  if (!request) return HANSE_F_MEMORY;
  size_t user = request->uri.user.len > request->to.uri.user.len ? request->uri.user.len : request->to.uri.user.len;
  return user && user + facts->to.domain.len + 2 > HANSE_DECORATED_MAX ? HANSE_F_URI_TOO_LONG : HANSE_F_NONE;
}

/* In a dialog the Request-URI is a contact, most often the network's own. */
static int edit_out(struct sip_exchange *x, struct sip_edits *edits, struct hanse_slice decoration) {
  const struct hanse_facts *facts = x->message->facts;
  const struct sip_message *request = edits->message;
  bool dialog = (facts->flags & HANSE_FACT_IN_DIALOG) != 0;
  struct hanse_slice going = dialog ? facts->partner_name : facts->to.domain;
  int status = decorate(x->sip, edits, &request->uri, going, dialog, decoration, NULL);
  return status ? status : decorate(x->sip, edits, &request->to.uri, going, dialog, decoration, &x->to_decorated);
}

/* facts->from was made plain when the sender was recognised, and is of another domain then. */
static int edit_in(struct sip_exchange *x, struct sip_edits *edits, struct hanse_slice decoration) {
  const struct hanse_address_fact *from = &x->message->facts->from;
  const struct sip_uri *uri = &edits->message->from.uri;
  struct hanse_slice host;
  if (uri->host_kind != SIP_HOST_NAME || hanse_same(from->domain, decoration)) return HANSE_OK;
  int status = hanse_canonical(x->sip->host, edits->arena, uri->host, &host);
  if (status == HANSE_NOMEM) return status;
  if (status || !hanse_same(host, decoration)) return HANSE_OK;
  x->from_decorated = uri->user.at != NULL;
  status = replace(edits, uri, from->user, from->domain);
  if (status || !uri->user.at) return status;
  char *plain = hanse_alloc(edits->arena, from->user.len + 1 + from->domain.len);
  if (!plain) return HANSE_NOMEM;
  memcpy(plain, from->user.at, from->user.len);
  plain[from->user.len] = '@';
  memcpy(plain + from->user.len + 1, from->domain.at, from->domain.len);
  return sip_decorated_body(edits, sip_uri_address(uri), hanse_slice(plain, from->user.len + 1 + from->domain.len));
}

int sip_decorated_edit(struct sip_exchange *x, struct sip_edits *edits, struct hanse_slice decoration) {
  return x->message->facts->side == HANSE_SIDE_HOME ? edit_out(x, edits, decoration) : edit_in(x, edits, decoration);
}
