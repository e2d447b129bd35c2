/* The policy `domains`: allow and block by domain, in both directions (R9 to R12). */
#include "domains.h"

#include <stdlib.h>

static const struct hanse_option domains_options[] = {
    HANSE_OPTION(struct domains_settings, allow, HANSE_PATTERN, HANSE_LIST, NULL,
                 "Outside domains that may be talked with; each stands for itself and all domains below it."),
    HANSE_OPTION(struct domains_settings, block, HANSE_PATTERN, HANSE_LIST, NULL,
                 "Domains that nothing is accepted from or sent to; each stands for itself and all domains below it. "
                 "Where both lists have a domain for an address, the longer one decides."),
    HANSE_OPTIONS_END,
};

static int domains_create(struct hanse_host *host, void **self) {
  struct domains *domains = (struct domains *)calloc(1, sizeof *domains);
  if (!domains) return HANSE_NOMEM;
  domains->host = host;
  domains->blocked = hanse_counter(host, "blocked", "messages refused because of a blocked domain");
  domains->allowed = hanse_counter(host, "allowed", "messages with an outside domain on the allow list");
  *self = domains;
  return HANSE_OK;
}

/* In pieces: first all is indexed, then all is compared with the entries. */
static int domains_configure(void *self, const void *settings, struct hanse_problem *problem) {
  struct domains *domains = (struct domains *)self;
  int status = domains_rules_build(&domains->rules, domains->host, (const struct domains_settings *)settings, problem);
  if (status == HANSE_NOMEM) hanse_explain(problem, "no memory for the lists of domains");
  return status ? status : domains_clash(domains, problem);
}

static int domains_start(void *self) {
  (void)self;
  return HANSE_OK;
}

static void domains_destroy(void *self) {
  struct domains *domains = (struct domains *)self;
  domains_rules_free(&domains->rules);
  free(domains);
}

static const struct hanse_policy domains_policy = {
    .size = sizeof(struct hanse_policy),
    .stages = HANSE_STAGE_ADMIT | HANSE_STAGE_ROUTED,
    .decide = domains_decide,
};

static const struct hanse_argument domains_arguments[] = {{NULL, false, NULL}};

static const struct hanse_command domains_command = {
    .size = sizeof(struct hanse_command),
    .name = "domains",
    .help = "the rules of the domain lists and how many messages each decided",
    .arguments = domains_arguments,
    .run = domains_rows,
    .finish = domains_rows_finish,
};

static const struct hanse_offer domains_offers[] = {
    {HANSE_POLICY, NULL, NULL, &domains_policy, NULL, 0},
    {HANSE_COMMAND, "domains", NULL, &domains_command, NULL, 0},
    HANSE_OFFERS_END,
};

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),
    .name = "domains",
    .version = "0.1.0",
    .summary = "allow and block lists of domains",
    .options = domains_options,
    .settings_size = sizeof(struct domains_settings),
    .offers = domains_offers,
    .create = domains_create,
    .configure = domains_configure,
    .adopt = domains_adopt,
    .start = domains_start,
    .destroy = domains_destroy,
    .save_rest = domains_save_rest,
};
