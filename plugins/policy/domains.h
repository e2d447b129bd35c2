/* The parts of the policy `domains`: rules by domain suffix, found by their labels. */
#ifndef POLICY_DOMAINS_H
#define POLICY_DOMAINS_H

#include <hanse/plugin.h>

#include "subjects.h"

enum domains_list { DOMAINS_ALLOW = 0, DOMAINS_BLOCK = 1 };

struct domains_rule; /* domains_rules.c */

struct domains_rules {
  struct domains_rule *items; /* all of allow as written, then all of block; owned */
  size_t count;               /* in the index so far */
  struct subjects index;      /* by domain alone */
};

/* The search for clashes, as far as it has come. */
struct domains_clashes {
  size_t next; /* rule */
  size_t errors, logged;
  struct hanse_problem first;
};

struct domains {
  struct hanse_host *host;
  struct domains_rules rules;
  struct domains_clashes clashes;
  uint64_t *blocked, *allowed;
  uint64_t counted; /* highest decision whose ALLOW was counted at ADMIT */
  size_t saved;     /* rules whose hits the successor has */
};

struct domains_settings {
  struct hanse_list allow, block; /* struct hanse_domain */
};

/* Indexes some more of both lists; their items stay borrowed. HANSE_AGAIN: more are left. HANSE_INVALID: a domain
   stands twice, `problem` names both lines; HANSE_NOMEM. On failure domains_rules_free is still due. At the first call
   `rules` was zeroed. */
int domains_rules_build(struct domains_rules *rules, struct hanse_host *host, const struct domains_settings *settings,
                        struct hanse_problem *problem);
void domains_rules_free(struct domains_rules *rules);

/* The rule with exactly this pattern, or NULL. */
struct domains_rule *domains_rule_exact(const struct domains_rules *rules, struct hanse_slice name);
/* The rule with the longest pattern that is `domain` or stands above it on a label border (R10), or NULL. `domain` is
   canonical; the cost is bounded by its labels, whatever the number of rules. */
struct domains_rule *domains_rule_of(const struct domains_rules *rules, struct hanse_slice domain);
/* The same among the patterns above `domain` only. */
struct domains_rule *domains_rule_above(const struct domains_rules *rules, struct hanse_slice domain);

/* index < rules->count */
struct domains_rule *domains_rule_at(const struct domains_rules *rules, size_t index);
struct hanse_slice domains_rule_name(const struct domains_rule *rule);
struct hanse_where domains_rule_where(const struct domains_rule *rule);
enum domains_list domains_rule_list(const struct domains_rule *rule);
const char *domains_rule_word(const struct domains_rule *rule); /* "allow" or "block" */
uint64_t domains_rule_hits(const struct domains_rule *rule);
void domains_rule_hit(struct domains_rule *rule, uint64_t n);

/* Looks whether some more patterns contradict a home or partner entry. HANSE_AGAIN: more are left. HANSE_INVALID, at
   the end: `problem` names both lines of the first one, the others are in the log. */
int domains_clash(struct domains *domains, struct hanse_problem *problem);

/* POLICY: judges both addresses. */
enum hanse_verdict domains_decide(void *self, const struct hanse_case *c);

/* COMMAND: the rules and how often each decided. */
enum hanse_outcome domains_rows(void *self, struct hanse_rows *rows, void **cursor);
void domains_rows_finish(void *self, void *cursor);

/* The hits of rules, for a successor that still has them; some rules a call. */
int domains_save_rest(void *self);
int domains_adopt(void *self, const struct hanse_saved *saved);

#endif
