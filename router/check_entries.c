/* Partners' entries, targets and rules. */
#include <stdio.h>

#include "contract/abi.h"
#include "contract/domain.h"
#include "router/check.h"
#include "router/clock.h"

#define SAID 20 /* rows of one kind; the rest is counted */
#define SLICE (2 * HANSE_MSEC)

/* ---- what check and plan ask ---- */

const struct settings_listener *check_listener(const struct generation *generation, enum hanse_side side) {
  for (size_t i = 0; i < generation->settings->listen.count; i++)
    if ((enum hanse_side)settings_listener_at(generation->settings, i)->side == side)
      return settings_listener_at(generation->settings, i);
  return NULL;
}

/* Between a plugin and who takes its needs: each as our headers lay it out. */
struct whole_needs {
  struct hanse_needs needs; /* first */
  struct hanse_needs *to;
};

static void say_whole(struct hanse_needs *needs, const struct hanse_need *need) {
  struct whole_needs *whole = (struct whole_needs *)needs;
  struct hanse_need own;
  if (abi_copy(&own, sizeof own, need, ABI_REACH(struct hanse_need, where))) whole->to->say(whole->to, &own);
}

void check_needs(const struct router *router, struct hanse_needs *needs) {
  struct whole_needs whole = {{sizeof whole.needs, say_whole}, needs};
  for (size_t i = 0; i < router->now->module_count; i++) {
    struct instance *instance = router->now->modules[i].instance;
    if (!instance || instance->state != INSTANCE_STARTED) continue;
    const struct hanse_plugin *plugin = instance->plugin;
    if (!plugin->needs) continue;
    struct calling before = instance_enter(instance, "needs");
    plugin->needs(instance->self, &whole.needs);
    instance_leave(before);
  }
}

const struct hanse_probe *check_probe(const struct generation *generation, struct hanse_slice protocol) {
  const struct protocol *found = generation_protocol(generation, protocol);
  return found ? found->slots->probe : NULL;
}

/* ---- entries ---- */

static struct entry *above(const struct partner_set *set, struct hanse_slice domain) {
  return domain_parent(&domain) ? partner_set_find(set, domain) : NULL;
}

/* The longer entry decides; one that says the same as the one above it is of no use. */
static void overlap_row(struct findings *findings, const struct hanse_partner *partner, struct check_walk *walk) {
  const struct entry *entry = above(partner->set, partner->entry.domain);
  if (!entry || ++walk->overlaps > SAID) return;
  bool home = entry->kind == ENTRY_HOME;
  finding_say(findings,
              &(struct finding){.rule = "entry.overlap",
                                .grade = home ? GRADE_WARN : GRADE_NOTE,
                                .side = "ours",
                                .where = partner->entry.where,
                                .meaning = home ? "A part of our own domain is entered as a partner's."
                                                : "For this domain the longer entry decides, not the one above.",
                                .cure = "Remove the entry, if the one above it says the same."},
              "%.*s lies below %.*s (%s:%u)", HANSE_FMT(partner->entry.domain), HANSE_FMT(entry->domain),
              entry->where.file ? entry->where.file : "?", entry->where.line);
}

static void leave_row(struct findings *findings, const struct hanse_partner *partner, struct check_walk *walk) {
  if ((!partner->wildcards && !partner->accept_cn) || ++walk->leaves > SAID) return;
  finding_say(findings,
              &(struct finding){.rule = "entry.leave",
                                .grade = GRADE_NOTE,
                                .where = partner->entry.where,
                                .cure = "Ask the partner from time to time whether it is still needed."},
              "%.*s: less is demanded of its certificate:%s%s", HANSE_FMT(partner->entry.domain),
              partner->wildcards ? " wildcards" : "", partner->accept_cn ? " accept_cn" : "");
}

/* Who speaks by which profile. */
static void note_user(struct check_walk *walk, const struct hanse_partner *partner) {
  for (size_t i = 0; i < CHECK_PROFILES; i++) {
    struct check_users *users = &walk->users[i];
    if (users->profile && users->profile != partner->tls) continue;
    users->profile = partner->tls;
    size_t used = strlen(users->who);
    if (users->count++ < CHECK_NAMED)
      snprintf(users->who + used, sizeof users->who - used, "%s%.*s", used ? ", " : "",
               (int)(partner->entry.domain.len < 60 ? partner->entry.domain.len : 60), partner->entry.domain.at);
    return;
  }
}

static void more_row(struct findings *findings, const char *rule, size_t count) {
  if (count > SAID)
    finding_say(findings, &(struct finding){.rule = rule, .grade = GRADE_NOTE}, "%zu more like these", count - SAID);
}

bool check_entries(struct findings *findings, const struct router *router, struct check_walk *walk) {
  const struct partner_set *set = router->now->partners;
  hanse_time end = clock_read() + SLICE;
  while (walk->at < set->partner_count) {
    const struct hanse_partner *partner = &set->partners[walk->at++];
    overlap_row(findings, partner, walk);
    leave_row(findings, partner, walk);
    if (partner->tls) note_user(walk, partner);
    if (walk->at % 64 == 0 && clock_read() > end) return false;
  }
  more_row(findings, "entry.overlap", walk->overlaps);
  more_row(findings, "entry.leave", walk->leaves);
  if (!walk->overlaps)
    finding_say(findings, &(struct finding){.rule = "entry.overlap"}, "none of %zu entries lies below another",
                set->partner_count);
  return true;
}

/* ---- targets ---- */

struct targets {
  struct findings *findings;
  size_t dead, refused;
};

static void dead_row(struct targets *targets, const struct pool_row *row) {
  if (++targets->dead > SAID) return;
  finding_say(
      targets->findings,
      &(struct finding){.rule = "entry.dead",
                        .grade = GRADE_WARN,
                        .side = "between",
                        .meaning = "The server did not answer when it was last tried, and is left alone for now.",
                        .cure = "`hansectl probe` tells more. An entry with `edge` does not follow the partner's "
                                "record when the edge moves; type \"enhanced\" does."},
      "%.*s: %s", HANSE_FMT(row->text), row->last_error);
}

/* A server that refused our certificate: the likeliest reason is that it demands clientAuth. */
static void refused_row(struct targets *targets, const struct pool_row *row) {
  if (++targets->refused > SAID) return;
  finding_say(targets->findings,
              &(struct finding){.rule = "own.refused",
                                .grade = GRADE_FAIL,
                                .side = "ours",
                                .meaning = "A partner's server refused our certificate lately.",
                                .cure = "`hansectl probe` tells more; it may demand clientAuth, or lack our "
                                        "authority."},
              "%.*s: %s", HANSE_FMT(row->text), row->last_error);
}

static void target_row(void *argument, const struct pool_row *row) {
  if (row->failure == HANSE_F_TLS_OURS)
    refused_row(argument, row);
  else if (row->dead)
    dead_row(argument, row);
}

static void check_targets(struct findings *findings, const struct router *router) {
  struct targets targets = {.findings = findings};
  pool_each(router->pool, target_row, &targets);
  more_row(findings, "own.refused", targets.refused);
  more_row(findings, "entry.dead", targets.dead);
  if (!targets.dead)
    finding_say(findings, &(struct finding){.rule = "entry.dead"}, "no server of a partner is left alone for now");
}

/* ---- rules ---- */

void check_rules(struct findings *findings, const struct router *router) {
  const struct generation *generation = router->now;
  const struct settings_policy *policy = &generation->settings->policy;
  check_targets(findings, router);
  bool discovered = generation_federation(generation, HANSE_LIT("discovered")) != NULL;
  if (!policy->federation)
    finding_say(findings,
                &(struct finding){.rule = "rule.off",
                                  .grade = GRADE_WARN,
                                  .side = "ours",
                                  .meaning = "Nothing passes between home and partners.",
                                  .cure = "Set `policy.federation` to true when it shall."},
                "federation is switched off");
  if (generation->default_allow)
    finding_say(findings,
                &(struct finding){.rule = "rule.default",
                                  .grade = GRADE_WARN,
                                  .side = "ours",
                                  .meaning = "What no policy judges is let through.",
                                  .cure = "Set `policy.default` to \"deny\", and allow what is wanted."},
                "the default verdict is allow");
  finding_say(findings, &(struct finding){.rule = "rule.discovery", .grade = GRADE_NOTE}, "%s",
              discovered ? "whoever publishes a record and proves it is heard, if a policy votes for him"
                         : "only domains with an entry, or of a provider, are heard, whoever finds our record");
}
