/* A federation type: partners that are reached over a list of servers written down for each of them, in order, with
   nobody asked. It shows the two questions that a type answers (who is that? where is that?), and an entry table: what
   an entry of `partners` may say when its `type` is ours. */
#include <hanse/plugin.h>
#include <stdlib.h>

#define USUAL_PORT 5061 /* sip over TLS (RFC 3261 §19.1.2) */
#define SERVERS_MAX 32  /* places that a route may have: hanse_route_add */

/* One entry of `partners`; `domain` and `type` are the router's own and not in it. */
struct entry {
  struct hanse_where where;
  struct hanse_list servers; /* struct hanse_address */
  struct hanse_list names;   /* struct hanse_domain */
};

struct static_routes {
  struct hanse_host *host;
  uint64_t *unproved;
};

static const struct hanse_option entry_table[] = {
    HANSE_OPTION(struct entry, where, HANSE_ORIGIN, HANSE_HIDDEN, NULL, "Where the entry stands."),
    HANSE_OPTION(struct entry, servers, HANSE_ADDRESS, HANSE_LIST | HANSE_REQUIRED | HANSE_HOST_NAME, NULL,
                 "The partner's servers, at most 32, tried in this order, and their ports where those are not 5061. "
                 "Names, because each must prove its own by certificate."),
    HANSE_OPTION(struct entry, names, HANSE_DOMAIN, HANSE_LIST, NULL,
                 "Further names by whose certificate a peer may speak for the partner: of servers that only send."),
    HANSE_OPTIONS_END,
};

/* ---- who is that? ---- */

static bool speaks_for(const struct hanse_peer *peer, const struct entry *entry) {
  const struct hanse_address *servers = entry->servers.items;
  const struct hanse_domain *names = entry->names.items;
  for (size_t i = 0; i < entry->servers.count; i++)
    if (hanse_peer_proves(peer, servers[i].host)) return true;
  for (size_t i = 0; i < entry->names.count; i++)
    if (hanse_peer_proves(peer, names[i].name)) return true;
  return false;
}

static enum hanse_found no(struct hanse_question *question, const struct entry *entry, enum hanse_failure failure,
                           const char *text) {
  hanse_refusal_say(question->why, question->arena, failure, entry->where, text);
  return HANSE_FOUND_NO;
}

/* Somebody sends as question->domain. The router has found the entry by the domain, and checked the peer's certificate;
   whether that peer may speak for that domain is our decision, and the only thing that stands against forged senders.
 */
static enum hanse_found confirm(void *self, const struct hanse_partner *partner, struct hanse_question *question) {
  struct static_routes *routes = self;
  const struct entry *entry = hanse_partner_settings(routes->host, partner);
  if (question->peer && speaks_for(question->peer, entry)) {
    question->why->where = entry->where; /* what `hansectl explain` shows as the reason */
    question->lasts = 0;                 /* the answer holds until the configuration changes */
    return HANSE_FOUND_YES;
  }
  if (!question->dry) ++*routes->unproved;
  return no(question, entry, HANSE_F_NAME_NOT_PROVED,
            "the peer's certificate proves none of this entry's servers and names; add the name that it has, if it is "
            "the partner's");
}

/* ---- where is that? ---- */

/* The router dials them, remembers which are down, and tries the next one. */
static enum hanse_found route(void *self, const struct hanse_partner *partner, struct hanse_question *question) {
  struct static_routes *routes = self;
  const struct entry *entry = hanse_partner_settings(routes->host, partner);
  const struct hanse_address *servers = entry->servers.items;
  /* An entry table has no bound for a list. Not the first ones alone: who wrote the others relies on them. */
  if (entry->servers.count > SERVERS_MAX)
    return no(question, entry, HANSE_F_NO_ROUTE, "the entry has more than 32 servers; take some out of it");
  for (size_t i = 0; i < entry->servers.count; i++) {
    const struct hanse_place place = {
        .size = sizeof place,
        .host = servers[i].host,
        .port = servers[i].port ? servers[i].port : USUAL_PORT,
        .prove = servers[i].host, /* the certificate must name what the administrator wrote */
        .may_be_private = true,   /* and he may well have written a server within the company */
    };
    int status = hanse_route_add(routes->host, question->targets, &place);
    if (status == HANSE_NOMEM) return no(question, entry, HANSE_F_MEMORY, "no memory for the servers");
    if (status != HANSE_OK) return no(question, entry, HANSE_F_ADDRESS, "a server of this entry may not be dialled");
  }
  question->why->where = entry->where;
  question->lasts = 0;
  question->whole_entry = true; /* also for the domains below the entry's */
  return HANSE_FOUND_YES;
}

/* ---- life ---- */

static int create(struct hanse_host *host, void **self) {
  struct static_routes *routes = calloc(1, sizeof *routes);
  if (!routes) return HANSE_NOMEM;
  routes->host = host;
  routes->unproved = hanse_counter(host, "unproved", "peers that prove no name of their entry");
  *self = routes;
  return HANSE_OK;
}

/* An entry that we know by name: `wire_type` is what the partner's side is told of how it is federated. */
static const struct hanse_federation federation = {
    .size = sizeof federation, .wire_type = HANSE_WIRE_DIRECT_PARTNER, .confirm = confirm, .route = route};
static const struct hanse_offer offers[] = {
    {.capability = HANSE_FEDERATION,
     .name = "static", /* partners = ( { type = "static"; … } ) */
     .slots = &federation,
     .entry = entry_table,
     .entry_size = sizeof(struct entry)},
    HANSE_OFFERS_END,
};
/* The module itself has no settings, and so no `configure`: everything stands with the partners. */
const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),   .name = "static_routes",
    .version = "1.0", .summary = "partners that are reached over a written list of servers",
    .offers = offers, .create = create,
    .destroy = free,
};
