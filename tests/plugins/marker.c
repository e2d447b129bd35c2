/* A policy that sets one mark, chosen by the recipient's user part: "mark-verified", "mark-text", … Shows the closed
   list of marks, and that their texts come from the message's arena. */
#include <hanse/plugin.h>
#include <stdlib.h>

struct rule {
  const char *user;
  uint32_t mark;
  uint8_t value;
  const char *text;
};

static const struct rule rules[] = {
    {"mark-verified", HANSE_MARK_VERIFIED, 1, NULL},
    {"mark-unverified", HANSE_MARK_VERIFIED, 0, NULL},
    {"mark-keep", HANSE_MARK_IDENTITY, 1, NULL},
    {"mark-drop", HANSE_MARK_IDENTITY, 0, NULL},
    {"mark-none", HANSE_MARK_DIAGNOSTICS, HANSE_DIAGNOSTICS_NONE, NULL},
    {"mark-public", HANSE_MARK_DIAGNOSTICS, HANSE_DIAGNOSTICS_PUBLIC, NULL},
    {"mark-full", HANSE_MARK_DIAGNOSTICS, HANSE_DIAGNOSTICS_FULL, NULL},
    {"mark-notice", HANSE_MARK_NOTICE, 0, "This conversation is archived."},
    {"mark-text", HANSE_MARK_TEXT, 0, "This text was replaced."},
    {"mark-log", HANSE_MARK_LOG_AS, 0, "somebody"},
};

static int mark(const struct hanse_case *c, const struct rule *rule) {
  struct hanse_slice text = {NULL, 0};
  if (rule->text && hanse_copy(c->arena, hanse_text(rule->text), &text)) return HANSE_NOMEM;
  switch (rule->mark) {
    case HANSE_MARK_VERIFIED:
      c->marks->verified = rule->value;
      break;
    case HANSE_MARK_IDENTITY:
      c->marks->identity_keep = rule->value;
      break;
    case HANSE_MARK_DIAGNOSTICS:
      c->marks->diagnostics = rule->value;
      break;
    case HANSE_MARK_NOTICE:
      c->marks->notice = text;
      break;
    case HANSE_MARK_TEXT:
      c->marks->text = text;
      break;
    case HANSE_MARK_LOG_AS:
      c->marks->log_as = text;
      break;
  }
  c->marks->set |= rule->mark;
  return HANSE_OK;
}

/* A mark is no vote. */
static enum hanse_verdict decide(void *self, const struct hanse_case *c) {
  (void)self;
  for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
    if (!hanse_same(c->facts->to.user, hanse_text(rules[i].user))) continue;
    if (mark(c, &rules[i]) == HANSE_OK) return HANSE_ABSTAIN;
    c->why->failure = HANSE_F_MEMORY;
    return HANSE_DENY;
  }
  return HANSE_ABSTAIN;
}

static int create(struct hanse_host *host, void **self) {
  *self = host; /* it needs no state of its own */
  return HANSE_OK;
}
static int configure(void *self, const void *settings, struct hanse_problem *problem) {
  (void)self, (void)settings, (void)problem;
  return HANSE_OK;
}
static int start(void *self) {
  (void)self;
  return HANSE_OK;
}
static void destroy(void *self) { (void)self; }

static const struct hanse_policy policy = {
    sizeof(struct hanse_policy), HANSE_STAGE_ADMIT | HANSE_STAGE_ROUTED | HANSE_STAGE_ANSWER, decide, NULL, 0};
static const struct hanse_offer offers[] = {{HANSE_POLICY, NULL, NULL, &policy, NULL, 0}, HANSE_OFFERS_END};
const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),     .name = "marker", .version = "1",         .summary = "sets the mark that the recipient names",
    .offers = offers,   .create = create, .configure = configure, .start = start,
    .destroy = destroy,
};
