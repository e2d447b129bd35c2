#include "contract/option.h"

#include <stdio.h>
#include <stdlib.h>

#include "contract/nearest.h"
#include "contract/option_text.h"
#include "contract/option_value.h"
#include "contract/source.h"

static int convert_known(struct option_reader *reader, const struct option_group *group,
                         const struct hanse_option *table, char *out);
static int convert_table(struct option_reader *reader, const struct option_group *group,
                         const struct hanse_option *table, char *out);

/* Where one option was written: usually once, at most once in each part. */
struct definitions {
  const config_setting_t *few[4];
  const config_setting_t **items; /* few, or memory of our own */
  size_t count;
};

/* NULL also where something else stands in place of a group. */
static const config_setting_t *member(const config_setting_t *part, const char *name) {
  int count = config_setting_is_group(part) ? config_setting_length(part) : 0;
  for (int i = 0; i < count; i++) {
    const config_setting_t *found = config_setting_get_elem(part, (unsigned)i);
    if (strcmp(config_setting_name(found), name) == 0) return found;
  }
  return NULL;
}

size_t option_find(const struct option_group *group, const char *name, const config_setting_t **found, size_t max) {
  size_t count = 0;
  for (size_t i = 0; i < group->count; i++) {
    const config_setting_t *one = member(group->parts[i], name);
    if (!one) continue;
    if (count < max) found[count] = one;
    count++;
  }
  return count;
}

const config_setting_t *option_find_inner(const struct option_group *group, const char *inner, const char *name) {
  for (size_t i = 0; i < group->count; i++) {
    const config_setting_t *outer = member(group->parts[i], inner);
    const config_setting_t *found = outer && config_setting_is_group(outer) ? member(outer, name) : NULL;
    if (found) return found;
  }
  return NULL;
}

static int find_definitions(const struct option_group *group, const char *name, struct definitions *out) {
  const size_t few = sizeof out->few / sizeof *out->few;
  out->items = out->few;
  out->count = option_find(group, name, out->few, few);
  if (out->count <= few) return HANSE_OK;
  out->items = malloc(out->count * sizeof *out->items);
  if (!out->items) return HANSE_NOMEM;
  option_find(group, name, out->items, out->count);
  return HANSE_OK;
}

static void drop_definitions(struct definitions *found) {
  if (found->items != found->few) free(found->items);
}

struct hanse_where option_group_origin(const struct option_group *group) {
  return group->count ? source_where(group->parts[0]) : (struct hanse_where){NULL, 0};
}

struct hanse_where option_origin(const struct option_group *group, const char *name) {
  const config_setting_t *found;
  return option_find(group, name, &found, 1) ? source_where(found) : option_group_origin(group);
}

size_t option_value_size(const struct hanse_option *option) {
  return option->type == HANSE_GROUP ? option->group_size : option_type_size(option->type);
}

/* Scalars and groups may be set once in each place; what several files say adds up only for groups and lists. */
static int check_once(struct option_reader *reader, const struct hanse_option *option,
                      const struct definitions *found) {
  if (found->count < 2 || option->type == HANSE_GROUP || (option->flags & HANSE_LIST)) return HANSE_OK;
  struct hanse_where first = source_where(found->items[0]);
  for (size_t i = 1; i < found->count; i++) {
    struct hanse_where where = source_where(found->items[i]);
    problem_error(reader->problems, &where, "\"%s\" is set already at %s:%u; remove one of them", option->name,
                  first.file, first.line);
  }
  return HANSE_INVALID;
}

static int convert_group(struct option_reader *reader, const struct hanse_option *option,
                         const struct definitions *found, char *field) {
  struct option_group group = {found->items, found->count, option->name};
  int status = HANSE_OK;
  for (size_t i = 0; i < found->count; i++) {
    if (config_setting_is_group(found->items[i])) continue;
    option_value_wrong(reader, option, found->items[i]);
    status = HANSE_INVALID;
  }
  return status == HANSE_OK ? convert_table(reader, &group, option->group, field) : status;
}

static int convert_element(struct option_reader *reader, const struct hanse_option *option,
                           const config_setting_t *element, char *field) {
  char label[80];
  if (option->type != HANSE_GROUP) return option_value_convert(reader, option, element, field);
  if (!config_setting_is_group(element)) {
    option_value_wrong(reader, option, element);
    return HANSE_INVALID;
  }
  snprintf(label, sizeof label, "entry of \"%s\"", option->name);
  struct option_group group = {&element, 1, label};
  if (option->flags & OPTION_OPEN) return convert_known(reader, &group, option->group, field);
  return convert_table(reader, &group, option->group, field);
}

/* How many elements all definitions have together. */
static int count_elements(struct option_reader *reader, const struct hanse_option *option,
                          const struct definitions *found, size_t *count) {
  int status = HANSE_OK;
  *count = 0;
  for (size_t i = 0; i < found->count; i++) {
    const config_setting_t *list = found->items[i];
    if (config_setting_is_array(list) || config_setting_is_list(list)) {
      *count += (size_t)config_setting_length(list);
    } else {
      option_value_wrong(reader, option, list);
      status = HANSE_INVALID;
    }
  }
  return status;
}

/* Lists of several files are appended, in the order of the files. */
static int convert_list(struct option_reader *reader, const struct hanse_option *option,
                        const struct definitions *found, char *field) {
  size_t count, at = 0, size = option_value_size(option);
  int worst = count_elements(reader, option, found, &count);
  if (worst != HANSE_OK) return worst;
  if (count == 0) return HANSE_OK;
  char *items = count > SIZE_MAX / size ? NULL : hanse_alloc_zero(&reader->pool->arena, count * size);
  if (!items) return HANSE_NOMEM;
  for (size_t i = 0; i < found->count; i++) {
    int length = config_setting_length(found->items[i]);
    for (int k = 0; k < length; k++) {
      const config_setting_t *element = config_setting_get_elem(found->items[i], (unsigned)k);
      int status = convert_element(reader, option, element, items + at++ * size);
      if (status == HANSE_NOMEM) return status;
      if (status != HANSE_OK) worst = status;
    }
  }
  *(struct hanse_list *)(void *)field = (struct hanse_list){count, items};
  return worst;
}

/* The default of a list: its elements with commas between them. */
static int fall_back_to_list(struct option_reader *reader, const struct hanse_option *option, char *field) {
  const char *at = option->fallback;
  size_t count = 1, size = option_value_size(option);
  for (const char *c = at; *c; c++) count += *c == ',';
  char *items = hanse_alloc_zero(&reader->pool->arena, count * size);
  if (!items) return HANSE_NOMEM;
  for (size_t i = 0; i < count; i++) {
    at += strspn(at, " ");
    size_t length = strcspn(at, ",");
    int status = option_value_fallback(reader, option, hanse_slice(at, length), items + i * size);
    if (status != HANSE_OK) return status;
    at += length + (at[length] == ',');
  }
  *(struct hanse_list *)(void *)field = (struct hanse_list){count, items};
  return HANSE_OK;
}

static int report_missing(struct option_reader *reader, const struct hanse_option *option,
                          const struct option_group *group) {
  struct hanse_where where = option_group_origin(group);
  const config_setting_t *parent = config_setting_parent(group->parts[0]);
  if (reader->incomplete && !(parent && config_setting_is_list(parent))) return HANSE_INVALID;
  bool list = option->flags & HANSE_LIST, group_type = option->type == HANSE_GROUP;
  const char *value = list && group_type ? "( { … } )" : list ? "[ … ]" : group_type ? "{ … }" : "…";
  bool quoted = !list && !group_type && option->type != HANSE_INT && option->type != HANSE_BOOL;
  problem_error(reader->problems, &where, "%s: \"%s\" is missing; write %s = %s%s%s;", group->label, option->name,
                option->name, quoted ? "\"" : "", value, quoted ? "\"" : "");
  return HANSE_INVALID;
}

static int fall_back(struct option_reader *reader, const struct hanse_option *option, const struct option_group *group,
                     char *field) {
  bool list = option->flags & HANSE_LIST;
  /* What a group needs is asked for only where somebody wrote the group. */
  if (option->flags & HANSE_REQUIRED) return group->count ? report_missing(reader, option, group) : HANSE_OK;
  if (option->type == HANSE_GROUP && !list)
    return convert_table(reader, &(struct option_group){NULL, 0, option->name}, option->group, field);
  if (!option->fallback) return HANSE_OK;
  if (list) return fall_back_to_list(reader, option, field);
  return option_value_fallback(reader, option, hanse_text(option->fallback), field);
}

static int convert_option(struct option_reader *reader, const struct hanse_option *option,
                          const struct option_group *group, char *field) {
  if (option->type == HANSE_ORIGIN)
    return option_pool_where(reader->pool, option_group_origin(group), (struct hanse_where *)(void *)field);
  struct definitions found;
  int status = find_definitions(group, option->name, &found);
  if (status == HANSE_OK) status = check_once(reader, option, &found);
  if (status == HANSE_OK) {
    if (found.count == 0)
      status = fall_back(reader, option, group, field);
    else if (option->flags & HANSE_LIST)
      status = convert_list(reader, option, &found, field);
    else if (option->type == HANSE_GROUP)
      status = convert_group(reader, option, &found, field);
    else
      status = option_value_convert(reader, option, found.items[0], field);
  }
  drop_definitions(&found);
  return status;
}

static bool table_has(const struct hanse_option *table, const char *name) {
  for (; table && table->name; table++)
    if (table->type != HANSE_ORIGIN && strcmp(table->name, name) == 0) return true;
  return false;
}

static void offer_table(struct nearest *nearest, const struct hanse_option *table) {
  for (; table && table->name; table++)
    if (table->type != HANSE_ORIGIN) nearest_offer(nearest, hanse_text(table->name));
}

static void report_unknown(struct option_reader *reader, const struct option_group *group,
                           const config_setting_t *setting, const struct hanse_option *table,
                           const struct hanse_option *also) {
  struct nearest nearest;
  char hint[100];
  struct hanse_where where = source_where(setting);
  nearest_init(&nearest, hanse_text(config_setting_name(setting)));
  offer_table(&nearest, table);
  offer_table(&nearest, also);
  nearest_text(&nearest, hint, sizeof hint);
  problem_error(reader->problems, &where, "%s: unknown setting \"%s\"%s", group->label, config_setting_name(setting),
                *hint ? hint : "; remove it, or see the manual for what can be set here");
}

static int check_unknown(struct option_reader *reader, const struct option_group *group,
                         const struct hanse_option *table, const struct hanse_option *also) {
  int status = HANSE_OK;
  for (size_t i = 0; i < group->count; i++) {
    int count = config_setting_length(group->parts[i]);
    for (int k = 0; k < count; k++) {
      const config_setting_t *setting = config_setting_get_elem(group->parts[i], (unsigned)k);
      const char *name = config_setting_name(setting);
      if (table_has(table, name) || table_has(also, name)) continue;
      report_unknown(reader, group, setting, table, also);
      status = HANSE_INVALID;
    }
  }
  return status;
}

static int convert_known(struct option_reader *reader, const struct option_group *group,
                         const struct hanse_option *table, char *out) {
  int worst = HANSE_OK;
  for (const struct hanse_option *option = table; option && option->name; option++) {
    int status = convert_option(reader, option, group, out + option->offset);
    if (status == HANSE_NOMEM) return status;
    if (status != HANSE_OK) worst = status;
  }
  return worst;
}

/* Into a struct that is zero. */
static int convert_table(struct option_reader *reader, const struct option_group *group,
                         const struct hanse_option *table, char *out) {
  int unknown = check_unknown(reader, group, table, NULL);
  int status = convert_known(reader, group, table, out);
  return status == HANSE_OK ? unknown : status;
}

int option_convert(struct option_reader *reader, const struct option_group *group, const struct hanse_option *table,
                   const struct hanse_option *also, void *out, size_t size) {
  if (size) memset(out, 0, size);
  int unknown = check_unknown(reader, group, table, also);
  int status = convert_known(reader, group, table, out);
  return status == HANSE_OK ? unknown : status;
}
