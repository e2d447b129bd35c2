/* A peer is judged by the answers that it gets: whoever asks for addresses that do not exist, again and again, looks
   for those that do (R64). Two halves of a window are counted, so that what is forgotten is at least half a window old.
 */
#include "limits.h"

/* What a person decided, or what has to be tried again in another way, is neither good nor bad. */
static bool says_nothing(unsigned status) {
  static const uint16_t neutral[] = {401, 407, 408, 412, 420, 422, 423, 481, 486, 487, 488, 489, 491, 600, 603, 606};
  if (status < 200 || (status >= 500 && status < 600)) return true;
  for (size_t i = 0; i < sizeof neutral / sizeof *neutral; i++)
    if (neutral[i] == status) return true;
  return false;
}

static bool is_error(const struct limits *limits, unsigned status) {
  const int64_t *errors = (const int64_t *)limits->settings->errors.items;
  for (size_t i = 0; i < limits->settings->errors.count; i++)
    if (errors[i] == (int64_t)status) return true;
  return false;
}

static void roll(struct limits_peer *peer, hanse_time half, hanse_time now) {
  hanse_time age = now - peer->now.begin;
  if (age < half) return;
  peer->before = age < 2 * half ? peer->now : (struct limits_answers){.begin = now};
  peer->now = (struct limits_answers){.begin = now};
}

static bool gives_reason(const struct limits *limits, const struct limits_peer *peer) {
  const struct limits_settings *settings = limits->settings;
  int64_t all = (int64_t)peer->now.all + peer->before.all;
  int64_t failed = (int64_t)peer->now.failed + peer->before.failed;
  int64_t errors = (int64_t)peer->now.errors + peer->before.errors;
  if (all < settings->answers) return false;
  return errors * 100 > all * settings->errors_percent || failed * 100 > all * settings->failed_percent;
}

static void suspect(struct limits *limits, struct limits_peer *peer, hanse_time now) {
  bool before = limits_suspicious(limits, peer);
  peer->suspect = now > 0 ? now : 1;
  if (!before) {
    ++*limits->turned_suspicious;
    limits_notice(limits, peer, LIMITS_NOTICE_SUSPICIOUS);
  }
  limits_change_note(limits, peer);
}

static void judge(struct limits *limits, struct limits_peer *peer, unsigned status) {
  hanse_time now = hanse_now(limits->host);
  if (says_nothing(status)) return;
  roll(peer, limits->settings->window / 2, now);
  bool good = status < 400, error = is_error(limits, status);
  peer->good += good;
  peer->now.all++;
  peer->now.failed += !good;
  peer->now.errors += error;
  if (!good && gives_reason(limits, peer)) suspect(limits, peer, now);
}

/* The answer to what a peer asked, as it goes back. */
static void answered(struct limits *limits, const struct hanse_facts *facts) {
  uint8_t key[LIMITS_KEY];
  if (!(facts->flags & HANSE_FACT_FINAL) || facts->side != HANSE_SIDE_HOME || !limits_holds(limits, facts)) return;
  limits_key(facts, key);
  struct limits_peer *peer = limits_peers_find(&limits->peers, key);
  if (peer) judge(limits, peer, facts->status);
}

/* What others refuse it counts as well: domains that it may not use, recipients that are none of ours. Who has no
   record gets none by that. What this module refuses is no sign, or one burst would make a peer suspicious. */
static void refused(struct limits *limits, const struct hanse_event *event) {
  const struct hanse_facts *facts = event->facts;
  uint8_t key[LIMITS_KEY];
  unsigned status = hanse_failure_status(limits->host, event->why->failure);
  bool ours = event->why->plugin && strcmp(event->why->plugin, limits->host->module) == 0;
  if (ours || (status != 403 && status != 404) || facts->side != HANSE_SIDE_PARTNER) return;
  if (facts->flags & HANSE_FACT_ANSWER || facts->partner) return;
  limits_key(facts, key);
  struct limits_peer *peer = limits_peers_find(&limits->peers, key);
  if (peer) judge(limits, peer, status);
}

void limits_event(void *self, const struct hanse_event *event) {
  struct limits *limits = (struct limits *)self;
  if (!limits->peers.count || limits->behind.retired) return;
  if (event->kind == HANSE_EVENT_ANSWERED) answered(limits, event->facts);
  if (event->kind == HANSE_EVENT_REFUSED) refused(limits, event);
}
