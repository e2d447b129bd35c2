/* The rules of both lists, found by pattern. */
#include <stdlib.h>

#include "domains.h"

/* A pattern costs 0.2 µs, more on a busy machine, and a call may take 2 ms. */
#define DOMAINS_INDEXED_A_CALL 4000

struct domains_rule {
  const struct hanse_domain *domain; /* in the settings */
  uint64_t hits;
  enum domains_list list;
};

/* The rules are of the index as well, which holds them as const. */
static struct domains_rule *domains_found(const struct domains_rules *rules, const void *rule) {
  return rule ? &rules->items[(const struct domains_rule *)rule - rules->items] : NULL;
}

void domains_rules_free(struct domains_rules *rules) {
  subjects_free(&rules->index);
  free(rules->items);
  rules->items = NULL;
  rules->count = 0;
}

static int domains_room(struct domains_rules *rules, struct hanse_host *host, size_t count) {
  int status = subjects_begin(&rules->index, host, count);
  if (status != HANSE_OK) return status;
  rules->items = (struct domains_rule *)malloc(count * sizeof *rules->items);
  return rules->items ? HANSE_OK : HANSE_NOMEM;
}

static int domains_twice(const struct domains_rule *rule, const struct domains_rule *earlier,
                         struct hanse_problem *problem) {
  const char *file = earlier->domain->where.file ? earlier->domain->where.file : "?";
  problem->where = rule->domain->where;
  if (rule->list == earlier->list)
    hanse_explain(problem, "%.253s is in %s twice, here and at %.100s:%u; take one of them out", rule->domain->name.at,
                  domains_rule_word(rule), file, earlier->domain->where.line);
  else
    hanse_explain(problem, "%.253s is in %s here and in %s at %.100s:%u; take it out of one of them",
                  rule->domain->name.at, domains_rule_word(rule), domains_rule_word(earlier), file,
                  earlier->domain->where.line);
  return HANSE_INVALID;
}

/* Puts items[count] into the index. */
static int domains_add(struct domains_rules *rules, struct hanse_problem *problem) {
  const struct domains_rule *rule = &rules->items[rules->count];
  const void *earlier;
  int status = subjects_add(&rules->index, hanse_slice("", 0), rule->domain->name, rule, &earlier);
  if (status == HANSE_SKIP) return domains_twice(rule, (const struct domains_rule *)earlier, problem);
  if (status == HANSE_OK) rules->count++;
  return status;
}

static struct domains_rule domains_written(const struct domains_settings *settings, size_t at) {
  enum domains_list list = at < settings->allow.count ? DOMAINS_ALLOW : DOMAINS_BLOCK;
  const struct hanse_list *patterns = list == DOMAINS_ALLOW ? &settings->allow : &settings->block;
  size_t before = list == DOMAINS_ALLOW ? 0 : settings->allow.count;
  return (struct domains_rule){(const struct hanse_domain *)patterns->items + (at - before), 0, list};
}

int domains_rules_build(struct domains_rules *rules, struct hanse_host *host, const struct domains_settings *settings,
                        struct hanse_problem *problem) {
  size_t count = settings->allow.count + settings->block.count;
  int status = HANSE_OK;
  if (count && !rules->items) {
    status = domains_room(rules, host, count);
    if (count > DOMAINS_INDEXED_A_CALL && status == HANSE_OK) return HANSE_AGAIN; /* so much room takes its time, too */
  }
  for (size_t n = 0; status == HANSE_OK && rules->count < count; n++) {
    if (n == DOMAINS_INDEXED_A_CALL) return HANSE_AGAIN;
    rules->items[rules->count] = domains_written(settings, rules->count);
    status = domains_add(rules, problem);
  }
  return status;
}

struct domains_rule *domains_rule_exact(const struct domains_rules *rules, struct hanse_slice name) {
  return domains_found(rules, subjects_exact(&rules->index, hanse_slice("", 0), name));
}

struct domains_rule *domains_rule_of(const struct domains_rules *rules, struct hanse_slice domain) {
  return domains_found(rules, subjects_suffix(&rules->index, hanse_slice("", 0), domain));
}

struct domains_rule *domains_rule_above(const struct domains_rules *rules, struct hanse_slice domain) {
  const char *dot = domain.len ? (const char *)memchr(domain.at, '.', domain.len) : NULL;
  if (!dot) return NULL;
  return domains_rule_of(rules, hanse_slice(dot + 1, domain.len - (size_t)(dot + 1 - domain.at)));
}

struct domains_rule *domains_rule_at(const struct domains_rules *rules, size_t index) {
  return &rules->items[index];
}
struct hanse_slice domains_rule_name(const struct domains_rule *rule) {
  return rule->domain->name;
}
struct hanse_where domains_rule_where(const struct domains_rule *rule) {
  return rule->domain->where;
}
enum domains_list domains_rule_list(const struct domains_rule *rule) { return rule->list; }
const char *domains_rule_word(const struct domains_rule *rule) {
  return rule->list == DOMAINS_BLOCK ? "block" : "allow";
}
uint64_t domains_rule_hits(const struct domains_rule *rule) { return rule->hits; }
void domains_rule_hit(struct domains_rule *rule, uint64_t n) { rule->hits += n; }
