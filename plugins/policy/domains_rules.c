/* The rules of both lists, found by pattern: open addressing over (hash, rule), at most half full, so that a look-up
   costs one cache miss whatever the number of rules (uthash's chains cost several at a hundred thousand). The hash is
   keyed, since remote parties choose what is looked up. */
#include <sodium.h>
#include <stdlib.h>

#include "domains.h"

#define DOMAINS_RULES_MAX ((size_t)1 << 24)
/* A pattern costs 0.2 µs, more on a busy machine, and a call may take 2 ms. */
#define DOMAINS_INDEXED_A_CALL 4000

struct domains_rule {
  const struct hanse_domain *domain; /* in the settings */
  uint64_t hits;
  enum domains_list list;
};

struct domains_slot {
  uint32_t hash;
  uint32_t rule; /* index + 1; 0: empty */
};

_Static_assert(crypto_shorthash_KEYBYTES == sizeof((struct domains_rules *)0)->key, "SipHash key");

void domains_rules_free(struct domains_rules *rules) {
  free(rules->slots);
  free(rules->items);
  rules->slots = NULL;
  rules->items = NULL;
  rules->count = 0;
}

static int domains_room(struct domains_rules *rules, size_t count) {
  size_t slots = 2;
  if (count > DOMAINS_RULES_MAX) return HANSE_NOMEM;
  while (slots < 2 * count) slots *= 2;
  rules->items = (struct domains_rule *)malloc(count * sizeof *rules->items);
  rules->slots = (struct domains_slot *)calloc(slots, sizeof *rules->slots);
  rules->mask = (uint32_t)(slots - 1);
  return rules->items && rules->slots ? HANSE_OK : HANSE_NOMEM;
}

static uint32_t domains_hash(const struct domains_rules *rules, struct hanse_slice name) {
  unsigned char out[crypto_shorthash_BYTES];
  uint32_t value;
  crypto_shorthash(out, (const unsigned char *)name.at, name.len, rules->key);
  memcpy(&value, out, sizeof value);
  return value;
}

/* The slot that has this name, or the empty one where it would be. */
static struct domains_slot *domains_slot(const struct domains_rules *rules, struct hanse_slice name, uint32_t hash) {
  for (uint32_t at = hash & rules->mask;; at = (at + 1) & rules->mask) {
    struct domains_slot *slot = &rules->slots[at];
    if (!slot->rule) return slot;
    if (slot->hash == hash && hanse_same(rules->items[slot->rule - 1].domain->name, name)) return slot;
  }
}

static struct domains_rule *domains_find(const struct domains_rules *rules, struct hanse_slice name) {
  const struct domains_slot *slot = domains_slot(rules, name, domains_hash(rules, name));
  return slot->rule ? &rules->items[slot->rule - 1] : NULL;
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
  struct hanse_slice name = rule->domain->name;
  uint32_t hash = domains_hash(rules, name);
  struct domains_slot *slot = domains_slot(rules, name, hash);
  if (slot->rule) return domains_twice(rule, &rules->items[slot->rule - 1], problem);
  *slot = (struct domains_slot){hash, (uint32_t)++rules->count};
  if (name.len > rules->longest) rules->longest = name.len;
  return HANSE_OK;
}

static struct domains_rule domains_written(const struct domains_settings *settings, size_t at) {
  enum domains_list list = at < settings->allow.count ? DOMAINS_ALLOW : DOMAINS_BLOCK;
  const struct hanse_list *patterns = list == DOMAINS_ALLOW ? &settings->allow : &settings->block;
  size_t before = list == DOMAINS_ALLOW ? 0 : settings->allow.count;
  return (struct domains_rule){(const struct hanse_domain *)patterns->items + (at - before), 0, list};
}

int domains_rules_build(struct domains_rules *rules, const struct domains_settings *settings,
                        struct hanse_problem *problem) {
  size_t count = settings->allow.count + settings->block.count;
  int status = HANSE_OK;
  if (count && !rules->items) {
    status = domains_room(rules, count);
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
  return rules->count ? domains_find(rules, name) : NULL;
}

/* Cuts the leftmost label off. */
static bool domains_parent(struct hanse_slice *name) {
  const char *dot = (const char *)memchr(name->at, '.', name->len);
  if (!dot) return false;
  name->len -= (size_t)(dot + 1 - name->at);
  name->at = dot + 1;
  return name->len > 0;
}

struct domains_rule *domains_rule_of(const struct domains_rules *rules, struct hanse_slice domain) {
  if (!rules->count || !domain.len) return NULL;
  do {
    if (domain.len > rules->longest) continue;
    struct domains_rule *rule = domains_find(rules, domain);
    if (rule) return rule;
  } while (domains_parent(&domain));
  return NULL;
}

struct domains_rule *domains_rule_above(const struct domains_rules *rules, struct hanse_slice domain) {
  return domain.len && domains_parent(&domain) ? domains_rule_of(rules, domain) : NULL;
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
