#include "plugins/sip/border.h"

#include "plugins/sip/diagnostics.h"
#include "plugins/sip/identity.h"
#include "plugins/sip/text.h"

#define TRUST_HEADER HANSE_LIT("ms-edge-proxy-message-trust")

/* When a header may not cross. */
enum {
  IN = 1,  /* claimed by a stranger: never inwards */
  OUT = 2, /* says something about our inside: never outwards */
  BOTH = IN | OUT,
  IDENTITY = 4,   /* … unless a policy keeps it and who says it may (sip_identity_may_cross) */
  DIAGNOSTICS = 8 /* … by what the policy lets out */
};

/* Credentials mean nothing to the other organisation, whose trust is the mutual TLS (R79); asserted identity holds
   within one trust domain (RFC 3325 §5). */
static const unsigned char by_id[SIP_H_COUNT] = {
    [SIP_H_AUTHORIZATION] = BOTH,
    [SIP_H_PROXY_AUTHORIZATION] = BOTH,
    [SIP_H_WWW_AUTHENTICATE] = BOTH,
    [SIP_H_PROXY_AUTHENTICATE] = BOTH,
    [SIP_H_AUTHENTICATION_INFO] = BOTH,
    [SIP_H_PROXY_AUTHENTICATION_INFO] = BOTH,
    [SIP_H_P_ASSERTED_IDENTITY] = BOTH | IDENTITY,
    [SIP_H_P_PREFERRED_IDENTITY] = BOTH,
    [SIP_H_REMOTE_PARTY_ID] = BOTH | IDENTITY,
    [SIP_H_IDENTITY] = BOTH | IDENTITY,
    [SIP_H_IDENTITY_INFO] = BOTH | IDENTITY,
    [SIP_H_HISTORY_INFO] = BOTH | IDENTITY,
    [SIP_H_DIVERSION] = BOTH | IDENTITY,
    [SIP_H_MS_EDGE_PROXY_MESSAGE_TRUST] = BOTH,
    [SIP_H_MS_ASSERTED_VERIFICATION_LEVEL] = BOTH,
    [SIP_H_PATH] = IN, /* the way to a user is inside (RFC 3327 §5.1, RFC 3608 §6) */
    [SIP_H_SERVICE_ROUTE] = IN,
    [SIP_H_MS_DIAGNOSTICS] = BOTH | DIAGNOSTICS,
    [SIP_H_MS_DIAGNOSTICS_PUBLIC] = BOTH | DIAGNOSTICS,
};

/* Further ones, by the beginning of their name in lower case. */
static const struct {
  struct hanse_slice begin;
  unsigned char rule;
} by_name[] = {
    {{"ms-edge-", 8}, BOTH},
    {{"ms-asserted-", 12}, BOTH},
    {{"ms-source-", 10}, BOTH},
    {{"ms-split-domain-info", 20}, BOTH}, /* makes a user elsewhere one of ours */
    {{"ms-user-logon-data", 18}, IN},
    {{"ms-application-via", 18}, IN},
    {{"p-asserted-", 11}, BOTH | IDENTITY},
    {{"p-preferred-", 12}, BOTH},
    {{"p-charging-", 11}, BOTH},
    {{"p-access-network-info", 21}, BOTH},
    {{"p-visited-network-id", 20}, BOTH},
    {{"p-served-user", 13}, BOTH},
    {{"p-associated-uri", 16}, BOTH},
    {{"p-profile-key", 13}, BOTH},
    {{"p-called-party-id", 17}, IN}, /* RFC 7315, 4457, 7316, 5503: words of the servers of one network */
    {{"p-user-database", 15}, IN},
    {{"p-private-network-indication", 28}, IN},
    {{"p-dcs-", 6}, IN},
    {{"x-forwarded-", 12}, BOTH},
    {{"x-real-ip", 9}, BOTH},
};

static unsigned name_rule(struct hanse_slice name) {
  char first = hanse_lower(name.at[0]);
  if (first != 'p' && first != 'm' && first != 'x') return 0;
  for (size_t i = 0; i < sizeof by_name / sizeof by_name[0]; i++)
    if (hanse_begins_nocase(name, by_name[i].begin)) return by_name[i].rule;
  return 0;
}

/* Inwards it is written anew (sip_diagnostics_inwards). */
static bool lets_out(const struct sip *sip, unsigned direction, const struct hanse_marks *marks, unsigned id) {
  if (direction == IN) return false;
  enum hanse_diagnostics level = sip_diagnostics_level(sip, HANSE_SIDE_PARTNER, marks);
  return level == HANSE_DIAGNOSTICS_FULL || (level == HANSE_DIAGNOSTICS_PUBLIC && id == SIP_H_MS_DIAGNOSTICS_PUBLIC);
}

static bool may_cross(struct sip *sip, const struct hanse_message *message, const struct sip_message *parsed,
                      const struct sip_header *header, unsigned direction) {
  const struct hanse_marks *marks = message->marks;
  if (!(marks->set & HANSE_MARK_IDENTITY) || marks->identity_keep == HANSE_IDENTITY_DROP) return false;
  return sip_identity_may_cross(sip, message, parsed, header, direction == IN ? HANSE_SIDE_HOME : HANSE_SIDE_PARTNER);
}

static unsigned rule_of(const struct sip_header *header) {
  return header->id == SIP_H_OTHER ? name_rule(header->name) : by_id[header->id];
}

/* A header that does not cross in this direction but for exceptions. HANSE_OK or HANSE_NOMEM. */
HANSE_RARE static int drop(struct sip *sip, struct sip_edits *edits, const struct hanse_message *message, unsigned n,
                           unsigned direction) {
  const struct sip_header *header = sip_header(edits->message, n);
  unsigned rule = rule_of(header);
  if (rule & IDENTITY && may_cross(sip, message, edits->message, header, direction)) return HANSE_OK;
  if (rule & DIAGNOSTICS && lets_out(sip, direction, message->marks, header->id)) return HANSE_OK;
  return sip_edit_delete(edits, n);
}

static const char *source_type(unsigned wire_type) {
  switch (wire_type) {
    case HANSE_WIRE_DIRECT_PARTNER:
      return "DirectPartner";
    case HANSE_WIRE_AUTO_FEDERATION:
      return "AutoFederation";
    case HANSE_WIRE_AUTHORIZED_SERVER:
      return "AuthorizedServer";
    case HANSE_WIRE_CLEARING_HOUSE:
      return "ClearingHouse";
    default:
      return NULL;
  }
}

static bool is_verified(const struct hanse_marks *marks) {
  return !(marks->set & HANSE_MARK_VERIFIED) || marks->verified; /* its domain is: nothing unbound comes so far */
}

static struct hanse_slice join(struct hanse_arena *arena, const struct hanse_slice *parts, size_t count) {
  size_t n = 0;
  for (size_t i = 0; i < count; i++) n += parts[i].len;
  char *text = hanse_alloc(arena, n + 1), *p = text;
  if (!text) return hanse_slice(NULL, 0);
  for (size_t i = 0; i < count; i++)
    if (parts[i].len) p = (char *)memcpy(p, parts[i].at, parts[i].len) + parts[i].len;
  return hanse_slice(text, n);
}

/* Five parameters in this order (R60). */
static int add_trust(struct sip *sip, struct sip_edits *edits, const struct hanse_message *message) {
  const char *type = source_type(message->facts->wire_type);
  bool remote = message->facts->proved_count > 0;
  if (!type) return HANSE_OK;
  const struct hanse_slice parts[] = {
      HANSE_LIT("ms-source-type="),
      hanse_text(type),
      HANSE_LIT(";ms-ep-fqdn="),
      sip->host->node->name,
      HANSE_LIT(";ms-source-verified-user="),
      is_verified(message->marks) ? HANSE_LIT("verified") : HANSE_LIT("unverified"),
      message->facts->terms.network == HANSE_NETWORK_PUBLIC ? HANSE_LIT(";ms-source-network=publiccloud")
                                                            : HANSE_LIT(";ms-source-network=federation"),
      remote ? HANSE_LIT(";ms-remote-fqdn=") : HANSE_LIT(""),
      remote ? message->facts->proved[0] : HANSE_LIT(""),
  };
  struct hanse_slice value = join(edits->arena, parts, sizeof parts / sizeof parts[0]);
  if (!value.at) return HANSE_NOMEM;
  return sip_edit_append(edits, TRUST_HEADER, value);
}

bool sip_border_own(struct sip *sip, struct hanse_arena *arena, struct sip_line *out) {
  const struct hanse_slice parts[] = {HANSE_LIT("ms-source-type=EdgeProxyGenerated;ms-ep-fqdn="), sip->host->node->name,
                                      HANSE_LIT(";ms-source-verified-user=verified;ms-source-network=federation")};
  if (!sip->settings->trust_header) return false;
  *out = (struct sip_line){TRUST_HEADER, join(arena, parts, sizeof parts / sizeof parts[0])};
  return out->value.at != NULL;
}

static int add_asserted(struct sip_edits *edits, const struct hanse_marks *marks) {
  return sip_edit_append(edits, HANSE_LIT("ms-asserted-verification-level"),
                         marks->verified ? HANSE_LIT("ms-source-verified-user=verified")
                                         : HANSE_LIT("ms-source-verified-user=unverified"));
}

/* A quoted string (RFC 3261 §25.1), whatever the text is. */
static int add_notice(const struct sip *sip, struct sip_edits *edits, struct hanse_slice notice) {
  char *text = hanse_alloc(edits->arena, 2 * notice.len + 2), *p = text;
  if (!text) return HANSE_NOMEM;
  *p++ = '"';
  for (size_t i = 0; i < notice.len; i++) {
    if (notice.at[i] == '"' || notice.at[i] == '\\') *p++ = '\\';
    *p++ = notice.at[i];
  }
  *p++ = '"';
  return sip_edit_append(edits, sip->settings->notice_header, hanse_slice(text, (size_t)(p - text)));
}

enum hanse_failure sip_border_check(const struct sip *sip, const struct hanse_message *message) {
  const struct hanse_marks *marks = message->marks;
  if (marks->set & HANSE_MARK_NOTICE &&
      (!sip->settings->notice_header.len || !marks->notice.len || !sip_text_is_clean(marks->notice)))
    return HANSE_F_MARK;
  if (marks->set & HANSE_MARK_TEXT && message->facts->text.len == 0) return HANSE_F_MARK;
  return HANSE_F_NONE;
}

static bool tells_of_failure(const struct sip_message *message) {
  return message->first[SIP_H_MS_DIAGNOSTICS] || message->first[SIP_H_MS_DIAGNOSTICS_PUBLIC] ||
         (!message->request && message->status >= 400);
}

int sip_border_edit(struct sip *sip, struct sip_edits *edits, const struct hanse_message *message, enum hanse_side to) {
  const struct hanse_marks *marks = message->marks;
  const struct sip_message *parsed = edits->message;
  unsigned direction = to == HANSE_SIDE_HOME ? IN : OUT;
  int status = HANSE_OK;
  for (unsigned n = 1; n <= parsed->count && !status; n++)
    if (rule_of(sip_header(parsed, n)) & direction) status = drop(sip, edits, message, n, direction);
  if (!status && direction == IN && (sip->settings->trust_header || marks->set & HANSE_MARK_VERIFIED))
    status = add_trust(sip, edits, message);
  if (!status && direction == IN && tells_of_failure(parsed)) status = sip_diagnostics_inwards(sip, edits, message);
  if (!status && direction == OUT && marks->set & HANSE_MARK_VERIFIED) status = add_asserted(edits, marks);
  if (!status && marks->set & HANSE_MARK_NOTICE) status = add_notice(sip, edits, marks->notice);
  if (!status && marks->set & HANSE_MARK_TEXT) status = sip_text_replace(edits, marks->text);
  return status;
}
