/* Which provider a domain belongs to, and whether the peer is that provider. */
#include "public.h"

static enum hanse_failure nowhere(const struct hanse_question *question) {
  return question->peer ? HANSE_F_UNKNOWN_PARTNER : HANSE_F_NO_ROUTE;
}

static const struct public_entry *entry_of(const struct public *public, const struct hanse_partner *partner) {
  return partner ? (const struct public_entry *)hanse_partner_settings(public->host, partner) : NULL;
}

/* ---- whose is the domain? ---- */

static const struct public_profile *named(const struct public *public, struct hanse_slice name) {
  for (size_t i = 0; i < public->count; i++)
    if (hanse_same(public->profiles[i].name, name)) return &public->profiles[i];
  return NULL;
}

static const struct public_profile *owner(const struct public *public, struct hanse_slice domain) {
  const struct public_profile *found = NULL;
  size_t most = 0;
  for (size_t i = 0; i < public->count; i++) {
    size_t length = public_owns(&public->profiles[i], domain);
    if (length <= most) continue;
    found = &public->profiles[i];
    most = length;
  }
  return found;
}

static const struct public_profile *of_others(const struct public *public) {
  for (size_t i = 0; i < public->count; i++)
    if (public->profiles[i].written->others && public->profiles[i].written->enabled) return &public->profiles[i];
  return NULL;
}

static enum hanse_found not_enabled(struct hanse_question *question, const struct public_profile *profile,
                                    struct hanse_where where) {
  const char *gone = profile->preset->gone;
  return hanse_question_refuse(
      question, where, nowhere(question),
      "%.*s belongs to the public provider \"%.*s\", which is not enabled; set `enabled` for it%s%s%s",
      HANSE_FMT(question->domain), HANSE_FMT(profile->name), gone ? " (" : "", gone ? gone : "", gone ? ")" : "");
}

/* HANSE_FOUND_YES: *out. */
static enum hanse_found find(const struct public *public, const struct public_entry *entry,
                             struct hanse_question *question, const struct public_profile **out) {
  const struct public_profile *profile = entry ? named(public, entry->provider) : owner(public, question->domain);
  if (entry && !profile)
    return hanse_question_refuse(question, entry->where, nowhere(question),
                                 "no public provider is called \"%.*s\"; see `providers` of the module",
                                 HANSE_FMT(entry->provider));
  if (!profile && !question->ours) profile = of_others(public);
  if (!profile) return HANSE_FOUND_NOT_MINE;
  if (!profile->written->enabled) {
    not_enabled(question, profile, entry ? entry->where : profile->written->where);
    return entry ? HANSE_FOUND_NO : HANSE_FOUND_NOT_MINE;
  }
  *out = profile;
  return HANSE_FOUND_YES;
}

static void tell(struct hanse_question *question, const struct public_profile *profile, bool decorated,
                 const struct public_entry *entry) {
  question->why->where = entry ? entry->where : profile->written->where;
  question->through = profile->name;
  question->configured = true;
  question->lasts = 0; /* nothing but the configuration can change it */
  question->terms = (struct hanse_terms){
      .decoration = decorated ? profile->decoration : hanse_slice(NULL, 0),
      .carries = profile->carries,
      .trust = (uint8_t)profile->written->verification,
      .network = HANSE_NETWORK_PUBLIC,
      .rate = profile->written->rate,
  };
}

/* ---- the slots ---- */

enum hanse_found public_confirm(void *self, const struct hanse_partner *partner, struct hanse_question *question) {
  struct public *public = (struct public *)self;
  const struct public_entry *entry = entry_of(public, partner);
  char names[HANSE_PEER_NAMES];
  const struct public_profile *profile;
  if (question->ours) return HANSE_FOUND_NOT_MINE;
  enum hanse_found found = find(public, entry, question, &profile);
  if (found != HANSE_FOUND_YES) return found;
  if (question->peer && hanse_peer_proves(question->peer, profile->edge)) {
    tell(question, profile, true, entry);
    return HANSE_FOUND_YES;
  }
  if (!entry && !public_owns(profile, question->domain)) return HANSE_FOUND_NOT_MINE; /* perhaps another type's */
  if (!question->dry) ++*public->unproved;
  return hanse_question_refuse(
      question, entry ? entry->where : profile->written->where, HANSE_F_NAME_NOT_PROVED,
      "the peer proved %s, but %.*s belongs to the public provider \"%.*s\", and only its edge %.*s may speak for it",
      hanse_peer_names(question->peer, names), HANSE_FMT(question->domain), HANSE_FMT(profile->name),
      HANSE_FMT(profile->edge));
}

enum hanse_found public_route(void *self, const struct hanse_partner *partner, struct hanse_question *question) {
  struct public *public = (struct public *)self;
  const struct public_entry *entry = entry_of(public, partner);
  const struct public_profile *profile;
  if (question->ours) return HANSE_FOUND_NOT_MINE;
  enum hanse_found found = find(public, entry, question, &profile);
  if (found != HANSE_FOUND_YES) return found;
  struct hanse_place place = {.size = sizeof place,
                              .protocol = HANSE_LIT("sip"),
                              .port = profile->port,
                              .host = profile->edge,
                              .prove = profile->edge,
                              .may_be_private = profile->written->edge.host.len > 0};
  int status = hanse_route_add(public->host, question->targets, &place);
  if (status != HANSE_OK)
    return hanse_question_refuse(
        question, profile->written->where, status == HANSE_NOMEM ? HANSE_F_MEMORY : HANSE_F_ADDRESS,
        "the edge of the public provider \"%.*s\" cannot be a target", HANSE_FMT(profile->name));
  tell(question, profile, public_decorates(profile, question->domain), entry);
  return HANSE_FOUND_YES;
}
