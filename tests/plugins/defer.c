/* A policy that answers later: messages for a user whose name begins with "defer-" wait for `delay`, those for
   "defer-now-" are answered before the slot has returned, which is legal too. Shows tokens, time-outs that lie in an
   object of one's own, and what `withdrawn` is for. */
#include <hanse/plugin.h>
#include <stdlib.h>
#include <utlist.h>

struct settings {
  hanse_time delay;
  int verdict; /* enum hanse_verdict */
};

struct waiting {
  struct hanse_timer timer; /* first: the timer is its question */
  hanse_token token;
  struct waiting *next;
};

struct defer {
  struct hanse_host *host;
  const struct settings *settings;
  struct hanse_timers *timers;
  struct waiting *waiting;
  uint64_t *deferred, *withdrawn;
};

static void forget(struct defer *defer, struct waiting *waiting) {
  LL_DELETE(defer->waiting, waiting);
  hanse_timer_stop(defer->host, &waiting->timer);
  free(waiting);
}

static void fire(void *self, struct hanse_timer *timer) {
  struct defer *defer = (struct defer *)self;
  hanse_token token = ((struct waiting *)timer)->token;
  forget(defer, (struct waiting *)timer);
  hanse_resolve_verdict(defer->host, token, (enum hanse_verdict)defer->settings->verdict, NULL);
}

static void withdrawn(void *self, hanse_token token) {
  struct defer *defer = (struct defer *)self;
  struct waiting *waiting;
  ++*defer->withdrawn;
  LL_SEARCH_SCALAR(defer->waiting, waiting, token, token);
  if (waiting) forget(defer, waiting);
}

static bool begins(struct hanse_slice text, struct hanse_slice with) {
  return text.len >= with.len && hanse_same(hanse_slice(text.at, with.len), with);
}

static enum hanse_verdict decide(void *self, const struct hanse_case *c) {
  struct defer *defer = (struct defer *)self;
  if (!begins(c->facts->to.user, HANSE_LIT("defer-"))) return HANSE_ABSTAIN;
  if (c->dry) return (enum hanse_verdict)defer->settings->verdict;
  ++*defer->deferred;
  if (begins(c->facts->to.user, HANSE_LIT("defer-now-"))) {
    hanse_resolve_verdict(defer->host, c->token, (enum hanse_verdict)defer->settings->verdict, NULL);
    return HANSE_DEFER;
  }
  struct waiting *waiting = (struct waiting *)calloc(1, sizeof *waiting);
  if (!waiting) return HANSE_ABSTAIN;
  waiting->token = c->token;
  LL_PREPEND(defer->waiting, waiting);
  hanse_timer_start(defer->host, defer->timers, &waiting->timer, fire);
  return HANSE_DEFER;
}

static int create(struct hanse_host *host, void **self) {
  struct defer *defer = (struct defer *)calloc(1, sizeof *defer);
  if (!defer) return HANSE_NOMEM;
  defer->host = host;
  defer->deferred = hanse_counter(host, "deferred", "verdicts that were put off");
  defer->withdrawn = hanse_counter(host, "withdrawn", "messages that did not wait for it");
  *self = defer;
  return HANSE_OK;
}
static int configure(void *self, const void *settings, struct hanse_problem *problem) {
  struct defer *defer = (struct defer *)self;
  (void)problem;
  defer->settings = (const struct settings *)settings;
  defer->timers = hanse_timers(defer->host, defer->settings->delay);
  return defer->timers ? HANSE_OK : HANSE_NOMEM;
}
static void stop(void *self) {
  struct defer *defer = (struct defer *)self;
  while (defer->waiting) forget(defer, defer->waiting);
}

static const struct hanse_choice verdicts[] = {
    {"allow", HANSE_ALLOW}, {"deny", HANSE_DENY}, {"abstain", HANSE_ABSTAIN}, {NULL, 0}};
static const struct hanse_option options[] = {
    HANSE_OPTION(struct settings, delay, HANSE_DURATION, 0, "200ms", "Wait.", .min = "1ms", .max = "1h"),
    HANSE_OPTION(struct settings, verdict, HANSE_ENUM, 0, "allow", "Then.", .choices = verdicts),
    HANSE_OPTIONS_END,
};
static const struct hanse_policy policy = {sizeof(struct hanse_policy), HANSE_STAGE_ADMIT | HANSE_STAGE_ROUTED, decide,
                                           withdrawn, 0};
static const struct hanse_offer offers[] = {{HANSE_POLICY, NULL, NULL, &policy, NULL, 0}, HANSE_OFFERS_END};
const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),          "defer", "1",    "answers later", NULL,         options,
    sizeof(struct settings), offers,  create, configure,       .stop = stop, .destroy = free};
