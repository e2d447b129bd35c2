/* A policy as one built against the first headers of a major would be: its descriptor ends after `destroy`, its slots
   after `decide`, and what lies behind them in memory is not theirs. Counts what it was asked. */
#include <hanse/plugin.h>
#include <stdlib.h>

struct older {
  struct hanse_host *host;
  uint64_t *asked;
};

static enum hanse_verdict decide(void *self, const struct hanse_case *c) {
  const struct older *older = (const struct older *)self;
  if (!c->dry) ++*older->asked;
  return HANSE_ABSTAIN;
}

static int create(struct hanse_host *host, void **self) {
  struct older *older = (struct older *)calloc(1, sizeof *older);
  if (!older) return HANSE_NOMEM;
  older->host = host;
  older->asked = hanse_counter(host, "asked", "messages that it was asked about");
  *self = older;
  return HANSE_OK;
}

static void destroy(void *self) { free(self); }

/* Whoever took what follows for slots would call it. */
#define NOT_OURS ((uintptr_t)0xdead0dead0)

static const struct {
  struct {
    uint32_t size, stages;
    enum hanse_verdict (*decide)(void *self, const struct hanse_case *c);
  } slots;
  uintptr_t behind[8];
} policy = {
    {sizeof policy.slots, HANSE_STAGE_ADMIT, decide},
    {NOT_OURS, NOT_OURS, NOT_OURS, NOT_OURS, NOT_OURS, NOT_OURS, NOT_OURS, NOT_OURS},
};

static const struct hanse_offer offers[] = {{HANSE_POLICY, NULL, NULL, &policy, NULL, 0}, HANSE_OFFERS_END};

HANSE_EXPORT const struct hanse_plugin hanse_plugin = {
    .magic = HANSE_MAGIC,
    .size = offsetof(struct hanse_plugin, destroy) + sizeof(void (*)(void *)),
    .abi_major = HANSE_ABI_MAJOR,
    .abi_minor = HANSE_ABI_MINOR,
    .name = "older",
    .version = "1",
    .summary = "Built against headers that had less.",
    .offers = offers,
    .create = create,
    .destroy = destroy,
    /* which lie beyond its size */
    .save_rest = (int (*)(void *))NOT_OURS,
    .excludes = (const char *const *)NOT_OURS,
    .needs = (void (*)(void *, struct hanse_needs *))NOT_OURS,
};
