/* The verdict: who comes uninvited is let in, and held to the limits; a configured partner, or one that another policy
   allows, is not (R67). */
#include "limits.h"

#include <stdio.h>

#define LIMITS_TEXT 900

static HANSE_RARE enum hanse_verdict deny(struct limits *limits, const struct hanse_case *c, enum hanse_failure failure,
                                          hanse_time wait, const char *what) {
  char text[LIMITS_TEXT];
  const struct hanse_certificate *certificate = c->facts->certificate;
  snprintf(text, sizeof text, "%s (from %.*s, certificate %.*s of %.*s)", what, HANSE_FMT(c->facts->from.domain),
           HANSE_FMT(certificate ? certificate->serial : HANSE_LIT("none")),
           HANSE_FMT(certificate ? certificate->issuer : HANSE_LIT("nobody")));
  hanse_refusal_say(c->why, c->arena, failure, limits->settings->where, text);
  c->why->retry_after = wait;
  return HANSE_DENY;
}

/* ---- token buckets for everybody ---- */

static struct hanse_slice address_text(char *buf, size_t n, const struct hanse_address_fact *address) {
  size_t length = 0;
  for (; length < address->user.len && length < n / 2; length++) buf[length] = hanse_lower(address->user.at[length]);
  buf[length++] = '@';
  for (size_t i = 0; i < address->domain.len && length < n; i++) buf[length++] = address->domain.at[i];
  return hanse_slice(buf, length);
}

/* Who the outside is, for the limit on a partner: its entry, else its certificate. */
static struct hanse_slice outside(const struct limits *limits, const struct hanse_facts *facts) {
  if (facts->partner) return hanse_partner_name(limits->host, facts->partner);
  if (facts->side == HANSE_SIDE_PARTNER && facts->certificate)
    return hanse_slice((const char *)facts->certificate->id, sizeof facts->certificate->id);
  return facts->side == HANSE_SIDE_PARTNER ? facts->from.domain : facts->to.domain;
}

/* Who is held to the rate of its terms: the provider or clearing house, which may speak for many. */
static struct hanse_slice speaker(const struct limits *limits, const struct hanse_facts *facts) {
  return facts->through.len ? facts->through : outside(limits, facts);
}

static uint64_t flow_id(const struct limits *limits, const struct hanse_facts *facts, enum limits_flow_kind kind) {
  char one[512], other[512];
  const struct hanse_slice nothing = {NULL, 0};
  if (kind == LIMITS_FLOW_PARTNER) return limits_flows_id(&limits->flows, kind, outside(limits, facts), nothing);
  if (kind == LIMITS_FLOW_TERMS)
    return limits_flows_id(&limits->flows, kind, facts->federation, speaker(limits, facts));
  struct hanse_slice from = address_text(one, sizeof one, &facts->from);
  struct hanse_slice to = kind == LIMITS_FLOW_PAIR ? address_text(other, sizeof other, &facts->to) : nothing;
  return limits_flows_id(&limits->flows, kind, from, to);
}

/* What ends something, or needs no answer, may go beyond the limit by as much again: it frees more than it costs. */
static hanse_time leave_of(const struct hanse_facts *facts, const struct limits_pace *pace) {
  bool frees = facts->action == HANSE_ACTION_END || facts->action == HANSE_ACTION_ACKNOWLEDGE;
  return frees && facts->flags & HANSE_FACT_IN_DIALOG ? pace->slack + pace->interval : 0;
}

/* What holds for this message. False: nothing does. */
static bool paces_of(const struct limits *limits, const struct hanse_facts *facts,
                     struct limits_pace paces[LIMITS_FLOW_KINDS]) {
  bool comes = facts->side == HANSE_SIDE_PARTNER;
  bool flows = limits->any_flow && limits->settings->direction & (comes ? LIMITS_IN : LIMITS_OUT);
  /* of what is relayed the terms are the receiver's */
  bool terms = comes && facts->terms.rate.count && !(facts->flags & HANSE_FACT_RELAYED);
  for (int kind = 0; kind < LIMITS_FLOW_TERMS; kind++)
    paces[kind] = flows ? limits->flow_pace[kind] : (struct limits_pace){.interval = 0};
  paces[LIMITS_FLOW_TERMS] = terms ? limits_pace_of(facts->terms.rate) : (struct limits_pace){.interval = 0};
  return flows || terms;
}

/* None is drawn from unless there is one in all of them: what a narrow one refuses is no burden on a wide one. */
static enum hanse_verdict draw(struct limits *limits, const struct hanse_case *c,
                               const struct limits_pace paces[LIMITS_FLOW_KINDS]) {
  static const char *const what[] = {"this partner sends faster than partner_rate",
                                     "this sender sends faster than sender_rate",
                                     "this sender writes to this recipient faster than pair_rate",
                                     "this provider sends faster than the rate of its profile"};
  hanse_time now = hanse_now(limits->host), wait;
  uint64_t ids[LIMITS_FLOW_KINDS];
  for (int kind = 0; kind < LIMITS_FLOW_KINDS; kind++) {
    const struct limits_pace *pace = &paces[kind];
    if (!pace->interval) continue;
    ids[kind] = flow_id(limits, c->facts, (enum limits_flow_kind)kind);
    wait = limits_bucket_wait(limits_flows_due(&limits->flows, ids[kind]), *pace, leave_of(c->facts, pace), now);
    if (!wait) continue;
    ++*limits->refused_flow;
    return deny(limits, c, HANSE_F_RATE, wait, what[kind]);
  }
  for (int kind = 0; kind < LIMITS_FLOW_KINDS; kind++)
    if (paces[kind].interval)
      limits_bucket_take(limits_flows_of(&limits->flows, ids[kind]), paces[kind], leave_of(c->facts, &paces[kind]), now,
                         &wait);
  return HANSE_ABSTAIN;
}

static enum hanse_verdict judge_flows(struct limits *limits, const struct hanse_case *c) {
  struct limits_pace paces[LIMITS_FLOW_KINDS];
  if (!limits->any_flow && !c->facts->terms.rate.count) return HANSE_ABSTAIN;
  if (c->dry || !paces_of(limits, c->facts, paces)) return HANSE_ABSTAIN;
  if (limits_flows_room(&limits->flows, (size_t)limits->settings->flows) != HANSE_OK)
    return deny(limits, c, HANSE_F_MEMORY, 0, "no memory for the rate of this partner");
  return draw(limits, c, paces);
}

/* ---- who comes uninvited ---- */

static void make_room(struct limits *limits) {
  hanse_time now = hanse_now(limits->host);
  for (int standing = 0; standing < LIMITS_STANDINGS; standing++) {
    struct limits_peer *oldest = limits->peers.of[standing];
    if (oldest && now - oldest->seen > limits->settings->forget) limits_change_forget(limits, oldest);
  }
  while (limits->peers.count >= (size_t)limits->settings->peers) {
    ++*limits->dropped;
    limits_change_forget(limits, limits_peers_victim(&limits->peers));
  }
}

static struct limits_peer *new_peer(struct limits *limits, const struct hanse_facts *facts,
                                    const uint8_t key[LIMITS_KEY]) {
  const struct hanse_certificate *certificate = facts->certificate;
  make_room(limits);
  struct limits_peer *peer = limits_peers_add(&limits->peers, key);
  if (!peer) return NULL;
  hanse_random(limits->host, peer->addresses.salt, sizeof peer->addresses.salt);
  if (certificate && limits_peer_name(peer, certificate->subject, certificate->issuer, certificate->serial)) {
    limits_peers_remove(&limits->peers, peer);
    return NULL;
  }
  return peer;
}

static void note(struct limits *limits, struct limits_peer *peer, const struct hanse_facts *facts) {
  hanse_time now = hanse_now(limits->host);
  bool news = limits_peer_domain(peer, facts->from.domain);
  peer->messages++;
  peer->seen = now;
  limits_peers_touch(&limits->peers, peer, limits_established(limits, peer));
  if (news || !peer->written || now - peer->written > 60 * HANSE_SECOND) limits_change_note(limits, peer);
}

static enum hanse_verdict judge_rate(struct limits *limits, struct limits_peer *peer, const struct hanse_case *c) {
  bool suspicious = limits_suspicious(limits, peer);
  const struct limits_pace *pace = suspicious ? &limits->suspicious : &limits->pace;
  hanse_time wait = 0;
  if (limits_bucket_take(&peer->due, *pace, leave_of(c->facts, pace), hanse_now(limits->host), &wait))
    return HANSE_ABSTAIN;
  ++*limits->refused_rate;
  peer->refused++;
  limits_notice(limits, peer, LIMITS_NOTICE_RATE);
  return deny(limits, c, HANSE_F_RATE, wait,
              suspicious ? "most of what this peer asked for does not exist, so it is held to suspicious_rate"
                         : "this peer is not entered in partners and sends faster than rate");
}

/* A dialog that was opened from inside goes on, whatever its addresses are called. */
static bool is_back(const struct hanse_facts *facts) {
  return facts->flags & HANSE_FACT_IN_DIALOG && !facts->target_name.len;
}

/* Which addresses it has asked for is not known in full yet. */
static bool rule_waits(const struct limits *limits, const struct limits_peer *peer) {
  return peer->addresses_due && behind_waits(&limits->awaited, limits->host);
}

static enum hanse_verdict too_many(struct limits *limits, struct limits_peer *peer, const struct hanse_case *c) {
  if (!c->dry) {
    bool news = !peer->passed;
    ++*limits->refused_addresses;
    peer->refused++;
    peer->passed = true;
    limits_notice(limits, peer, LIMITS_NOTICE_ADDRESSES);
    if (news) limits_change_note(limits, peer);
  }
  return deny(limits, c, HANSE_F_ADDRESSES, 0,
              "this peer is not entered in partners and has asked for as many addresses as `addresses` says; this is "
              "one more");
}

/* R62: valid or not, so that the answer to the last one tells no more than the answer to the first. What is relayed to
   a partner is no address of ours. */
static enum hanse_verdict judge_address(struct limits *limits, struct limits_peer *peer, const struct hanse_case *c) {
  if (!limits->settings->limit_addresses || rule_waits(limits, peer)) return HANSE_ABSTAIN;
  if (c->facts->flags & HANSE_FACT_RELAYED) return HANSE_ABSTAIN;
  uint64_t id = limits_addresses_id(&peer->addresses, &c->facts->to);
  int status = limits_addresses_has(&peer->addresses, id);
  if (status == HANSE_SKIP && peer->addresses.count >= (uint32_t)limits->settings->addresses)
    return is_back(c->facts) ? HANSE_ABSTAIN : too_many(limits, peer, c);
  if (status == HANSE_SKIP && !c->dry) {
    status = limits_addresses_add(&peer->addresses, id);
    peer->passed = false;
    limits_change_note(limits, peer);
  }
  return status == HANSE_NOMEM ? deny(limits, c, HANSE_F_MEMORY, 0, "no memory for the addresses of this peer")
                               : HANSE_ABSTAIN;
}

static enum hanse_verdict judge_peer(struct limits *limits, const struct hanse_case *c) {
  uint8_t key[LIMITS_KEY];
  limits_key(c->facts, key);
  struct limits_peer *peer = limits_peers_find(&limits->peers, key);
  if (!peer) peer = new_peer(limits, c->facts, key);
  if (!peer) return deny(limits, c, HANSE_F_MEMORY, 0, "no memory for the record of this peer");
  note(limits, peer, c->facts);
  enum hanse_verdict verdict = judge_rate(limits, peer, c);
  return verdict == HANSE_ABSTAIN ? judge_address(limits, peer, c) : verdict;
}

/* For explain, which has no certificate: whoever sends in the name of that domain. */
static enum hanse_verdict judge_dry(struct limits *limits, const struct hanse_case *c) {
  struct limits_peer *peer = limits_peers_of_domain(&limits->peers, c->facts->from.domain);
  return peer ? judge_address(limits, peer, c) : HANSE_ABSTAIN;
}

static enum hanse_verdict allow(const struct limits *limits, const struct hanse_case *c) {
  c->why->where = limits->settings->where;
  if (c->dry)
    hanse_refusal_say(c->why, c->arena, HANSE_F_NONE, limits->settings->where,
                      "partners that nobody entered are let in, and held to limits (`hansectl watch`)");
  return HANSE_ALLOW;
}

enum hanse_verdict limits_decide(void *self, const struct hanse_case *c) {
  struct limits *limits = (struct limits *)self;
  bool held = c->facts->side == HANSE_SIDE_PARTNER && limits_holds(limits, c->facts);
  enum hanse_verdict verdict = HANSE_ABSTAIN;
  if (c->stage == HANSE_STAGE_ROUTED) verdict = judge_flows(limits, c);
  if (c->stage == HANSE_STAGE_ROUTED && verdict == HANSE_ABSTAIN && held && !c->allowed)
    verdict = c->dry ? judge_dry(limits, c) : judge_peer(limits, c);
  if (verdict != HANSE_ABSTAIN) return verdict;
  return held ? allow(limits, c) : HANSE_ABSTAIN;
}
