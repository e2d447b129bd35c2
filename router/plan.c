/* `hansectl plan`: what exactly this configuration needs of authorities, firewalls and the DNS, in the manner of the
   planning tables of access edges (R119). */
#include <stdio.h>

#include "contract/domain.h"
#include "router/check.h"
#include "router/commands.h"
#include "router/crl_fetch.h"
#include "router/crl_file.h"
#include "router/rehearsal.h"

#define NAMES 2048
#define PORTS 16
#define ENTRIES 256 /* that are looked at for ports */

struct planning {
  struct hanse_needs needs; /* first */
  struct router *router;
  const struct generation *generation;
  struct hanse_rows *rows;
  uint32_t flags;                            /* enum hanse_need_flag: of all */
  char clients[400], names[400], media[400]; /* who needs them */
};

static void row(struct planning *plan, const char *table) {
  rows_begin(plan->rows);
  rows_text(plan->rows, "table", hanse_text(table));
}

static void HANSE_PRINTF(3, 4) cell(struct planning *plan, const char *name, const char *format, ...) {
  char text[NAMES];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  rows_text(plan->rows, name, hanse_text(text));
}

/* ---- needs ---- */

static void add_name(char *list, size_t n, struct hanse_slice name) {
  size_t used = strlen(list);
  if (used + name.len + 3 < n) snprintf(list + used, n - used, "%s%.*s", used ? ", " : "", HANSE_FMT(name));
}

static void note_need(struct hanse_needs *needs, const struct hanse_need *need) {
  struct planning *plan = (struct planning *)needs;
  plan->flags |= need->flags;
  if (need->flags & HANSE_NEED_CLIENT_PURPOSE) add_name(plan->clients, sizeof plan->clients, need->who);
  if (need->flags & HANSE_NEED_COMMON_NAME) add_name(plan->names, sizeof plan->names, need->who);
  if (need->flags & HANSE_NEED_MEDIA) add_name(plan->media, sizeof plan->media, need->who);
}

/* ---- words ---- */

static bool speaks_xmpp(const struct generation *generation, struct hanse_slice protocol) {
  const struct protocol *found = generation_protocol(generation, protocol);
  return found && found->slots->identity == HANSE_IDENTITY_XMPP;
}

/* "sip.<domain>"; for XMPP the domain itself. */
static void domain_name(const struct generation *generation, const struct settings_home *home, char *out, size_t n) {
  if (speaks_xmpp(generation, home->protocol))
    snprintf(out, n, "%.*s", HANSE_FMT(home->domain.name));
  else
    snprintf(out, n, "%.*s.%.*s", HANSE_FMT(home->protocol), HANSE_FMT(home->domain.name));
}

static uint16_t port_of(const struct generation *generation, const struct settings_listener *listener) {
  const struct hanse_probe *probe = check_probe(generation, listener->protocol);
  return listener->address.port ? listener->address.port : probe ? (uint16_t)probe->port : 0;
}

static bool is_any(struct hanse_slice host) {
  return hanse_same(host, HANSE_LIT("0.0.0.0")) || hanse_same(host, HANSE_LIT("::"));
}

static const char *wire(struct hanse_slice protocol, char out[40]) {
  size_t n = protocol.len < 20 ? protocol.len : 20;
  for (size_t i = 0; i < n; i++)
    out[i] = protocol.at[i] >= 'a' && protocol.at[i] <= 'z' ? (char)(protocol.at[i] - 'a' + 'A') : protocol.at[i];
  snprintf(out + n, 40 - n, "/MTLS, TCP");
  return out;
}

/* ---- certificates ---- */

static void certificate_row(struct planning *plan, const struct settings_listener *listener) {
  const struct generation *generation = plan->generation;
  bool outside = listener->side == SETTINGS_PARTNER, client = plan->flags & HANSE_NEED_CLIENT_PURPOSE;
  char names[NAMES], one[300];
  size_t used = (size_t)snprintf(names, sizeof names, "%.*s", HANSE_FMT(listener->name.name));
  for (size_t i = 0; outside && i < generation->settings->home.count; i++) {
    const struct settings_home *home = settings_home_at(generation->settings, i);
    if (!hanse_same(home->protocol, listener->protocol)) continue;
    domain_name(generation, home, one, sizeof one);
    if (hanse_same(hanse_text(one), listener->name.name) || used + strlen(one) + 3 > sizeof names) continue;
    used += (size_t)snprintf(names + used, sizeof names - used, ", %s", one);
  }
  row(plan, "certificates");
  cell(plan, "profile", "%.*s", HANSE_FMT(listener->tls));
  cell(plan, "side", "%s", outside ? "partners" : "inside");
  cell(plan, "subject", "%.*s", HANSE_FMT(listener->name.name));
  cell(plan, "alternative_names", "%s", names);
  cell(plan, "purpose", "%s", outside && client ? "serverAuth, clientAuth" : "serverAuth");
  cell(plan, "authority", "%s", outside ? "one that partners believe" : "our own");
  if (outside && (plan->clients[0] || plan->names[0]))
    cell(plan, "remark", "%s%s%s%s", plan->clients[0] ? "clientAuth for " : "", plan->clients,
         plan->names[0] ? "; the subject is compared by " : "", plan->names);
}

static void certificates(struct planning *plan) {
  const struct settings *settings = plan->generation->settings;
  for (size_t i = 0; i < settings->listen.count; i++) {
    const struct settings_listener *listener = settings_listener_at(settings, i);
    bool again = false;
    for (size_t k = 0; k < i; k++) {
      const struct settings_listener *other = settings_listener_at(settings, k);
      again |= hanse_same(other->tls, listener->tls) && hanse_same(other->name.name, listener->name.name) &&
               other->side == listener->side && hanse_same(other->protocol, listener->protocol);
    }
    if (!again && listener->tls.len) certificate_row(plan, listener);
  }
}

/* ---- ports ---- */

static void port_row(struct planning *plan, const char *direction, const char *protocol, const char *from,
                     const char *to, const char *port, const char *purpose) {
  row(plan, "ports");
  cell(plan, "direction", "%s", direction);
  cell(plan, "protocol", "%s", protocol);
  cell(plan, "from", "%s", from);
  cell(plan, "to", "%s", to);
  cell(plan, "port", "%s", port);
  cell(plan, "purpose", "%s", purpose);
}

/* Ports of partners that are not the protocol's own. */
struct ports {
  uint16_t usual, at[PORTS];
  size_t count;
};

static void port_note(struct ports *ports, uint16_t port) {
  for (size_t i = 0; i < ports->count; i++)
    if (ports->at[i] == port) return;
  if (port != ports->usual && ports->count < PORTS) ports->at[ports->count++] = port;
}

/* Where a message to each of the first entries would go; of those that are found by a record, as far as it is known. */
static void ports_of_entries(struct planning *plan, struct ports *ports) {
  const struct partner_set *set = plan->generation->partners;
  const struct home *home = set->home_count ? &set->homes[0] : NULL;
  const struct hanse_slice name = home && home->peer_count ? home->peers[0].name : hanse_slice("", 0);
  for (size_t i = 0; home && i < set->partner_count && i < ENTRIES; i++) {
    const struct hanse_address_fact from = {.domain = home->entry.domain};
    const struct hanse_address_fact to = {.domain = set->partners[i].entry.domain};
    struct rehearsal rehearsal;
    rehearse(&rehearsal, plan->router, HANSE_SIDE_HOME, &from, &to, &name, name.len ? 1 : 0);
    for (uint32_t k = 0; rehearsal.message && k < rehearsal.message->way.route.count; k++)
      port_note(ports, target_key(rehearsal.message->way.route.targets[k])->port);
    rehearsal_end(&rehearsal);
  }
}

static void partner_ports(struct planning *plan, const struct settings_listener *listener) {
  struct ports ports = {.usual = port_of(plan->generation, listener)};
  const struct hanse_probe *probe = check_probe(plan->generation, listener->protocol);
  char protocol[40], own[300], port[16];
  wire(listener->protocol, protocol);
  snprintf(own, sizeof own, "%.*s",
           HANSE_FMT(is_any(listener->address.host) ? listener->name.name : listener->address.host));
  snprintf(port, sizeof port, "%u", ports.usual);
  port_row(plan, "in", protocol, "any", own, port, "partners to us");
  if (probe) ports.usual = (uint16_t)probe->port;
  snprintf(port, sizeof port, "%u", ports.usual);
  port_row(plan, "out", protocol, own, "any", port, "us to partners");
  ports_of_entries(plan, &ports);
  for (size_t i = 0; i < ports.count; i++) {
    snprintf(port, sizeof port, "%u", ports.at[i]);
    port_row(plan, "out", protocol, own, "any", port, "us to partners whose entry or record names this port");
  }
}

static void home_ports(struct planning *plan, const struct settings_listener *listener) {
  const struct settings *settings = plan->generation->settings;
  char protocol[40], own[300], port[16], server[300];
  wire(listener->protocol, protocol);
  snprintf(own, sizeof own, "%.*s",
           HANSE_FMT(is_any(listener->address.host) ? listener->name.name : listener->address.host));
  snprintf(port, sizeof port, "%u", port_of(plan->generation, listener));
  for (size_t i = 0; i < settings->home.count; i++) {
    const struct settings_home *home = settings_home_at(settings, i);
    const struct hanse_probe *probe = check_probe(plan->generation, home->protocol);
    bool again = false;
    for (size_t k = 0; k < i; k++)
      again |= hanse_same(settings_home_at(settings, k)->server.host, home->server.host) &&
               settings_home_at(settings, k)->server.port == home->server.port;
    if (again || !hanse_same(home->protocol, listener->protocol)) continue;
    snprintf(server, sizeof server, "%.*s", HANSE_FMT(home->server.host));
    port_row(plan, "inside", protocol, server, own, port, "our server to us");
    char to[16];
    snprintf(to, sizeof to, "%u", home->server.port ? home->server.port : probe ? probe->port : 0);
    port_row(plan, "inside", protocol, own, server, to, "us to our server");
  }
}

static void resolver_ports(struct planning *plan) {
  const struct hanse_list *forwarders = &plan->generation->settings->dns.forwarders;
  const struct hanse_slice *all = forwarders->items;
  for (size_t i = 0; i < forwarders->count; i++) {
    char host[128], port[16] = "53";
    const char *at = memchr(all[i].at, '@', all[i].len);
    size_t n = at ? (size_t)(at - all[i].at) : all[i].len;
    snprintf(host, sizeof host, "%.*s", (int)(n < 100 ? n : 100), all[i].at);
    if (at) snprintf(port, sizeof port, "%.*s", (int)(all[i].len - n - 1 < 8 ? all[i].len - n - 1 : 8), at + 1);
    port_row(plan, "out", "DNS, UDP and TCP", "this router", host, port, "names of partners");
  }
  if (!forwarders->count) port_row(plan, "out", "DNS, UDP and TCP", "this router", "any", "53", "names of partners");
}

static void list_ports(struct planning *plan) {
  const struct settings *settings = plan->generation->settings;
  for (size_t i = 0; i < settings->tls.count; i++) {
    const struct hanse_slice *sources = settings_tls_at(settings, i)->crl.items;
    struct crl_place place;
    for (size_t k = 0; k < settings_tls_at(settings, i)->crl.count; k++)
      if (crl_is_url(sources[k]) && crl_place_parse(sources[k], &place))
        port_row(plan, "out", "HTTP, TCP", "this router", place.host, place.port, "lists of revoked certificates");
  }
}

/* Media never pass this router; whoever relays them needs these (the tables of 2013). */
static void media_ports(struct planning *plan) {
  char purpose[500];
  if (!(plan->flags & HANSE_NEED_MEDIA)) return;
  snprintf(purpose, sizeof purpose, "audio and video with %s: relay, not this router", plan->media);
  port_row(plan, "in and out", "STUN, UDP", "relay of media", "any", "3478", purpose);
  port_row(plan, "in and out", "STUN, TCP", "relay of media", "any", "443", purpose);
  port_row(plan, "out", "RTP, TCP", "relay of media", "any", "50000-59999", purpose);
  port_row(plan, "in and out", "RTP, UDP", "relay of media", "any", "50000-59999",
           "the same, only for partners of the generation of 2007");
}

static void ports(struct planning *plan) {
  const struct settings *settings = plan->generation->settings;
  for (size_t i = 0; i < settings->listen.count; i++) {
    const struct settings_listener *listener = settings_listener_at(settings, i);
    if (listener->side == SETTINGS_PARTNER)
      partner_ports(plan, listener);
    else
      home_ports(plan, listener);
  }
  resolver_ports(plan);
  list_ports(plan);
  media_ports(plan);
}

/* ---- records ---- */

static void record_row(struct planning *plan, const char *type, const char *name, const char *value,
                       const char *purpose) {
  row(plan, "records");
  cell(plan, "type", "%s", type);
  cell(plan, "name", "%s", name);
  cell(plan, "value", "%s", value);
  cell(plan, "purpose", "%s", purpose);
}

static void address_row(struct planning *plan, const struct settings_listener *listener, const char *name,
                        const char *purpose) {
  char value[400];
  bool any = is_any(listener->address.host);
  snprintf(value, sizeof value, "%.*s%s", any ? 0 : (int)listener->address.host.len, listener->address.host.at,
           any ? "the outer address of each node" : ", or what it is translated to; of each node");
  record_row(plan,
             domain_is_ip(listener->address.host) && memchr(listener->address.host.at, ':', listener->address.host.len)
                 ? "AAAA"
                 : "A",
             name, value, purpose);
}

/* The host of a domain's record lies within the domain (R40). */
static void domain_rows(struct planning *plan, const struct settings_listener *listener,
                        const struct settings_home *home) {
  const struct hanse_probe *probe = check_probe(plan->generation, home->protocol);
  char host[300], name[400], value[400];
  bool within = hanse_domain_within(listener->name.name, home->domain.name);
  if (within)
    snprintf(host, sizeof host, "%.*s", HANSE_FMT(listener->name.name));
  else
    snprintf(host, sizeof host, "%.*s.%.*s", HANSE_FMT(home->protocol), HANSE_FMT(home->domain.name));
  if (probe) {
    snprintf(name, sizeof name, "%s.%.*s", probe->service, HANSE_FMT(home->domain.name));
    snprintf(value, sizeof value, "0 0 %u %s", port_of(plan->generation, listener), host);
    record_row(plan, "SRV", name, value, "partners find us by it; left out, only those who enter our edge do");
  }
  if (!within) address_row(plan, listener, host, "the host of that record, which lies within the domain");
}

static void records(struct planning *plan) {
  const struct settings *settings = plan->generation->settings;
  for (size_t i = 0; i < settings->listen.count; i++) {
    const struct settings_listener *listener = settings_listener_at(settings, i);
    char name[300];
    if (listener->side != SETTINGS_PARTNER) continue;
    snprintf(name, sizeof name, "%.*s", HANSE_FMT(listener->name.name));
    address_row(plan, listener, name, "our edge, as partners enter it");
    for (size_t k = 0; k < settings->home.count; k++)
      if (hanse_same(settings_home_at(settings, k)->protocol, listener->protocol))
        domain_rows(plan, listener, settings_home_at(settings, k));
  }
}

enum hanse_outcome command_plan(struct router *router, struct hanse_rows *rows, uintptr_t *cursor) {
  (void)cursor;
  struct planning plan = {.needs = {.size = sizeof plan.needs, .say = note_need},
                          .router = router,
                          .generation = router->now,
                          .rows = rows};
  check_needs(router, &plan.needs);
  certificates(&plan);
  ports(&plan);
  records(&plan);
  return HANSE_DONE;
}
