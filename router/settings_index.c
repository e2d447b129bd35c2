#include "router/settings_index.h"

#include <stdlib.h>

static int compare_names(struct hanse_slice a, struct hanse_slice b) {
  size_t shorter = a.len < b.len ? a.len : b.len;
  int order = shorter ? memcmp(a.at, b.at, shorter) : 0;
  return order ? order : a.len < b.len ? -1 : a.len > b.len;
}

static int compare(const void *left, const void *right) {
  const struct settings_name *a = left, *b = right;
  int order = compare_names(a->name, b->name);
  return order ? order : a->at < b->at ? -1 : a->at > b->at;
}

int settings_index_init(struct settings_index *index, size_t most, struct option_pool *pool) {
  struct settings_name *items = NULL;
  if (most > SIZE_MAX / sizeof *items) return HANSE_NOMEM;
  if (most && !(items = hanse_alloc(&pool->arena, most * sizeof *items))) return HANSE_NOMEM;
  *index = (struct settings_index){items, 0};
  return HANSE_OK;
}

void settings_index_add(struct settings_index *index, struct hanse_slice name, struct hanse_where where, size_t at) {
  if (name.len) index->items[index->count++] = (struct settings_name){name, where, at};
}

void settings_index_sort(struct settings_index *index) {
  if (index->count) qsort(index->items, index->count, sizeof *index->items, compare);
}

const struct settings_name *settings_index_find(const struct settings_index *index, struct hanse_slice name) {
  size_t low = 0, high = index->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (compare_names(index->items[middle].name, name) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low < index->count && hanse_same(index->items[low].name, name) ? &index->items[low] : NULL;
}

bool settings_index_repeated(const struct settings_index *index, const char *what, struct problem_list *problems) {
  bool any = false;
  for (size_t i = 1, first = 0; i < index->count; i++) {
    if (!hanse_same(index->items[i].name, index->items[first].name)) {
      first = i;
      continue;
    }
    const struct settings_name *now = &index->items[i], *before = &index->items[first];
    problem_error(problems, &now->where, "%s \"%.*s\" stands already at %s:%u; remove one of them", what,
                  HANSE_FMT(now->name), before->where.file ? before->where.file : "?", before->where.line);
    any = true;
  }
  return any;
}
