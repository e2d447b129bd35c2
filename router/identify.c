/* IDENTIFY: who is the peer, for the sender's domain? (design §3; lync-edge §2.3) */
#include <hanse/decoration.h>
#include <stdio.h>

#include "contract/domain.h"
#include "router/binding.h"
#include "router/stage.h"
#include "router/tls.h"

/* A sender whose address seems to be decorated: whom that calls is asked for as well. */
struct decorated {
  struct hanse_address_fact written, plain;
  struct party party; /* who speaks for the address as it is written */
  bool settled;
};

/* "a, b, c" of the names that the link proved, for the administrator. */
static const char *proved_text(const struct hanse_link *link, char *buf, size_t n) {
  size_t have = 0;
  buf[0] = '\0';
  for (size_t i = 0; i < link->proved_count && have + 1 < n; i++) {
    int more = snprintf(buf + have, n - have, "%s%.*s", i ? ", " : "", HANSE_FMT(link->proved[i]));
    if (more < 0) break;
    have += (size_t)more;
  }
  return link->proved_count ? buf : "nothing";
}

static bool listed(const struct home *home, const struct hanse_link *link) {
  for (size_t i = 0; i < home->peer_count; i++)
    for (size_t k = 0; k < link->proved_count; k++)
      if (hanse_same(home->peers[i].name, link->proved[k])) return true;
  return false;
}

/* Being a home domain or a configured partner is a vote for it; being known to a catch-all type is none. */
static enum step know(struct message *message, const struct party *party) {
  const struct hanse_partner *partner = party->partner;
  bool inside = message->public.link->side == HANSE_SIDE_HOME;
  if (stage_party(message, party) != HANSE_OK)
    return stage_refuse(message, HANSE_F_MEMORY, (struct hanse_where){0}, "no memory for who it is");
  message->way.known = party->configured || inside;
  if (!inside && !stage_link_serves(message, party->wire_type))
    return stage_refuse(message, HANSE_F_LINK_TYPE, partner ? partner->entry.where : (struct hanse_where){0},
                        "this connection serves another federation type");
  return STEP_ON;
}

/* A dialog's request from outside: our own token tells whose it is. */
static bool by_token(const struct hanse_facts *facts) {
  return facts->side == HANSE_SIDE_PARTNER && facts->flags & HANSE_FACT_IN_DIALOG && facts->partner_name.len;
}

/* For which domain the peer must speak: the sender's. In a dialog the partner that our own token names, since From is
   then whoever the dialog was opened towards, of whatever domain (a forwarded call; RFC 3261 §12.2.1.1). */
static struct hanse_slice speaks_for(const struct message *message) {
  const struct decorated *decorated = message->way.decorated;
  if (decorated && !decorated->settled) return decorated->plain.domain;
  return by_token(&message->facts) ? message->facts.partner_name : message->facts.from.domain;
}

static enum step known_as(struct message *message, struct hanse_slice domain, const struct party *party,
                          hanse_time lasts) {
  struct router *router = message->router;
  struct hanse_link *link = message->public.link;
  hanse_time until = lasts ? *router->clock + lasts : 0;
  if (!message->dry) binding_add(link, domain, router->now->partners, party, router->now->number, until);
  return know(message, party);
}

/* In a dialog any of our domains will do that this server may send for. */
static struct home *home_of(const struct partner_set *set, const struct hanse_link *link) {
  for (size_t i = 0; i < set->home_count; i++)
    if (listed(&set->homes[i], link)) return &set->homes[i];
  return NULL;
}

/* From inside: only our domains come from there (R16, R17), and only from servers that `peers` lists. */
static enum step from_home(struct message *message) {
  const struct hanse_link *link = message->public.link;
  const struct partner_set *set = message->router->now->partners;
  struct hanse_slice domain = message->facts.from.domain;
  struct entry *entry = partner_set_find(set, domain);
  struct home *home = entry_home(entry);
  char names[256];
  if (!home && message->facts.flags & HANSE_FACT_IN_DIALOG && (home = home_of(set, link)) != NULL)
    domain = home->entry.domain;
  if (!home)
    return stage_refuse(message, HANSE_F_NOT_HOME_SENDER, entry ? entry->where : (struct hanse_where){0},
                        "\"%.*s\" is no home domain, yet it sends from inside", HANSE_FMT(domain));
  if (!listed(home, link))
    return stage_refuse(message, HANSE_F_HOME_PEER, home->entry.where,
                        "the peer proved %s; `peers` of this home entry lists none of that",
                        proved_text(link, names, sizeof names));
  return known_as(message, domain, &(struct party){.wire_type = HANSE_WIRE_NONE}, 0);
}

/* Does this entry take a name that the certificate offers beside what it proves? */
static bool takes(const struct hanse_partner *partner, struct hanse_slice name) {
  bool wildcard = name.len > 1 && name.at[0] == '*';
  return wildcard ? partner->wildcards : partner->accept_cn;
}

/* Who is on the link in the eyes of this entry (NULL: of no entry). */
static struct hanse_peer peer_for(struct message *message, const struct hanse_partner *partner) {
  const struct hanse_link *link = message->public.link;
  struct hanse_peer peer = {.size = sizeof peer, .proved = link->proved, .proved_count = (uint32_t)link->proved_count};
  struct hanse_slice *names;
  if (!partner || !link->offered_count || !(partner->accept_cn || partner->wildcards)) return peer;
  names = hanse_alloc(&message->scratch.arena, (link->proved_count + link->offered_count) * sizeof *names);
  if (!names) return peer; /* then it proves less */
  for (size_t i = 0; i < link->proved_count; i++) names[i] = link->proved[i];
  for (size_t i = 0; i < link->offered_count; i++)
    if (takes(partner, link->offered[i])) names[peer.proved_count++] = link->offered[i];
  peer.proved = names;
  return peer;
}

static enum hanse_found ask(struct message *message, const struct federation *federation,
                            struct hanse_partner *partner) {
  struct hanse_peer peer = peer_for(message, partner);
  message->way.why = (struct hanse_refusal){.size = sizeof message->way.why};
  struct hanse_question question = {.size = sizeof question,
                                    .dry = message->dry,
                                    .ours = stage_is_ours(message, speaks_for(message)),
                                    .domain = speaks_for(message),
                                    .peer = &peer,
                                    .why = &message->way.why,
                                    .arena = &message->kept.arena};
  question.token = stage_token(message, federation->instance, federation->slots->withdrawn);
  struct calling before = instance_enter(federation->instance, "confirm");
  enum hanse_found found = federation->slots->confirm(federation->instance->self, partner, &question);
  instance_leave(before);
  return stage_found(message, found, &question);
}

/* A partner whose entry names a profile of its own is believed under that profile's anchors only, whatever the listener
   that it came in by believes. Asked once a binding. */
static bool trusted(const struct message *message, const struct hanse_partner *partner) {
  const struct hanse_link *link = message->public.link;
  if (message->dry || !partner->tls || !link->tls || hanse_same(partner->tls->name, link->tls->name)) return true;
  return link_trusted_by(link, partner->tls);
}

static enum step conclude(struct message *message, const struct federation *federation, struct hanse_partner *partner,
                          enum hanse_found found) {
  struct hanse_refusal *why = &message->way.why;
  const struct way *way = &message->way;
  struct hanse_where where = partner ? partner->entry.where : (struct hanse_where){0};
  if (found == HANSE_FOUND_LATER && message->way.token) return STEP_WAIT;
  if (found != HANSE_FOUND_YES) {
    message_partner_set(message, partner);
    if (found == HANSE_FOUND_LATER) return stage_not_later(message, federation, where);
    if (found != HANSE_FOUND_NO)
      return stage_refuse(message, HANSE_F_ERROR, where, "federation type \"%.*s\" gave no answer",
                          HANSE_FMT(federation->name));
    why->plugin = federation->instance->name;
    if (why->failure == HANSE_F_NONE) why->failure = HANSE_F_NAME_NOT_PROVED;
    if (by_token(&message->facts) && !hanse_domain_within(message->facts.from.domain, message->facts.partner_name))
      why->failure = HANSE_F_NO_DIALOG; /* nobody is impersonated, but it is somebody else's dialog (B9) */
    if (!why->where.file) why->where = where;
    return STEP_REFUSE;
  }
  if (partner && !trusted(message, partner))
    return stage_refuse(message, HANSE_F_NAME_NOT_PROVED, where,
                        "the peer's certificate does not end in the authorities of this partner's own profile \"%.*s\"",
                        HANSE_FMT(partner->tls->name));
  return known_as(message, speaks_for(message),
                  &(struct party){.partner = partner,
                                  .federation = federation->word,
                                  .through = message->facts.through,
                                  .terms = message->facts.terms,
                                  .wire_type = (uint8_t)federation->slots->wire_type,
                                  .configured = partner || way->configured},
                  way->lasts);
}

/* Domains that no entry names are offered to the catch-all types in configured order; way.policy counts them. */
static enum step from_stranger(struct message *message) {
  const struct generation *generation = message->router->now;
  struct way *way = &message->way;
  struct hanse_refusal why = {.failure = HANSE_F_NONE};
  for (; way->policy < generation->catch_all_count; way->policy++) {
    const struct federation *federation = generation->catch_all[way->policy];
    enum hanse_found found = way->resolved ? (enum hanse_found)way->found : ask(message, federation, NULL);
    way->resolved = 0;
    if (found != HANSE_FOUND_NOT_MINE) return conclude(message, federation, NULL, found);
    stage_not_mine(message, federation, &why);
  }
  if (why.failure) return stage_refused(message, &why);
  if (stage_is_ours(message, speaks_for(message)))
    return stage_refuse(message, HANSE_F_OWN_DOMAIN_OUTSIDE, (struct hanse_where){0},
                        "\"%.*s\" is ours, and the peer is no provider that shares it", HANSE_FMT(speaks_for(message)));
  return stage_refuse(message, HANSE_F_UNKNOWN_PARTNER, (struct hanse_where){0},
                      "no entry of `partners` covers \"%.*s\"", HANSE_FMT(speaks_for(message)));
}

static enum step from_partner(struct message *message) {
  struct hanse_slice domain = speaks_for(message);
  struct entry *entry = partner_set_find(message->router->now->partners, domain);
  struct hanse_partner *partner = entry_partner(entry);
  struct way *way = &message->way;
  if (entry_home(entry) && entry_home(entry)->shared) return from_stranger(message);
  if (entry_home(entry))
    return stage_refuse(message, HANSE_F_OWN_DOMAIN_OUTSIDE, entry->where,
                        "\"%.*s\" is ours, yet it sends from outside", HANSE_FMT(domain));
  if (!partner) return from_stranger(message);
  if (!partner->federation || !partner->federation->instance)
    return stage_refuse(message, HANSE_F_ERROR, entry->where, "federation type \"%.*s\" is not running",
                        HANSE_FMT(partner->type));
  enum hanse_found found = way->resolved ? (enum hanse_found)way->found : ask(message, partner->federation, partner);
  way->resolved = 0;
  return conclude(message, partner->federation, partner, found);
}

/* When trust anchors, versions or partners changed, the peer's chain is verified again before its next message is
   accepted (design §4.6). */
static bool still_trusted(struct message *message) {
  struct hanse_link *link = message->public.link;
  const struct generation *generation = message->router->now;
  if (message->dry || link->upper.trust == generation->trust) return true;
  if (!link_verify_again(link, generation_profile_for(generation, link->tls))) return false;
  link->upper.trust = generation->trust;
  return true;
}

static enum step recognise(struct message *message) {
  struct router *router = message->router;
  struct hanse_link *link = message->public.link;
  const struct binding *known = binding_find(link, speaks_for(message), router->now->number, *router->clock);
  if (known) return know(message, &known->party);
  if (!still_trusted(message)) {
    link_shut(link, HANSE_F_TLS_TRUST, "its certificate is not trusted any more");
    return stage_refuse(message, HANSE_F_TLS_TRUST, (struct hanse_where){0},
                        "the peer's certificate is not trusted any more after a reload");
  }
  return link->side == HANSE_SIDE_HOME ? from_home(message) : from_partner(message);
}

/* ---- senders whose network calls them user(domain)@decoration ---- */

/* Is the sender's address of that form? In a dialog the protocol has seen to it. HANSE_OK: yes. HANSE_SKIP: no. */
static int read_decorated(struct message *message) {
  struct hanse_facts *facts = &message->facts;
  struct hanse_slice user, inner, canonical;
  char buf[DOMAIN_BUFFER];
  if (facts->flags & HANSE_FACT_IN_DIALOG || !hanse_same(facts->from.domain, facts->terms.decoration) ||
      !hanse_undecorate(facts->from.user, &user, &inner) ||
      domain_canonical(inner, buf, sizeof buf, &canonical) != HANSE_OK)
    return HANSE_SKIP;
  struct decorated *decorated = hanse_alloc_zero(&message->kept.arena, sizeof *decorated);
  if (!decorated || hanse_copy(&message->kept.arena, canonical, &canonical) != HANSE_OK) return HANSE_NOMEM;
  decorated->written = facts->from;
  decorated->plain = (struct hanse_address_fact){user, canonical};
  decorated->party = (struct party){.partner = (struct hanse_partner *)(uintptr_t)facts->partner,
                                    .federation = facts->federation,
                                    .through = facts->through,
                                    .terms = facts->terms,
                                    .wire_type = facts->wire_type,
                                    .configured = message->way.known};
  message->way.decorated = decorated;
  message->way.policy = 0;
  return HANSE_OK;
}

/* Would what is sent to that domain go to the same network? Only then may it be the sender's, lest somebody(ours)@… or
   somebody(partner)@… pass for one of them. Types are asked in the order in which they are for what goes out. */
static enum step look_behind(struct message *message, struct hanse_slice type) {
  const struct generation *generation = message->router->now;
  struct way *way = &message->way;
  struct entry *entry = partner_set_find(generation->partners, way->decorated->plain.domain);
  struct hanse_partner *partner = entry_partner(entry);
  if (entry && (!partner || !partner->federation || !partner->federation->instance ||
                !hanse_same(partner->federation->word, type)))
    return STEP_REFUSE;
  for (; way->policy < (partner ? 1 : generation->catch_all_count); way->policy++) {
    const struct federation *federation = partner ? partner->federation : generation->catch_all[way->policy];
    enum hanse_found found = way->resolved ? (enum hanse_found)way->found : ask(message, federation, partner);
    way->resolved = 0;
    if (found == HANSE_FOUND_LATER && way->token) return STEP_WAIT;
    bool same = hanse_same(federation->word, type);
    if (found == HANSE_FOUND_YES && same) return conclude(message, federation, partner, found);
    if (found != HANSE_FOUND_NOT_MINE || same) break;
  }
  return STEP_REFUSE;
}

/* Nobody is called by a decoration here; nobody will be in the dialog that this may open. */
static enum step as_they_are(struct message *message, enum step step) {
  message->facts.terms.decoration = hanse_slice("", 0);
  return step;
}

static enum step undecorate(struct message *message) {
  struct hanse_facts *facts = &message->facts;
  struct decorated *decorated = message->way.decorated;
  struct hanse_link *link = message->public.link;
  const struct binding *known =
      binding_find(link, decorated->plain.domain, message->router->now->number, *message->router->clock);
  enum step step = known ? know(message, &known->party) : look_behind(message, decorated->party.federation);
  if (step == STEP_WAIT) return step;
  decorated->settled = true;
  if (step != STEP_ON || !hanse_same(facts->terms.decoration, decorated->written.domain) ||
      !hanse_same(facts->federation, decorated->party.federation)) {
    step = know(message, &decorated->party);
    return as_they_are(message, step);
  }
  facts->from = decorated->plain;
  return STEP_ON;
}

void stage_identify_again(struct message *message) {
  struct decorated *decorated = message->way.decorated;
  if (decorated) message->facts.from = decorated->written;
  message->way.decorated = NULL;
}

enum step stage_identify(struct message *message) {
  if (!message->router->now->settings->policy.federation)
    return stage_refuse(message, HANSE_F_OFF, (struct hanse_where){0}, "policy.federation is false");
  if (!message->way.decorated) {
    enum step step = recognise(message);
    if (step != STEP_ON || !message->facts.terms.decoration.len) return step;
    int status = read_decorated(message);
    if (status == HANSE_NOMEM)
      return stage_refuse(message, HANSE_F_MEMORY, (struct hanse_where){0}, "no memory for who it is");
    if (status != HANSE_OK) return as_they_are(message, STEP_ON);
  }
  return undecorate(message);
}
