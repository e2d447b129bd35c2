/* The verdict: a message is blocked in either direction (R9), by the longest pattern above each of its domains (R10).
 */
#include <stdio.h>

#include "domains.h"

#define DOMAINS_TEXT 640

/* Our own users are not meant by a pattern that blocks a domain above ours, such as a whole top-level domain. */
static bool domains_blocks(const struct domains *domains, const struct domains_rule *rule, struct hanse_slice domain) {
  if (!rule || domains_rule_list(rule) != DOMAINS_BLOCK) return false;
  return !hanse_home_is(domains->host, domain) || hanse_home_is(domains->host, domains_rule_name(rule));
}

static enum hanse_verdict domains_deny(struct domains *domains, const struct hanse_case *c, struct domains_rule *rule,
                                       struct hanse_slice domain, const char *whose) {
  char text[DOMAINS_TEXT];
  if (!c->dry) {
    domains_rule_hit(rule, 1);
    ++*domains->blocked;
  }
  snprintf(text, sizeof text,
           "the %s domain %.*s is blocked by %s; take that out of block, or put a longer domain into allow", whose,
           HANSE_FMT(domain), domains_rule_name(rule).at);
  hanse_refusal_say(c->why, c->arena, HANSE_F_BLOCKED, domains_rule_where(rule), text);
  return HANSE_DENY;
}

/* Decisions are numbered in the order of their messages, and ADMIT comes before ROUTED: what was counted there is not
   counted again here. */
static bool domains_first_time(struct domains *domains, const struct hanse_case *c) {
  if (c->stage != HANSE_STAGE_ADMIT) return c->facts->decision > domains->counted;
  if (c->facts->decision > domains->counted) domains->counted = c->facts->decision;
  return true;
}

static enum hanse_verdict domains_allow(struct domains *domains, const struct hanse_case *c, struct domains_rule *rule,
                                        struct hanse_slice domain) {
  char text[DOMAINS_TEXT];
  if (!c->dry && domains_first_time(domains, c)) {
    domains_rule_hit(rule, 1);
    ++*domains->allowed;
  }
  c->why->where = domains_rule_where(rule);
  if (!c->dry) return HANSE_ALLOW;
  snprintf(text, sizeof text, "%.*s is allowed by %s", HANSE_FMT(domain), domains_rule_name(rule).at);
  hanse_refusal_say(c->why, c->arena, HANSE_F_NONE, domains_rule_where(rule), text);
  return HANSE_ALLOW;
}

/* Only the outside domain can be allowed: a vote for our own would let everybody in. */
enum hanse_verdict domains_decide(void *self, const struct hanse_case *c) {
  struct domains *domains = (struct domains *)self;
  if (!domains->rules.count) return HANSE_ABSTAIN;
  struct hanse_slice from = c->facts->from.domain, to = c->facts->to.domain;
  struct domains_rule *of_from = domains_rule_of(&domains->rules, from);
  struct domains_rule *of_to = domains_rule_of(&domains->rules, to);
  if (domains_blocks(domains, of_from, from)) return domains_deny(domains, c, of_from, from, "sender's");
  if (domains_blocks(domains, of_to, to)) return domains_deny(domains, c, of_to, to, "recipient's");
  bool outward = c->facts->side == HANSE_SIDE_HOME;
  struct domains_rule *outside = outward ? of_to : of_from;
  if (!outside || domains_rule_list(outside) != DOMAINS_ALLOW) return HANSE_ABSTAIN;
  return domains_allow(domains, c, outside, outward ? to : from);
}
