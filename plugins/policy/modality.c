/* The policy `modality`: which kinds of talk are open, by partner and by user, in which direction (R52, R88,
 * R104).
 */
#include "modality.h"

#include <stdlib.h>

static const struct hanse_choice modality_directions[] = {
    {"both", MODALITY_BOTH},
    {"in", MODALITY_IN},
    {"out", MODALITY_OUT},
    {NULL, 0},
};

#define MODALITY_OPEN(struct_of, more, normally, help) \
  HANSE_OPTION(struct struct_of, open, HANSE_ENUM, HANSE_LIST | (more), normally, help, .choices = modality_choices)
#define MODALITY_DIRECTION(struct_of, help) \
  HANSE_OPTION(struct struct_of, direction, HANSE_ENUM, 0, "both", help, .choices = modality_directions)
#define MODALITY_WHERE(struct_of) HANSE_OPTION(struct struct_of, where, HANSE_ORIGIN, HANSE_HIDDEN, NULL, NULL)

static const struct hanse_option modality_partner_options[] = {
    HANSE_OPTION(struct modality_rule, domain, HANSE_PATTERN, HANSE_REQUIRED, NULL,
                 "The partner's domain; it stands for itself and all domains below it, and the longest one decides."),
    MODALITY_OPEN(modality_rule, HANSE_REQUIRED, NULL, "The kinds of talk that are open with this partner."),
    MODALITY_DIRECTION(modality_rule,
                       "Who begins: the rule holds for what partners begin (in), what our users begin (out), or both; "
                       "who adds something to "
                       "a session begins that."),
    MODALITY_WHERE(modality_rule),
    HANSE_OPTIONS_END,
};

static const struct hanse_option modality_user_options[] = {
    HANSE_OPTION(struct modality_rule, domain, HANSE_PATTERN, HANSE_REQUIRED, NULL,
                 "Our domain; it stands for itself and all domains below it, and the longest one decides."),
    HANSE_OPTION(struct modality_rule, user, HANSE_STRING, 0, NULL,
                 "What stands before the @ of one user's address, in any case; empty: all users of the domain. The "
                 "rule of a user goes before that of a domain."),
    MODALITY_OPEN(modality_rule, HANSE_REQUIRED, NULL, "The kinds of talk that are open for these users."),
    MODALITY_DIRECTION(modality_rule,
                       "Who begins: the rule holds for what partners begin (in), what our users begin (out), or both; "
                       "who adds something to "
                       "a session begins that."),
    MODALITY_WHERE(modality_rule),
    HANSE_OPTIONS_END,
};

static const struct hanse_option modality_options[] = {
    MODALITY_OPEN(modality_settings, 0, "im, presence, audio_video, sharing, conference, file, other",
                  "The kinds of talk that are open where no rule below says anything; `other` is what cannot be told "
                  "apart. Sessions whose offer comes with the answer are judged there: list the module in "
                  "`policy.answer` as well as in `policy.admit`."),
    MODALITY_DIRECTION(modality_settings, "What this default holds for; the other direction is then open for all."),
    HANSE_OPTION(struct modality_settings, partners, HANSE_GROUP, HANSE_LIST, NULL,
                 "What is open with which partners, in place of the default.", .group = modality_partner_options,
                 .group_size = sizeof(struct modality_rule)),
    HANSE_OPTION(struct modality_settings, users, HANSE_GROUP, HANSE_LIST, NULL,
                 "What is open for which of our users, in place of the default; where there is a rule for the partner "
                 "as well, both must open it.",
                 .group = modality_user_options, .group_size = sizeof(struct modality_rule)),
    MODALITY_WHERE(modality_settings),
    HANSE_OPTIONS_END,
};

static int modality_create(struct hanse_host *host, void **self) {
  struct modality *modality = (struct modality *)calloc(1, sizeof *modality);
  if (!modality) return HANSE_NOMEM;
  modality->host = host;
  for (unsigned i = 0; i <= HANSE_MODALITY_FILE; i++)
    if (modality_name(i)) modality->refused[i] = hanse_counter(host, modality_name(i), "messages of this kind refused");
  *self = modality;
  return HANSE_OK;
}

/* What is more than a user part would never match. */
static int modality_check_users(const struct hanse_list *users, struct hanse_problem *problem) {
  const struct modality_rule *rule = (const struct modality_rule *)users->items;
  for (size_t i = 0; i < users->count; i++) {
    if (!rule[i].user.len || !memchr(rule[i].user.at, '@', rule[i].user.len)) continue;
    problem->where = rule[i].where;
    hanse_explain(problem, "user = \"%.200s\": only what stands before the @ is written here; the rest is the domain",
                  rule[i].user.at);
    return HANSE_INVALID;
  }
  return HANSE_OK;
}

static int modality_build(struct modality *modality, unsigned way, struct hanse_problem *problem) {
  const struct modality_settings *settings = modality->settings;
  int status = modality_index_build(&modality->partners[way], modality->host, &settings->partners, way, problem);
  if (!status) status = modality_index_build(&modality->users[way], modality->host, &settings->users, way, problem);
  modality->closed[way] = (unsigned)settings->direction & way ? modality_closed(&settings->open) : 0;
  modality->closed_somewhere[way] = modality->closed[way] | modality_index_closed(&modality->partners[way]) |
                                    modality_index_closed(&modality->users[way]);
  return status;
}

static int modality_configure(void *self, const void *settings, struct hanse_problem *problem) {
  struct modality *modality = (struct modality *)self;
  modality->settings = (const struct modality_settings *)settings;
  int status = modality_check_users(&modality->settings->users, problem);
  if (!status) status = modality_build(modality, MODALITY_IN, problem);
  if (!status) status = modality_build(modality, MODALITY_OUT, problem);
  if (status == HANSE_NOMEM) hanse_explain(problem, "no memory for the rules of modality");
  return status;
}

static int modality_start(void *self) {
  (void)self;
  return HANSE_OK;
}

static void modality_destroy(void *self) {
  struct modality *modality = (struct modality *)self;
  for (unsigned way = MODALITY_IN; way <= MODALITY_OUT; way++) {
    modality_index_free(&modality->partners[way]);
    modality_index_free(&modality->users[way]);
  }
  free(modality);
}

static const struct hanse_policy modality_policy = {
    .size = sizeof(struct hanse_policy),
    .stages = HANSE_STAGE_ADMIT | HANSE_STAGE_ANSWER,
    .decide = modality_decide,
    .answers = HANSE_ACTION_BIT(HANSE_ACTION_SESSION),
};

static const struct hanse_offer modality_offers[] = {
    {HANSE_POLICY, NULL, NULL, &modality_policy, NULL, 0},
    HANSE_OFFERS_END,
};

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),
    .name = "modality",
    .version = "0.1.0",
    .summary = "which kinds of talk are open, by partner and by user",
    .options = modality_options,
    .settings_size = sizeof(struct modality_settings),
    .offers = modality_offers,
    .create = modality_create,
    .configure = modality_configure,
    .start = modality_start,
    .destroy = modality_destroy,
};
