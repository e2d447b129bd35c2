/* What our records say, and what is wrong with them. */
#include <stdio.h>
#include <stdlib.h>

#include "router/address.h"
#include "router/check.h"

/* ---- two resolvers (R45) ---- */

static int by_text(const void *a, const void *b) { return strcmp(a, b); }

const char *check_answer_text(const struct dns_answer *answer, char out[CHECK_TEXT]) {
  char parts[DNS_RECORDS][DNS_NAME + 32];
  size_t used = 0, count = answer->result == DNS_FOUND ? answer->count : 0;
  for (size_t i = 0; i < count; i++) {
    if (answer->services)
      snprintf(parts[i], sizeof parts[i], "%s:%u (%u %u)", answer->services[i].host, answer->services[i].port,
               answer->services[i].priority, answer->services[i].weight);
    else
      address_host_text((const struct sockaddr *)&answer->addresses[i].address, parts[i]);
  }
  qsort(parts, count, sizeof *parts, by_text);
  snprintf(out, CHECK_TEXT, "%s",
           answer->result == DNS_NONE     ? "nothing"
           : answer->result == DNS_FAILED ? "no answer"
                                          : "");
  for (size_t i = 0; i < count && used < CHECK_TEXT; i++)
    used += (size_t)snprintf(out + used, CHECK_TEXT - used, "%s%s", i ? ", " : "", parts[i]);
  return out;
}

void check_compare(struct findings *findings, const struct check_look *look, struct hanse_slice other,
                   const struct dns_answer *answer) {
  char text[CHECK_TEXT];
  struct finding finding = {.rule = "dns.other"};
  check_answer_text(answer, text);
  bool same = hanse_same(hanse_text(text), look->first), silent = answer->result == DNS_FAILED;
  if (!same) {
    finding.grade = silent ? GRADE_SKIP : GRADE_WARN;
    finding.side = "ours";
    finding.meaning = silent
                          ? "The second resolver does not answer."
                          : "One of the two answers from an inner zone of the same name (split brain), or one is old: "
                            "partners may see something else than we do.";
    finding.cure = silent ? "See that it is there and may be asked from here."
                          : "Have the router ask a resolver that sees what the world sees (`dns.forwarders`).";
  }
  finding_say(findings, &finding, "%.*s: ours says %.*s; %.*s says %s", HANSE_FMT(look->name), HANSE_FMT(look->first),
              HANSE_FMT(other), text);
}

/* ---- records (R39, R40, R42) ---- */

static void record_missing(struct findings *findings, const struct check_look *look, const struct dns_answer *answer) {
  bool unknown = answer->result == DNS_FAILED;
  finding_say(
      findings,
      &(struct finding){.rule = "dns.record",
                        .grade = unknown ? GRADE_SKIP : GRADE_WARN,
                        .side = "ours",
                        .where = look->where,
                        .meaning = unknown ? "The resolver did not say."
                                           : "Partners that do not enter our edge by hand cannot find us, and many "
                                             "check this record before they believe us.",
                        .cure = unknown ? "Check `dns.forwarders`."
                                        : "Publish it (`hansectl plan`); mind the dot: _service._tcp.domain."},
      "%.*s %s", HANSE_FMT(look->name), unknown ? answer->error : "does not exist");
}

static void record_row(struct findings *findings, const struct check_look *look, const struct dns_service *service) {
  struct hanse_slice host = hanse_text(service->host);
  struct finding finding = {.rule = "dns.record", .where = look->where};
  if (!host.len) {
    finding.grade = GRADE_NOTE;
    finding_say(findings, &finding, "%.*s says that there is no such service", HANSE_FMT(look->name));
    return;
  }
  bool inside = look->by_domain || hanse_domain_within(host, look->domain), usual = service->port == look->port;
  finding.grade = !inside ? GRADE_FAIL : !usual ? GRADE_WARN : GRADE_PASS;
  if (!inside || !usual) {
    finding.side = "ours";
    finding.meaning = !inside ? "A record that leads outside its domain proves nothing: partners refuse it (1009)."
                              : "Most edges honour another port; firewalls often do not.";
    finding.cure = !inside ? "Let it lead to a host within the domain, which the certificate names as well."
                           : "Publish the usual port, and listen on it.";
  }
  finding_say(findings, &finding, "%.*s -> %s:%u, priority %u, weight %u", HANSE_FMT(look->name), service->host,
              service->port, service->priority, service->weight);
}

void check_port(struct findings *findings, const struct check_look *look, const struct dns_service *service) {
  finding_say(findings,
              &(struct finding){.rule = "dns.port",
                                .grade = GRADE_WARN,
                                .side = "ours",
                                .where = look->where,
                                .meaning = "Partners that follow the record connect to a port on which no listener of "
                                           "ours towards them stands.",
                                .cure = "Listen there, or publish the port of the listener; nothing, where a firewall "
                                        "maps the one to the other."},
              "%.*s -> %s:%u, where none of our listeners is", HANSE_FMT(look->name), service->host, service->port);
}

/* There is one way in; other names are other edges (R110). */
static void record_count(struct findings *findings, const struct check_look *look, const struct dns_answer *answer) {
  for (size_t i = 1; i < answer->count; i++) {
    if (strcmp(answer->services[i].host, answer->services[0].host) == 0) continue;
    finding_say(
        findings,
        &(struct finding){.rule = "dns.edges",
                          .grade = GRADE_WARN,
                          .side = "ours",
                          .where = look->where,
                          .meaning = "An organisation has one federation route; edges never change over from one "
                                     "record to the next by themselves.",
                          .cure = "Let one record lead to one name, with the addresses of all nodes behind it."},
        "%.*s leads to more than one name", HANSE_FMT(look->name));
    return;
  }
}

void check_record(struct findings *findings, const struct check_look *look, const struct dns_answer *answer) {
  if (answer->result != DNS_FOUND) {
    record_missing(findings, look, answer);
    return;
  }
  for (size_t i = 0; i < answer->count; i++) record_row(findings, look, &answer->services[i]);
  if (!look->by_domain) record_count(findings, look, answer);
}

/* A partner that follows our record wants this host in the certificate. */
void check_host(struct findings *findings, const struct check_look *look, const struct tls_profile *profile) {
  const struct identity_options options = {HANSE_IDENTITY_SIP, false, false};
  struct hanse_slice *names = NULL;
  size_t count = 0;
  X509 *certificate = profile ? SSL_CTX_get0_certificate(profile->context) : NULL;
  if (!certificate || identity_names(certificate, &options, &names, &count) != HANSE_OK) return;
  bool proved = identity_matches(names, count, look->name, &options);
  free(names);
  finding_say(
      findings,
      &(struct finding){.rule = "dns.certificate",
                        .grade = proved ? GRADE_PASS : GRADE_FAIL,
                        .side = proved ? NULL : "ours",
                        .where = look->where,
                        .meaning = proved ? NULL : "Partners that follow the record refuse our certificate (1010).",
                        .cure = proved ? NULL
                                       : "Get a certificate with that name, or let the record lead to one "
                                         "that it has."},
      "%.*s, to which the record of %.*s leads, is %samong our certificate's names", HANSE_FMT(look->name),
      HANSE_FMT(look->domain), proved ? "" : "not ");
}
