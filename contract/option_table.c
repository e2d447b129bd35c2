/* Checks option tables that somebody else wrote. */
#include <stdio.h>

#include "contract/option.h"
#include "contract/option_text.h"

#define DEPTH 8

struct check {
  const char *who;
  struct problem_list *problems;
  int status;
};

static void complain(struct check *c, const struct hanse_option *option, const char *what) {
  problem_error(c->problems, NULL, "%s: the option table is wrong at \"%s\": %s; the plugin must be corrected", c->who,
                option->name, what);
  c->status = HANSE_INVALID;
}

static void check_text(struct check *c, const struct hanse_option *option, const char *what, struct hanse_slice in) {
  struct option_text text = {.option = option};
  char full[OPTION_WHY + 40];
  if (option_text_check(&text, in) == HANSE_OK) return;
  snprintf(full, sizeof full, "%s: %s", what, text.why);
  complain(c, option, full);
}

/* The default, or each element of it for a list. */
static void check_fallback(struct check *c, const struct hanse_option *option) {
  const char *at = option->fallback;
  if (!at) return;
  if (!(option->flags & HANSE_LIST)) {
    check_text(c, option, "its default", hanse_text(at));
    return;
  }
  for (;;) {
    at += strspn(at, " ");
    size_t length = strcspn(at, ",");
    check_text(c, option, "its default", hanse_slice(at, length));
    if (!at[length]) return;
    at += length + 1;
  }
}

static void check_bounds(struct check *c, const struct hanse_option *option) {
  struct hanse_option open = *option;
  bool bounded = option->type >= HANSE_INT && option->type <= HANSE_RATE;
  if ((option->min || option->max) && !bounded) complain(c, option, "its type has no bounds");
  if (!bounded) return;
  open.min = open.max = NULL;
  if (option->min) check_text(c, &open, "its lower bound", hanse_text(option->min));
  if (option->max) check_text(c, &open, "its upper bound", hanse_text(option->max));
}

static void check_place(struct check *c, const struct hanse_option *option, size_t size) {
  size_t needed = option->flags & HANSE_LIST ? sizeof(struct hanse_list) : option_value_size(option);
  if (needed > size || option->offset > size - needed) complain(c, option, "its field lies outside the settings");
}

static bool has_name(const struct hanse_option *table, const struct hanse_option *end, const char *name) {
  for (; table && table != end && table->name; table++)
    if (table->type != HANSE_ORIGIN && strcmp(table->name, name) == 0) return true;
  return false;
}

static void check_table(struct check *c, const struct hanse_option *table, const struct hanse_option *also, size_t size,
                        unsigned depth);

static bool is_list_of_names(const char *refers) {
  static const char *const lists[] = {"tls", "modules", "home", "partners"};
  for (size_t i = 0; refers && i < sizeof lists / sizeof *lists; i++)
    if (strcmp(lists[i], refers) == 0) return true;
  return false;
}

static void check_kind(struct check *c, const struct hanse_option *option, unsigned depth) {
  if (option->type == HANSE_ENUM && (!option->choices || !option->choices->name))
    complain(c, option, "it has no choices");
  else if (option->type == HANSE_REFERENCE && !is_list_of_names(option->refers))
    complain(c, option, "it refers to none of tls, modules, home and partners");
  else if (option->type != HANSE_GROUP) {
    check_bounds(c, option);
    check_fallback(c, option);
  } else if (!option->group || !option->group_size)
    complain(c, option, "it has no table for its group");
  else if (option->fallback)
    complain(c, option, "a group has no default of its own");
  else if (depth == DEPTH)
    complain(c, option, "there are too many groups within groups");
  else
    check_table(c, option->group, NULL, option->group_size, depth + 1);
}

static void check_table(struct check *c, const struct hanse_option *table, const struct hanse_option *also, size_t size,
                        unsigned depth) {
  for (const struct hanse_option *option = table; option && option->name; option++) {
    if (!option_type_name(option->type)) {
      complain(c, option, "its type is unknown here");
      continue;
    }
    check_place(c, option, size);
    if (option->type == HANSE_ORIGIN) {
      if (option->flags & HANSE_LIST) complain(c, option, "a place is no list");
      continue;
    }
    if (has_name(table, option, option->name)) complain(c, option, "the name stands twice in the table");
    if (has_name(also, NULL, option->name)) complain(c, option, "the name belongs to the core");
    check_kind(c, option, depth);
  }
}

int option_check_table(const char *who, const struct hanse_option *table, const struct hanse_option *also, size_t size,
                       struct problem_list *problems) {
  struct check c = {who, problems, HANSE_OK};
  check_table(&c, table, also, size, 1);
  return c.status;
}
