/* The policy `contacts`: who was written to may write back. */
#include "contacts.h"

#include <stdlib.h>

static const struct hanse_choice contacts_holds[] = {{"unverified", CONTACTS_UNVERIFIED},
                                                     {"strangers", CONTACTS_STRANGERS},
                                                     {"all", CONTACTS_ALL},
                                                     {"nobody", CONTACTS_NOBODY},
                                                     {NULL, 0}};

static const struct hanse_option contacts_options[] = {
    HANSE_OPTION(struct contacts_settings, where, HANSE_ORIGIN, HANSE_HIDDEN, NULL, NULL),
    HANSE_OPTION(
        struct contacts_settings, hold, HANSE_ENUM, 0, "unverified",
        "Of whom nothing is let through before the user whom it is for has written to them: `unverified` senders, as "
        "the policy `verification` marks them (list that in `policy.admit`; who is not marked counts as unverified); "
        "`strangers`, whom neither an entry nor a provider vouches for; `all`; or `nobody`, for `vote` alone.",
        .choices = contacts_holds),
    HANSE_OPTION(struct contacts_settings, vote, HANSE_BOOL, 0, "false",
                 "Whether having been written to is a vote for who writes back, so that no other policy need allow a "
                 "partner whom nobody entered; what passes by that is not held to `limits`. List the module in "
                 "`policy.admit` as well as in `policy.routed`."),
    HANSE_OPTION(struct contacts_settings, age, HANSE_DURATION, 0, "90d",
                 "For how long after our user has last written to them (a message, a call, or a subscription).",
                 .min = "1m", .max = "3650d"),
    HANSE_OPTION(
        struct contacts_settings, pairs, HANSE_INT, 0, "100000",
        "How many pairs of one of our users and somebody outside are remembered, at some 200 octets each. When there "
        "are more, the user who adds one loses the one used longest ago of his own; who has none yet, that of all.",
        .min = "1", .max = "200000"),
    HANSE_OPTION(struct contacts_settings, pairs_per_user, HANSE_INT, 0, "1000",
                 "How many of them one of our users may have.", .min = "1", .max = "200000"),
    HANSE_OPTIONS_END,
};

static int contacts_create(struct hanse_host *host, void **self) {
  struct contacts *contacts = (struct contacts *)calloc(1, sizeof *contacts);
  if (!contacts) return HANSE_NOMEM;
  contacts->host = host;
  contacts_table_init(&contacts->table);
  hanse_random(host, contacts->table.key, sizeof contacts->table.key);
  contacts->refused = hanse_counter(host, "refused", "messages of those whom nobody here has written to");
  contacts->passed = hanse_counter(host, "passed", "messages of those who were held, but had been written to");
  contacts->noted = hanse_counter(host, "noted", "pairs of one of our users and somebody whom he wrote to");
  contacts->dropped = hanse_counter(host, "dropped", "pairs that had to make room for others");
  *self = contacts;
  return HANSE_OK;
}

static int contacts_configure(void *self, const void *settings, struct hanse_problem *problem) {
  (void)problem;
  ((struct contacts *)self)->settings = (const struct contacts_settings *)settings;
  return HANSE_OK;
}

static int contacts_start(void *self) { return contacts_kept_start((struct contacts *)self); }
static void contacts_stop(void *self) { contacts_kept_stop((struct contacts *)self); }

static void contacts_destroy(void *self) {
  struct contacts *contacts = (struct contacts *)self;
  contacts_table_free(&contacts->table);
  free(contacts);
}

/* ---- the command ---- */

enum hanse_outcome contacts_rows(void *self, struct hanse_rows *rows, void **cursor) {
  struct contacts *contacts = (struct contacts *)self;
  struct hanse_address_fact ours, theirs;
  (void)cursor;
  if (!hanse_address_cut(hanse_row_argument(contacts->host, rows, "user"), &ours) ||
      !hanse_address_cut(hanse_row_argument(contacts->host, rows, "outside"), &theirs))
    return HANSE_USAGE;
  const struct contacts_pair *pair = contacts_known(contacts, &ours, &theirs);
  if (!pair && !behind_waits(&contacts->awaited, contacts->host)) return HANSE_NO;
  hanse_row_begin(contacts->host, rows);
  if (!pair) { /* until it is known whether there is one, nobody is refused */
    hanse_row_text(contacts->host, rows, "reading", HANSE_LIT("true"));
    return HANSE_DONE;
  }
  hanse_row_number(contacts->host, rows, "written_s", (hanse_now(contacts->host) - pair->used) / HANSE_SECOND);
  hanse_row_number(contacts->host, rows, "left_s",
                   (contacts->settings->age - (hanse_now(contacts->host) - pair->used)) / HANSE_SECOND);
  return HANSE_DONE;
}

static const struct hanse_policy contacts_policy = {
    .size = sizeof(struct hanse_policy),
    .stages = HANSE_STAGE_ADMIT | HANSE_STAGE_ROUTED,
    .decide = contacts_decide,
};

static const struct hanse_observer contacts_observer = {
    .size = sizeof(struct hanse_observer),
    .mask = HANSE_EVENT_ACCEPTED,
    .event = contacts_event,
};

static const struct hanse_argument contacts_arguments[] = {
    {"user", HANSE_ARGUMENT_REQUIRED, "user@domain of one of our users"},
    {"outside", HANSE_ARGUMENT_REQUIRED, "user@domain of who would write to that user, the domain in A-labels"},
    {NULL, 0, NULL},
};

static const struct hanse_command contacts_command = {
    .size = sizeof(struct hanse_command),
    .name = "contacts",
    .help =
        "how many seconds ago one of our users wrote to somebody outside, and for how many more they may write back",
    .arguments = contacts_arguments,
    .run = contacts_rows,
};

static const struct hanse_offer contacts_offers[] = {
    {HANSE_POLICY, NULL, NULL, &contacts_policy, NULL, 0},
    {HANSE_OBSERVER, NULL, NULL, &contacts_observer, NULL, 0},
    {HANSE_COMMAND, "contacts", NULL, &contacts_command, NULL, 0},
    HANSE_OFFERS_END,
};

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),
    .name = "contacts",
    .version = "0.1.0",
    .summary = "who was written to may write back",
    .options = contacts_options,
    .settings_size = sizeof(struct contacts_settings),
    .offers = contacts_offers,
    .create = contacts_create,
    .configure = contacts_configure,
    .adopt = contacts_adopt,
    .start = contacts_start,
    .save = contacts_save,
    .stop = contacts_stop,
    .destroy = contacts_destroy,
    .save_rest = contacts_save_rest,
};
