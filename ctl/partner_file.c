#include "ctl/partner_file.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "contract/domain.h"
#include "ctl/conf_text.h"

#define LISTS "partner-lists" /* the instance of `domains` */

static const char head[] =
    "# Kept by `hansectl partner`, which writes it anew at each change: comments are lost, settings are kept.\n\n";

/* ---- opening ---- */

static int read_tree(struct partner_file *file) {
  const char *path = file->place.path;
  FILE *in = fopen(path, "re");
  if (!in) return errno == ENOENT ? CTL_DONE : draft_refused(file->place.globals, path);
  int status = CTL_DONE;
  if (!config_read(&file->tree, in))
    status = ctl_fail(file->place.globals, CTL_NO, "%s:%d: %s; mend the file, or move it away", path,
                      config_error_line(&file->tree), config_error_text(&file->tree));
  fclose(in);
  return status;
}

int partner_file_open(struct partner_file *file, const struct ctl_globals *globals, const char *config) {
  int status = draft_enter(&file->place, globals, config, PARTNER_FILE_NAME);
  if (status != CTL_DONE) return status;
  config_init(&file->tree);
  status = read_tree(file);
  if (status != CTL_DONE) partner_file_close(file);
  return status;
}

void partner_file_close(struct partner_file *file) {
  config_destroy(&file->tree);
  draft_leave(&file->place);
}

/* ---- what is in it ---- */

bool partner_same(const char *one, const char *other) {
  char one_buffer[DOMAIN_BUFFER], other_buffer[DOMAIN_BUFFER];
  struct hanse_slice a, b;
  if (domain_canonical(hanse_text(one), one_buffer, sizeof one_buffer, &a) != HANSE_OK ||
      domain_canonical(hanse_text(other), other_buffer, sizeof other_buffer, &b) != HANSE_OK)
    return strcasecmp(one, other) == 0;
  return hanse_same(a, b);
}

static int no_memory(const struct partner_file *file) {
  return ctl_fail(file->place.globals, CTL_NOT_DETERMINED, "no memory for the entry");
}

/* A member of a group, made when there is none; NULL: no memory, or it is of another type. */
static config_setting_t *member(config_setting_t *group, const char *name, int type) {
  config_setting_t *found = group ? config_setting_get_member(group, name) : NULL;
  if (!found && group) found = config_setting_add(group, name, type);
  return found && config_setting_type(found) == type ? found : NULL;
}

static bool put(config_setting_t *group, const char *name, const char *text) {
  config_setting_t *setting = text ? config_setting_add(group, name, CONFIG_TYPE_STRING) : NULL;
  return !text || (setting && config_setting_set_string(setting, text));
}

int partner_file_add(struct partner_file *file, const struct partner_entry *entry) {
  config_setting_t *list = member(config_root_setting(&file->tree), "partners", CONFIG_TYPE_LIST);
  config_setting_t *group = list ? config_setting_add(list, NULL, CONFIG_TYPE_GROUP) : NULL;
  if (!list && config_lookup(&file->tree, "partners"))
    return ctl_fail(file->place.globals, CTL_NO, "%s: partners is no list ( … ); mend it", file->place.path);
  if (group && put(group, "domain", entry->domain) && put(group, "type", entry->type) &&
      put(group, "edge", entry->edge) && put(group, "provider", entry->provider) &&
      put(group, "comment", entry->comment))
    return CTL_DONE;
  return no_memory(file);
}

/* The settings of our instance of `domains`; with make, it is written when it is not there. */
static config_setting_t *lists(const struct partner_file *file, bool make) {
  config_setting_t *root = config_root_setting(&file->tree);
  config_setting_t *modules = make ? member(root, "modules", CONFIG_TYPE_LIST) : config_lookup(&file->tree, "modules");
  const char *name;
  for (int i = 0; modules && i < config_setting_length(modules); i++) {
    config_setting_t *module = config_setting_get_elem(modules, (unsigned)i);
    if (config_setting_lookup_string(module, "name", &name) && strcmp(name, LISTS) == 0) return module;
  }
  if (!make || !modules) return NULL;
  config_setting_t *made = config_setting_add(modules, NULL, CONFIG_TYPE_GROUP);
  return made && put(made, "name", LISTS) && put(made, "plugin", "domains") ? made : NULL;
}

/* Names the instance in a stage of the policy. */
static bool name_in(const struct partner_file *file, const char *stage) {
  config_setting_t *policy = member(config_root_setting(&file->tree), "policy", CONFIG_TYPE_GROUP);
  config_setting_t *names = policy ? member(policy, stage, CONFIG_TYPE_ARRAY) : NULL;
  for (int i = 0; names && i < config_setting_length(names); i++) {
    const char *name = config_setting_get_string_elem(names, i);
    if (name && strcmp(name, LISTS) == 0) return true;
  }
  return names && config_setting_set_string_elem(names, -1, LISTS);
}

int partner_file_block(struct partner_file *file, const char *domain) {
  config_setting_t *module = lists(file, true);
  config_setting_t *block = module ? member(module, "block", CONFIG_TYPE_ARRAY) : NULL;
  if (block && config_setting_set_string_elem(block, -1, domain) && name_in(file, "admit") && name_in(file, "routed"))
    return CTL_DONE;
  return no_memory(file);
}

/* Takes out every entry of a list whose text, or whose member of that name, is the domain. */
static bool take_out(config_setting_t *list, const char *name, const char *domain) {
  bool found = false;
  for (int i = list ? config_setting_length(list) : 0; i-- > 0;) {
    config_setting_t *item = config_setting_get_elem(list, (unsigned)i);
    const char *text = name ? NULL : config_setting_get_string(item);
    if (name) config_setting_lookup_string(item, name, &text);
    if (text && partner_same(text, domain)) found |= config_setting_remove_elem(list, (unsigned)i) == CONFIG_TRUE;
  }
  return found;
}

int partner_file_remove(struct partner_file *file, const char *domain) {
  config_setting_t *module = lists(file, false);
  bool found = take_out(config_lookup(&file->tree, "partners"), "domain", domain);
  found |= take_out(module ? config_setting_get_member(module, "block") : NULL, NULL, domain);
  return found ? CTL_DONE : CTL_NO_SUCH_THING;
}

/* ---- writing ---- */

static void print(const void *argument, FILE *out) {
  const struct partner_file *file = argument;
  fputs(head, out);
  conf_text_members(out, config_root_setting(&file->tree));
}

int partner_file_draft(const struct partner_file *file, char draft[PATH_MAX]) {
  return draft_write(&file->place, print, file, draft);
}
