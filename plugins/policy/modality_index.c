/* Rules in the order in which they are found, and what each closes. */
#include <stdio.h>
#include <stdlib.h>

#include "modality.h"

/* Indexing so many takes less than the 2 ms that a call may last. */
#define MODALITY_RULES_MAX 4096

struct modality_entry {
  uint32_t closed;
  const struct modality_rule *rule;
};

void modality_index_free(struct modality_index *index) {
  subjects_free(&index->subjects);
  free(index->items);
  index->items = NULL;
  index->count = 0;
}

static int modality_twice(const struct modality_rule *first, const struct modality_rule *second,
                          struct hanse_problem *problem) {
  problem->where = second->where;
  hanse_explain(problem, "%.*s%s%.253s has a rule here and at %.100s:%u for the same direction; put them into one",
                HANSE_FMT(second->user), second->user.len ? "@" : "", second->domain.name.at,
                first->where.file ? first->where.file : "?", first->where.line);
  return HANSE_INVALID;
}

static int modality_index_add(struct modality_index *index, const struct modality_rule *rule,
                              struct hanse_problem *problem) {
  struct modality_entry *entry = &index->items[index->count];
  const void *earlier;
  *entry = (struct modality_entry){modality_closed(&rule->open), rule};
  int status = subjects_add(&index->subjects, rule->user, rule->domain.name, entry, &earlier);
  if (status == HANSE_SKIP) return modality_twice(((const struct modality_entry *)earlier)->rule, rule, problem);
  if (!status) index->count++;
  if (status != HANSE_INVALID) return status;
  problem->where = rule->where;
  hanse_explain(problem, "user = \"%.40s…\": at most %d octets stand before the @", rule->user.at, SUBJECTS_USER_MAX);
  return status;
}

int modality_index_build(struct modality_index *index, struct hanse_host *host, const struct hanse_list *rules,
                         unsigned way, struct hanse_problem *problem) {
  const struct modality_rule *rule = (const struct modality_rule *)rules->items;
  if (rules->count > MODALITY_RULES_MAX) {
    problem->where = rule[MODALITY_RULES_MAX].where;
    hanse_explain(problem, "more than %d rules; write one for a domain above several", MODALITY_RULES_MAX);
    return HANSE_INVALID;
  }
  if (!rules->count) return HANSE_OK;
  int status = subjects_begin(&index->subjects, host, rules->count);
  index->items = (struct modality_entry *)malloc(rules->count * sizeof *index->items);
  if (!index->items) return HANSE_NOMEM;
  for (size_t i = 0; i < rules->count && !status; i++)
    if ((unsigned)rule[i].direction & way) status = modality_index_add(index, &rule[i], problem);
  return status;
}

uint32_t modality_index_closed(const struct modality_index *index) {
  uint32_t closed = 0;
  for (size_t i = 0; i < index->count; i++) closed |= index->items[i].closed;
  return closed;
}

const struct modality_rule *modality_index_find(const struct modality_index *index, struct hanse_slice domain,
                                                struct hanse_slice user, uint32_t *closed) {
  const void *found = user.len ? subjects_suffix(&index->subjects, user, domain) : NULL;
  if (!found) found = subjects_suffix(&index->subjects, hanse_slice("", 0), domain);
  const struct modality_entry *entry = (const struct modality_entry *)found;
  if (!entry) return NULL;
  *closed = entry->closed;
  return entry->rule;
}
