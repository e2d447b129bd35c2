#include "router/exclusive.h"

#include <stdlib.h>

#include "router/generation.h"

struct exclusive {
  struct exclusive *next;
  const char *kind;
  struct hanse_slice name;
  struct hanse_where where;
};

/* Another instance's, of those that the generation has so far. */
static const struct exclusive *find(const struct generation *generation, const struct instance *but, const char *kind,
                                    struct hanse_slice name) {
  for (size_t i = 0; i < generation->module_count; i++) {
    const struct instance *instance = generation->modules[i].instance;
    if (!instance || instance == but) continue;
    for (const struct exclusive *one = instance->exclusives; one; one = one->next)
      if (strcmp(one->kind, kind) == 0 && hanse_same(one->name, name)) return one;
  }
  return NULL;
}

int exclusive_take(const struct generation *generation, struct instance *instance, const char *kind,
                   struct hanse_slice name, struct hanse_where where, struct hanse_where *other) {
  const struct exclusive *taken = find(generation, instance, kind, name);
  if (taken) {
    *other = taken->where;
    return HANSE_INVALID;
  }
  struct exclusive *mine = calloc(1, sizeof *mine);
  if (!mine) return HANSE_NOMEM;
  *mine = (struct exclusive){instance->exclusives, kind, name, where};
  instance->exclusives = mine;
  return HANSE_OK;
}

int exclusive_check(const struct generation *generation, const struct instance *instance,
                    struct hanse_problem *problem) {
  for (const struct exclusive *one = instance->exclusives; one; one = one->next) {
    const struct exclusive *other = find(generation, instance, one->kind, one->name);
    if (!other) continue;
    problem->where = other->where;
    hanse_explain(problem, "the %s \"%.*s\" belongs to another module, at %s:%u; keep one", one->kind,
                  HANSE_FMT(one->name), one->where.file ? one->where.file : "?", one->where.line);
    return HANSE_INVALID;
  }
  return HANSE_OK;
}

void exclusive_free(struct instance *instance) {
  while (instance->exclusives) {
    struct exclusive *one = instance->exclusives;
    instance->exclusives = one->next;
    free(one);
  }
}
