/* A policy that once does not come back for two seconds; nothing can be served around it. */
#include <time.h>

#include "bad.h"

struct blocks {
  struct hanse_host *host;
  bool done;
};

static int create(struct hanse_host *host, void **self) {
  struct blocks *blocks = (struct blocks *)calloc(1, sizeof *blocks);
  if (!blocks) return HANSE_NOMEM;
  blocks->host = host;
  *self = blocks;
  return HANSE_OK;
}

static enum hanse_verdict decide(void *self, const struct hanse_case *c) {
  struct blocks *blocks = (struct blocks *)self;
  struct timespec left = {2, 0};
  if (c->dry || blocks->done) return HANSE_ABSTAIN;
  blocks->done = true;
  while (nanosleep(&left, &left) != 0) {
  }
  return HANSE_ABSTAIN;
}

static const struct hanse_policy policy = {
    .size = sizeof(struct hanse_policy),
    .stages = HANSE_STAGE_ADMIT,
    .decide = decide,
};

static const struct hanse_offer offers[] = {
    {HANSE_POLICY, NULL, NULL, &policy, NULL, 0},
    HANSE_OFFERS_END,
};

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),
    BAD_WORDS("blocks", "does not return for two seconds, once"),
    .offers = offers,
    .create = create,
    .configure = bad_configure,
    .start = bad_start,
    .destroy = bad_destroy,
};
