/* What a list must not say about domains that are written down elsewhere (R11). */
#include <stdio.h>

#include "domains.h"

#define DOMAINS_CLASHES_LOGGED 20
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

int domains_clash(const struct domains *domains, struct hanse_problem *problem) {
  size_t errors = 0, logged = 0;
  for (size_t i = 0; i < domains->rules.count; i++) {
    struct domains_clash clash = {.rule = domains_rule_at(&domains->rules, i)};
    const char *kind;
    if (!hanse_entry_find(domains->host, domains_rule_name(clash.rule), &kind, &clash.entry)) continue;
    clash.home = strcmp(kind, "home") == 0;
    bool error = clash.home || domains_rule_list(clash.rule) == DOMAINS_BLOCK;
    if (!error && !domains_allow_is_idle(domains, &clash)) continue;
    if (error && errors++ == 0) {
      problem->where = domains_rule_where(clash.rule);
      domains_clash_text(&clash, problem->text);
    } else if (logged++ < DOMAINS_CLASHES_LOGGED) {
      domains_clash_log(domains, &clash, error ? HANSE_ERROR : HANSE_WARNING);
    }
  }
  return errors ? HANSE_INVALID : HANSE_OK;
}
