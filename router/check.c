#include "router/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "contract/option_pool.h"
#include "router/address.h"
#include "router/assemble.h"
#include "router/certificate_text.h"
#include "router/commands.h"
#include "router/visit.h"

#define WITHIN (60 * HANSE_SECOND)
#define LOOKS 512
#define VISITS_WITHIN (3 * HANSE_SECOND) /* each part of a visit to ourselves */

struct check {
  struct errand errand; /* first */
  struct control_asker *asker;
  struct findings findings;
  struct option_pool pool;
  struct check_walk walk;
  struct dns *other; /* NULL: no second resolver */
  struct hanse_slice other_name;
  struct dns_query *query;
  struct check_look looks[LOOKS];
  size_t count, at, dropped;
  ev_timer deadline;
  struct loop_task task;
  struct visit visit;
  enum { CHECK_ENTRIES, CHECK_CERTIFICATES, CHECK_LOOKS, CHECK_OVER } phase;
};

/* ---- life ---- */

static void check_free(struct check *check) {
  struct router *router = check->errand.router;
  errand_remove(&check->errand);
  dns_cancel(check->query);
  if (check->other) dns_free(check->other);
  visit_end(&check->visit);
  ev_timer_stop(loop_ev(router->loop), &check->deadline);
  loop_task_remove(router->loop, &check->task);
  option_pool_clear(&check->pool);
  free(check);
}

static void end(struct check *check) {
  struct control_asker *asker = check->asker;
  const unsigned *count = check->findings.count;
  if (check->dropped)
    finding_say(&check->findings, &(struct finding){.rule = "looks", .grade = GRADE_SKIP},
                "%zu more things were not looked at: %d are the most for one check", check->dropped, LOOKS);
  enum hanse_outcome outcome = count[GRADE_FAIL] ? HANSE_NO : count[GRADE_SKIP] ? HANSE_NOT_DETERMINED : HANSE_DONE;
  char text[128];
  rows_say(check->findings.rows, "%s", findings_sum(&check->findings, text, sizeof text));
  check_free(check);
  control_asker_done(asker, outcome);
}

static void drop(struct errand *errand) {
  struct check *check = (struct check *)errand;
  finding_say(&check->findings, &(struct finding){.rule = "check", .grade = GRADE_SKIP}, "the router ends");
  end(check);
}

/* Goes on in the next turn, with nothing of the check on the stack. */
static void go_on(struct check *check) { loop_task_add(check->errand.router->loop, &check->task); }

static void on_deadline(struct ev_loop *ev, struct ev_timer *timer, int events) {
  (void)ev, (void)events;
  struct check *check = timer->data;
  finding_say(&check->findings, &(struct finding){.rule = "deadline", .grade = GRADE_SKIP},
              "the time of the whole check is over, with %zu things not looked at; more is given by --within",
              check->count - check->at);
  check->phase = CHECK_OVER;
  go_on(check);
}

/* ---- looks ---- */

static void look_add(struct check *check, const struct check_look *look) {
  if (check->count < LOOKS)
    check->looks[check->count++] = *look;
  else
    check->dropped++;
}

/* Its text is copied as well; what there is no memory for counts as not looked at. */
static void look_add_text(struct check *check, struct check_look *look, struct hanse_slice text,
                          struct hanse_slice *out) {
  if (hanse_copy(&check->pool.arena, text, out) == HANSE_OK)
    look_add(check, look);
  else
    check->dropped++;
}

/* The same question to the second resolver. */
static void ask_other(struct check *check, const struct check_look *look, const char *first) {
  struct check_look other = *look;
  if (!check->other || look->other) return;
  other.other = true;
  look_add_text(check, &other, hanse_text(first), &other.first);
}

/* ---- records ---- */

static void host_add(struct check *check, const struct check_look *look, const struct dns_service *service) {
  struct check_look next = {.kind = LOOK_HOST,
                            .by_domain = look->by_domain,
                            .domain = look->domain,
                            .where = look->where,
                            .port = service->port};
  if (service->host[0]) look_add_text(check, &next, hanse_text(service->host), &next.name);
}

/* ---- addresses, and who is there (R33, R40) ---- */

static uint16_t listener_port_of(const struct generation *generation, const struct settings_listener *listener) {
  const struct hanse_probe *probe = check_probe(generation, listener->protocol);
  return listener->address.port ? listener->address.port : probe ? (uint16_t)probe->port : 0;
}

/* Whether who follows a record to this port finds a listener of ours that partners are to use; where nobody speaks the
   protocol there is none to compare with, which is another matter. */
static bool is_listened_on(const struct generation *generation, struct hanse_slice protocol, uint16_t port) {
  bool any = false;
  for (size_t i = 0; i < generation->settings->listen.count; i++) {
    const struct settings_listener *listener = settings_listener_at(generation->settings, i);
    if (listener->side != SETTINGS_PARTNER || !hanse_same(listener->protocol, protocol)) continue;
    if (listener_port_of(generation, listener) == port) return true;
    any = true;
  }
  return !any;
}

static void on_record(struct check *check, const struct check_look *look, const struct dns_answer *answer) {
  char text[CHECK_TEXT];
  check_record(&check->findings, look, answer);
  for (size_t i = 0; answer->result == DNS_FOUND && i < answer->count; i++) {
    const struct dns_service *service = &answer->services[i];
    if (service->host[0] && !is_listened_on(check->errand.router->now, look->protocol, service->port))
      check_port(&check->findings, look, service);
    host_add(check, look, service);
  }
  ask_other(check, look, check_answer_text(answer, text));
}

/* What the listener that bears the look's name shows; NULL: there is no such profile any more. */
static struct tls_profile *own_profile(const struct check *check, const struct check_look *look) {
  return generation_profile(check->errand.router->now, look->tls);
}

/* What those see who follow a record to this host: the listener of that name shows it, else the first one. */
static const struct tls_profile *profile_behind(const struct check *check, struct hanse_slice host, uint16_t port) {
  const struct generation *generation = check->errand.router->now;
  const struct settings_listener *found = check_listener(generation, HANSE_SIDE_PARTNER);
  bool named = false;
  for (size_t i = 0; i < generation->settings->listen.count; i++) {
    const struct settings_listener *listener = settings_listener_at(generation->settings, i);
    if (listener->side != SETTINGS_PARTNER || !hanse_same_nocase(listener->name.name, host)) continue;
    if (!named || listener_port_of(generation, listener) == port) found = listener;
    named = true;
  }
  return found ? generation_profile(generation, found->tls) : NULL;
}

static void on_host(struct check *check, const struct check_look *look, const struct dns_answer *answer) {
  char text[CHECK_TEXT];
  bool found = answer->result == DNS_FOUND, own = look->kind == LOOK_OWN;
  struct finding finding = {.rule = "dns.address", .where = look->where};
  check_answer_text(answer, text);
  if (!found) {
    finding.grade = answer->result == DNS_FAILED ? GRADE_SKIP : GRADE_FAIL;
    finding.side = "ours";
    finding.meaning = "Partners find the name of our edge, and no address of it.";
    finding.cure = "Publish A and AAAA records for it.";
  }
  finding_say(&check->findings, &finding, "%.*s -> %s", HANSE_FMT(look->name), text);
  if (!own && !look->by_domain) check_host(&check->findings, look, profile_behind(check, look->name, look->port));
  for (size_t i = 0; own && found && i < answer->count; i++) {
    struct check_look visit = *look;
    visit.kind = LOOK_VISIT;
    visit.address = answer->addresses[i];
    address_port_set((struct sockaddr *)&visit.address.address, look->port);
    look_add(check, &visit);
  }
  ask_other(check, look, text);
}

/* Whether the node at that address shows what we would: all nodes of a pool must (R33). */
static void member_row(struct check *check, const struct check_look *look, const char *failed) {
  char text[ADDRESS_TEXT];
  unsigned char shown[EVP_MAX_MD_SIZE], ours[EVP_MAX_MD_SIZE];
  unsigned n = 0, m = 0;
  const struct tls_profile *profile = own_profile(check, look);
  X509 *there = failed ? NULL : SSL_get1_peer_certificate(check->visit.ssl);
  bool read = there && profile && X509_digest(there, EVP_sha256(), shown, &n) &&
              X509_digest(SSL_CTX_get0_certificate(profile->context), EVP_sha256(), ours, &m);
  bool same = read && n == m && memcmp(shown, ours, n) == 0;
  X509_free(there);
  address_text((const struct sockaddr *)&look->address.address, text);
  struct finding finding = {.rule = "pool.certificate", .grade = same ? GRADE_PASS : GRADE_FAIL, .where = look->where};
  if (failed) {
    finding.grade = GRADE_SKIP;
    finding.meaning =
        "From here it could not be seen; many firewalls do not let a machine reach its own outer address.";
    finding.cure = "Ask from outside, or let this machine reach it.";
  } else if (!same) {
    finding.side = "ours";
    finding.meaning =
        "All nodes behind one name must show the same certificate, else partners see one edge or another.";
    finding.cure = "Copy certificate and key to that node, or take its address out of the name.";
  }
  finding_say(&check->findings, &finding, "%.*s at %s %s", HANSE_FMT(look->name), text,
              failed ? failed
              : same ? "shows our certificate"
                     : "shows another certificate than this node");
}

static void on_visit(struct visit *visit, enum visit_event event) {
  struct check *check = (struct check *)((char *)visit - offsetof(struct check, visit));
  if (event == VISIT_CONNECTED || event == VISIT_INPUT || check->phase != CHECK_LOOKS) return;
  member_row(check, &check->looks[check->at++], event == VISIT_FAILED ? visit->why : NULL);
  visit_end(visit);
  go_on(check);
}

static void visit_look(struct check *check, const struct check_look *look) {
  struct tls_profile *profile = own_profile(check, look);
  struct target_settings settings = {.key = {.prove = look->name, .protocol = HANSE_LIT(""), .tls = profile},
                                     .rule = HANSE_IDENTITY_SIP};
  if (profile && visit_begin(&check->visit, (const struct sockaddr *)&look->address.address, &settings) == HANSE_OK)
    return;
  member_row(check, look, profile ? check->visit.why : "its listener has no certificate any more");
  check->at++;
  go_on(check);
}

/* ---- one look after the other ---- */

static void on_answer(void *argument, const struct dns_answer *answer) {
  struct check *check = argument;
  const struct check_look look = check->looks[check->at++];
  check->query = NULL;
  if (check->phase == CHECK_LOOKS) {
    if (look.other)
      check_compare(&check->findings, &look, check->other_name, answer);
    else if (look.kind == LOOK_RECORD)
      on_record(check, &look, answer);
    else
      on_host(check, &look, answer);
  }
  go_on(check);
}

static void look_next(struct check *check) {
  if (check->at == check->count) {
    end(check);
    return;
  }
  const struct check_look *look = &check->looks[check->at];
  struct dns *dns = look->other ? check->other : check->errand.router->dns;
  if (look->kind == LOOK_VISIT) {
    visit_look(check, look);
    return;
  }
  check->query = look->kind == LOOK_RECORD ? dns_services(dns, look->name, on_answer, check)
                                           : dns_addresses(dns, look->name, on_answer, check);
  if (check->query) return;
  finding_say(&check->findings, &(struct finding){.rule = "dns", .grade = GRADE_SKIP}, "%.*s: the resolver is busy",
              HANSE_FMT(look->name));
  check->at++;
  go_on(check);
}

static void on_task(struct loop_task *task) {
  struct check *check = (struct check *)((char *)task - offsetof(struct check, task));
  const struct router *router = check->errand.router;
  if (check->phase == CHECK_ENTRIES) {
    if (check_entries(&check->findings, router, &check->walk)) check->phase = CHECK_CERTIFICATES;
    go_on(check);
  } else if (check->phase == CHECK_CERTIFICATES) {
    check_certificates(&check->findings, router, &check->walk);
    check->phase = CHECK_LOOKS;
    go_on(check);
  } else if (check->phase == CHECK_LOOKS) {
    look_next(check);
  } else {
    end(check);
  }
}

static void dns_changed(struct errand *errand) {
  struct check *check = (struct check *)errand;
  if (!check->query || check->looks[check->at].other) return;
  dns_cancel(check->query);
  check->query = NULL;
  go_on(check);
}

/* ---- the command ---- */

static int name_add(struct check *check, struct check_look look, const char *service, struct hanse_slice domain,
                    struct hanse_slice tls, struct hanse_where where) {
  char name[2 * DNS_NAME];
  snprintf(name, sizeof name, "%s%s%.*s", service, *service ? "." : "", HANSE_FMT(domain));
  if (hanse_copy(&check->pool.arena, hanse_text(name), &look.name) != HANSE_OK ||
      hanse_copy(&check->pool.arena, domain, &look.domain) != HANSE_OK ||
      hanse_copy(&check->pool.arena, tls, &look.tls) != HANSE_OK ||
      hanse_copy(&check->pool.arena, look.protocol, &look.protocol) != HANSE_OK ||
      option_pool_where(&check->pool, where, &look.where) != HANSE_OK)
    return HANSE_NOMEM;
  look_add(check, &look);
  return HANSE_OK;
}

/* The records of our domains, and our own names outside. */
static int looks_make(struct check *check) {
  const struct generation *generation = check->errand.router->now;
  int status = HANSE_OK;
  for (size_t i = 0; status == HANSE_OK && i < generation->settings->home.count; i++) {
    const struct settings_home *home = settings_home_at(generation->settings, i);
    const struct protocol *protocol = generation_protocol(generation, home->protocol);
    const struct hanse_probe *probe = check_probe(generation, home->protocol);
    const struct check_look look = {.kind = LOOK_RECORD,
                                    .protocol = home->protocol,
                                    .by_domain = protocol && protocol->slots->identity == HANSE_IDENTITY_XMPP,
                                    .port = probe ? (uint16_t)probe->port : 0};
    if (probe) status = name_add(check, look, probe->service, home->domain.name, HANSE_LIT(""), home->where);
  }
  for (size_t i = 0; status == HANSE_OK && i < generation->settings->listen.count; i++) {
    const struct settings_listener *listener = settings_listener_at(generation->settings, i);
    uint16_t port = listener_port_of(generation, listener);
    if (listener->side == SETTINGS_PARTNER && port)
      status = name_add(check, (struct check_look){.kind = LOOK_OWN, .port = port}, "", listener->name.name,
                        listener->tls, listener->where);
  }
  return status;
}

static bool read_arguments(struct check *check, hanse_time *within) {
  struct hanse_rows *rows = check->findings.rows;
  struct hanse_slice seconds = rows_argument(rows, "within"), resolver = rows_argument(rows, "resolver");
  struct hanse_problem problem = {.text = ""};
  char *last = NULL;
  unsigned long number = seconds.len ? strtoul(seconds.at, &last, 10) : WITHIN / HANSE_SECOND;
  *within = (hanse_time)number * HANSE_SECOND;
  if (seconds.len && (!last || *last || number < 1 || number > 3600)) {
    rows_say(rows, "--within: \"%.*s\" is not a number of seconds from 1 to 3600", HANSE_FMT(seconds));
    return false;
  }
  if (!resolver.len) return true;
  if (hanse_copy(&check->pool.arena, resolver, &check->other_name) == HANSE_OK)
    check->other = assemble_resolver(check->errand.router->now, resolver, &problem);
  if (!check->other) rows_say(rows, "--resolver: %s", *problem.text ? problem.text : "no memory");
  return check->other != NULL;
}

static void start(struct check *check, hanse_time within) {
  struct router *router = check->errand.router;
  const struct visit_times times = {.connect = VISITS_WITHIN, .shake = VISITS_WITHIN, .answer = VISITS_WITHIN};
  visit_init(&check->visit, router->loop, &times, on_visit);
  ev_timer_init(&check->deadline, on_deadline, (double)within / HANSE_SECOND, 0.);
  check->deadline.data = check;
  ev_timer_start(loop_ev(router->loop), &check->deadline);
  check_rules(&check->findings, router);
  go_on(check);
}

enum hanse_outcome command_check(struct router *router, struct hanse_rows *rows, uintptr_t *cursor) {
  (void)cursor;
  struct check *check = calloc(1, sizeof *check);
  enum hanse_outcome refused = HANSE_NOT_DETERMINED;
  hanse_time within;
  if (!check) return HANSE_NOT_DETERMINED;
  option_pool_init(&check->pool);
  check->errand = (struct errand){.router = router, .dns_changed = dns_changed, .drop = drop};
  check->findings.rows = rows;
  check->task.run = on_task;
  if (!router->dns || looks_make(check) != HANSE_OK) {
    rows_say(rows, "there is no resolver, or no memory");
  } else if (!read_arguments(check, &within)) {
    refused = HANSE_USAGE;
  } else if (!errand_add(router, &check->errand)) {
    rows_say(rows, "too many probes and checks run already; ask again when they are over");
  } else if (!(check->asker = control_asker_keep(rows))) {
    errand_remove(&check->errand);
  } else {
    start(check, within);
    return HANSE_LATER;
  }
  if (check->other) dns_free(check->other);
  option_pool_clear(&check->pool);
  free(check);
  return refused;
}
