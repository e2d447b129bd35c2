/* Names of one list of the configuration, sorted: whether one stands there twice, and which entry has it. */
#ifndef HANSE_ROUTER_SETTINGS_INDEX_H
#define HANSE_ROUTER_SETTINGS_INDEX_H

#include "contract/option_pool.h"
#include "contract/problem.h"

struct settings_name {
  struct hanse_slice name; /* borrowed */
  struct hanse_where where;
  size_t at; /* in the list */
};

struct settings_index {
  struct settings_name *items; /* in a pool */
  size_t count;
};

/* Room for `most` names. HANSE_OK, HANSE_NOMEM. */
int settings_index_init(struct settings_index *index, size_t most, struct option_pool *pool);
/* An empty name, of an entry that could not be converted, is left out. */
void settings_index_add(struct settings_index *index, struct hanse_slice name, struct hanse_where where, size_t at);
/* After the last name. */
void settings_index_sort(struct settings_index *index);
/* The first entry of that name, NULL: none. */
const struct settings_name *settings_index_find(const struct settings_index *index, struct hanse_slice name);
/* Reports each entry that has the name of an earlier one, as `what "name"`. Whether there was any. */
bool settings_index_repeated(const struct settings_index *index, const char *what, struct problem_list *problems);

#endif
