#include "public.h"

#include <stdlib.h>

static const struct hanse_choice kinds[] = {{"im", HANSE_MODALITY_IM},
                                            {"presence", HANSE_MODALITY_PRESENCE},
                                            {"audio_video", HANSE_MODALITY_AUDIO_VIDEO},
                                            {NULL, 0}};

static const struct hanse_choice levels[] = {{"always", HANSE_TRUST_ALWAYS},
                                             {"AlwaysVerifiable", HANSE_TRUST_ALWAYS},
                                             {"never", HANSE_TRUST_NEVER},
                                             {"AlwaysUnverifiable", HANSE_TRUST_NEVER},
                                             {"source", HANSE_TRUST_SOURCE},
                                             {"UseSourceVerification", HANSE_TRUST_SOURCE},
                                             {NULL, 0}};

#define SWITCH(field, help) HANSE_OPTION(struct public_written, field, HANSE_BOOL, 0, "false", help)

static const struct hanse_option provider_table[] = {
    HANSE_OPTION(struct public_written, where, HANSE_ORIGIN, HANSE_HIDDEN, NULL, "Where the provider stands."),
    HANSE_OPTION(struct public_written, preset, HANSE_ENUM, 0, "none",
                 "A provider that is known by name: what is not written here is as there. \"sip\": any SIP service of "
                 "today, with texts, presence and calls. The others are those of public IM connectivity, which are all "
                 "gone, for who runs their like.",
                 .choices = public_preset_words),
    HANSE_OPTION(struct public_written, name, HANSE_STRING, 0, NULL,
                 "What the provider is called here, in the log and in policies; not set: the preset's word."),
    HANSE_OPTION(struct public_written, edge, HANSE_ADDRESS, HANSE_HOST_NAME, NULL,
                 "Its access edge, which is dialled and which its certificate must prove, and the port where that is "
                 "not 5061. No other provider, hosting ones included, may have it too."),
    SWITCH(enabled, "Whether anything passes to it and from it."),
    HANSE_OPTION(struct public_written, domains, HANSE_PATTERN, HANSE_LIST, NULL,
                 "Its own domains, with all below them, beside those of the preset. They need no entry in `partners`; "
                 "one that is there goes before."),
    HANSE_OPTION(struct public_written, decoration, HANSE_DOMAIN, 0, NULL,
                 "How it calls its people of other domains: joe@example.org is written joe(example.org)@DECORATION on "
                 "its side, and joe@example.org on ours. One of its own domains."),
    HANSE_OPTION(struct public_written, undecorated, HANSE_PATTERN, HANSE_LIST, NULL,
                 "Domains beside its own whose addresses it takes as they are."),
    SWITCH(others,
           "Whether people of domains that no entry names and no module before this one finds are taken for its own, "
           "and so decorated; for one provider at most."),
    HANSE_OPTION(
        struct public_written, carries, HANSE_ENUM, HANSE_LIST, NULL,
        "What it takes, between two people; anything else is refused here. Not set: the preset's, or im and presence.",
        .choices = kinds),
    HANSE_OPTION(struct public_written, verification, HANSE_ENUM, 0, "never",
                 "How far its people are taken for verified where no rule of the policy `verification` says so: "
                 "always; never, so that they reach only who listed them; source, as the provider says.",
                 .choices = levels),
    HANSE_OPTION(struct public_written, rate, HANSE_RATE, 0, NULL,
                 "How many messages may come from it, as many at once, of all its people and domains together; the "
                 "policy `limits` at `policy.routed` refuses for a while what is more. Not set: as many as it likes."),
    SWITCH(client_eku, "Whether its servers demand a certificate of ours that is for clients as well (clientAuth)."),
    SWITCH(reads_cn, "Whether its servers read only the common name of our certificate, which must be our edge then."),
    HANSE_OPTIONS_END,
};

static const struct hanse_option public_options[] = {
    HANSE_OPTION(struct public_settings, providers, HANSE_GROUP, HANSE_LIST, NULL,
                 "Public providers; each is off until it is enabled.", .group = provider_table,
                 .group_size = sizeof(struct public_written)),
    HANSE_OPTIONS_END,
};

static const struct hanse_option entry_table[] = {
    HANSE_OPTION(struct public_entry, where, HANSE_ORIGIN, HANSE_HIDDEN, NULL, "Where the entry stands."),
    HANSE_OPTION(struct public_entry, provider, HANSE_STRING, HANSE_REQUIRED, NULL,
                 "The provider that people of this domain are with, by its name; there they are decorated."),
    HANSE_OPTIONS_END,
};

/* ---- life ---- */

static int create(struct hanse_host *host, void **self) {
  struct public *public = (struct public *)calloc(1, sizeof *public);
  if (!public) return HANSE_NOMEM;
  public->host = host;
  public->unproved =
      hanse_counter(host, "unproved", "peers whose certificate does not name the edge of the sender's provider");
  *self = public;
  return HANSE_OK;
}

static void warn(struct public *public, const struct public_profile *profile) {
  const char *gone = profile->preset->gone, *file = profile->written->where.file;
  if (!profile->written->enabled) return;
  if (gone && !profile->written->edge.host.len)
    hanse_log(public->host, HANSE_WARNING, "provider.gone", "provider=%.*s file=%s line=%u text=\"%s\"",
              HANSE_FMT(profile->name), file ? file : "?", profile->written->where.line, gone);
  if (profile->client_eku)
    hanse_log(public->host, HANSE_NOTICE, "provider.client_eku",
              "provider=%.*s text=\"its servers demand clientAuth in the extended key usage of our certificate\"",
              HANSE_FMT(profile->name));
}

static int configure(void *self, const void *settings, struct hanse_problem *problem) {
  struct public *public = (struct public *)self;
  int status = public_profiles(public, (const struct public_settings *)settings, problem);
  for (size_t i = 0; i < public->count && !status; i++) warn(public, &public->profiles[i]);
  return status;
}

static int start(void *self) {
  (void)self;
  return HANSE_OK;
}

/* For hansectl check and plan. */
static void needs_say(void *self, struct hanse_needs *needs) {
  const struct public *public = (const struct public *)self;
  const uint32_t media = HANSE_MODALITY_BIT(HANSE_MODALITY_AUDIO_VIDEO);
  for (size_t i = 0; i < public->count; i++) {
    const struct public_profile *profile = &public->profiles[i];
    struct hanse_need need = {
        .size = sizeof need, .who = profile->name, .host = profile->edge, .where = profile->written->where};
    if (profile->client_eku) need.flags |= HANSE_NEED_CLIENT_PURPOSE;
    if (profile->reads_cn) need.flags |= HANSE_NEED_COMMON_NAME;
    if (profile->carries & media) need.flags |= HANSE_NEED_MEDIA;
    if (profile->written->enabled && need.flags) needs->say(needs, &need);
  }
}

static void destroy(void *self) {
  struct public *public = (struct public *)self;
  free(public->profiles);
  free(public);
}

static const struct hanse_federation federation = {
    .size = sizeof(struct hanse_federation),
    .wire_type = HANSE_WIRE_AUTHORIZED_SERVER,
    .catch_all = true,
    .confirm = public_confirm,
    .route = public_route,
};

/* What the same thing was called before: OCS 2007, Lync 2010 and later (R7). */
static const char *const aliases[] = {
    "public IM provider", "public-im-provider", "public provider", "public-provider", "PublicCloud", NULL,
};

static const struct hanse_argument arguments[] = {
    {"presets", HANSE_FLAG, "those that a preset knows, instead of those that are configured"},
    {NULL, 0, NULL},
};

static const struct hanse_command command = {
    .size = sizeof(struct hanse_command),
    .name = "providers",
    .help = "public providers: what each is, and what it asks of us",
    .arguments = arguments,
    .run = public_rows,
};

static const struct hanse_offer offers[] = {
    {HANSE_FEDERATION, "public", aliases, &federation, entry_table, sizeof(struct public_entry)},
    {HANSE_COMMAND, "providers", NULL, &command, NULL, 0},
    HANSE_OFFERS_END,
};

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),
    .name = "public",
    .version = "0.1.0",
    .summary = "public providers of instant messaging, and how they call people of other domains",
    .options = public_options,
    .settings_size = sizeof(struct public_settings),
    .offers = offers,
    .create = create,
    .configure = configure,
    .start = start,
    .destroy = destroy,
    .needs = needs_say,
};
