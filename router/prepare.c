#include "router/prepare.h"
#include "contract/descriptor.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "contract/nearest.h"
#include "router/option_print.h"
#include "router/prepare_net.h"
#include "router/settings_read.h"

/* ---- modules: code, options, offers ---- */

static int load_modules(struct generation *generation, struct prepare_request *request, struct problem_list *problems) {
  const struct settings *settings = generation->settings;
  struct hanse_problem problem = {0};
  const char *folder = request->plugins ? request->plugins : settings->module_dir.at;
  generation->modules = calloc(settings->modules.count + 1, sizeof *generation->modules);
  if (!generation->modules) return HANSE_NOMEM;
  generation->module_count = settings->modules.count;
  if (!request->loader) {
    request->loader = loader_new(settings->cache_dir.at, request->user, &problem);
    if (!request->loader) {
      problem_error_from(problems, &problem);
      return HANSE_INVALID;
    }
  }
  for (size_t i = 0; i < settings->modules.count; i++) {
    const struct settings_module *written = settings_module_at(settings, i);
    struct module *module = &generation->modules[i];
    option_pool_init(&module->pool);
    problem = (struct hanse_problem){.where = written->where};
    module->code = loader_load(request->loader, folder, written->plugin, &problem);
    if (!module->code) problem_error_from(problems, &problem);
  }
  return HANSE_OK;
}

static int convert_module(struct generation *generation, size_t i, struct problem_list *problems) {
  static const struct hanse_option none[] = {HANSE_OPTIONS_END};
  struct module *module = &generation->modules[i];
  const struct hanse_plugin *plugin = module->code->plugin;
  const struct hanse_option *table = plugin->options ? plugin->options : none;
  int status = settings_check_module_table(plugin->name, table, plugin->settings_size, problems);
  if (status != HANSE_OK) return status;
  status = settings_module_options(generation->settings, i, table, plugin->settings_size, &module->pool,
                                   &module->options, problems);
  return status == HANSE_OK ? option_digest(table, module->options, module->digest) : status;
}

static int convert_modules(struct generation *generation, struct problem_list *problems) {
  for (size_t i = 0; i < generation->module_count; i++)
    if (generation->modules[i].code && convert_module(generation, i, problems) == HANSE_NOMEM) return HANSE_NOMEM;
  return HANSE_OK;
}

static size_t count_offers(const struct generation *generation, enum hanse_capability capability) {
  size_t n = 0;
  for (size_t i = 0; i < generation->module_count; i++) {
    if (!generation->modules[i].code) continue;
    const struct hanse_offer *offer = generation->modules[i].code->plugin->offers;
    for (; offer && offer->capability; offer++) n += offer->capability == capability;
  }
  return n;
}

static void offer_protocol(struct generation *generation, size_t module, const struct hanse_offer *offer,
                           struct problem_list *problems) {
  struct hanse_slice name = hanse_text(offer->name);
  const struct settings_module *written = settings_module_at(generation->settings, module);
  if (generation_protocol(generation, name)) {
    problem_error(problems, &written->where,
                  "module \"%.*s\" offers protocol \"%s\", which another module offers too; "
                  "keep one of them",
                  HANSE_FMT(written->name), offer->name);
    return;
  }
  generation->protocols[generation->protocol_count++] =
      (struct protocol){.name = name, .slots = offer->slots, .module = module};
}

static void offer_federation(struct generation *generation, size_t module, const struct hanse_offer *offer,
                             struct problem_list *problems) {
  static const struct hanse_option none[] = {HANSE_OPTIONS_END};
  const struct settings_module *written = settings_module_at(generation->settings, module);
  struct hanse_slice name = hanse_text(offer->name);
  const char *taken = generation_federation(generation, name) ? offer->name : NULL;
  for (const char *const *alias = offer->aliases; alias && *alias && !taken; alias++)
    if (generation_federation(generation, hanse_text(*alias))) taken = *alias;
  if (taken) {
    problem_error(problems, &written->where,
                  "module \"%.*s\" offers federation type \"%s\", and so does another module, or itself twice; "
                  "keep one of them",
                  HANSE_FMT(written->name), taken);
    return;
  }
  if (settings_check_partner_table(offer->name, offer->entry ? offer->entry : none, offer->entry_size, problems) !=
      HANSE_OK)
    return;
  generation->federations[generation->federation_count++] = (struct federation){.name = name,
                                                                                .aliases = offer->aliases,
                                                                                .slots = offer->slots,
                                                                                .entry = offer->entry,
                                                                                .entry_size = offer->entry_size,
                                                                                .module = module};
}

/* What is beyond would be passed over in silence. */
static void check_number(const struct settings_module *written, const struct hanse_plugin *plugin,
                         struct problem_list *problems) {
  unsigned of[HANSE_STORE + 1] = {0};
  for (const struct hanse_offer *offer = plugin->offers; offer && offer->capability; offer++) {
    unsigned most = descriptor_most(offer->capability);
    if (!most || ++of[offer->capability] != most + 1) continue;
    problem_error(problems, &written->where,
                  "module \"%.*s\": plugin \"%s\" offers more than %u of the kind \"%s\"; take the rest out of its "
                  "offers, or put it into another plugin",
                  HANSE_FMT(written->name), plugin->name, most, descriptor_capability(offer->capability));
  }
}

static void collect(struct generation *generation, size_t module, struct problem_list *problems) {
  const struct settings_module *written = settings_module_at(generation->settings, module);
  const struct hanse_offer *offer = generation->modules[module].code->plugin->offers;
  check_number(written, generation->modules[module].code->plugin, problems);
  for (; offer && offer->capability; offer++) {
    const char *missing = descriptor_missing_slot(offer);
    bool by_name = offer->capability == HANSE_PROTOCOL || offer->capability == HANSE_FEDERATION;
    if (missing || (by_name && !offer->name)) {
      problem_error(problems, &written->where, "module \"%.*s\" offers a capability (%d) without %s; it must be set",
                    HANSE_FMT(written->name), (int)offer->capability, missing ? missing : "a name");
    } else if (offer->capability == HANSE_PROTOCOL) {
      offer_protocol(generation, module, offer, problems);
    } else if (offer->capability == HANSE_FEDERATION) {
      offer_federation(generation, module, offer, problems);
    }
  }
}

static int collect_offers(struct generation *generation, struct problem_list *problems) {
  generation->protocols = calloc(count_offers(generation, HANSE_PROTOCOL) + 1, sizeof *generation->protocols);
  generation->federations = calloc(count_offers(generation, HANSE_FEDERATION) + 1, sizeof *generation->federations);
  if (!generation->protocols || !generation->federations) return HANSE_NOMEM;
  for (size_t i = 0; i < generation->module_count; i++)
    if (generation->modules[i].code) collect(generation, i, problems);
  return HANSE_OK;
}

/* ---- what plugins require, and what `store` and policy lists name ---- */

static bool configured(const struct generation *generation, const char *plugin) {
  for (size_t i = 0; i < generation->module_count; i++)
    if (generation->modules[i].code && !strcmp(generation->modules[i].code->plugin->name, plugin)) return true;
  return generation_protocol(generation, hanse_text(plugin)) != NULL;
}

static bool offers_store(const struct hanse_plugin *plugin) {
  for (const struct hanse_offer *offer = plugin->offers; offer && offer->capability; offer++)
    if (offer->capability == HANSE_STORE) return true;
  return false;
}

static void find_store(struct generation *generation, struct problem_list *problems) {
  const struct settings *settings = generation->settings;
  const struct settings_module *written = settings->store.len ? settings_module_named(settings, settings->store) : NULL;
  if (!written) return; /* settings_finish reports it */
  generation->store.module = (size_t)(written - settings_module_at(settings, 0));
  const struct code *code = generation->modules[generation->store.module].code;
  generation->store.named = code && offers_store(code->plugin);
  if (code && !generation->store.named)
    problem_error(problems, &settings->store_where,
                  "store = \"%.*s\": that module's plugin \"%s\" is no store; name a module whose plugin is one",
                  HANSE_FMT(settings->store), code->plugin->name);
}

static void check_required(const struct generation *generation, const struct settings_module *written,
                           const char *required, struct problem_list *problems) {
  if (strcmp(required, HANSE_REQUIRES_STORE) != 0) {
    if (!configured(generation, required))
      problem_error(problems, &written->where, "module \"%.*s\" requires \"%s\"; add it to `modules`",
                    HANSE_FMT(written->name), required);
  } else if (!generation->settings->store.len) {
    problem_error(problems, &written->where,
                  "module \"%.*s\" requires a store; add one to `modules` and name it with store = \"…\";",
                  HANSE_FMT(written->name));
  }
}

static void check_requires(const struct generation *generation, struct problem_list *problems) {
  for (size_t i = 0; i < generation->module_count; i++) {
    if (!generation->modules[i].code) continue;
    const struct settings_module *written = settings_module_at(generation->settings, i);
    const char *const *required = generation->modules[i].code->plugin->requires;
    for (; required && *required; required++) check_required(generation, written, *required, problems);
  }
}

static void check_excludes(const struct generation *generation, struct problem_list *problems) {
  for (size_t i = 0; i < generation->module_count; i++) {
    if (!generation->modules[i].code) continue;
    const struct settings_module *written = settings_module_at(generation->settings, i);
    const char *const *excluded = generation->modules[i].code->plugin->excludes;
    for (; excluded && *excluded; excluded++)
      if (configured(generation, *excluded))
        problem_error(problems, &written->where,
                      "module \"%.*s\" cannot be used beside \"%s\"; take one of them out of `modules`",
                      HANSE_FMT(written->name), *excluded);
  }
}

static const struct hanse_policy *policy_of(const struct hanse_plugin *plugin) {
  for (const struct hanse_offer *offer = plugin->offers; offer && offer->capability; offer++)
    if (offer->capability == HANSE_POLICY) return offer->slots;
  return NULL;
}

static int judges_make(const struct generation *generation, const struct hanse_list *names, enum hanse_stage stage,
                       const char *stage_name, struct judges *judges, struct problem_list *problems) {
  judges->items = calloc(names->count + 1, sizeof *judges->items);
  if (!judges->items) return HANSE_NOMEM;
  for (size_t i = 0; i < names->count; i++) {
    struct hanse_slice name = ((const struct hanse_slice *)names->items)[i];
    const struct settings_module *written = settings_module_named(generation->settings, name);
    if (!written) continue; /* settings_finish reports it */
    size_t index = (size_t)(written - settings_module_at(generation->settings, 0));
    if (!generation->modules[index].code) continue;
    const struct hanse_policy *slots = policy_of(generation->modules[index].code->plugin);
    if (!slots || !(slots->stages & (uint32_t)stage)) {
      problem_error(problems, &written->where,
                    "module \"%.*s\" is listed in policy.%s, but cannot judge there; take it "
                    "out of that list",
                    HANSE_FMT(name), stage_name);
      continue;
    }
    judges->items[judges->count].slots = slots;
    judges->items[judges->count++].module = index;
  }
  return HANSE_OK;
}

static int collect_judges(struct generation *generation, struct problem_list *problems) {
  const struct settings_policy *policy = &generation->settings->policy;
  generation->default_allow = policy->fallback == SETTINGS_ALLOW;
  if (judges_make(generation, &policy->admit, HANSE_STAGE_ADMIT, "admit", &generation->admit, problems) ||
      judges_make(generation, &policy->routed, HANSE_STAGE_ROUTED, "routed", &generation->routed, problems))
    return HANSE_NOMEM;
  return judges_make(generation, &policy->answer, HANSE_STAGE_ANSWER, "answer", &generation->answer, problems);
}

static bool judges_in(const struct judges *judges, size_t module) {
  for (size_t i = 0; i < judges->count; i++)
    if (judges->items[i].module == module) return true;
  return false;
}

/* No error: the plugin may do more than judge, or somebody tries what it does before he lets it judge. */
static void check_asked(const struct generation *generation, struct problem_list *problems) {
  for (size_t i = 0; i < generation->module_count; i++) {
    const struct hanse_policy *slots =
        generation->modules[i].code ? policy_of(generation->modules[i].code->plugin) : NULL;
    if (!slots || judges_in(&generation->admit, i) || judges_in(&generation->routed, i) ||
        judges_in(&generation->answer, i))
      continue;
    const struct settings_module *written = settings_module_at(generation->settings, i);
    bool admit = slots->stages & HANSE_STAGE_ADMIT, routed = slots->stages & HANSE_STAGE_ROUTED;
    problem_warning(problems, &written->where,
                    "module \"%.*s\" is a policy that no list of `policy` names, so that it is never asked; add it to "
                    "policy.%s, or take it out of `modules`",
                    HANSE_FMT(written->name),
                    routed  ? "routed"
                    : admit ? "admit"
                            : "answer");
  }
}

/* A word that would do nothing is an error. */
static void check_on_failure(const struct generation *generation, struct problem_list *problems) {
  for (size_t i = 0; i < generation->module_count; i++) {
    const struct settings_module *written = settings_module_at(generation->settings, i);
    if (written->on_failure == SETTINGS_INSTEAD_DEFAULT || !generation->modules[i].code ||
        policy_of(generation->modules[i].code->plugin))
      continue;
    problem_error(problems, &written->where, "module \"%.*s\" is no policy; take on_failure out of it",
                  HANSE_FMT(written->name));
  }
}

/* ---- all of it ---- */

static int prepare_all(struct generation *generation, struct prepare_request *request, struct problem_list *problems) {
  int status = settings_read(&generation->settings, request->path, &request->draft, request->user, problems);
  if (status != HANSE_OK) return status;
  generation->in_flight_max = (uint32_t)generation->settings->limits.messages_in_flight_per_link;
  if ((status = load_modules(generation, request, problems)) != HANSE_OK ||
      (status = convert_modules(generation, problems)) != HANSE_OK ||
      (status = collect_offers(generation, problems)) != HANSE_OK ||
      (status = collect_judges(generation, problems)) != HANSE_OK ||
      (status = prepare_net(generation, problems)) != HANSE_OK)
    return status;
  find_store(generation, problems);
  check_requires(generation, problems);
  check_excludes(generation, problems);
  check_on_failure(generation, problems);
  check_asked(generation, problems);
  settings_finish(generation->settings, problems);
  return problems->errors ? HANSE_INVALID : HANSE_OK;
}

/* The parsed text is most of the memory, in many small pieces among what stays: malloc gives them back only when it is
   told to. Here, since both take long with many partners. */
int prepare(struct generation *generation, struct prepare_request *request, struct problem_list *problems) {
  int status = prepare_all(generation, request, problems);
  if (request->keep_text) return status;
  if (generation->settings) settings_trim(generation->settings);
  malloc_trim(0);
  return status;
}
