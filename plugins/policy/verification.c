/* The policy `verification`, at ADMIT or at ROUTED: how far the identity of those who write from outside is taken for
   proved, by type, provider or domain, and what is said of our own (R54 to R58). */
#include <hanse/plugin.h>
#include <stdio.h>
#include <stdlib.h>

enum level { LEVEL_ALWAYS = 1, LEVEL_NEVER = 2, LEVEL_SOURCE = 3 };
enum missing { MISSING_BY_TYPE = 0, MISSING_REJECT = 1, MISSING_UNVERIFIED = 2, MISSING_VERIFIED = 3 };

struct verification_level {
  struct hanse_where where;
  struct hanse_domain domain;  /* and all below it; empty: any */
  struct hanse_slice type;     /* federation type; empty: any */
  struct hanse_slice provider; /* empty: any */
  int level, missing;          /* enum level, enum missing */
};

struct verification_settings {
  struct hanse_list levels; /* struct verification_level */
  bool mark_outgoing;
};

struct verification {
  struct hanse_host *host;
  const struct verification_settings *settings;
  uint64_t *rejected, *unverified;
  uint64_t counted; /* highest decision that was counted at ADMIT */
};

static const struct hanse_choice level_words[] = {{"always", LEVEL_ALWAYS},
                                                  {"AlwaysVerifiable", LEVEL_ALWAYS},
                                                  {"never", LEVEL_NEVER},
                                                  {"AlwaysUnverifiable", LEVEL_NEVER},
                                                  {"source", LEVEL_SOURCE},
                                                  {"UseSourceVerification", LEVEL_SOURCE},
                                                  {NULL, 0}};
static const struct hanse_choice missing_words[] = {{"default", MISSING_BY_TYPE},
                                                    {"reject", MISSING_REJECT},
                                                    {"unverified", MISSING_UNVERIFIED},
                                                    {"verified", MISSING_VERIFIED},
                                                    {NULL, 0}};

static const struct hanse_option level_table[] = {
    HANSE_OPTION(struct verification_level, where, HANSE_ORIGIN, HANSE_HIDDEN, NULL, "Where the level stands."),
    HANSE_OPTION(struct verification_level, domain, HANSE_PATTERN, 0, NULL,
                 "For this domain and all below it; not set: for any."),
    HANSE_OPTION(struct verification_level, type, HANSE_STRING, 0, NULL,
                 "For those of this federation type; not set: for any."),
    HANSE_OPTION(struct verification_level, provider, HANSE_STRING, 0, NULL,
                 "For those who come through this provider or clearing house; not set: for any."),
    HANSE_OPTION(struct verification_level, level, HANSE_ENUM, HANSE_REQUIRED, NULL,
                 "always: whatever comes is taken for verified; never: for unverified, whatever its sender says, so "
                 "that it reaches only who listed the sender, as the home server knows, or as the policy `contacts` "
                 "does; source: as its sender's side says.",
                 .choices = level_words),
    HANSE_OPTION(struct verification_level, missing, HANSE_ENUM, 0, "default",
                 "With level source: what becomes of a message of which its sender's side says nothing. default: it is "
                 "unverified if it comes from a clearing house (a default route), and refused else.",
                 .choices = missing_words),
    HANSE_OPTIONS_END,
};

static const struct hanse_option verification_options[] = {
    HANSE_OPTION(struct verification_settings, levels, HANSE_GROUP, HANSE_LIST, NULL,
                 "The first one that fits counts. Where none does: what a public provider's own `verification` says; "
                 "always for other providers; source for the other entries of `partners`, and what says nothing is "
                 "verified there, since their certificates prove the domain; source for those whom no entry names, and "
                 "there what says nothing is unverified.",
                 .group = level_table, .group_size = sizeof(struct verification_level)),
    HANSE_OPTION(struct verification_settings, mark_outgoing, HANSE_BOOL, 0, "true",
                 "Whether what our users send is stated to be verified; false: to be unverified."),
    HANSE_OPTIONS_END,
};

/* ---- the verdict ---- */

static bool fits(const struct verification_level *level, const struct hanse_facts *facts) {
  return (!level->domain.name.len || hanse_domain_within(facts->from.domain, level->domain.name)) &&
         (!level->type.len || hanse_same(facts->federation, level->type)) &&
         (!level->provider.len || hanse_same(facts->through, level->provider));
}

static const struct verification_level vouched = {.where = {"default", 0}, .level = LEVEL_ALWAYS};
static const struct verification_level entered = {
    .where = {"default", 0}, .level = LEVEL_SOURCE, .missing = MISSING_VERIFIED};
static const struct verification_level strangers = {
    .where = {"default", 0}, .level = LEVEL_SOURCE, .missing = MISSING_UNVERIFIED};

static const struct verification_level doubted = {.where = {"default", 0}, .level = LEVEL_NEVER};
static const struct verification_level said = {
    .where = {"default", 0}, .level = LEVEL_SOURCE, .missing = MISSING_REJECT};

static const struct verification_level *level_of(const struct verification *verification,
                                                 const struct hanse_facts *facts) {
  const struct hanse_list *levels = &verification->settings->levels;
  for (size_t i = 0; i < levels->count; i++) {
    const struct verification_level *level = (const struct verification_level *)levels->items + i;
    if (fits(level, facts)) return level;
  }
  switch ((enum hanse_trust)facts->terms.trust) {
    case HANSE_TRUST_ALWAYS:
      return &vouched;
    case HANSE_TRUST_NEVER:
      return &doubted;
    case HANSE_TRUST_SOURCE:
      return &said;
    case HANSE_TRUST_UNSAID:
      break;
  }
  if (facts->wire_type == HANSE_WIRE_AUTHORIZED_SERVER) return &vouched;
  return facts->partner ? &entered : &strangers;
}

static void mark(const struct hanse_case *c, bool verified) {
  c->marks->set |= HANSE_MARK_VERIFIED;
  c->marks->verified = verified;
}

static enum hanse_verdict reject(struct verification *verification, const struct hanse_case *c,
                                 const struct verification_level *level) {
  char text[512];
  if (!c->dry) ++*verification->rejected;
  snprintf(
      text, sizeof text,
      "the side of %.*s does not say whether it has verified the sender, and its level is \"source\"; set level or "
      "missing for it",
      HANSE_FMT(c->facts->from.domain));
  hanse_refusal_say(c->why, c->arena, HANSE_F_UNVERIFIED, level->where, text);
  return HANSE_DENY;
}

/* Decisions are numbered in the order of their messages, and ADMIT comes before ROUTED. */
static bool first_time(struct verification *verification, const struct hanse_case *c) {
  if (c->dry) return false;
  if (c->stage != HANSE_STAGE_ADMIT) return c->facts->decision > verification->counted;
  if (c->facts->decision > verification->counted) verification->counted = c->facts->decision; /* one may have waited */
  return true;
}

static enum missing missing_of(const struct verification_level *level, const struct hanse_facts *facts) {
  if (level->missing != MISSING_BY_TYPE) return (enum missing)level->missing;
  return facts->wire_type == HANSE_WIRE_CLEARING_HOUSE ? MISSING_UNVERIFIED : MISSING_REJECT;
}

static enum hanse_verdict from_outside(struct verification *verification, const struct hanse_case *c) {
  const struct verification_level *level = level_of(verification, c->facts);
  bool verified = level->level == LEVEL_ALWAYS;
  if (level->level == LEVEL_SOURCE) {
    bool silent = c->facts->stated == HANSE_STATED_NOTHING;
    if (silent && c->facts->flags & HANSE_FACT_IN_DIALOG) return HANSE_ABSTAIN; /* the first request has said it */
    enum missing missing = missing_of(level, c->facts);
    if (silent && missing == MISSING_REJECT) return reject(verification, c, level);
    verified = silent ? missing == MISSING_VERIFIED : c->facts->stated == HANSE_STATED_VERIFIED;
  }
  if (!verified && first_time(verification, c)) ++*verification->unverified;
  mark(c, verified);
  return HANSE_ABSTAIN;
}

static enum hanse_verdict verification_decide(void *self, const struct hanse_case *c) {
  struct verification *verification = (struct verification *)self;
  if (c->facts->side == HANSE_SIDE_PARTNER) return from_outside(verification, c);
  mark(c, verification->settings->mark_outgoing);
  return HANSE_ABSTAIN;
}

/* ---- life ---- */

static int verification_create(struct hanse_host *host, void **self) {
  struct verification *verification = (struct verification *)calloc(1, sizeof *verification);
  if (!verification) return HANSE_NOMEM;
  verification->host = host;
  verification->rejected =
      hanse_counter(host, "rejected", "messages of which nobody says whether the sender is verified");
  verification->unverified = hanse_counter(host, "unverified", "messages that went inside as unverified");
  *self = verification;
  return HANSE_OK;
}

static int verification_configure(void *self, const void *settings, struct hanse_problem *problem) {
  struct verification *verification = (struct verification *)self;
  (void)problem;
  verification->settings = (const struct verification_settings *)settings;
  return HANSE_OK;
}

static int verification_start(void *self) {
  (void)self;
  return HANSE_OK;
}

static void verification_destroy(void *self) { free(self); }

static const struct hanse_policy verification_policy = {
    .size = sizeof(struct hanse_policy),
    .stages = HANSE_STAGE_ADMIT | HANSE_STAGE_ROUTED,
    .decide = verification_decide,
};

static const struct hanse_offer verification_offers[] = {
    {HANSE_POLICY, NULL, NULL, &verification_policy, NULL, 0},
    HANSE_OFFERS_END,
};

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),
    .name = "verification",
    .version = "0.1.0",
    .summary = "how far the identity of senders outside is taken for proved",
    .options = verification_options,
    .settings_size = sizeof(struct verification_settings),
    .offers = verification_offers,
    .create = verification_create,
    .configure = verification_configure,
    .start = verification_start,
    .destroy = verification_destroy,
};
