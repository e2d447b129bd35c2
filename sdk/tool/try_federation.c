/* A federation type: who a peer is, and where a domain is found, for odd domains and odd certificates. */
#include <stdlib.h>

#include "contract/option_pool.h"
#include "sdk/tool/hostile.h"
#include "sdk/tool/try.h"

enum { MANY_NAMES = 100, QUESTION_BOUND = 4 << 20 };

struct finding {
  struct bed *bed;
  const struct hanse_federation *slots;
  const struct hanse_partner *partner;
  unsigned asked;
  unsigned told;
};

enum {
  TOLD_FOUND = 1,
  TOLD_DRY = 2,
  TOLD_MINE = 4,
  TOLD_FAILURE = 8,
  TOLD_TARGETS = 16,
  TOLD_TIME = 32,
  TOLD_COUNTED = 64,
  TOLD_LATER = 128
};

static void tell(struct finding *f, unsigned bit, const char *what) {
  if (f->told & bit) return;
  f->told |= bit;
  report_add(f->bed->trial->report, REPORT_WRONG, f->bed->watch.slot, "%s", what);
}

static void judge(struct finding *f, const struct hanse_question *question, const struct watch_targets *targets,
                  enum hanse_found found) {
  char what[160];
  if (found < HANSE_FOUND_YES || found > HANSE_FOUND_NOT_MINE) {
    snprintf(what, sizeof what, "returns %d, which is no enum hanse_found", (int)found);
    tell(f, TOLD_FOUND, what);
  }
  if (found == HANSE_FOUND_LATER && question->dry)
    tell(f, TOLD_DRY, "wants to answer later although `dry` is set; it answers with what is known");
  if (found == HANSE_FOUND_LATER && !question->dry && !question->token)
    tell(f, TOLD_LATER, "wants to answer later and has no `withdrawn`, so that `token` is 0; set that slot");
  if (found == HANSE_FOUND_NOT_MINE && !f->slots->catch_all)
    tell(f, TOLD_MINE, "says NOT_MINE of an entry of its own; only catch-all types may, others say NO and why");
  if (found == HANSE_FOUND_NO && question->why->failure == HANSE_F_NONE)
    tell(f, TOLD_FAILURE, "says NO without a failure; fill question->why (hanse_refusal_say)");
  if (found == HANSE_FOUND_YES && targets && targets->count == 0)
    tell(f, TOLD_TARGETS, "says YES and adds no target; call hanse_route_add");
  if (targets && targets->wrong) {
    snprintf(what, sizeof what, "adds %s", targets->wrong);
    tell(f, TOLD_TARGETS, what);
  }
  if (question->lasts < 0) tell(f, TOLD_TIME, "wants an answer to be remembered for less than no time");
}

static enum hanse_found call(struct finding *f, struct hanse_question *question, const struct hanse_partner *partner) {
  struct bed *bed = f->bed;
  uint64_t counted = bed_counted(bed);
  bool confirms = question->peer;
  bed->watch.slot = confirms ? "confirm" : "route";
  bed->watch.dry = question->dry;
  trial_call(bed->trial, "%s (%.*s, %s%s)", bed->watch.slot, HANSE_FMT(question->domain),
             partner ? "an entry" : "no entry", question->dry ? ", dry" : "");
  enum hanse_found found = confirms ? f->slots->confirm(fake_self(bed->instance), partner, question)
                                    : f->slots->route(fake_self(bed->instance), partner, question);
  trial_returned(bed->trial);
  bed->watch.dry = false;
  f->asked++;
  if (question->dry && bed_counted(bed) != counted)
    tell(f, TOLD_COUNTED, "counts although `dry` is set; explain and check ask so, nothing may be counted then");
  return found;
}

static void ask(struct finding *f, const struct hanse_partner *partner, const char *domain,
                const struct hanse_peer *peer, bool dry) {
  struct option_pool pool;
  struct hanse_refusal why = {.size = sizeof why};
  struct watch_targets targets = {.watch = &f->bed->watch};
  bool answers_later = !dry && f->slots->withdrawn; /* as in the router */
  option_pool_init(&pool);
  pool.bound = QUESTION_BOUND;
  struct hanse_question question = {.size = sizeof question,
                                    .dry = dry,
                                    .domain = hanse_text(domain),
                                    .ours = hanse_domain_within(hanse_text(domain), HANSE_LIT("home.test")),
                                    .peer = peer,
                                    .token = answers_later ? watch_token(&f->bed->watch) : 0,
                                    .why = &why,
                                    .arena = &pool.arena,
                                    .targets = peer ? NULL : watch_as_targets(&targets)};
  enum hanse_found found = call(f, &question, partner);
  judge(f, &question, peer ? NULL : &targets, found);
  if (found == HANSE_FOUND_LATER && answers_later) {
    if (f->asked % 4 == 0) bed_wait(f->bed, HANSE_SECOND);
    if (!watch_answered(&f->bed->watch, question.token)) {
      trial_call(f->bed->trial, "withdrawn");
      f->slots->withdrawn(fake_self(f->bed->instance), question.token);
      trial_returned(f->bed->trial);
    }
  }
  option_pool_clear(&pool);
}

/* In earnest and dry; of the entry that covers it, and where the type wants that, of none. */
static void ask_all(struct finding *f, const char *domain, const struct hanse_peer *peer) {
  bool covered = f->partner && hanse_domain_within(hanse_text(domain), HANSE_LIT("partner.test"));
  for (int dry = 0; dry < 2; dry++) {
    if (covered) ask(f, f->partner, domain, peer, dry);
    if (f->slots->catch_all) ask(f, NULL, domain, peer, dry);
  }
}

static void confirm_all(struct finding *f) {
  struct hanse_slice names[MANY_NAMES];
  for (size_t i = 0; i < MANY_NAMES; i++) names[i] = hanse_text(i % 2 ? "*.partner.test" : "edge.partner.test");
  names[0] = HANSE_LIT("b");
  names[2] = HANSE_LIT("*.b");
  static const uint32_t counts[] = {0, 1, 3, MANY_NAMES};
  for (const char *const *domain = hostile_domains; *domain; domain++)
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
      const struct hanse_peer peer = {.size = sizeof peer, .proved_count = counts[i], .proved = names};
      ask_all(f, *domain, &peer);
    }
}

void try_federation(struct bed *bed, const struct hanse_offer *offer) {
  const struct hanse_federation *slots = (const struct hanse_federation *)offer->slots;
  struct finding f = {.bed = bed, .slots = slots};
  const char *required = subject_required(offer->entry);
  bool entry = !required || bed->subject->entry;
  if (!entry)
    report_add(bed->trial->report, REPORT_NOT_RUN, "confirm and route",
               "a partner's entry of type \"%s\" must say \"%s\"; give an entry's settings with --entry '%s = …;'",
               offer->name, required, required);
  else if (!(f.partner = bed_partner(bed)))
    return;
  unsigned wrong = bed->trial->report->of[REPORT_WRONG];
  watch_begin(&bed->watch, bed->instance, bed->trial, "route");
  confirm_all(&f);
  for (const char *const *domain = hostile_domains; *domain; domain++) ask_all(&f, *domain, NULL);
  bed_wait(bed, 60 * HANSE_SECOND);
  if (f.asked && bed->trial->report->of[REPORT_WRONG] == wrong)
    report_add(bed->trial->report, REPORT_OK, "confirm and route", "asked %u times", f.asked);
}
