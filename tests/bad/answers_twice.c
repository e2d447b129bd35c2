/* A policy that answers each token twice: before its slot returns, and again 10 ms later with the opposite. */
#include "bad.h"

struct second {
  struct hanse_timer timer; /* first: a timer is its second answer */
  hanse_token token;
};

struct twice {
  struct hanse_host *host;
  struct hanse_timers *soon;
  struct second second;
};

static int create(struct hanse_host *host, void **self) {
  struct twice *twice = (struct twice *)calloc(1, sizeof *twice);
  if (!twice) return HANSE_NOMEM;
  twice->host = host;
  *self = twice;
  return HANSE_OK;
}

static int start(void *self) {
  struct twice *twice = (struct twice *)self;
  twice->soon = hanse_timers(twice->host, 10 * HANSE_MSEC);
  return twice->soon ? HANSE_OK : HANSE_NOMEM;
}

static void fire(void *self, struct hanse_timer *timer) {
  struct twice *twice = (struct twice *)self;
  hanse_resolve_verdict(twice->host, ((struct second *)timer)->token, HANSE_DENY, NULL);
}

static enum hanse_verdict decide(void *self, const struct hanse_case *c) {
  struct twice *twice = (struct twice *)self;
  if (c->dry) return HANSE_ABSTAIN;
  hanse_resolve_verdict(twice->host, c->token, HANSE_ALLOW, NULL);
  hanse_resolve_verdict(twice->host, c->token, HANSE_DENY, NULL);
  twice->second.token = c->token;
  hanse_timer_start(twice->host, twice->soon, &twice->second.timer, fire);
  return HANSE_DEFER;
}

static void withdrawn(void *self, hanse_token token) { (void)self, (void)token; }

static void stop(void *self) {
  struct twice *twice = (struct twice *)self;
  hanse_timer_stop(twice->host, &twice->second.timer);
}

static const struct hanse_policy policy = {
    .size = sizeof(struct hanse_policy),
    .stages = HANSE_STAGE_ADMIT,
    .decide = decide,
    .withdrawn = withdrawn,
};

static const struct hanse_offer offers[] = {
    {HANSE_POLICY, NULL, NULL, &policy, NULL, 0},
    HANSE_OFFERS_END,
};

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),
    BAD_WORDS("answers_twice", "answers a token three times"),
    .offers = offers,
    .create = create,
    .configure = bad_configure,
    .start = start,
    .stop = stop,
    .destroy = bad_destroy,
};
