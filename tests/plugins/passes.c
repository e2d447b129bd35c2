/* A policy that has nothing to say of anything: what it costs to ask it is what the border between router and plugins
   costs. */
#include <hanse/plugin.h>
#include <stdlib.h>

static enum hanse_verdict decide(void *self, const struct hanse_case *c) {
  (void)self, (void)c;
  return HANSE_ABSTAIN;
}

static int create(struct hanse_host *host, void **self) {
  (void)host;
  *self = malloc(1);
  return *self ? HANSE_OK : HANSE_NOMEM;
}
static int configure(void *self, const void *settings, struct hanse_problem *problem) {
  (void)self, (void)settings, (void)problem;
  return HANSE_OK;
}
static int start(void *self) {
  (void)self;
  return HANSE_OK;
}

static const struct hanse_policy policy = {
    .size = sizeof(struct hanse_policy),
    .stages = HANSE_STAGE_ADMIT | HANSE_STAGE_ROUTED | HANSE_STAGE_ANSWER,
    .decide = decide,
};

static const struct hanse_offer offers[] = {
    {HANSE_POLICY, NULL, NULL, &policy, NULL, 0},
    HANSE_OFFERS_END,
};

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(HANSE_ABI_MINOR), .name = "passes", .version = "1.0.0",
    .summary = "nothing to say",  .offers = offers, .create = create,
    .configure = configure,       .start = start,   .destroy = free,
};
