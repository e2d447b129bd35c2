#include "router/settings_check.h"

#include <stdio.h>

#include "contract/domain.h"
#include "contract/nearest.h"
#include "contract/option.h"
#include "contract/unit.h"
#include "router/settings_own.h"

/* Past this a suggestion is not worth its time: 100 000 partners would be compared for each mistake. */
#define CANDIDATES 10000

struct checker {
  const struct settings *settings;
  struct settings_own *own;
  struct problem_list *problems;
  bool failed;
};

static int index_lists(const struct settings *s, struct settings_own *own) {
  if (settings_index_init(&own->tls_names, s->tls.count, &own->pool) != HANSE_OK ||
      settings_index_init(&own->module_names, s->modules.count, &own->pool) != HANSE_OK ||
      settings_index_init(&own->home_names, s->home.count, &own->pool) != HANSE_OK ||
      settings_index_init(&own->partner_names, s->partners.count, &own->pool) != HANSE_OK)
    return HANSE_NOMEM;
  for (size_t i = 0; i < s->tls.count; i++)
    settings_index_add(&own->tls_names, settings_tls_at(s, i)->name, settings_tls_at(s, i)->where, i);
  for (size_t i = 0; i < s->modules.count; i++)
    settings_index_add(&own->module_names, settings_module_at(s, i)->name, settings_module_at(s, i)->where, i);
  for (size_t i = 0; i < s->home.count; i++)
    settings_index_add(&own->home_names, settings_home_at(s, i)->domain.name, settings_home_at(s, i)->domain.where, i);
  for (size_t i = 0; i < s->partners.count; i++)
    settings_index_add(&own->partner_names, settings_partner_at(s, i)->domain.name,
                       settings_partner_at(s, i)->domain.where, i);
  settings_index_sort(&own->tls_names);
  settings_index_sort(&own->module_names);
  settings_index_sort(&own->home_names);
  settings_index_sort(&own->partner_names);
  return HANSE_OK;
}

/* R11: a domain of ours is nobody else's. */
static void check_home_and_partners(struct checker *c) {
  for (size_t i = 0; i < c->own->home_names.count; i++) {
    const struct settings_name *home = &c->own->home_names.items[i];
    const struct settings_name *partner = settings_index_find(&c->own->partner_names, home->name);
    if (!partner) continue;
    problem_error(c->problems, &partner->where,
                  "partner \"%.*s\" is one of our own domains (home, %s:%u); remove one of them", HANSE_FMT(home->name),
                  home->where.file, home->where.line);
    c->failed = true;
  }
}

static void check_names(struct checker *c) {
  c->failed |= settings_index_repeated(&c->own->tls_names, "TLS profile", c->problems);
  c->failed |= settings_index_repeated(&c->own->module_names, "module", c->problems);
  c->failed |= settings_index_repeated(&c->own->home_names, "home domain", c->problems);
  c->failed |= settings_index_repeated(&c->own->partner_names, "partner", c->problems);
  check_home_and_partners(c);
}

/* An address that is wanted as an IP address; empty ones were reported, or need not be there. */
static void want_ip(struct checker *c, const struct hanse_address *address, const char *option) {
  if (address->host.len == 0 || domain_is_ip(address->host)) return;
  problem_error(c->problems, &address->where, "%s = \"%.*s\": an IP address is wanted here; write it instead of a name",
                option, HANSE_FMT(address->host));
  c->failed = true;
}

/* What one listener takes: the protocol counts only where the port is its own. */
static struct hanse_slice listener_key(const struct settings_listener *l, struct hanse_slice host, char *buf,
                                       size_t cap) {
  size_t protocol = l->address.port ? 0 : l->protocol.len < 100 ? l->protocol.len : 100;
  snprintf(buf, cap, "%u %.*s %.*s", l->address.port, (int)protocol, l->protocol.at ? l->protocol.at : "",
           HANSE_FMT(host));
  return hanse_text(buf);
}

#define LISTENER_KEY 400

/* Whether an earlier listener, or one on all addresses, has the place of listener `i`. */
static void check_taken(struct checker *c, const struct settings_index *index, size_t i) {
  const struct settings_listener *l = settings_listener_at(c->settings, i);
  char key[LISTENER_KEY];
  if (l->address.host.len == 0) return;
  bool six = memchr(l->address.host.at, ':', l->address.host.len);
  const struct settings_name *same = settings_index_find(index, listener_key(l, l->address.host, key, sizeof key));
  const struct settings_name *all =
      settings_index_find(index, listener_key(l, six ? HANSE_LIT("::") : HANSE_LIT("0.0.0.0"), key, sizeof key));
  const struct settings_name *found = same && same->at != i ? same : all && all->at != i ? all : NULL;
  if (!found) return;
  problem_error(c->problems, &l->address.where, "address: the listener at %s:%u has this address and port%s; %s",
                found->where.file, found->where.line, found == same ? "" : ", as it listens on all addresses",
                "change or remove one of them");
  c->failed = true;
}

static void check_listener(struct checker *c, const struct settings_listener *l) {
  want_ip(c, &l->address, "address");
  if (l->side != SETTINGS_PARTNER || l->tls.len || l->address.host.len == 0) return;
  problem_error(c->problems, &l->where, "a listener of the partner side needs TLS; write tls = \"…\";");
  c->failed = true;
}

/* What an organisation's partners take for its edge is one name: they compare it with certificates and records, and
   dialogs come back to it (R110). */
static void check_route(struct checker *c) {
  const struct settings_listener *first = NULL;
  for (size_t i = 0; i < c->settings->listen.count; i++) {
    const struct settings_listener *l = settings_listener_at(c->settings, i);
    if (l->side != SETTINGS_PARTNER) continue;
    if (first && hanse_same(l->protocol, first->protocol) && !hanse_same(l->name.name, first->name.name))
      problem_warning(c->problems, &l->where,
                      "partners see a second federation route here, \"%.*s\" beside \"%.*s\" (%s:%u); give all "
                      "listeners of the partner side one name, which your SRV records and certificate have",
                      HANSE_FMT(l->name.name), HANSE_FMT(first->name.name), first->where.file, first->where.line);
    if (!first) first = l;
  }
}

static int check_listeners(struct checker *c) {
  struct settings_index index;
  size_t count = c->settings->listen.count;
  if (settings_index_init(&index, count, &c->own->pool) != HANSE_OK) return HANSE_NOMEM;
  for (size_t i = 0; i < count; i++) {
    const struct settings_listener *l = settings_listener_at(c->settings, i);
    char buf[LISTENER_KEY];
    struct hanse_slice key = {NULL, 0};
    check_listener(c, l);
    if (l->address.host.len &&
        hanse_copy(&c->own->pool.arena, listener_key(l, l->address.host, buf, sizeof buf), &key) != HANSE_OK)
      return HANSE_NOMEM;
    settings_index_add(&index, key, l->address.where, i);
  }
  settings_index_sort(&index);
  for (size_t i = 0; i < count; i++) check_taken(c, &index, i);
  check_route(c);
  return HANSE_OK;
}

static void check_sources(struct checker *c) {
  for (size_t i = 0; i < c->settings->partners.count; i++) {
    const struct settings_partner *p = settings_partner_at(c->settings, i);
    want_ip(c, &p->source, "source");
    if (!p->source.port) continue;
    problem_error(c->problems, &p->source.where, "source: connections come from any port; leave \":%u\" out",
                  p->source.port);
    c->failed = true;
  }
}

/* "address@port" or "address", as libunbound takes it. NULL: it is right. */
static const char *forwarder_fault(struct hanse_slice text, bool allow_loopback) {
  const char *at = text.len ? memchr(text.at, '@', text.len) : NULL;
  struct hanse_slice host = at ? hanse_slice(text.at, (size_t)(at - text.at)) : text;
  int64_t port = 53;
  if (at && unit_integer(hanse_slice(at + 1, text.len - host.len - 1), &port) != HANSE_OK) port = 0;
  if (!domain_is_ip(host)) return "not an IP address; write \"address\" or \"address@port\"";
  if (port < 1 || port > 65535) return "a port is a number from 1 to 65535";
  bool loopback = (host.len > 4 && memcmp(host.at, "127.", 4) == 0) || hanse_same(host, HANSE_LIT("::1"));
  return loopback && !allow_loopback ? "a loopback address; write allow_loopback = true; beside it" : NULL;
}

/* Where a setting inside a top-level group was written. */
static struct hanse_where written_at(const struct settings_own *own, const char *group, const char *name) {
  const config_setting_t *found = option_find_inner(&own->root, group, name);
  return found ? source_where(found) : (struct hanse_where){NULL, 0};
}

static void check_forwarders(struct checker *c) {
  const struct hanse_list *list = &c->settings->dns.forwarders;
  struct hanse_where where = written_at(c->own, "dns", "forwarders");
  for (size_t i = 0; i < list->count; i++) {
    struct hanse_slice text = ((const struct hanse_slice *)list->items)[i];
    const char *why = text.at ? forwarder_fault(text, c->settings->dns.allow_loopback) : NULL;
    if (!why) continue;
    problem_error(c->problems, &where, "forwarders: \"%.*s\": %s", HANSE_FMT(text), why);
    c->failed = true;
  }
}

/* `smaller` must not be over `larger`, which is 0 when it could not be converted. Reported at the one that was written.
 */
static void check_order(struct checker *c, const char *smaller, uint64_t a, const char *larger, uint64_t b) {
  if (a <= b || b == 0) return;
  struct hanse_where where = written_at(c->own, "limits", smaller);
  if (!where.file) where = written_at(c->own, "limits", larger);
  problem_error(c->problems, &where, "limits: %s is over %s; lower %s or raise %s", smaller, larger, smaller, larger);
  c->failed = true;
}

static void check_limits(struct checker *c) {
  const struct settings_limits *l = &c->settings->limits;
  check_order(c, "headers", l->headers, "message", l->message);
  check_order(c, "message", l->message, "queue_bytes", l->queue_bytes);
  check_order(c, "message", l->message, "link_output", l->link_output);
  check_order(c, "link_output_pause", l->link_output_pause, "link_output", l->link_output);
  check_order(c, "watchdog", (uint64_t)l->watchdog, "watchdog_abort", (uint64_t)l->watchdog_abort);
}

int settings_check(struct settings *settings, struct problem_list *problems) {
  struct checker c = {settings, settings->own, problems, false};
  if (index_lists(settings, settings->own) != HANSE_OK) return HANSE_NOMEM;
  check_names(&c);
  if (check_listeners(&c) != HANSE_OK) return HANSE_NOMEM;
  check_sources(&c);
  check_forwarders(&c);
  check_limits(&c);
  return c.failed ? HANSE_INVALID : HANSE_OK;
}

/* The list that an option table names; NULL: none of ours. */
static const struct settings_index *index_named(const struct settings_own *own, const char *refers) {
  if (strcmp(refers, "tls") == 0) return &own->tls_names;
  if (strcmp(refers, "modules") == 0) return &own->module_names;
  if (strcmp(refers, "home") == 0) return &own->home_names;
  return strcmp(refers, "partners") == 0 ? &own->partner_names : NULL;
}

/* Domains are compared in canonical form, other names as they are. */
static bool exists(const struct settings_own *own, const struct settings_index *index, struct hanse_slice name) {
  char buf[DOMAIN_BUFFER];
  bool domain = index == &own->home_names || index == &own->partner_names;
  if (domain && domain_canonical(name, buf, sizeof buf, &name) != HANSE_OK) return false;
  return index && settings_index_find(index, name);
}

static void report_reference(const struct option_reference *reference, const struct settings_index *index,
                             struct problem_list *problems) {
  struct nearest nearest;
  char hint[100];
  nearest_init(&nearest, reference->name);
  for (size_t i = 0; index && i < index->count && i < CANDIDATES; i++) nearest_offer(&nearest, index->items[i].name);
  nearest_text(&nearest, hint, sizeof hint);
  problem_error(problems, &reference->where, "%s = \"%.*s\": no entry of \"%s\" has this name%s", reference->option,
                HANSE_FMT(reference->name), reference->refers, *hint ? hint : "; add one, or name another");
}

int settings_finish(struct settings *settings, struct problem_list *problems) {
  const struct settings_own *own = settings->own;
  int status = HANSE_OK;
  if (own->incomplete) return HANSE_INVALID;
  for (size_t i = 0; i < own->references.count; i++) {
    const struct option_reference *reference = &own->references.items[i];
    const struct settings_index *index = index_named(own, reference->refers);
    if (exists(own, index, reference->name)) continue;
    report_reference(reference, index, problems);
    status = HANSE_INVALID;
  }
  return status;
}
