#include "plugins/sip/facts.h"

#include "plugins/sip/decorated.h"
#include "plugins/sip/lex.h"
#include "plugins/sip/modality.h"
#include "plugins/sip/text.h"

/* Octets that mean the same with and without their escape (RFC 3261 §19.1.4, §25.1: unreserved); 0: none. */
static char unescaped(const char *p, const char *end) {
  if (end - p < 3 || *p != '%') return 0;
  unsigned high = sip_lex_hex(p[1]), low = sip_lex_hex(p[2]);
  if ((high | low) > 15) return 0;
  char c = (char)(high << 4 | low), lower = hanse_lower(c);
  bool alphanumeric = (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9');
  return alphanumeric || (c && memchr("-_.!~*'()", c, 9)) ? c : 0;
}

/* One user has one name for policies and the log; on the wire the sender's spelling stays. */
static int read_user(struct hanse_arena *arena, struct hanse_slice user, struct hanse_slice *out) {
  const char *p = user.at, *end = user.at + user.len;
  if (user.len == 0 || !memchr(p, '%', user.len)) {
    *out = user;
    return HANSE_OK;
  }
  char *text = hanse_alloc(arena, user.len), *to = text, c;
  if (!text) return HANSE_NOMEM;
  while (p < end) {
    c = unescaped(p, end);
    *to++ = c ? c : *p;
    p += c ? 3 : 1;
  }
  *out = hanse_slice(text, (size_t)(to - text));
  return HANSE_OK;
}

static enum hanse_failure read_address(struct sip *sip, struct hanse_arena *arena, const struct sip_uri *uri,
                                       struct hanse_address_fact *out) {
  if (uri->host_kind != SIP_HOST_NAME) return HANSE_F_PARSE;
  int status = hanse_canonical(sip->host, arena, uri->host, &out->domain);
  if (status == HANSE_NOMEM) return HANSE_F_MEMORY;
  if (status != HANSE_OK) return HANSE_F_PARSE;
  return read_user(arena, uri->user, &out->user) == HANSE_OK ? HANSE_F_NONE : HANSE_F_MEMORY;
}

/* Typing and receipts travel in MESSAGE too (RFC 3994, RFC 5438). */
static enum hanse_action message_action(const struct sip_message *message) {
  struct hanse_slice type = sip_text_media_type(message);
  bool signal = hanse_begins_nocase(type, HANSE_LIT("application/im-iscomposing")) ||
                hanse_begins_nocase(type, HANSE_LIT("message/imdn")) ||
                hanse_begins_nocase(type, HANSE_LIT("application/ms-imdn"));
  return signal ? HANSE_ACTION_SIGNAL : HANSE_ACTION_MESSAGE;
}

static enum hanse_action action(const struct sip_message *message) {
  static const unsigned char of[SIP_M_COUNT] = {
      [SIP_M_ACK] = HANSE_ACTION_ACKNOWLEDGE,     [SIP_M_BYE] = HANSE_ACTION_END,
      [SIP_M_INFO] = HANSE_ACTION_SIGNAL,         [SIP_M_INVITE] = HANSE_ACTION_SESSION,
      [SIP_M_NOTIFY] = HANSE_ACTION_NOTIFY,       [SIP_M_OPTIONS] = HANSE_ACTION_PROBE,
      [SIP_M_PRACK] = HANSE_ACTION_SESSION,       [SIP_M_PUBLISH] = HANSE_ACTION_PUBLISH,
      [SIP_M_REFER] = HANSE_ACTION_REFER,         [SIP_M_REGISTER] = HANSE_ACTION_REGISTER,
      [SIP_M_SUBSCRIBE] = HANSE_ACTION_SUBSCRIBE, [SIP_M_UPDATE] = HANSE_ACTION_SESSION,
      [SIP_M_BENOTIFY] = HANSE_ACTION_NOTIFY,
  };
  return message->method == SIP_M_MESSAGE ? message_action(message) : (enum hanse_action)of[message->method];
}

/* ms-asserted-verification-level: ms-source-verified-user=verified | unverified; anything else says nothing. */
static enum hanse_stated stated(const struct sip_message *request) {
  const struct hanse_slice name = HANSE_LIT("ms-source-verified-user=");
  struct hanse_slice value = sip_header_value(request, SIP_H_MS_ASSERTED_VERIFICATION_LEVEL);
  if (!hanse_begins_nocase(value, name)) return HANSE_STATED_NOTHING;
  struct hanse_slice word = hanse_slice(value.at + name.len, value.len - name.len);
  if (hanse_same_nocase(word, HANSE_LIT("verified"))) return HANSE_STATED_VERIFIED;
  return hanse_same_nocase(word, HANSE_LIT("unverified")) ? HANSE_STATED_UNVERIFIED : HANSE_STATED_NOTHING;
}

static enum hanse_failure fill(struct hanse_message *to, const struct sip_message *message) {
  struct hanse_facts *facts = to->facts;
  facts->method = message->method_text;
  facts->action = (uint8_t)action(message);
  facts->bytes = (uint32_t)message->bytes.len;
  facts->conversation = message->call_id;
  bool failed = sip_text_read(message, to->arena, &facts->text_type, &facts->text) ||
                sip_modality_read(message, to->arena, facts);
  return failed ? HANSE_F_MEMORY : HANSE_F_NONE;
}

/* One of our domains or a partner's, by its very name: a host below one may be a contact's. */
static bool has_entry(struct sip *sip, struct hanse_slice domain) {
  const char *kind;
  struct hanse_where where;
  return domain.len && hanse_entry_find(sip->host, domain, &kind, &where);
}

/* In a dialog the Request-URI is a contact, perhaps an address inside, and the token decides the way (RFC 3261 §12.2);
   but one that names somebody in a domain that we know is who will get it (GRUUs do), whatever To says. */
static enum hanse_failure fill_to_inside(struct sip *sip, struct hanse_message *message,
                                         const struct sip_message *request) {
  struct hanse_address_fact *to = &message->facts->to, contact;
  enum hanse_failure failure = read_address(sip, message->arena, &request->to.uri, to);
  if (failure == HANSE_F_PARSE) to->user = request->to.uri.user; /* no domain: the token tells the way */
  if (failure == HANSE_F_MEMORY) return failure;
  failure = read_address(sip, message->arena, &request->uri, &contact);
  if (failure == HANSE_F_NONE && has_entry(sip, contact.domain)) *to = contact;
  return failure == HANSE_F_MEMORY ? failure : HANSE_F_NONE;
}

/* Where a request goes is its Request-URI's business. */
static enum hanse_failure fill_to(struct sip *sip, struct hanse_message *message, const struct sip_message *request,
                                  bool in_dialog) {
  const struct sip_uri *uri = &request->uri;
  if (in_dialog) return fill_to_inside(sip, message, request);
  enum hanse_failure failure = read_address(sip, message->arena, uri, &message->facts->to);
  if (failure != HANSE_F_PARSE) return failure;
  message->facts->to.user = uri->user;
  return HANSE_F_NONE; /* no domain: the core finds no route */
}

enum hanse_failure sip_facts_request(struct sip *sip, struct hanse_message *message, const struct sip_message *request,
                                     const struct sip_path *path) {
  struct hanse_facts *facts = message->facts;
  bool in_dialog = request->to.tag.at && path->sealed;
  enum hanse_failure failure = read_address(sip, message->arena, &request->from.uri, &facts->from);
  bool inside = hanse_link_side(sip->host, message->link) == HANSE_SIDE_HOME;
  if (failure == HANSE_F_PARSE && !in_dialog) return inside ? HANSE_F_NOT_HOME_SENDER : HANSE_F_UNKNOWN_PARTNER;
  if (failure == HANSE_F_PARSE) failure = HANSE_F_NONE; /* a tel: URI, say: the token tells who may send */
  if (!failure) failure = fill_to(sip, message, request, in_dialog);
  if (!failure) failure = fill(message, request);
  if (failure) return failure;
  facts->stated = (uint8_t)stated(request);
  facts->hops = request->max_forwards > 0 ? (uint32_t)request->max_forwards - 1 : 69;
  if (in_dialog) {
    facts->flags |= HANSE_FACT_IN_DIALOG;
    facts->partner_name = path->token.partner;
    facts->target_name = path->token.target;
    facts->beyond = path->token.beyond;
    if (path->token.decoration.len && !inside) failure = sip_decorated_sender(sip, message, &path->token);
  }
  if (request->method == SIP_M_ACK || request->method == SIP_M_BENOTIFY) facts->flags |= HANSE_FACT_NO_ANSWER;
  return failure;
}

/* The response's own octets where they say the same, else a copy: it may outlive the request. */
static int keep(struct hanse_arena *arena, struct hanse_slice own, struct hanse_slice asked, struct hanse_slice *out) {
  if (!hanse_same(own, asked)) return hanse_copy(arena, asked, out);
  *out = own;
  return HANSE_OK;
}

static int keep_address(struct hanse_arena *arena, const struct sip_uri *own, const struct hanse_address_fact *asked,
                        struct hanse_address_fact *out) {
  int status = keep(arena, own->user, asked->user, &out->user);
  return status ? status : keep(arena, own->host, asked->domain, &out->domain);
}

static enum hanse_failure fill_response(struct sip *sip, struct hanse_message *message,
                                        const struct sip_message *response, const struct hanse_facts *asked) {
  struct hanse_facts *facts = message->facts;
  struct hanse_arena *arena = message->arena;
  bool failed = asked ? keep_address(arena, &response->from.uri, &asked->from, &facts->from) ||
                            keep_address(arena, &response->to.uri, &asked->to, &facts->to)
                      : read_address(sip, arena, &response->from.uri, &facts->from) == HANSE_F_MEMORY ||
                            read_address(sip, arena, &response->to.uri, &facts->to) == HANSE_F_MEMORY;
  return failed ? HANSE_F_MEMORY : HANSE_F_NONE;
}

enum hanse_failure sip_facts_response(struct sip *sip, struct hanse_message *message,
                                      const struct sip_message *response, const struct hanse_facts *asked) {
  struct hanse_facts *facts = message->facts;
  if (fill_response(sip, message, response, asked) || fill(message, response)) return HANSE_F_MEMORY;
  facts->flags |= HANSE_FACT_ANSWER;
  if (response->status >= 200) facts->flags |= HANSE_FACT_FINAL;
  facts->status = (uint16_t)response->status;
  return HANSE_F_NONE;
}
