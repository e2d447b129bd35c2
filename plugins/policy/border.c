/* The policy `border`: what may be told to a partner, and be taken from it, beside the message itself: who somebody is
   (R80), and why something failed (R82). It judges nothing. */
#include <hanse/plugin.h>
#include <stdlib.h>

#define NOT_SET (-1)

struct border_rule {
  struct hanse_domain domain;  /* and all below it; empty: any */
  struct hanse_slice type;     /* federation type; empty: any */
  struct hanse_slice provider; /* empty: any */
  int identity, diagnostics;   /* enum hanse_identity_keep, enum hanse_diagnostics or NOT_SET */
};

struct border_settings {
  struct hanse_list rules; /* struct border_rule */
};

struct border {
  const struct border_settings *settings;
};

static const struct hanse_choice identity_words[] = {
    {"none", HANSE_IDENTITY_DROP}, {"own", HANSE_IDENTITY_KEEP}, {"all", HANSE_IDENTITY_KEEP_ALL}, {NULL, 0}};
static const struct hanse_choice diagnostics_words[] = {
    {"default", NOT_SET}, {"none", HANSE_DIAGNOSTICS_NONE}, {"public", HANSE_DIAGNOSTICS_PUBLIC}, {NULL, 0}};

static const struct hanse_option rule_table[] = {
    HANSE_OPTION(struct border_rule, domain, HANSE_PATTERN, 0, NULL,
                 "For partners of this domain and all below it; not set: for any."),
    HANSE_OPTION(struct border_rule, type, HANSE_STRING, 0, NULL,
                 "For those of this federation type; not set: for any."),
    HANSE_OPTION(struct border_rule, provider, HANSE_STRING, 0, NULL,
                 "For those who come through this provider or clearing house; not set: for any."),
    HANSE_OPTION(struct border_rule, identity, HANSE_ENUM, 0, "none",
                 "What becomes of asserted identity (P-Asserted-Identity and the like) in both directions. none: it is "
                 "removed; own: it stays where the side that says it speaks for its domain, and a sender who asks for "
                 "privacy is not told outside; all: of whatever domain, telephone numbers as well.",
                 .choices = identity_words),
    HANSE_OPTION(struct border_rule, diagnostics, HANSE_ENUM, 0, "default",
                 "What the partner is told of failures: none, or public (ms-diagnostics-public). default: as the "
                 "protocol is set.",
                 .choices = diagnostics_words),
    HANSE_OPTIONS_END,
};

static const struct hanse_option border_options[] = {
    HANSE_OPTION(struct border_settings, rules, HANSE_GROUP, HANSE_LIST, NULL,
                 "The first one that fits counts. For requests it must stand in policy.admit and policy.routed, for "
                 "their answers in policy.answer.",
                 .group = rule_table, .group_size = sizeof(struct border_rule)),
    HANSE_OPTIONS_END,
};

/* Who is outside: who wrote what comes in, or gets what goes out. */
static const struct hanse_address_fact *outside(const struct hanse_facts *facts) {
  bool inwards = facts->side == HANSE_SIDE_PARTNER, answer = facts->flags & HANSE_FACT_ANSWER;
  return inwards != answer ? &facts->from : &facts->to;
}

static bool fits(const struct border_rule *rule, const struct hanse_facts *facts) {
  return (!rule->domain.name.len || hanse_domain_within(outside(facts)->domain, rule->domain.name)) &&
         (!rule->type.len || hanse_same(facts->federation, rule->type)) &&
         (!rule->provider.len || hanse_same(facts->through, rule->provider));
}

static void mark(struct hanse_marks *marks, const struct border_rule *rule) {
  marks->set |= HANSE_MARK_IDENTITY;
  marks->identity_keep = (uint8_t)rule->identity;
  if (rule->diagnostics != NOT_SET) {
    marks->set |= HANSE_MARK_DIAGNOSTICS;
    marks->diagnostics = (uint8_t)rule->diagnostics;
  }
}

static enum hanse_verdict border_decide(void *self, const struct hanse_case *c) {
  const struct hanse_list *rules = &((struct border *)self)->settings->rules;
  for (size_t i = 0; i < rules->count; i++) {
    const struct border_rule *rule = (const struct border_rule *)rules->items + i;
    if (!fits(rule, c->facts)) continue;
    mark(c->marks, rule);
    break;
  }
  return HANSE_ABSTAIN;
}

static int border_create(struct hanse_host *host, void **self) {
  (void)host;
  *self = calloc(1, sizeof(struct border));
  return *self ? HANSE_OK : HANSE_NOMEM;
}

static int border_configure(void *self, const void *settings, struct hanse_problem *problem) {
  (void)problem;
  ((struct border *)self)->settings = (const struct border_settings *)settings;
  return HANSE_OK;
}

static int border_start(void *self) {
  (void)self;
  return HANSE_OK;
}

static void border_destroy(void *self) { free(self); }

static const struct hanse_policy border_policy = {
    .size = sizeof(struct hanse_policy),
    .stages = HANSE_STAGE_ADMIT | HANSE_STAGE_ROUTED | HANSE_STAGE_ANSWER,
    .decide = border_decide,
};

static const struct hanse_offer border_offers[] = {
    {HANSE_POLICY, NULL, NULL, &border_policy, NULL, 0},
    HANSE_OFFERS_END,
};

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),
    .name = "border",
    .version = "0.1.0",
    .summary = "what partners are told, and are believed, of identity and failures",
    .options = border_options,
    .settings_size = sizeof(struct border_settings),
    .offers = border_offers,
    .create = border_create,
    .configure = border_configure,
    .start = border_start,
    .destroy = border_destroy,
};
