#include "plugins/sip/identity.h"

#include "plugins/sip/address.h"
#include "plugins/sip/lex.h"
#include "plugins/sip/list.h"

/* ---- Privacy ---- */

/* What is asked for: by the levels of RFC 3323 §4.2, `id` of RFC 3325 §9.3, `history` of RFC 7044 §10.1. */
enum { ASKS_ID = 1, ASKS_HISTORY = 2, ASKS_MORE = 4, IS_CRITICAL = 8 };

static unsigned asked_by(struct hanse_slice word) {
  static const struct {
    struct hanse_slice word;
    unsigned asks;
  } words[] = {{{"none", 4}, 0},
               {{"id", 2}, ASKS_ID},
               {{"history", 7}, ASKS_HISTORY},
               {{"critical", 8}, IS_CRITICAL},
               {{"user", 4}, ASKS_ID | ASKS_HISTORY | ASKS_MORE},
               {{"header", 6}, ASKS_ID | ASKS_HISTORY | ASKS_MORE}};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (hanse_same_nocase(word, words[i].word)) return words[i].asks;
  return ASKS_MORE;
}

/* Values stand between ";" (RFC 3323), and with several headers or a careless sender between ",". */
static unsigned asked(const struct sip_message *message) {
  unsigned asks = 0;
  for (unsigned n = message->first[SIP_H_PRIVACY]; n; n = sip_header(message, n)->next) {
    struct hanse_slice value = sip_header(message, n)->value;
    const char *p = value.at, *end = p + value.len;
    while (p < end) {
      const char *stop = sip_lex_span(p, end, SIP_C_TOKEN);
      if (stop > p) asks |= asked_by(sip_lex_between(p, stop));
      p = stop > p ? stop : p + 1;
    }
  }
  return asks;
}

enum hanse_failure sip_identity_check(const struct sip_message *request) {
  unsigned asks = asked(request);
  return asks & IS_CRITICAL && asks & ASKS_MORE ? HANSE_F_PRIVACY : HANSE_F_NONE;
}

bool sip_identity_suffices(const struct sip_message *request) { return !(asked(request) & ASKS_MORE); }

static bool is_private(const struct sip_message *message, enum sip_header_id id) {
  unsigned asks = asked(message);
  return asks & ASKS_ID || (id == SIP_H_HISTORY_INFO && asks & ASKS_HISTORY);
}

/* ---- who may say it ---- */

/* The domain that an entry names is spoken for by the same entry as the sender's: none stands between them. */
static bool is_of_entry(struct sip *sip, struct hanse_slice domain, struct hanse_slice entry) {
  const char *kind;
  struct hanse_where where;
  if (!hanse_domain_within(domain, entry)) return false;
  while (domain.len > entry.len) {
    if (hanse_entry_find(sip->host, domain, &kind, &where)) return false;
    const char *dot = memchr(domain.at, '.', domain.len);
    domain = sip_lex_between(dot + 1, domain.at + domain.len);
  }
  return true;
}

/* Does the partner speak for this domain? For that of who wrote the message it does, or it would not be here. */
static bool is_theirs(struct sip *sip, const struct hanse_facts *facts, struct hanse_slice domain) {
  const struct hanse_address_fact *writer = facts->flags & HANSE_FACT_ANSWER ? &facts->to : &facts->from;
  if (hanse_home_is(sip->host, domain)) return false;
  if (hanse_same(domain, writer->domain)) return true;
  return facts->partner && is_of_entry(sip, domain, hanse_partner_name(sip->host, facts->partner));
}

static bool may_assert(struct sip *sip, const struct hanse_message *message, struct hanse_slice entry,
                       enum hanse_side to) {
  struct sip_address address;
  struct hanse_slice domain;
  const char *problem;
  if (sip_address_parse(entry, &address, &problem) != HANSE_F_NONE || !sip_uri_is_sip(&address.uri) ||
      hanse_canonical(sip->host, message->scratch, address.uri.host, &domain) != HANSE_OK)
    return false;
  return to == HANSE_SIDE_HOME ? is_theirs(sip, message->facts, domain) : hanse_home_is(sip->host, domain);
}

static bool may_assert_all(struct sip *sip, const struct hanse_message *message, struct hanse_slice value,
                           enum hanse_side to) {
  struct hanse_slice entry;
  bool more = true;
  while (more)
    if (!sip_list_cut(&value, &entry, &more) || !may_assert(sip, message, entry, to)) return false;
  return true;
}

bool sip_identity_may_cross(struct sip *sip, const struct hanse_message *message, const struct sip_message *parsed,
                            const struct sip_header *header, enum hanse_side to) {
  bool asserts = header->id == SIP_H_P_ASSERTED_IDENTITY || header->id == SIP_H_REMOTE_PARTY_ID;
  if (to == HANSE_SIDE_PARTNER && is_private(parsed, (enum sip_header_id)header->id)) return false;
  if (!asserts || message->marks->identity_keep == HANSE_IDENTITY_KEEP_ALL) return true;
  return may_assert_all(sip, message, header->value, to);
}
