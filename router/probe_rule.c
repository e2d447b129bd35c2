/* What the records say, and what our own rules do with it: the same code that routes messages. */
#include <stdio.h>

#include "contract/failure.h"
#include "router/address.h"
#include "router/found.h"
#include "router/generation.h"
#include "router/probe.h"
#include "router/rehearsal.h"

/* ---- the records ---- */

static bool is_absent(const struct probe *probe) {
  return probe->found == DNS_NONE || (probe->service_count == 1 && !probe->services[0].host[0]);
}

static void record_rows(struct probe *probe) {
  for (size_t i = 0; i < probe->service_count; i++) {
    const struct dns_service *service = &probe->services[i];
    struct finding finding = {.rule = "dns.srv", .grade = i ? GRADE_NOTE : GRADE_PASS};
    if (i == 0) finding.took = probe_took(probe);
    finding_say(&probe->findings, &finding, "%s -> %s:%u, priority %u, weight %u%s%s", probe->service,
                *service->host ? service->host : ".", service->port, service->priority, service->weight,
                probe->service_count > 1 ? i ? "; tried later" : "; tried first" : "",
                probe->signed_answer && i == 0 ? " (signed, or written by hand)" : "");
  }
}

/* `needed`: the type finds its servers by the record. */
static void absent_row(struct probe *probe, bool needed) {
  bool unknown = probe->found == DNS_FAILED;
  struct finding finding = {.rule = "dns.srv", .grade = needed ? GRADE_FAIL : GRADE_NOTE, .took = probe_took(probe)};
  finding.side = unknown ? "ours" : needed ? "theirs" : NULL;
  if (needed && unknown) {
    finding.meaning = "The resolver did not say whether the record exists.";
    finding.cure = "Check `dns.forwarders`, and that UDP and TCP port 53 are open to them.";
  } else if (needed) {
    finding.meaning = "The domain publishes no server for federation, or its record is written wrongly.";
    finding.cure =
        "Ask the partner to publish the record; or enter it with its edge: { type = \"direct\"; edge = \"…\"; }.";
  }
  finding_say(&probe->findings, &finding, "%s %s%s%s", probe->service,
              unknown                    ? "could not be resolved: "
              : probe->found == DNS_NONE ? "does not exist"
                                         : "says that there is no such service (target \".\")",
              unknown ? probe->dns_error : "", needed ? "" : "; the entry needs none");
  if (needed) probe_fails(probe, unknown ? PROBE_UNKNOWN : PROBE_NAME);
}

/* ---- the rule ---- */

static bool is_of_the_record(const struct probe *probe, struct hanse_slice host) {
  for (size_t i = 0; i < probe->service_count; i++)
    if (hanse_same(host, hanse_text(probe->services[i].host))) return true;
  return false;
}

/* An entry that names its edge, while the partner publishes another (R120). What the caller of the probe names is none
   of the entry's. */
static void moved_row(struct probe *probe, const struct message *message) {
  const struct hanse_partner *partner = message->facts.partner;
  if (!partner || !partner->federation || partner->federation->slots->wire_type != HANSE_WIRE_DIRECT_PARTNER) return;
  struct hanse_slice host = target_key(message->way.route.targets[0])->host;
  if (is_absent(probe) || probe->found != DNS_FOUND || is_of_the_record(probe, host)) return;
  finding_say(
      &probe->findings,
      &(struct finding){.rule = "rule.edge",
                        .grade = GRADE_WARN,
                        .side = "ours",
                        .where = partner->entry.where,
                        .meaning = "The partner may have moved its edge; an entry that names one does not follow.",
                        .cure = "Change `edge`, or let the record be followed: { type = \"enhanced\"; }."},
      "the entry leads to %.*s, the partner's record to %s", HANSE_FMT(host), probe->services[0].host);
}

static void allowed_rows(struct probe *probe, const struct message *message) {
  const struct hanse_partner *partner = message->facts.partner;
  const struct hanse_slice *through = &message->facts.through;
  struct finding finding = {.rule = "rule.out", .where = partner ? partner->entry.where : (struct hanse_where){0}};
  struct hanse_slice type = partner ? partner->type : message->facts.federation;
  finding_say(&probe->findings, &finding, "%.*s to %.*s passes; type %.*s%s%.*s, to %.*s",
              HANSE_FMT(probe->from.domain), HANSE_FMT(probe->to.domain), HANSE_FMT(type),
              through->len ? ", through " : "", HANSE_FMT(*through),
              HANSE_FMT(target_text(message->way.route.targets[0])));
  if (partner)
    finding_say(&probe->findings, &(struct finding){.rule = "rule.traffic", .grade = GRADE_NOTE},
                "messages of this entry: %llu in, %llu out, %llu refused", (unsigned long long)partner->messages_in,
                (unsigned long long)partner->messages_out, (unsigned long long)partner->refused);
  moved_row(probe, message);
}

static enum probe_class class_of(enum hanse_failure failure) {
  switch (failure) {
    case HANSE_F_DNS_NONE:
    case HANSE_F_SRV_NONE:
      return PROBE_NAME;
    case HANSE_F_SRV_DOMAIN:
      return PROBE_CONFLICT;
    case HANSE_F_DNS:
    case HANSE_F_SRV:
    case HANSE_F_BUSY:
    case HANSE_F_MEMORY:
      return PROBE_UNKNOWN;
    default:
      return PROBE_RULE;
  }
}

static void refused_row(struct probe *probe, const struct message *message) {
  const struct hanse_refusal *why = &message->way.why;
  const struct failure *failure = failure_row(why->failure);
  bool conflict = why->failure == HANSE_F_SRV_DOMAIN;
  struct finding finding = {.rule = conflict ? "dns.domain" : "rule.out",
                            .grade = GRADE_FAIL,
                            .side = conflict ? "theirs" : "ours",
                            .where = why->where,
                            .meaning = failure->meaning,
                            .cure = failure->cure};
  finding_say(&probe->findings, &finding, "%.*s", HANSE_FMT(why->text));
  probe_fails(probe, class_of(why->failure));
}

/* ---- where to ---- */

static void place_add(struct probe *probe, struct hanse_target *target) {
  if (probe->place_count < PROBE_PLACES) probe->places[probe->place_count++] = target_hold(target);
}

/* A place that no rule named: what the record says, or the caller. */
static void place_make(struct probe *probe, const struct hanse_partner *partner, struct hanse_slice host,
                       struct hanse_slice prove, uint16_t port) {
  struct router *router = probe->errand.router;
  struct hanse_place place = {.size = sizeof place, .host = host, .prove = prove, .port = port};
  struct target_settings settings;
  place.may_be_private = probe->server.len > 0;
  if (found_settings(router, partner, &place, &settings) != HANSE_OK) return;
  struct hanse_target *target = target_get(router->pool, &settings);
  if (!target) return;
  place_add(probe, target);
  target_release(target);
}

/* The caller named a server: a name is to be proved, behind an address whatever the rule wants proved. */
static void place_given(struct probe *probe, const struct hanse_partner *partner) {
  struct hanse_slice prove = probe->server;
  struct sockaddr_storage address;
  socklen_t length;
  if (address_parse(probe->server, &address, &length) == HANSE_OK)
    prove = probe->place_count                               ? target_key(probe->places[0])->prove
            : probe->found == DNS_FOUND && !is_absent(probe) ? hanse_text(probe->services[0].host)
                                                             : probe->to.domain;
  struct hanse_target *before[PROBE_PLACES];
  size_t count = probe->place_count;
  memcpy(before, probe->places, sizeof before);
  probe->place_count = 0;
  place_make(probe, partner, probe->server, prove, probe->server_port);
  for (size_t i = 0; i < count; i++) target_release(before[i]);
}

static void places_find(struct probe *probe, const struct message *message) {
  const struct hanse_partner *partner =
      entry_partner(partner_set_find(probe->errand.router->now->partners, probe->to.domain));
  for (uint32_t i = 0; message && i < message->way.route.count; i++) place_add(probe, message->way.route.targets[i]);
  if (!probe->place_count && probe->found == DNS_FOUND && !is_absent(probe))
    for (size_t i = 0; i < probe->service_count; i++) {
      struct hanse_slice host = hanse_text(probe->services[i].host);
      place_make(probe, partner, host, host, probe->services[i].port);
    }
  if (probe->server.len) place_given(probe, partner);
}

/* Whether the record decides. A type that asks for it says so by failing without it. */
static bool needs_record(const struct rehearsal *rehearsal) {
  enum hanse_failure failure = rehearsal->message ? rehearsal->message->way.why.failure : HANSE_F_NONE;
  return !rehearsal->allowed && (failure == HANSE_F_SRV_NONE || failure == HANSE_F_SRV);
}

void probe_rule(struct probe *probe) {
  struct router *router = probe->errand.router;
  struct home *home = entry_home(partner_set_find(router->now->partners, probe->from.domain));
  struct hanse_slice name = home && home->peer_count ? home->peers[0].name : hanse_slice("", 0);
  struct rehearsal rehearsal;
  rehearse(&rehearsal, router, HANSE_SIDE_HOME, &probe->from, &probe->to, &name, name.len ? 1 : 0);
  bool found = probe->found == DNS_FOUND && !is_absent(probe), needed = needs_record(&rehearsal);
  if (probe->service[0] && found) record_rows(probe);
  if (probe->service[0] && !found) absent_row(probe, needed);
  places_find(probe, rehearsal.message);
  if (!rehearsal.message) {
    finding_say(&probe->findings, &(struct finding){.rule = "rule.out", .grade = GRADE_SKIP}, "no memory");
    probe_fails(probe, PROBE_UNKNOWN);
  } else if (rehearsal.allowed) {
    allowed_rows(probe, rehearsal.message);
  } else if (!needed || found) {
    refused_row(probe, rehearsal.message);
  }
  rehearsal_end(&rehearsal);
}
