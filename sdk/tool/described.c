#include "sdk/tool/described.h"

#include <dlfcn.h>
#include <elf.h>

#include "contract/core_names.h"
#include "contract/descriptor.h"
#include "contract/option.h"
#include "sdk/tool/subject.h"

enum { NAME_LONGEST = 64 };

/* ---- symbols that it needs ---- */

static bool is_given(void *handle, const char *name) {
  dlerror();
  return dlsym(handle, name) || !dlerror();
}

/* The loader also looks among what the host happens to have; -z defs counts only what the plugin itself names. */
static void check_needed(const struct subject *subject, void *handle, struct report *report) {
  struct object_symbol symbol;
  unsigned missing = 0;
  for (uint64_t i = 1; i < subject->object.dynamic_symbols.count; i++) {
    if (!object_symbol(&subject->object, &subject->object.dynamic_symbols, i, &symbol)) continue;
    if (symbol.section != SHN_UNDEF || symbol.binding != STB_GLOBAL || is_given(handle, symbol.name)) continue;
    if (missing++ == 0)
      report_add(report, REPORT_WRONG, "needed symbols",
                 "uses %.80s, which none of the libraries that it names gives; link it with -Wl,-z,defs and with the "
                 "library that has it",
                 symbol.name);
  }
  if (!missing) report_add(report, REPORT_OK, "needed symbols", "all given by the libraries that it names (-z defs)");
}

/* ---- option tables ---- */

static void report_problems(struct report *report, const char *what, const struct problem_list *problems) {
  for (size_t i = 0; i < problems->count; i++) report_add(report, REPORT_WRONG, what, "%s", problems->items[i].text);
}

static const char *without_help(const struct hanse_option *table) {
  for (const struct hanse_option *option = table; option && option->name; option++) {
    bool told = (option->help && option->help[0]) || option->type == HANSE_ORIGIN || option->flags & HANSE_HIDDEN;
    if (!told) return option->name;
    const char *inner = option->type == HANSE_GROUP ? without_help(option->group) : NULL;
    if (inner) return inner;
  }
  return NULL;
}

static bool check_table(struct trial *trial, const char *what, const char *who, const struct hanse_option *table,
                        const struct hanse_option *also, size_t size) {
  struct problem_list problems;
  problem_list_init(&problems);
  trial_call(trial, "%s, which was being read", what);
  bool sound = option_check_table(who, table, also, size, &problems) == HANSE_OK;
  const char *silent = sound ? without_help(table) : NULL;
  trial_returned(trial);
  report_problems(trial->report, what, &problems);
  problem_list_clear(&problems);
  if (silent)
    report_add(trial->report, REPORT_WARNING, what, "\"%s\" has no help; the manual is made of these sentences",
               silent);
  else if (sound)
    report_add(trial->report, REPORT_OK, what, "%s",
               table && table->name ? "types, bounds, defaults and fields are sound" : "empty");
  return sound;
}

/* ---- offers ---- */

/* Names are shown, written in configurations and compared: printable, and not endless. */
static bool is_sane_name(const char *name, bool is_word) {
  size_t n = strnlen(name, NAME_LONGEST + 1);
  if (n == 0 || n > NAME_LONGEST) return false;
  for (size_t i = 0; i < n; i++) {
    bool word = (name[i] >= 'a' && name[i] <= 'z') || (name[i] >= '0' && name[i] <= '9') || name[i] == '-';
    if (is_word ? !word : name[i] < ' ' || name[i] > '~' || name[i] == '"') return false;
  }
  return true;
}

struct taken { /* names so far, of one capability each */
  struct {
    const char *name;
    enum hanse_capability capability;
  } items[128];
  size_t count;
};

/* False: the name is unusable, or stands twice; that was reported. */
static bool take_name(struct trial *trial, struct taken *taken, enum hanse_capability capability, const char *name) {
  bool is_word = capability == HANSE_COMMAND;
  if (!is_sane_name(name, is_word)) {
    report_add(trial->report, REPORT_WRONG, "offers", "offers a %s under the name \"%.80s\"; a name is 1 to %d %s",
               descriptor_capability(capability), name, NAME_LONGEST,
               is_word ? "lower-case letters, digits and \"-\"" : "printable ASCII characters without quotes");
    return false;
  }
  for (size_t i = 0; i < taken->count; i++) {
    if (taken->items[i].capability != capability || strcmp(taken->items[i].name, name) != 0) continue;
    report_add(trial->report, REPORT_WRONG, "offers",
               "offers two %ss called \"%s\" (aliases count); rename one of them", descriptor_capability(capability),
               name);
    return false;
  }
  if (taken->count == sizeof taken->items / sizeof *taken->items) return true;
  taken->items[taken->count].name = name;
  taken->items[taken->count++].capability = capability;
  return true;
}

static bool check_arguments(struct trial *trial, const struct hanse_command *command) {
  for (const struct hanse_argument *argument = command->arguments; argument && argument->name; argument++) {
    if (is_sane_name(argument->name, true) && argument->help) continue;
    report_add(trial->report, REPORT_WRONG, "offers",
               "command \"%s\": argument \"%.80s\" needs a help, and a name of lower-case letters, digits and \"-\"",
               command->name, argument->name);
    return false;
  }
  return true;
}

/* Masks and numbers that the core takes from the slots. */
static const char *odd_number(const struct hanse_offer *offer) {
  if (offer->capability == HANSE_POLICY) {
    uint32_t stages = ((const struct hanse_policy *)offer->slots)->stages;
    if (stages == 0 || stages & ~(uint32_t)(HANSE_STAGE_ADMIT | HANSE_STAGE_ROUTED | HANSE_STAGE_ANSWER))
      return "a policy whose `stages` are none of ADMIT, ROUTED and ANSWER, so that nobody may ask it";
  } else if (offer->capability == HANSE_OBSERVER) {
    uint32_t mask = ((const struct hanse_observer *)offer->slots)->mask;
    if (mask == 0 || mask >= 2 * HANSE_EVENT_FAILED) return "an observer whose `mask` names no event, or unknown ones";
  } else if (offer->capability == HANSE_FEDERATION) {
    uint32_t wire = ((const struct hanse_federation *)offer->slots)->wire_type;
    if (wire > HANSE_WIRE_CLEARING_HOUSE) return "a federation type with an unknown `wire_type`";
  } else if (offer->capability == HANSE_PROTOCOL) {
    uint32_t rule = ((const struct hanse_protocol *)offer->slots)->identity;
    if (rule != HANSE_IDENTITY_SIP && rule != HANSE_IDENTITY_XMPP) return "a protocol without an `identity` rule";
  }
  return NULL;
}

static bool check_names(struct trial *trial, struct taken *taken, const struct hanse_offer *offer) {
  const char *name = offer->name;
  if (offer->capability == HANSE_COMMAND) name = ((const struct hanse_command *)offer->slots)->name;
  if (!name && (offer->capability == HANSE_PROTOCOL || offer->capability == HANSE_FEDERATION)) {
    report_add(trial->report, REPORT_WRONG, "offers", "offers a %s without a name; it must be set",
               descriptor_capability(offer->capability));
    return false;
  }
  bool sound = !name || take_name(trial, taken, offer->capability, name);
  for (const char *const *alias = offer->aliases; alias && *alias; alias++)
    sound &= take_name(trial, taken, offer->capability, *alias);
  return sound;
}

static bool check_offer(struct trial *trial, struct taken *taken, const struct hanse_offer *offer) {
  const char *capability = descriptor_capability(offer->capability);
  if (!capability) {
    report_add(trial->report, REPORT_WRONG, "offers",
               "offers a capability of the unknown number %d; see hanse/plugin.h", (int)offer->capability);
    return false;
  }
  const char *missing = descriptor_missing_slot(offer);
  const char *odd = missing ? NULL : odd_number(offer);
  if (missing)
    report_add(trial->report, REPORT_WRONG, "offers", "offers a %s without %s; it must be set", capability, missing);
  else if (odd)
    report_add(trial->report, REPORT_WRONG, "offers", "offers %s; set it", odd);
  if (missing || odd || !check_names(trial, taken, offer)) return false;
  if (offer->capability == HANSE_COMMAND) return check_arguments(trial, (const struct hanse_command *)offer->slots);
  return offer->capability != HANSE_FEDERATION ||
         check_table(trial, "entry table", offer->name, offer->entry, core_names_partner, offer->entry_size);
}

/* `of`: how many of each capability there were before. */
static bool check_number(struct trial *trial, unsigned of[], enum hanse_capability capability) {
  unsigned most = descriptor_most(capability);
  if (!most || ++of[capability] <= most) return true;
  if (of[capability] == most + 1)
    report_add(trial->report, REPORT_WRONG, "offers",
               "offers more than %u of the kind \"%s\"; take the rest out, or put it into another plugin", most,
               descriptor_capability(capability));
  return false;
}

static bool check_offers(struct trial *trial, struct subject *subject, const struct hanse_plugin *plugin) {
  struct taken taken = {.count = 0};
  unsigned of[HANSE_STORE + 1] = {0};
  char said[300] = "";
  size_t length = 0;
  bool sound = true;
  trial_call(trial, "the list of offers, which was being read");
  for (const struct hanse_offer *offer = plugin->offers; offer && offer->capability; offer++) {
    if (subject->offers == SUBJECT_OFFERS) {
      report_add(trial->report, REPORT_WRONG, "offers", "has no end within %d; close the list with HANSE_OFFERS_END",
                 SUBJECT_OFFERS);
      return false;
    }
    subject->offers++;
    sound &= check_offer(trial, &taken, offer);
    sound &= check_number(trial, of, offer->capability);
    int n = snprintf(said + length, sizeof said - length, "%s%s", length ? ", " : "",
                     sound ? descriptor_capability(offer->capability) : "");
    if (n > 0 && (size_t)n < sizeof said - length) length += (size_t)n;
  }
  trial_returned(trial);
  if (sound) report_add(trial->report, REPORT_OK, "offers", "%s", length ? said : "nothing");
  return sound;
}

/* ---- what must be there besides, which only a whole configuration can tell ---- */

static void tell_needs(struct trial *trial, const struct hanse_plugin *plugin) {
  for (const char *const *name = plugin->requires; name && *name; name++)
    report_add(trial->report, REPORT_OK, "requires", "\"%.80s\" must be configured too; `hanse --check` tells", *name);
}

void described_check(struct trial *trial, void *argument) {
  struct subject *subject = (struct subject *)argument;
  struct hanse_problem problem = {.text = ""};
  struct hanse_plugin plugin;
  void *handle;
  trial_call(trial, "what runs when it is loaded (constructors)");
  const struct hanse_plugin *found = subject_open(subject, &handle, &problem);
  trial_returned(trial);
  if (!handle) {
    report_add(trial->report, REPORT_WRONG, "loading", "%s", problem.text);
    return;
  }
  check_needed(subject, handle, trial->report);
  trial_call(trial, "its descriptor, which was being read");
  if (!descriptor_fits(found, hanse_text(subject->name), subject->path, &problem)) {
    report_add(trial->report, REPORT_WRONG, "handshake", "%s", problem.text);
    return;
  }
  subject_descriptor(found, &plugin);
  report_add(trial->report, REPORT_OK, "handshake", "%.60s %.40s for ABI %u.%u: %.200s", plugin.name, plugin.version,
             plugin.abi_major, plugin.abi_minor, plugin.summary);
  trial_returned(trial);
  bool sound = check_table(trial, "option table", plugin.name, plugin.options, core_names_module, plugin.settings_size);
  subject->described = check_offers(trial, subject, &plugin) && sound;
  if (!subject->described) return;
  tell_needs(trial, &plugin);
  const char *required = subject_required(plugin.options);
  snprintf(subject->required, sizeof subject->required, "%s", required ? required : "");
}
