#include "ctl/partner_list.h"

#include <string.h>

#include "ctl/conf_files.h"
#include "ctl/partner_file.h"

struct listing {
  json_t *rows;
  const char *file; /* the one that is read */
  bool no_memory;
};

static void add_row(struct listing *listing, const char *domain, const char *list, const config_setting_t *entry,
                    const config_setting_t *written) {
  static const char *const shown[] = {"type", "edge", "provider", "comment", NULL};
  json_t *row = json_pack("{s:s,s:s}", "domain", domain, "list", list);
  if (!row) return; /* a text that is not UTF-8; the check of the router says so */
  for (const char *const *name = shown; *name; name++) {
    const char *text = conf_files_text(entry, *name);
    json_t *value = json_string(text ? text : "");
    if (value) json_object_set_new(row, *name, value);
  }
  const char *file = config_setting_source_file(written);
  json_object_set_new(row, "file", json_string(file ? file : listing->file));
  json_object_set_new(row, "line", json_integer(config_setting_source_line(written)));
  if (json_array_append_new(listing->rows, row) != 0) listing->no_memory = true;
}

/* Groups with a `domain`. */
static void add_entries(struct listing *listing, const config_setting_t *entries, const char *list) {
  for (int i = 0; entries && i < config_setting_length(entries); i++) {
    const config_setting_t *entry = config_setting_get_elem(entries, (unsigned)i);
    const char *domain = conf_files_text(entry, "domain");
    if (domain) add_row(listing, domain, list, entry, entry);
  }
}

static void add_names(struct listing *listing, const config_setting_t *module, const char *list) {
  const config_setting_t *names = config_setting_get_member(module, list);
  for (int i = 0; names && i < config_setting_length(names); i++) {
    const config_setting_t *name = config_setting_get_elem(names, (unsigned)i);
    const char *domain = config_setting_get_string(name);
    if (domain) add_row(listing, domain, list, NULL, name);
  }
}

static void add_file(void *argument, const config_t *config, const char *path) {
  struct listing *listing = argument;
  const config_setting_t *modules = config_lookup(config, "modules");
  listing->file = path;
  add_entries(listing, config_lookup(config, "home"), "home");
  add_entries(listing, config_lookup(config, "partners"), "partner");
  for (int i = 0; modules && i < config_setting_length(modules); i++) {
    const config_setting_t *module = config_setting_get_elem(modules, (unsigned)i);
    const char *plugin = conf_files_text(module, "plugin");
    if (!plugin) plugin = conf_files_text(module, "name");
    if (!plugin || strcmp(plugin, "domains") != 0) continue;
    add_names(listing, module, "allow");
    add_names(listing, module, "block");
  }
}

int partner_list_read(const struct ctl_globals *globals, const char *config, json_t *rows) {
  struct listing listing = {.rows = rows};
  int status = conf_files_read(globals, config, add_file, &listing);
  if (status == CTL_DONE && listing.no_memory) return ctl_fail(globals, CTL_NOT_DETERMINED, "no memory for the list");
  return status;
}

const json_t *partner_list_find(const json_t *rows, const char *domain) {
  size_t i;
  json_t *row;
  json_array_foreach(rows, i, row) {
    if (partner_same(json_string_value(json_object_get(row, "domain")), domain)) return row;
  }
  return NULL;
}
