/* A policy that fails as the message says, to show what becomes of messages then: "garbage" gets a verdict that is
   none, "broken" a denial because it could not judge, "silent" a deferred verdict that never comes. Of all else it says
   nothing. */
#include <hanse/plugin.h>

static bool holds(struct hanse_slice text, const char *word) {
  return text.len && memmem(text.at, text.len, word, strlen(word)) != NULL;
}

static enum hanse_verdict decide(void *self, const struct hanse_case *c) {
  struct hanse_slice text = c->facts->text;
  (void)self;
  if (c->dry) return HANSE_ABSTAIN;
  if (holds(text, "garbage")) return (enum hanse_verdict)77;
  if (holds(text, "silent")) return HANSE_DEFER;
  if (!holds(text, "broken")) return HANSE_ABSTAIN;
  c->why->failure = HANSE_F_ERROR;
  c->why->text = HANSE_LIT("the helper does not run; start it");
  return HANSE_DENY;
}

static void withdrawn(void *self, hanse_token token) { (void)self, (void)token; }

static int create(struct hanse_host *host, void **self) {
  *self = host;
  return HANSE_OK;
}
static void destroy(void *self) { (void)self; }

static const struct hanse_policy policy = {
    .size = sizeof policy,
    .stages = HANSE_STAGE_ADMIT,
    .decide = decide,
    .withdrawn = withdrawn,
};

static const struct hanse_offer offers[] = {{HANSE_POLICY, NULL, NULL, &policy, NULL, 0}, HANSE_OFFERS_END};

HANSE_EXPORT const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),   .name = "failing", .version = "1",     .summary = "Fails as the message says.",
    .offers = offers, .create = create,  .destroy = destroy,
};
