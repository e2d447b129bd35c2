#include "router/probe.h"

#include <stdio.h>
#include <stdlib.h>

#include "router/address.h"
#include "router/generation.h"
#include "router/rehearsal.h"

#define ANSWER (8 * HANSE_SECOND) /* for the answer to the question */

/* ---- life ---- */

static void probe_free(struct probe *probe) {
  struct ev_loop *ev = loop_ev(probe->errand.router->loop);
  errand_remove(&probe->errand);
  dns_cancel(probe->query);
  visit_end(&probe->visit);
  ev_timer_stop(ev, &probe->deadline);
  loop_task_remove(probe->errand.router->loop, &probe->over);
  for (size_t i = 0; i < probe->place_count; i++) target_release(probe->places[i]);
  option_pool_clear(&probe->pool);
  free(probe);
}

static void drop(struct errand *errand) {
  struct probe *probe = (struct probe *)errand;
  struct control_asker *asker = probe->asker;
  rows_say(probe->findings.rows, "the router ends");
  probe_free(probe);
  control_asker_done(asker, HANSE_NOT_DETERMINED);
}

static const char *result_name(enum probe_class class) {
  return class == PROBE_GOOD ? "Success" : class == PROBE_UNKNOWN ? "Undetermined" : "Failure";
}

/* Result, Latency, Error, Diagnosis: the words of the tests that edges of this kind came with (R117). */
static void sum_up(struct probe *probe) {
  struct findings *findings = &probe->findings;
  struct hanse_rows *rows = findings->rows;
  char text[128];
  rows_begin(rows);
  rows_text(rows, "Domain", probe->to.domain);
  rows_text(rows, "Result", hanse_text(result_name(probe->class)));
  rows_number(rows, "Latency", (*loop_clock(probe->errand.router->loop) - probe->began) / HANSE_MSEC);
  rows_text(rows, "Error", hanse_text(findings->text));
  snprintf(text, sizeof text, "%s%s%s", findings->rule, findings->side[0] ? ", side: " : "", findings->side);
  rows_text(rows, "Step", hanse_text(text));
  rows_text(rows, "Diagnosis", hanse_text(findings->meaning));
  rows_text(rows, "Try", hanse_text(findings->cure));
  rows_say(rows, "%s", findings_sum(findings, text, sizeof text));
}

static void on_over(struct loop_task *task) {
  struct probe *probe = (struct probe *)((char *)task - offsetof(struct probe, over));
  struct control_asker *asker = probe->asker;
  enum probe_class class = probe->class;
  sum_up(probe);
  probe_free(probe);
  control_asker_done(asker, (enum hanse_outcome) class);
}

/* Nothing more is looked at. `not_run` is the step that is not reached; NULL: all were. */
static void finish(struct probe *probe, const char *not_run) {
  if (probe->ended) return;
  probe->ended = true;
  if (not_run) finding_say(&probe->findings, &(struct finding){.rule = not_run, .grade = GRADE_SKIP}, "not reached");
  dns_cancel(probe->query);
  probe->query = NULL;
  visit_end(&probe->visit);
  loop_task_add(probe->errand.router->loop, &probe->over);
}

static void on_deadline(struct ev_loop *ev, struct ev_timer *timer, int events) {
  (void)ev, (void)events;
  struct probe *probe = timer->data;
  finding_say(&probe->findings, &(struct finding){.rule = "deadline", .grade = GRADE_SKIP},
              "the time of the whole probe is over; more is given by --within");
  probe_fails(probe, PROBE_UNKNOWN);
  finish(probe, NULL);
}

/* ---- the question ---- */

const struct protocol *probe_protocol(const struct probe *probe) {
  const struct generation *now = probe->errand.router->now;
  const struct protocol *protocol = now->protocol_count ? &now->protocols[0] : NULL;
  return protocol && protocol->instance && protocol->slots->probe ? protocol : NULL;
}

static void ask(struct probe *probe) {
  const struct protocol *protocol = probe_protocol(probe);
  struct hanse_probe_question question = {.size = sizeof question,
                                          .from = probe->from.domain,
                                          .to = probe->to.domain,
                                          .local = target_settings(probe->places[probe->place])->local};
  struct hanse_slice octets;
  if (!protocol) {
    finish(probe, "answer");
    return;
  }
  struct calling before = instance_enter(protocol->instance, "probe");
  int status = protocol->slots->probe->ask(protocol->instance->self, &question, &probe->pool.arena, &octets);
  instance_leave(before);
  probe->step = *loop_clock(probe->errand.router->loop);
  if (status != HANSE_OK || visit_say(&probe->visit, octets) != HANSE_OK) finish(probe, "answer");
}

static void answered(struct probe *probe, enum hanse_probe_verdict verdict, const struct hanse_probe_answer *answer) {
  static const struct {
    enum grade grade;
    enum probe_class class;
  } of[] = {[HANSE_PROBE_GOOD] = {GRADE_PASS, PROBE_GOOD},
            [HANSE_PROBE_ODD] = {GRADE_WARN, PROBE_GOOD},
            [HANSE_PROBE_REFUSED] = {GRADE_FAIL, PROBE_REFUSED},
            [HANSE_PROBE_FAILED] = {GRADE_FAIL, PROBE_REFUSED},
            [HANSE_PROBE_FOREIGN] = {GRADE_FAIL, PROBE_SILENT}};
  char meaning[400], cure[400];
  snprintf(meaning, sizeof meaning, "%.*s", HANSE_FMT(answer->meaning));
  snprintf(cure, sizeof cure, "%.*s", HANSE_FMT(answer->cure));
  finding_say(&probe->findings,
              &(struct finding){.rule = "answer",
                                .grade = of[verdict].grade,
                                .side = verdict == HANSE_PROBE_GOOD ? NULL : "theirs",
                                .took = probe_took(probe),
                                .meaning = meaning,
                                .cure = cure},
              "%.*s", HANSE_FMT(answer->text));
  probe_fails(probe, of[verdict].class);
  finish(probe, NULL);
}

static void input(struct probe *probe) {
  const struct protocol *protocol = probe_protocol(probe);
  struct hanse_probe_answer answer = {.size = sizeof answer};
  if (!protocol) {
    finish(probe, "answer");
    return;
  }
  struct hanse_slice octets = hanse_slice(probe->visit.input, probe->visit.received);
  struct calling before = instance_enter(protocol->instance, "probe");
  enum hanse_probe_verdict verdict =
      protocol->slots->probe->read(protocol->instance->self, octets, &probe->pool.arena, &answer);
  instance_leave(before);
  if (verdict > HANSE_PROBE_MORE && verdict <= HANSE_PROBE_FOREIGN) answered(probe, verdict, &answer);
}

static void silent(struct probe *probe) {
  finding_say(&probe->findings,
              &(struct finding){.rule = "answer",
                                .grade = GRADE_FAIL,
                                .side = "theirs",
                                .took = probe_took(probe),
                                .meaning = "The connection is good, but the server behind it says nothing.",
                                .cure = "Ask the partner to look at its edge: it took the request and dropped it, or "
                                        "could not reach its own server, or us."},
              "%s: %s", probe->address_text, probe->visit.why);
  probe_fails(probe, PROBE_SILENT);
  finish(probe, NULL);
}

/* ---- what the peer may say to us ---- */

/* The rules again, for what the partner sends, with the names that its server has just proved. */
static void inward_row(struct probe *probe) {
  const struct target_settings *settings = target_settings(probe->places[probe->place]);
  const struct identity_options options = {settings->rule, settings->accept_cn, settings->wildcards};
  X509 *theirs = SSL_get1_peer_certificate(probe->visit.ssl);
  struct hanse_slice *names = NULL;
  size_t count = 0;
  struct rehearsal rehearsal;
  if (!theirs || identity_names(theirs, &options, &names, &count) != HANSE_OK) count = 0;
  const struct hanse_address_fact theirs_domain = {.domain = probe->to.domain};
  rehearse(&rehearsal, probe->errand.router, HANSE_SIDE_PARTNER, &theirs_domain, &probe->from, names, count);
  if (rehearsal.allowed)
    finding_say(&probe->findings, &(struct finding){.rule = "rule.in"}, "what this server sends for %.*s passes",
                HANSE_FMT(probe->to.domain));
  else if (rehearsal.message)
    finding_say(&probe->findings,
                &(struct finding){.rule = "rule.in",
                                  .grade = GRADE_WARN,
                                  .side = "ours",
                                  .where = rehearsal.message->way.why.where,
                                  .meaning = "Messages of the partner would be refused here.",
                                  .cure = "If they are wanted, change the rule; `hansectl explain` tells more."},
                "%.*s", HANSE_FMT(rehearsal.message->way.why.text));
  rehearsal_end(&rehearsal);
  free(names);
  X509_free(theirs);
}

/* ---- the connection ---- */

static void place_next(struct probe *probe);

static void connect_failed(struct probe *probe, const char *why, bool special) {
  if (probe->failure_count == PROBE_FAILURES) return;
  size_t i = probe->failure_count++;
  snprintf(probe->failures[i].text, sizeof probe->failures[i].text, "%s: %s", probe->address_text, why);
  probe->failures[i].took = probe_took(probe);
  probe->failures[i].special = special;
}

static void connect_rows(struct probe *probe, enum grade grade) {
  for (size_t i = 0; i < probe->failure_count; i++) {
    bool special = probe->failures[i].special;
    finding_say(&probe->findings,
                &(struct finding){
                    .rule = "tcp.connect",
                    .grade = grade,
                    .side = special ? "ours" : "between",
                    .took = probe->failures[i].took,
                    .meaning = special ? "The address is a private one, which a record may not lead to."
                                       : "Nobody answers there: the edge is down or has moved, or a firewall stands "
                                         "between.",
                    .cure = special ? "See `dns.private_zones`, and which resolver is asked (`hansectl check`)."
                                    : "Check that TCP to this port may leave here; ask the partner whether its edge is "
                                      "up, and whether its address is still this one. An entry with `edge` does not "
                                      "follow the partner's record: type \"enhanced\" does."},
                "%s", probe->failures[i].text);
  }
  probe->failure_count = 0;
}

static bool may_be_dialled(struct probe *probe, const struct sockaddr *address) {
  const struct target_settings *settings = target_settings(probe->places[probe->place]);
  const char *special = address_special(address);
  char text[96];
  if (address_may_be_dialled(address, settings->may_be_private)) return true;
  snprintf(text, sizeof text, "a %s address, which may not be dialled", special ? special : "strange");
  connect_failed(probe, text, true);
  return false;
}

static void address_next(struct probe *probe) {
  const struct target_settings *settings = target_settings(probe->places[probe->place]);
  while (probe->address < probe->address_count) {
    struct sockaddr *address = (struct sockaddr *)&probe->addresses[probe->address++].address;
    address_port_set(address, settings->key.port);
    address_text(address, probe->address_text);
    if (!may_be_dialled(probe, address)) continue;
    if (visit_begin(&probe->visit, address, settings) == HANSE_OK) return;
    connect_failed(probe, probe->visit.why, false);
  }
  probe->place++;
  place_next(probe);
}

static void connected(struct probe *probe) {
  hanse_time took = probe_took(probe);
  connect_rows(probe, GRADE_WARN);
  finding_say(&probe->findings, &(struct finding){.rule = "tcp.connect", .took = took}, "%s", probe->address_text);
}

static void failed(struct probe *probe) {
  switch (probe->visit.failure) {
    case HANSE_F_CONNECT:
      connect_failed(probe, probe->visit.why, false);
      address_next(probe);
      break;
    case HANSE_F_TIMEOUT:
      silent(probe);
      break;
    default:
      probe_refused(probe);
      finish(probe, probe->visit.failure == HANSE_F_LINK_LOST ? NULL : "answer");
  }
}

static void shaken(struct probe *probe) {
  if (!probe_certificate(probe)) {
    finish(probe, "answer");
    return;
  }
  inward_row(probe);
  ask(probe);
}

static void on_visit(struct visit *visit, enum visit_event event) {
  struct probe *probe = (struct probe *)((char *)visit - offsetof(struct probe, visit));
  if (probe->ended) return;
  if (event == VISIT_CONNECTED) connected(probe);
  if (event == VISIT_SHAKEN) shaken(probe);
  if (event == VISIT_INPUT) input(probe);
  if (event == VISIT_FAILED) failed(probe);
}

/* ---- names ---- */

static void addresses_row(struct probe *probe, const struct dns_answer *answer) {
  struct hanse_slice host = target_key(probe->places[probe->place])->host;
  struct finding finding = {.rule = "dns.address", .took = probe_took(probe)};
  char text[600] = "", one[ADDRESS_TEXT];
  size_t used = 0;
  if (answer->result == DNS_FOUND) {
    for (size_t i = 0; i < answer->count && used < sizeof text; i++)
      used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i ? ", " : "",
                               address_host_text((const struct sockaddr *)&answer->addresses[i].address, one));
    finding_say(&probe->findings, &finding, "%.*s -> %s", HANSE_FMT(host), text);
    return;
  }
  finding.grade = GRADE_FAIL;
  finding.side = answer->result == DNS_NONE ? "theirs" : "ours";
  finding.meaning = answer->result == DNS_NONE
                        ? "The name of the edge has no address: it is wrong, or the partner took "
                          "it away."
                        : "The resolver did not say which address the edge has.";
  finding.cure = answer->result == DNS_NONE
                     ? "Ask the partner for the name of its edge; see `hansectl check` for another resolver's view."
                     : "Check `dns.forwarders`, and that UDP and TCP port 53 are open to them.";
  finding_say(&probe->findings, &finding, "%.*s %s", HANSE_FMT(host),
              *answer->error ? answer->error : "has no A and no AAAA record");
}

static void on_addresses(void *argument, const struct dns_answer *answer) {
  struct probe *probe = argument;
  bool found = answer->result == DNS_FOUND, last = probe->place + 1 == probe->place_count;
  probe->query = NULL;
  addresses_row(probe, answer);
  probe->address = probe->address_count = 0;
  if (found) memcpy(probe->addresses, answer->addresses, answer->count * sizeof *answer->addresses);
  if (found) probe->address_count = answer->count;
  if (!found && last && !probe->failure_count)
    probe_fails(probe, answer->result == DNS_NONE ? PROBE_NAME : PROBE_UNKNOWN);
  address_next(probe);
}

static void lookup(struct probe *probe) {
  struct dns *dns = probe->errand.router->dns;
  probe->query = probe->asks_services
                     ? NULL
                     : dns_addresses(dns, target_key(probe->places[probe->place])->host, on_addresses, probe);
  if (probe->query) return;
  finding_say(&probe->findings, &(struct finding){.rule = "dns.address", .grade = GRADE_SKIP}, "the resolver is busy");
  probe_fails(probe, PROBE_UNKNOWN);
  finish(probe, "tcp.connect");
}

/* The next server of those that may be tried; each has its addresses. */
static void place_next(struct probe *probe) {
  if (probe->place < probe->place_count) {
    lookup(probe);
    return;
  }
  if (probe->failure_count) {
    connect_rows(probe, GRADE_FAIL);
    probe_fails(probe, PROBE_CONNECT);
  }
  finish(probe, probe->place_count ? "tls.handshake" : "tcp.connect");
}

static void on_services(void *argument, const struct dns_answer *answer) {
  struct probe *probe = argument;
  probe->query = NULL;
  probe->asks_services = false;
  probe->found = answer->verdict == DNS_BOGUS ? DNS_FAILED : answer->result;
  probe->signed_answer = answer->verdict == DNS_SECURE;
  snprintf(probe->dns_error, sizeof probe->dns_error, "%s", answer->error);
  if (probe->found == DNS_FOUND) {
    probe->service_count = answer->count;
    memcpy(probe->services, answer->services, answer->count * sizeof *answer->services);
  }
  probe_rule(probe);
  place_next(probe);
}

static void ask_services(struct probe *probe) {
  probe->query = dns_services(probe->errand.router->dns, hanse_text(probe->service), on_services, probe);
  if (probe->query) return;
  finding_say(&probe->findings, &(struct finding){.rule = "dns.srv", .grade = GRADE_SKIP}, "the resolver is busy");
  probe_fails(probe, PROBE_UNKNOWN);
  finish(probe, "tcp.connect");
}

static void dns_changed(struct errand *errand) {
  struct probe *probe = (struct probe *)errand;
  if (!probe->query) return;
  dns_cancel(probe->query);
  if (probe->asks_services)
    ask_services(probe);
  else
    lookup(probe);
}

/* ---- the begin ---- */

static hanse_time least(hanse_time a, hanse_time b) { return a < b ? a : b; }

void probe_start(struct probe *probe, hanse_time within) {
  const struct settings_limits *limits = &probe->errand.router->now->settings->limits;
  const struct protocol *protocol = probe_protocol(probe);
  struct loop *loop = probe->errand.router->loop;
  const struct visit_times times = {.connect = least(limits->connect_timeout, within / 3),
                                    .shake = least(limits->handshake_timeout, within / 3),
                                    .answer = least(ANSWER, within / 3)};
  probe->errand.dns_changed = dns_changed;
  probe->errand.drop = drop;
  probe->over.run = on_over;
  visit_init(&probe->visit, loop, &times, on_visit);
  ev_timer_init(&probe->deadline, on_deadline, (double)within / HANSE_SECOND, 0.);
  probe->deadline.data = probe;
  ev_timer_start(loop_ev(loop), &probe->deadline);
  probe->began = probe->step = *loop_clock(loop);
  if (protocol) {
    snprintf(probe->service, sizeof probe->service, "%s.%.*s", protocol->slots->probe->service,
             HANSE_FMT(probe->to.domain));
    probe->asks_services = true;
    ask_services(probe);
  } else {
    probe->found = DNS_NONE;
    probe_rule(probe);
    place_next(probe);
  }
}
