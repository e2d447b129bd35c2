/* The command PLUGIN_NAME: `hansectl PLUGIN_COMMAND DOMAIN` says whether a domain is ours, a partner's or unknown. */
#include <hanse/plugin.h>
#include <stdlib.h>

/* All state hangs on the instance: a reload runs two of them side by side, so there are no static variables. */
struct PLUGIN_NAME {
  struct hanse_host *host;
  uint64_t *asked; /* a counter of the router's: it goes on over reloads */
};

/* What the arguments are; hansectl makes its usage, its help and its completion of it. */
static const struct hanse_argument arguments[] = {
    {"domain", HANSE_ARGUMENT_REQUIRED, "in lower case, in the form of DNS (xn--…)"},
    {NULL, 0, NULL},
};

static struct hanse_slice whose(struct PLUGIN_NAME *me, struct hanse_slice domain) {
  struct hanse_where where;
  const char *kind;
  if (hanse_entry_find(me->host, domain, &kind, &where)) return hanse_text(kind); /* "home" or "partners" */
  return hanse_home_is(me->host, domain) ? HANSE_LIT("below home") : HANSE_LIT("nobody's");
}

/* Writes rows. What takes longer than 2 ms keeps its place in *cursor and returns HANSE_MORE; it is called again. */
static enum hanse_outcome run(void *self, struct hanse_rows *rows, void **cursor) {
  struct PLUGIN_NAME *me = self;
  struct hanse_slice domain = hanse_row_argument(me->host, rows, "domain");
  (void)cursor;
  ++*me->asked;
  if (domain.len == 0) return HANSE_USAGE; /* the outcome is hansectl's exit status */
  hanse_row_begin(me->host, rows);
  hanse_row_text(me->host, rows, "domain", domain);
  hanse_row_text(me->host, rows, "entry", whose(me, domain));
  hanse_row_number(me->host, rows, "asked", (int64_t)*me->asked);
  return HANSE_DONE;
}

/* What cannot be had is said (HANSE_NOMEM); the router goes on with what it had. */
static int create(struct hanse_host *host, void **self) {
  struct PLUGIN_NAME *me = calloc(1, sizeof *me);
  if (!me) return HANSE_NOMEM;
  me->host = host;
  me->asked = hanse_counter(host, "asked", "how often the command ran");
  *self = me;
  return HANSE_OK;
}

/* There are no settings; see `options` in hanse/plugin.h. */
static int configure(void *self, const void *settings, struct hanse_problem *problem) {
  (void)self, (void)settings, (void)problem;
  return HANSE_OK;
}

/* Names of commands: lower-case letters, digits and "-". */
static const struct hanse_command command = {.size = sizeof command,
                                             .name = "PLUGIN_COMMAND",
                                             .help = "whether a domain is ours, a partner's or unknown",
                                             .arguments = arguments,
                                             .run = run};

static const struct hanse_offer offers[] = {{.capability = HANSE_COMMAND, .slots = &command}, HANSE_OFFERS_END};

/* The one symbol that is seen from outside. HANSE_NEEDS: the minor version of the contract that this needs. */
const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(HANSE_ABI_MINOR),
    .name = "PLUGIN_NAME",
    .version = "0.1",
    .summary = "says whose a domain is",
    .offers = offers,
    .create = create,
    .configure = configure,
    .destroy = free,
};
