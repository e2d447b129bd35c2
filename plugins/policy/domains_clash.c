/* What a list must not say about domains that are written down elsewhere (R11). */
#include <stdio.h>

#include "domains.h"

#define DOMAINS_CLASHES_LOGGED 20
/* The index of a hundred thousand entries takes 0.6 µs to be asked, and a call may take 2 ms. */
#define DOMAINS_COMPARED_A_CALL 1500
#define DOMAINS_CLASH_TEXT 480

struct domains_clash {
  const struct domains_rule *rule;
  bool home; /* the entry is a home domain; else a partner */
  struct hanse_where entry;
};

/* A partner is allowed already; to allow it here as well has a meaning only below a blocked domain. */
static bool domains_allow_is_idle(const struct domains *domains, const struct domains_clash *clash) {
  const struct domains_rule *above = domains_rule_above(&domains->rules, domains_rule_name(clash->rule));
  return !above || domains_rule_list(above) == DOMAINS_ALLOW;
}

static void domains_clash_text(const struct domains_clash *clash, char out[DOMAINS_CLASH_TEXT]) {
  bool block = domains_rule_list(clash->rule) == DOMAINS_BLOCK;
  snprintf(out, DOMAINS_CLASH_TEXT, "%.253s is %s here, but it is %s at %.100s:%u; take it out of %s",
           domains_rule_name(clash->rule).at, block ? "blocked" : "allowed",
           clash->home ? "one of our own domains"
           : block     ? "a partner"
                       : "a partner, which needs no second permission,",
           clash->entry.file ? clash->entry.file : "?", clash->entry.line,
           clash->home || !block ? domains_rule_word(clash->rule) : "one of the two");
}

static void domains_clash_log(const struct domains *domains, const struct domains_clash *clash,
                              enum hanse_level level) {
  char text[DOMAINS_CLASH_TEXT];
  struct hanse_where where = domains_rule_where(clash->rule);
  domains_clash_text(clash, text);
  hanse_log(domains->host, level, "domains.clash", "file=%s line=%u text=\"%s\"", where.file ? where.file : "?",
            where.line, text);
}

/* The first error is the answer, the others and what is only idle are told in the log. */
static void domains_clash_note(struct domains *domains, const struct domains_clash *clash, bool error) {
  struct domains_clashes *clashes = &domains->clashes;
  if (error && clashes->errors++ == 0) {
    clashes->first.where = domains_rule_where(clash->rule);
    domains_clash_text(clash, clashes->first.text);
  } else if (clashes->logged++ < DOMAINS_CLASHES_LOGGED) {
    domains_clash_log(domains, clash, error ? HANSE_ERROR : HANSE_WARNING);
  }
}

static void domains_compare(struct domains *domains, const struct domains_rule *rule) {
  struct domains_clash clash = {.rule = rule};
  const char *kind;
  if (!hanse_entry_find(domains->host, domains_rule_name(rule), &kind, &clash.entry)) return;
  clash.home = strcmp(kind, "home") == 0;
  bool error = clash.home || domains_rule_list(rule) == DOMAINS_BLOCK;
  if (error || domains_allow_is_idle(domains, &clash)) domains_clash_note(domains, &clash, error);
}

int domains_clash(struct domains *domains, struct hanse_problem *problem) {
  struct domains_clashes *clashes = &domains->clashes;
  for (size_t n = 0; clashes->next < domains->rules.count; n++) {
    if (n == DOMAINS_COMPARED_A_CALL) return HANSE_AGAIN;
    domains_compare(domains, domains_rule_at(&domains->rules, clashes->next++));
  }
  if (!clashes->errors) return HANSE_OK;
  *problem = clashes->first;
  return HANSE_INVALID;
}
