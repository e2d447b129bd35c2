/* Rules in order of the length of their domain, then its octets, then the user: a look-up compares octets only with
   names of its own length. */
#include <stdio.h>
#include <stdlib.h>

#include "modality.h"

/* Sorting so many takes less than the 2 ms that a call may last. */
#define MODALITY_RULES_MAX 4096

struct modality_entry {
  struct hanse_slice domain, user;
  uint32_t closed;
  const struct modality_rule *rule;
};

void modality_index_free(struct modality_index *index) {
  free(index->items);
  *index = (struct modality_index){0};
}

/* User parts are compared without regard to case: most servers do so, and a rule must not end at a capital letter. */
static int modality_compare_users(struct hanse_slice a, struct hanse_slice b) {
  if (a.len != b.len) return a.len < b.len ? -1 : 1;
  for (size_t i = 0; i < a.len; i++) {
    int less = (unsigned char)hanse_lower(a.at[i]) - (unsigned char)hanse_lower(b.at[i]);
    if (less) return less;
  }
  return 0;
}

static inline int modality_compare(const struct modality_entry *a, struct hanse_slice domain, struct hanse_slice user) {
  if (a->domain.len != domain.len) return a->domain.len < domain.len ? -1 : 1;
  int order = domain.len ? memcmp(a->domain.at, domain.at, domain.len) : 0;
  return order ? order : modality_compare_users(a->user, user);
}

static int modality_order(const void *a, const void *b) {
  const struct modality_entry *second = (const struct modality_entry *)b;
  return modality_compare((const struct modality_entry *)a, second->domain, second->user);
}

static int modality_twice(const struct modality_rule *a, const struct modality_rule *b, struct hanse_problem *problem) {
  const struct modality_rule *first = a < b ? a : b, *second = a < b ? b : a;
  problem->where = second->where;
  hanse_explain(problem, "%.*s%s%.253s has a rule here and at %.100s:%u for the same direction; put them into one",
                HANSE_FMT(second->user), second->user.len ? "@" : "", second->domain.name.at,
                first->where.file ? first->where.file : "?", first->where.line);
  return HANSE_INVALID;
}

static void modality_index_add(struct modality_index *index, const struct modality_rule *rule) {
  struct hanse_slice domain = rule->domain.name;
  index->items[index->count++] = (struct modality_entry){domain, rule->user, modality_closed(&rule->open), rule};
  if (index->count == 1 || domain.len < index->shortest) index->shortest = domain.len;
  if (domain.len > index->longest) index->longest = domain.len;
}

int modality_index_build(struct modality_index *index, const struct hanse_list *rules, unsigned way,
                         struct hanse_problem *problem) {
  const struct modality_rule *rule = (const struct modality_rule *)rules->items;
  if (rules->count > MODALITY_RULES_MAX) {
    problem->where = rule[MODALITY_RULES_MAX].where;
    hanse_explain(problem, "more than %d rules; write one for a domain above several", MODALITY_RULES_MAX);
    return HANSE_INVALID;
  }
  if (!rules->count) return HANSE_OK;
  index->items = (struct modality_entry *)malloc(rules->count * sizeof *index->items);
  if (!index->items) return HANSE_NOMEM;
  for (size_t i = 0; i < rules->count; i++)
    if ((unsigned)rule[i].direction & way) modality_index_add(index, &rule[i]);
  qsort(index->items, index->count, sizeof *index->items, modality_order);
  for (size_t i = 1; i < index->count; i++)
    if (modality_order(&index->items[i - 1], &index->items[i]) == 0)
      return modality_twice(index->items[i - 1].rule, index->items[i].rule, problem);
  return HANSE_OK;
}

uint32_t modality_index_closed(const struct modality_index *index) {
  uint32_t closed = 0;
  for (size_t i = 0; i < index->count; i++) closed |= index->items[i].closed;
  return closed;
}

static const struct modality_entry *modality_index_exact(const struct modality_index *index, struct hanse_slice domain,
                                                         struct hanse_slice user) {
  size_t low = 0, high = index->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    int order = modality_compare(&index->items[middle], domain, user);
    if (order == 0) return &index->items[middle];
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return NULL;
}

/* Cuts the leftmost label off. */
static bool modality_parent(struct hanse_slice *name) {
  const char *dot = (const char *)memchr(name->at, '.', name->len);
  if (!dot) return false;
  name->len -= (size_t)(dot + 1 - name->at);
  name->at = dot + 1;
  return name->len > 0;
}

static const struct modality_entry *modality_index_suffix(const struct modality_index *index, struct hanse_slice domain,
                                                          struct hanse_slice user) {
  const struct modality_entry *entry = NULL;
  if (!index->count || !domain.len) return NULL;
  do {
    if (domain.len > index->longest) continue;
    if (domain.len < index->shortest) return NULL;
    entry = modality_index_exact(index, domain, user);
  } while (!entry && modality_parent(&domain));
  return entry;
}

const struct modality_rule *modality_index_find(const struct modality_index *index, struct hanse_slice domain,
                                                struct hanse_slice user, uint32_t *closed) {
  const struct modality_entry *entry = user.len ? modality_index_suffix(index, domain, user) : NULL;
  if (!entry) entry = modality_index_suffix(index, domain, hanse_slice("", 0));
  if (!entry) return NULL;
  *closed = entry->closed;
  return entry->rule;
}
