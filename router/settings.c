#include "router/settings.h"

#include <stdio.h>
#include <stdlib.h>

#include "router/settings_own.h"
#include "router/settings_table.h"

void settings_free(struct settings *settings) {
  if (!settings) return;
  struct settings_own *own = settings->own;
  source_set_clear(&own->sources);
  free(own->references.items);
  option_pool_clear(&own->pool);
  free(own);
  free(settings);
}

static int entry_options(const struct settings *s, const config_setting_t *entry, const char *label,
                         const struct hanse_option *table, const struct hanse_option *core, size_t size,
                         struct option_pool *pool, void **out, struct problem_list *problems) {
  struct option_reader reader = {pool, problems, &s->own->references, s->own->user, false};
  if (!config_setting_is_group(entry)) return HANSE_INVALID;
  void *made = hanse_alloc_zero(&pool->arena, size ? size : 1);
  if (!made) return HANSE_NOMEM;
  int status = option_convert(&reader, &(struct option_group){&entry, 1, label}, table, core, made, size);
  if (status == HANSE_OK) *out = made;
  return status;
}

int settings_module_options(const struct settings *s, size_t index, const struct hanse_option *table, size_t size,
                            struct option_pool *pool, void **out, struct problem_list *problems) {
  char label[120];
  if (!s->own->modules || index >= s->modules.count) return HANSE_GONE;
  snprintf(label, sizeof label, "module \"%.*s\"", HANSE_FMT(settings_module_at(s, index)->name));
  return entry_options(s, s->own->modules[index], label, table, settings_module_table, size, pool, out, problems);
}

int settings_partner_options(const struct settings *s, size_t index, const struct hanse_option *table, size_t size,
                             struct option_pool *pool, void **out, struct problem_list *problems) {
  char label[300];
  if (!s->own->partners || index >= s->partners.count) return HANSE_GONE;
  snprintf(label, sizeof label, "partner \"%.*s\"", HANSE_FMT(settings_partner_at(s, index)->domain.name));
  return entry_options(s, s->own->partners[index], label, table, settings_partner_table, size, pool, out, problems);
}

int settings_check_module_table(const char *who, const struct hanse_option *table, size_t size,
                                struct problem_list *problems) {
  return option_check_table(who, table, settings_module_table, size, problems);
}

int settings_check_partner_table(const char *who, const struct hanse_option *table, size_t size,
                                 struct problem_list *problems) {
  return option_check_table(who, table, settings_partner_table, size, problems);
}

void settings_trim(struct settings *settings) {
  struct settings_own *own = settings->own;
  source_set_clear(&own->sources);
  free(own->references.items);
  own->references = (struct option_references){0};
  own->root.count = 0;
  own->modules = own->partners = NULL;
}

const struct settings_tls *settings_tls_named(const struct settings *s, struct hanse_slice name) {
  const struct settings_name *found = settings_index_find(&s->own->tls_names, name);
  return found ? settings_tls_at(s, found->at) : NULL;
}

const struct settings_module *settings_module_named(const struct settings *s, struct hanse_slice name) {
  const struct settings_name *found = settings_index_find(&s->own->module_names, name);
  return found ? settings_module_at(s, found->at) : NULL;
}

const struct settings_home *settings_home_of(const struct settings *s, struct hanse_slice domain) {
  const struct settings_name *found = settings_index_find(&s->own->home_names, domain);
  return found ? settings_home_at(s, found->at) : NULL;
}

const struct settings_partner *settings_partner_of(const struct settings *s, struct hanse_slice domain) {
  const struct settings_name *found = settings_index_find(&s->own->partner_names, domain);
  return found ? settings_partner_at(s, found->at) : NULL;
}
