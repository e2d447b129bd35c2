#include "router/report.h"

#include <inttypes.h>

#include "contract/failure.h"
#include "router/decision.h"
#include "router/generation.h"
#include "router/log.h"

static void observe(struct router *router, enum hanse_event_kind kind, const struct hanse_facts *facts,
                    const struct hanse_link *link, const struct hanse_refusal *why) {
  const struct generation *generation = router->now;
  struct hanse_event event = {.size = sizeof event, .kind = kind, .facts = facts, .link = link, .why = why};
  for (size_t i = 0; i < generation->watcher_count; i++) {
    const struct watcher *watcher = &generation->watchers[i];
    if (!(watcher->slots->mask & kind) || watcher->instance->state != INSTANCE_STARTED) continue;
    struct calling before = instance_enter(watcher->instance, "event");
    watcher->slots->event(watcher->instance->self, &event);
    instance_leave(before);
  }
}

/* "user@domain", or what a mark says stands for it. */
static const char *who_text(const struct message *message, const struct hanse_address_fact *address, char *buf,
                            size_t n) {
  if (message->marks.set & HANSE_MARK_LOG_AS)
    snprintf(buf, n, "%.*s", HANSE_FMT(message->marks.log_as));
  else
    snprintf(buf, n, "%.*s%s%.*s", HANSE_FMT(address->user), address->user.len ? "@" : "", HANSE_FMT(address->domain));
  return buf;
}

static struct hanse_slice partner_of(const struct hanse_partner *partner) {
  return partner ? partner->entry.domain : HANSE_LIT("-");
}

static const char *where_of(struct hanse_where where, char *buf, size_t n) {
  if (where.file)
    snprintf(buf, n, "%s:%u", where.file, where.line);
  else
    snprintf(buf, n, "-");
  return buf;
}

#define PUT(room, slice) snprintf((room), sizeof(room), "%.*s", HANSE_FMT(slice))

/* What is said of every message, whatever became of it. */
static void describe(const struct message *message, struct decision *out) {
  const struct hanse_facts *facts = &message->facts;
  memset(out, 0, sizeof *out);
  out->number = facts->decision;
  out->at = *message->router->clock;
  out->side = facts->side;
  decision_word(out->number, out->word);
  who_text(message, &facts->from, out->from, sizeof out->from);
  who_text(message, &facts->to, out->to, sizeof out->to);
  PUT(out->method, facts->method);
  PUT(out->partner, partner_of(facts->partner));
}

/* ---- messages ---- */

static void log_routed(const struct message *message) {
  const struct hanse_facts *facts = &message->facts;
  const struct hanse_partner *partner = facts->partner;
  const struct hanse_route *route = &message->way.route;
  struct decision said;
  describe(message, &said);
  where_of(partner ? partner->entry.where : (struct hanse_where){0}, said.rule, sizeof said.rule);
  log_event(HANSE_DEBUG, message->owner->name, "message.routed",
            "method=%.*s from=%s to=%s partner=%.*s type=%.*s through=%.*s rule=%s side=%s link=%" PRIu64
            " target=%.*s conversation=%.*s decision=%s",
            HANSE_FMT(facts->method), said.from, said.to, HANSE_FMT(partner_of(partner)),
            HANSE_FMT(facts->federation.len ? facts->federation : HANSE_LIT("-")),
            HANSE_FMT(facts->through.len ? facts->through : HANSE_LIT("-")), said.rule,
            facts->side == HANSE_SIDE_HOME ? "home" : "partner", message->public.link->id,
            HANSE_FMT(target_text(route->targets[0])), HANSE_FMT(facts->conversation), said.word);
}

void report_accepted(struct message *message) {
  struct router *router = message->router;
  struct hanse_partner *partner = (struct hanse_partner *)(uintptr_t)message->facts.partner;
  ++*router->accepted;
  if (partner && message->facts.side == HANSE_SIDE_PARTNER) partner->messages_in++;
  if (partner && message->facts.side == HANSE_SIDE_HOME) partner->messages_out++;
  if (log_wants(HANSE_DEBUG)) log_routed(message);
  observe(router, HANSE_EVENT_ACCEPTED, &message->facts, message->public.link, NULL);
}

static void log_refused(const struct message *message, const struct decision *said) {
  const struct hanse_facts *facts = &message->facts;
  log_event(HANSE_INFO, message->owner->name, "message.refused",
            "method=%.*s from=%s to=%s partner=%.*s reason=%s by=%s rule=%s link=%" PRIu64
            " conversation=%.*s decision=%s text=\"%s\"",
            HANSE_FMT(facts->method), said->from, said->to, HANSE_FMT(partner_of(facts->partner)),
            failure_row(said->failure)->name, said->by, said->rule, message->public.link->id,
            HANSE_FMT(facts->conversation), said->word, said->text);
}

/* R23: somebody's mistake, or somebody who tries names. */
static void count_unknown(const struct message *message) {
  struct router *router = message->router;
  const struct alarm_rates *rates = &router->now->settings->policy.unknown;
  enum hanse_level level = alarm_happened(&router->unknown, rates, *router->clock);
  if (level == HANSE_DEBUG) return;
  const struct hanse_rate *reached = level == HANSE_ERROR ? &rates->error : &rates->warning;
  log_event(level, "router", "partner.unknown",
            "messages=%" PRIu64 " within_ms=%" PRId64 " domain=%.*s link=%" PRIu64
            " what=\"so many messages from domains that nobody entered\" then=\"enter the domain in partners if it is "
            "wanted; see who it is with hansectl links\"",
            reached->count, reached->per / HANSE_MSEC, HANSE_FMT(message->facts.from.domain), message->public.link->id);
}

static void count_refused(const struct message *message, const struct hanse_refusal *why) {
  struct router *router = message->router;
  struct hanse_partner *partner = (struct hanse_partner *)(uintptr_t)message->facts.partner;
  if ((unsigned)why->failure < ROUTER_FAILURES && router->refused[why->failure]) ++*router->refused[why->failure];
  if (partner) partner->refused++;
  if (why->failure == HANSE_F_UNKNOWN_PARTNER) count_unknown(message);
}

/* Where it is noted, it can be asked for. What never was judged gets its number here. */
static void note(struct message *message, const struct hanse_refusal *why, struct hanse_slice text,
                 struct decision *said) {
  if (!message->facts.decision) message->facts.decision = router_decision(message->router);
  describe(message, said);
  said->failure = why->failure;
  snprintf(said->by, sizeof said->by, "%s", why->plugin ? why->plugin : "router");
  where_of(why->where, said->rule, sizeof said->rule);
  snprintf(said->target, sizeof said->target, "-");
  PUT(said->text, text);
}

void report_refused(struct message *message, const struct hanse_refusal *why) {
  struct router *router = message->router;
  struct decision said;
  count_refused(message, why);
  note(message, why, why->text.len ? why->text : hanse_text(failure_row(why->failure)->meaning), &said);
  decisions_note(&router->decided, &said);
  if (log_wants(HANSE_INFO)) log_refused(message, &said);
  observe(router, HANSE_EVENT_REFUSED, &message->facts, message->public.link, why);
}

/* The last target of the route that failed, and how; NULL: none did. */
static const struct hanse_target *failed_target(const struct message *message, const char **text) {
  const struct hanse_route *route = &message->way.route;
  for (uint32_t i = route->count; i > 0; i--)
    if (pool_failure(route->targets[i - 1], text) != HANSE_F_NONE) return route->targets[i - 1];
  *text = "";
  return NULL;
}

/* Failures that a changed edge shows itself by. */
static bool is_unreachable(enum hanse_failure failure) {
  return failure == HANSE_F_DNS_NONE || failure == HANSE_F_CONNECT || failure == HANSE_F_TLS ||
         failure == HANSE_F_TLS_NAME || failure == HANSE_F_TLS_TRUST;
}

/* Who wrote an edge down does not follow when the partner moves it (R120). Once, until it answers again. */
static void tell_moved(const struct message *message, const struct decision *said) {
  struct hanse_partner *partner = (struct hanse_partner *)(uintptr_t)message->facts.partner;
  char rule[256];
  if (message->facts.side != HANSE_SIDE_HOME || !partner || partner->moved || !is_unreachable(said->failure)) return;
  if (!partner->federation || partner->federation->slots->wire_type != HANSE_WIRE_DIRECT_PARTNER) return;
  partner->moved = true;
  log_event(HANSE_WARNING, message->owner->name, "partner.unreachable",
            "partner=%.*s target=%s rule=%s reason=%s text=\"%s\" hint=\"" PARTNER_MOVED_HINT "\"",
            HANSE_FMT(partner->entry.domain), said->target, where_of(partner->entry.where, rule, sizeof rule),
            failure_row(said->failure)->name, said->text);
}

static void log_failed(const struct message *message, const struct decision *said) {
  const struct hanse_facts *facts = &message->facts;
  log_event(HANSE_INFO, message->owner->name, "message.failed",
            "method=%.*s from=%s to=%s partner=%.*s reason=%s target=%s link=%" PRIu64
            " ms=%.2f conversation=%.*s decision=%s text=\"%s\"",
            HANSE_FMT(facts->method), said->from, said->to, HANSE_FMT(partner_of(facts->partner)),
            failure_row(said->failure)->name, said->target, message->public.link->id,
            (double)(*message->router->clock - message->public.arrived) / 1000.0, HANSE_FMT(facts->conversation),
            said->word, said->text);
}

void report_failed(struct message *message, const struct hanse_refusal *why) {
  struct decision said;
  const char *text;
  const struct hanse_target *target = failed_target(message, &text);
  count_refused(message, why);
  note(message, why, why->text.len ? why->text : hanse_text(text), &said);
  said.tried = true;
  if (target) PUT(said.target, target_text(target));
  decisions_note(&message->router->decided, &said);
  if (log_wants(HANSE_INFO)) log_failed(message, &said);
  tell_moved(message, &said);
  observe(message->router, HANSE_EVENT_FAILED, &message->facts, message->public.link, why);
}

/* `asked` is what it answers; NULL when that is gone. */
void report_answered(struct message *answer, const struct message *asked) {
  struct router *router = answer->router;
  ++*router->answered;
  if (answer->facts.partner && answer->facts.partner->moved && answer->facts.side == HANSE_SIDE_PARTNER)
    ((struct hanse_partner *)(uintptr_t)answer->facts.partner)->moved = false;
  if (log_wants(HANSE_DEBUG)) {
    const struct hanse_facts *facts = &answer->facts;
    double ms = asked ? (double)(*router->clock - asked->public.arrived) / 1000.0 : 0.0;
    char word[HANSE_DECISION_TEXT];
    decision_word(facts->decision, word);
    log_event(HANSE_DEBUG, answer->owner->name, "message.answered",
              "method=%.*s status=%u partner=%.*s link=%" PRIu64 " ms=%.2f conversation=%.*s decision=%s",
              HANSE_FMT(facts->method), facts->status, HANSE_FMT(partner_of(facts->partner)), answer->public.link->id,
              ms, HANSE_FMT(facts->conversation), word);
  }
  observe(router, HANSE_EVENT_ANSWERED, &answer->facts, answer->public.link, NULL);
}

void report_link(struct router *router, const struct hanse_link *link, bool up) {
  if (router->now) observe(router, up ? HANSE_EVENT_LINK_UP : HANSE_EVENT_LINK_DOWN, NULL, link, NULL);
}
