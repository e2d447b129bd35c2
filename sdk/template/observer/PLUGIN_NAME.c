/* The observer PLUGIN_NAME: says in the log when so many messages of one kind of failure were refused in a row. */
#include <hanse/plugin.h>
#include <stdlib.h>

/* What the administrator writes. The router converts it by the table below and keeps it until destroy. */
struct PLUGIN_NAME_settings {
  int64_t row;
};

static const struct hanse_option options[] = {
    HANSE_OPTION(struct PLUGIN_NAME_settings, row, HANSE_INT, 0, "10",
                 "After so many refusals for the same reason, one after the other, a warning is logged.", .min = "1",
                 .max = "100000"),
    HANSE_OPTIONS_END,
};

/* All state hangs on the instance: a reload runs two of them side by side, so there are no static variables. */
struct PLUGIN_NAME {
  struct hanse_host *host;
  const struct PLUGIN_NAME_settings *settings;
  uint64_t *warnings; /* a counter of the router's: it goes on over reloads */
  enum hanse_failure last;
  int64_t in_a_row;
};

/* Nothing of the event may be kept: what is needed later is copied. */
static void event(void *self, const struct hanse_event *event) {
  struct PLUGIN_NAME *me = self;
  if (event->kind == HANSE_EVENT_ACCEPTED) {
    me->in_a_row = 0;
    return;
  }
  me->in_a_row = event->why->failure == me->last ? me->in_a_row + 1 : 1;
  me->last = event->why->failure;
  if (me->in_a_row != me->settings->row) return;
  ++*me->warnings;
  me->in_a_row = 0;
  /* Values that come from outside are arguments, never the format; the router escapes them. */
  hanse_log(me->host, HANSE_WARNING, "PLUGIN_NAME.row", "failure=%s count=%lld from=%.*s",
            hanse_failure_name(me->host, me->last), (long long)me->settings->row, HANSE_FMT(event->facts->from.domain));
}

/* What cannot be had is said (HANSE_NOMEM); the router goes on with what it had. */
static int create(struct hanse_host *host, void **self) {
  struct PLUGIN_NAME *me = calloc(1, sizeof *me);
  if (!me) return HANSE_NOMEM;
  me->host = host;
  me->warnings = hanse_counter(host, "warnings", "rows of refusals that were logged");
  *self = me;
  return HANSE_OK;
}

static int configure(void *self, const void *settings, struct hanse_problem *problem) {
  struct PLUGIN_NAME *me = self;
  me->settings = settings;
  (void)problem; /* what the table cannot judge is refused here: hanse_explain(problem, …), return HANSE_INVALID */
  return HANSE_OK;
}

/* The mask says what it is told of; what nobody wants costs nothing. */
static const struct hanse_observer observer = {
    .size = sizeof observer, .mask = HANSE_EVENT_ACCEPTED | HANSE_EVENT_REFUSED, .event = event};

static const struct hanse_offer offers[] = {{.capability = HANSE_OBSERVER, .slots = &observer}, HANSE_OFFERS_END};

/* The one symbol that is seen from outside. HANSE_NEEDS: the minor version of the contract that this needs. */
const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(HANSE_ABI_MINOR),
    .name = "PLUGIN_NAME",
    .version = "0.1",
    .summary = "warns of rows of refusals",
    .options = options,
    .settings_size = sizeof(struct PLUGIN_NAME_settings),
    .offers = offers,
    .create = create,
    .configure = configure,
    .destroy = free,
};
