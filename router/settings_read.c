#include "router/settings_read.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "router/settings_check.h"
#include "router/settings_own.h"
#include "router/settings_table.h"

static struct settings *settings_new(uid_t user) {
  struct settings *settings = calloc(1, sizeof *settings);
  struct settings_own *own = calloc(1, sizeof *own);
  if (!settings || !own) {
    free(settings);
    free(own);
    return NULL;
  }
  option_pool_init(&own->pool);
  source_set_init(&own->sources);
  own->user = user;
  settings->own = own;
  return settings;
}

/* One group that has a part in each file. */
static int join_roots(struct settings_own *own) {
  size_t count = own->sources.count;
  const config_setting_t **parts = hanse_alloc(&own->pool.arena, (count + 1) * sizeof *parts);
  if (!parts) return HANSE_NOMEM;
  for (size_t i = 0; i < count; i++) parts[i] = source_root(own->sources.items[i]);
  own->root = (struct option_group){parts, count, "configuration"};
  return HANSE_OK;
}

/* The written entries of a list, in the order in which they were converted. */
static int collect_entries(struct settings_own *own, const char *name, size_t count, const config_setting_t ***out) {
  size_t files = own->root.count, at = 0;
  const config_setting_t **entries = hanse_alloc(&own->pool.arena, (count + 1) * sizeof *entries);
  const config_setting_t **lists = calloc(files + 1, sizeof *lists);
  if (!entries || !lists) {
    free(lists);
    return HANSE_NOMEM;
  }
  size_t found = option_find(&own->root, name, lists, files);
  for (size_t i = 0; i < found; i++) {
    int length = config_setting_is_aggregate(lists[i]) ? config_setting_length(lists[i]) : 0;
    for (int k = 0; k < length && at < count; k++) entries[at++] = config_setting_get_elem(lists[i], (unsigned)k);
  }
  free(lists);
  *out = entries;
  return HANSE_OK;
}

/* A path beside the file that names it; NULL: nobody wrote it. */
static int resolve_path(struct settings_own *own, const config_setting_t *written, struct hanse_slice *path,
                        struct problem_list *problems) {
  char joined[PATH_MAX];
  if (!written || path->len == 0 || path->at[0] == '/') return HANSE_OK;
  int n = snprintf(joined, sizeof joined, "%s/%.*s", source_folder(written), HANSE_FMT(*path));
  if (n > 0 && (size_t)n < sizeof joined) return hanse_copy(&own->pool.arena, hanse_text(joined), path);
  struct hanse_where where = source_where(written);
  problem_error(problems, &where, "%s: the path is too long; shorten it", config_setting_name(written));
  return HANSE_INVALID;
}

static int resolve_paths(struct settings *s, struct problem_list *problems) {
  struct {
    const char *name;
    struct hanse_slice *path;
  } folders[] = {{"run_dir", &s->run_dir},
                 {"state_dir", &s->state_dir},
                 {"cache_dir", &s->cache_dir},
                 {"module_dir", &s->module_dir}};
  const struct option_group *root = &s->own->root;
  const config_setting_t *written;
  for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
    if (option_find(root, folders[i].name, &written, 1) == 0) continue;
    if (resolve_path(s->own, written, folders[i].path, problems) == HANSE_NOMEM) return HANSE_NOMEM;
  }
  return resolve_path(s->own, option_find_inner(root, "log", "file"), &s->log.file, problems);
}

/* What is taken from another setting where nobody wrote it. */
static void take_from_others(struct settings *s) {
  const struct settings_listener *first = NULL;
  struct settings_listener *listeners = (struct settings_listener *)s->listen.items;
  struct settings_module *modules = (struct settings_module *)s->modules.items;
  struct settings_partner *partners = (struct settings_partner *)s->partners.items;
  for (size_t i = 0; i < s->listen.count; i++) {
    if (!listeners[i].name.name.len) listeners[i].name = s->node;
    if (!first && listeners[i].side == SETTINGS_PARTNER) first = &listeners[i];
  }
  for (size_t i = 0; i < s->modules.count; i++)
    if (!modules[i].plugin.len) modules[i].plugin = modules[i].name;
  if (!first) return;
  bool any = hanse_same(first->address.host, HANSE_LIT("0.0.0.0")) || hanse_same(first->address.host, HANSE_LIT("::"));
  for (size_t i = 0; i < s->partners.count; i++) {
    if (!partners[i].tls.len) partners[i].tls = first->tls;
    if (partners[i].source.host.len || any) continue;
    partners[i].source = first->address;
    partners[i].source.port = 0;
    partners[i].source_taken = true;
  }
}

/* Converts what the sources say; only HANSE_NOMEM is a failure here. */
static int convert(struct settings *s, struct problem_list *problems) {
  struct settings_own *own = s->own;
  struct option_reader reader = {&own->pool, problems, &own->references, own->user, own->incomplete};
  if (join_roots(own) != HANSE_OK) return HANSE_NOMEM;
  int status = option_convert(&reader, &own->root, settings_table, NULL, s, offsetof(struct settings, own));
  if (status == HANSE_NOMEM) return status;
  if (collect_entries(own, "modules", s->modules.count, &own->modules) != HANSE_OK ||
      collect_entries(own, "partners", s->partners.count, &own->partners) != HANSE_OK ||
      resolve_paths(s, problems) == HANSE_NOMEM)
    return HANSE_NOMEM;
  s->store_where = option_origin(&own->root, "store");
  take_from_others(s);
  return settings_check(s, problems) == HANSE_NOMEM ? HANSE_NOMEM : HANSE_OK;
}

static int finish_reading(struct settings **out, struct settings *s, int status, struct problem_list *problems) {
  if (status == HANSE_OK) status = convert(s, problems);
  if (status == HANSE_OK)
    *out = s;
  else
    settings_free(s);
  return status;
}

int settings_read(struct settings **out, const char *path, const struct source_draft *draft, uid_t user,
                  struct problem_list *problems) {
  struct settings *s = settings_new(user);
  size_t errors = problems->errors;
  if (!s) return HANSE_NOMEM;
  int status = source_set_read(&s->own->sources, path, draft, user, problems);
  s->own->incomplete = problems->errors > errors;
  return finish_reading(out, s, status, problems);
}

int settings_read_text(struct settings **out, struct hanse_slice text, const char *folder, uid_t user,
                       struct problem_list *problems) {
  struct settings *s = settings_new(user);
  size_t errors = problems->errors;
  if (!s) return HANSE_NOMEM;
  int status = source_set_read_text(&s->own->sources, text, "text", folder, problems);
  s->own->incomplete = problems->errors > errors;
  return finish_reading(out, s, status, problems);
}
