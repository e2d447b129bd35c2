/* The policy PLUGIN_NAME: denies a message whose text holds one of the configured words. */
#include <hanse/plugin.h>
#include <stdlib.h>

/* What the administrator writes. The router converts it by the table below and keeps it until destroy. */
struct PLUGIN_NAME_settings {
  struct hanse_list words; /* struct hanse_slice */
};

static const struct hanse_option options[] = {
    HANSE_OPTION(struct PLUGIN_NAME_settings, words, HANSE_STRING, HANSE_LIST, NULL,
                 "A text that holds one of these is denied, in small and capital letters alike."),
    HANSE_OPTIONS_END,
};

/* All state hangs on the instance: a reload runs two of them side by side, so there are no static variables. */
struct PLUGIN_NAME {
  struct hanse_host *host;
  const struct PLUGIN_NAME_settings *settings;
  uint64_t *denied; /* a counter of the router's: it goes on over reloads */
};

static bool holds(struct hanse_slice text, struct hanse_slice word) {
  for (size_t at = 0; word.len && at + word.len <= text.len; at++)
    if (hanse_begins_nocase(hanse_slice(text.at + at, text.len - at), word)) return true;
  return false;
}

/* Called for each message: quick, and without asking anybody (HANSE_DEFER is for that). Texts are no C strings. */
static enum hanse_verdict decide(void *self, const struct hanse_case *c) {
  struct PLUGIN_NAME *me = self;
  const struct hanse_slice *words = me->settings->words.items;
  for (size_t i = 0; i < me->settings->words.count; i++) {
    if (!holds(c->facts->text, words[i])) continue;
    if (!c->dry) ++*me->denied; /* dry: `hansectl explain` only asks what would be */
    hanse_refusal_say(c->why, c->arena, HANSE_F_FILTER, (struct hanse_where){0}, "its text holds a word of the list");
    return HANSE_DENY;
  }
  return HANSE_ABSTAIN; /* no objection; that it may pass is for others to say (HANSE_ALLOW) */
}

/* What cannot be had is said (HANSE_NOMEM); the router goes on with what it had. */
static int create(struct hanse_host *host, void **self) {
  struct PLUGIN_NAME *me = calloc(1, sizeof *me);
  if (!me) return HANSE_NOMEM;
  me->host = host;
  me->denied = hanse_counter(host, "denied", "messages whose text held a word of the list");
  *self = me;
  return HANSE_OK;
}

static int configure(void *self, const void *settings, struct hanse_problem *problem) {
  struct PLUGIN_NAME *me = self;
  me->settings = settings;
  (void)problem; /* what the table cannot judge is refused here: hanse_explain(problem, …), return HANSE_INVALID */
  return HANSE_OK;
}

static const struct hanse_policy policy = {.size = sizeof policy, .stages = HANSE_STAGE_ADMIT, .decide = decide};

static const struct hanse_offer offers[] = {{.capability = HANSE_POLICY, .slots = &policy}, HANSE_OFFERS_END};

/* The one symbol that is seen from outside. HANSE_NEEDS: the minor version of the contract that this needs. */
const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(HANSE_ABI_MINOR),
    .name = "PLUGIN_NAME",
    .version = "0.1",
    .summary = "denies texts that hold a word",
    .options = options,
    .settings_size = sizeof(struct PLUGIN_NAME_settings),
    .offers = offers,
    .create = create,
    .configure = configure,
    .destroy = free,
};
