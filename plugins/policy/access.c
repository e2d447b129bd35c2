/* The policy `access`: external access policies for all, for a site and for a user (R47 to R53). */
#include "access.h"

#include <stdio.h>
#include <stdlib.h>

#define SWITCH(field, normally, help) HANSE_OPTION(struct access_policy, field, HANSE_BOOL, 0, normally, help)

static const struct hanse_option policy_table[] = {
    HANSE_OPTION(struct access_policy, where, HANSE_ORIGIN, HANSE_HIDDEN, NULL, "Where the policy stands."),
    HANSE_OPTION(
        struct access_policy, name, HANSE_STRING, HANSE_REQUIRED, NULL,
        "Its name; \"global\" is the one for everybody, and there is one built in that opens federation only."),
    SWITCH(federation, "true", "Whether the user may talk with federated partners; XMPP needs it too."),
    SWITCH(xmpp, "false", "Whether with partners that speak XMPP."),
    SWITCH(public_im, "false", "Whether with public providers."),
    SWITCH(
        public_audio_video, "false",
        "Whether by audio and video as well with those. Calls whose offer comes with the answer are judged there: list "
        "the module in `policy.answer` as well as in `policy.routed`."),
    HANSE_OPTIONS_END,
};

static const struct hanse_option site_table[] = {
    HANSE_OPTION(struct access_site, where, HANSE_ORIGIN, HANSE_HIDDEN, NULL, "Where the site stands."),
    HANSE_OPTION(struct access_site, domain, HANSE_PATTERN, HANSE_REQUIRED, NULL,
                 "The domain of its users, and all below it."),
    HANSE_OPTION(struct access_site, policy, HANSE_STRING, HANSE_REQUIRED, NULL, "The policy that holds there."),
    HANSE_OPTIONS_END,
};

static const struct hanse_option user_table[] = {
    HANSE_OPTION(struct access_user, where, HANSE_ORIGIN, HANSE_HIDDEN, NULL, "Where the user stands."),
    HANSE_OPTION(struct access_user, address, HANSE_STRING, HANSE_REQUIRED, NULL,
                 "user@domain, the domain in A-labels."),
    HANSE_OPTION(struct access_user, policy, HANSE_STRING, 0, NULL,
                 "The policy that holds for this user, before that of the site and that of all."),
    HANSE_OPTION(struct access_user, branch, HANSE_BOOL, 0, "false",
                 "Whether the user is homed on a branch appliance, and so has no XMPP."),
    HANSE_OPTIONS_END,
};

static const struct hanse_option access_options[] = {
    HANSE_OPTION(struct access_settings, policies, HANSE_GROUP, HANSE_LIST, NULL, "What users may do with the outside.",
                 .group = policy_table, .group_size = sizeof(struct access_policy)),
    HANSE_OPTION(struct access_settings, sites, HANSE_GROUP, HANSE_LIST, NULL,
                 "Policies for all users of a domain of ours.", .group = site_table,
                 .group_size = sizeof(struct access_site)),
    HANSE_OPTION(struct access_settings, users, HANSE_GROUP, HANSE_LIST, NULL, "Users with a policy of their own.",
                 .group = user_table, .group_size = sizeof(struct access_user)),
    HANSE_OPTIONS_END,
};

/* ---- the command ---- */

static void switch_row(struct access *access, struct hanse_rows *rows, const char *name, bool on) {
  hanse_row_text(access->host, rows, name, on ? HANSE_LIT("true") : HANSE_LIT("false"));
}

enum hanse_outcome access_rows(void *self, struct hanse_rows *rows, void **cursor) {
  struct access *access = (struct access *)self;
  struct hanse_address_fact address;
  (void)cursor;
  if (!hanse_address_cut(hanse_row_argument(access->host, rows, "user"), &address)) return HANSE_USAGE;
  struct access_found found = access_index_find(&access->index, address.user, address.domain);
  hanse_row_begin(access->host, rows);
  hanse_row_text(access->host, rows, "policy", found.policy->name);
  hanse_row_text(access->host, rows, "scope", hanse_text(found.scope));
  switch_row(access, rows, "federation", found.policy->federation);
  switch_row(access, rows, "xmpp", found.policy->federation && found.policy->xmpp && !found.branch);
  switch_row(access, rows, "public_im", found.policy->public_im);
  switch_row(access, rows, "public_audio_video", found.policy->public_im && found.policy->public_audio_video);
  hanse_row_text(access->host, rows, "file", hanse_text(found.where.file));
  hanse_row_number(access->host, rows, "line", (int64_t)found.where.line);
  return HANSE_DONE;
}

/* ---- life ---- */

static int access_create(struct hanse_host *host, void **self) {
  struct access *access = (struct access *)calloc(1, sizeof *access);
  if (!access) return HANSE_NOMEM;
  access->host = host;
  access->refused = hanse_counter(host, "refused", "messages that the access policy of one of our users forbids");
  *self = access;
  return HANSE_OK;
}

static int access_configure(void *self, const void *settings, struct hanse_problem *problem) {
  struct access *access = (struct access *)self;
  return access_index_build(&access->index, access->host, (const struct access_settings *)settings, problem);
}

static int access_start(void *self) {
  (void)self;
  return HANSE_OK;
}

static void access_destroy(void *self) {
  struct access *access = (struct access *)self;
  access_index_clear(&access->index);
  free(access);
}

static const struct hanse_policy access_policy_slots = {
    .size = sizeof(struct hanse_policy),
    .stages = HANSE_STAGE_ROUTED | HANSE_STAGE_ANSWER,
    .decide = access_decide,
    .answers = HANSE_ACTION_BIT(HANSE_ACTION_SESSION),
};

static const struct hanse_argument access_arguments[] = {
    {"user", HANSE_ARGUMENT_REQUIRED, "user@domain of one of our users"},
    {NULL, 0, NULL},
};

static const struct hanse_command access_command = {
    .size = sizeof(struct hanse_command),
    .name = "access",
    .help = "which access policy holds for one of our users, and what it opens",
    .arguments = access_arguments,
    .run = access_rows,
};

static const struct hanse_offer access_offers[] = {
    {HANSE_POLICY, NULL, NULL, &access_policy_slots, NULL, 0},
    {HANSE_COMMAND, "access", NULL, &access_command, NULL, 0},
    HANSE_OFFERS_END,
};

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),
    .name = "access",
    .version = "0.1.0",
    .summary = "what each of our users may do with the outside",
    .options = access_options,
    .settings_size = sizeof(struct access_settings),
    .offers = access_offers,
    .create = access_create,
    .configure = access_configure,
    .start = access_start,
    .destroy = access_destroy,
};
