/* The federation type `hosting`: providers that serve the domains of others. A domain belongs to a provider when its
   SRV record leads to the provider's edge, and the provider's certificate must name that edge; no name has to match the
   domain (R5, R6, R8). */
#include <stdlib.h>

#include "located.h"

struct hosting_provider {
  struct hanse_where where;
  struct hanse_slice name;
  struct hanse_address edge;
  bool enabled, require_allow_list, shared_address_space;
};

struct hosting_settings {
  struct hanse_list providers; /* struct hosting_provider */
};

struct hosting_entry {
  struct hanse_where where;
  struct hanse_slice provider; /* empty: any */
};

struct hosting {
  struct located located; /* first */
  const struct hosting_provider *providers;
  size_t count;
};

static const struct hanse_option hosting_provider_table[] = {
    HANSE_OPTION(struct hosting_provider, where, HANSE_ORIGIN, HANSE_HIDDEN, NULL, "Where the provider stands."),
    HANSE_OPTION(struct hosting_provider, name, HANSE_STRING, HANSE_REQUIRED, NULL,
                 "What the provider is called here and in the log."),
    HANSE_OPTION(struct hosting_provider, edge, HANSE_ADDRESS, HANSE_REQUIRED | HANSE_HOST_NAME, NULL,
                 "Its access edge: the host to which the SRV records of the domains lead that it serves, and which its "
                 "certificate must prove."),
    HANSE_OPTION(struct hosting_provider, enabled, HANSE_BOOL, 0, "false",
                 "Whether anything passes to it and from it."),
    HANSE_OPTION(
        struct hosting_provider, require_allow_list, HANSE_BOOL, 0, "true",
        "Whether only those of its domains are talked with that have an entry in `partners`; false: all of them."),
    HANSE_OPTION(struct hosting_provider, shared_address_space, HANSE_BOOL, 0, "false",
                 "Whether it hosts users of our own domains, of those that are `shared`."),
    HANSE_OPTIONS_END,
};

static const struct hanse_option hosting_options[] = {
    HANSE_OPTION(struct hosting_settings, providers, HANSE_GROUP, HANSE_LIST, NULL, "Who serves the domains of others.",
                 .group = hosting_provider_table, .group_size = sizeof(struct hosting_provider)),
    HANSE_OPTIONS_END,
};

static const struct hanse_option hosting_entry_table[] = {
    HANSE_OPTION(struct hosting_entry, where, HANSE_ORIGIN, HANSE_HIDDEN, NULL, "Where the entry stands."),
    HANSE_OPTION(struct hosting_entry, provider, HANSE_STRING, 0, NULL,
                 "The provider that must serve this domain, by its name; without it any that is enabled may."),
    HANSE_OPTIONS_END,
};

/* ---- who serves a domain ---- */

static const struct hosting_entry *entry_of(const struct hosting *hosting, const struct hanse_partner *partner) {
  return partner ? (const struct hosting_entry *)hanse_partner_settings(hosting->located.host, partner) : NULL;
}

static struct hanse_where where_of(const struct hosting_entry *entry) {
  return entry ? entry->where : (struct hanse_where){0};
}

static bool may_serve(const struct hosting_provider *provider, const struct hosting_entry *entry) {
  return provider->enabled && (!entry || !entry->provider.len || hanse_same(entry->provider, provider->name));
}

/* The provider that the records lead to, and by which of them. NULL: none that may serve the entry. */
static const struct hosting_provider *serving(const struct hosting *hosting, const struct hosting_entry *entry,
                                              const struct hanse_services *services, uint16_t *port) {
  for (uint32_t i = 0; i < services->count; i++) {
    for (size_t k = 0; k < hosting->count; k++) {
      const struct hosting_provider *provider = &hosting->providers[k];
      if (!may_serve(provider, entry) || !hanse_same(services->items[i].host, provider->edge.host)) continue;
      *port = services->items[i].port;
      return provider;
    }
  }
  return NULL;
}

/* One of our own domains is shared with whoever the settings say; no record tells. */
static const struct hosting_provider *sharing(const struct hosting *hosting, const struct hanse_peer *peer) {
  for (size_t i = 0; i < hosting->count; i++) {
    const struct hosting_provider *provider = &hosting->providers[i];
    if (provider->enabled && provider->shared_address_space && (!peer || hanse_peer_proves(peer, provider->edge.host)))
      return provider;
  }
  return NULL;
}

static bool any_may_serve(const struct hosting *hosting, const struct hosting_entry *entry,
                          const struct hanse_peer *peer) {
  for (size_t i = 0; i < hosting->count; i++) {
    const struct hosting_provider *provider = &hosting->providers[i];
    if (may_serve(provider, entry) && (!peer || hanse_peer_proves(peer, provider->edge.host))) return true;
  }
  return false;
}

static enum hanse_found found_through(struct hanse_question *question, const struct hosting_provider *provider,
                                      struct hanse_where where) {
  question->why->where = where;
  question->through = provider->name;
  question->configured = true;
  return HANSE_FOUND_YES;
}

/* The domain's provider. HANSE_FOUND_YES: *out, and the question says through whom. */
static enum hanse_found find(struct hosting *hosting, const struct hosting_entry *entry,
                             struct hanse_question *question, const struct hosting_provider **out, uint16_t *port) {
  struct hanse_services services;
  if (question->ours) {
    *out = sharing(hosting, question->peer);
    *port = FEDERATION_PORT;
    return *out ? found_through(question, *out, (*out)->where) : HANSE_FOUND_NOT_MINE;
  }
  enum hanse_found found = located_services(&hosting->located, question, where_of(entry), &services);
  if (found == HANSE_FOUND_NO && !entry && question->why->failure == HANSE_F_SRV_NONE) return HANSE_FOUND_NOT_MINE;
  if (found != HANSE_FOUND_YES) return found;
  const struct hosting_provider *provider = serving(hosting, entry, &services, port);
  if (!provider && !entry) return HANSE_FOUND_NOT_MINE;
  if (!provider)
    return hanse_question_refuse(
        question, entry->where, HANSE_F_NO_ROUTE,
        "the SRV record of %.*s leads to %.*s, which is the edge of no provider that is enabled%s",
        HANSE_FMT(question->domain), HANSE_FMT(services.items[0].host),
        entry->provider.len ? " under the name that the entry asks for" : "");
  if (!entry && provider->require_allow_list)
    return hanse_question_refuse(
        question, provider->where, HANSE_F_HOSTED,
        "%.*s is served by the provider \"%.*s\", of whose domains only those are talked with that "
        "`partners` has; add { domain = \"%.*s\"; type = \"hosting\"; }",
        HANSE_FMT(question->domain), HANSE_FMT(provider->name), HANSE_FMT(question->domain));
  *out = provider;
  return found_through(question, provider, entry ? entry->where : provider->where);
}

/* ---- the slots ---- */

static enum hanse_found hosting_confirm(void *self, const struct hanse_partner *partner,
                                        struct hanse_question *question) {
  struct hosting *hosting = (struct hosting *)self;
  const struct hosting_entry *entry = entry_of(hosting, partner);
  const struct hosting_provider *provider;
  char names[HANSE_PEER_NAMES];
  uint16_t port;
  if (!entry && !any_may_serve(hosting, NULL, question->peer)) return HANSE_FOUND_NOT_MINE;
  enum hanse_found found = find(hosting, entry, question, &provider, &port);
  if (found != HANSE_FOUND_YES || (question->peer && hanse_peer_proves(question->peer, provider->edge.host)))
    return found;
  if (!question->dry) ++*hosting->located.unproved;
  return hanse_question_refuse(question, where_of(entry), HANSE_F_NAME_NOT_PROVED,
                               "the peer proved %s, but %.*s is served by the provider \"%.*s\", whose edge is %.*s",
                               hanse_peer_names(question->peer, names), HANSE_FMT(question->domain),
                               HANSE_FMT(provider->name), HANSE_FMT(provider->edge.host));
}

static enum hanse_found hosting_route(void *self, const struct hanse_partner *partner,
                                      struct hanse_question *question) {
  struct hosting *hosting = (struct hosting *)self;
  const struct hosting_entry *entry = entry_of(hosting, partner);
  const struct hosting_provider *provider;
  uint16_t port;
  if (!entry && !any_may_serve(hosting, NULL, NULL)) return HANSE_FOUND_NOT_MINE;
  enum hanse_found found = find(hosting, entry, question, &provider, &port);
  if (found != HANSE_FOUND_YES) return found;
  struct hanse_place place = {.size = sizeof place,
                              .protocol = HANSE_LIT("sip"),
                              .port = provider->edge.port ? provider->edge.port : port,
                              .host = provider->edge.host,
                              .prove = provider->edge.host};
  int status = hanse_route_add(hosting->located.host, question->targets, &place);
  if (status == HANSE_OK) return HANSE_FOUND_YES;
  return hanse_question_refuse(question, provider->where, status == HANSE_NOMEM ? HANSE_F_MEMORY : HANSE_F_ADDRESS,
                               "the edge of the provider \"%.*s\" cannot be a target", HANSE_FMT(provider->name));
}

static const struct hanse_federation hosting_federation = {
    .size = sizeof(struct hanse_federation),
    .wire_type = HANSE_WIRE_AUTHORIZED_SERVER,
    .catch_all = true,
    .confirm = hosting_confirm,
    .route = hosting_route,
    .withdrawn = located_withdrawn,
};

/* What the same thing was called before: LCS 2005 SP1, OCS 2007, Lync 2010, and on the wire (R7). */
static const char *const hosting_aliases[] = {
    "server allow list", "server-allow-list", "hosting provider", "hosting-provider", "AuthorizedServer", NULL,
};

static const struct hanse_offer hosting_offers[] = {
    {HANSE_FEDERATION, "hosting", hosting_aliases, &hosting_federation, hosting_entry_table,
     sizeof(struct hosting_entry)},
    HANSE_OFFERS_END,
};

/* ---- life ---- */

static int hosting_create(struct hanse_host *host, void **self) {
  struct hosting *hosting = (struct hosting *)calloc(1, sizeof *hosting);
  if (!hosting) return HANSE_NOMEM;
  located_init(&hosting->located, host);
  *self = hosting;
  return HANSE_OK;
}

/* Which of two providers with the same edge served a domain could not be told (R13). */
static int hosting_clash(const struct hosting *hosting, struct hanse_problem *problem) {
  for (size_t i = 0; i < hosting->count; i++) {
    for (size_t k = 0; k < i; k++) {
      const struct hosting_provider *one = &hosting->providers[k], *other = &hosting->providers[i];
      bool edges = hanse_same(one->edge.host, other->edge.host);
      if (!edges && !hanse_same(one->name, other->name)) continue;
      problem->where = other->where;
      hanse_explain(problem, "two providers with the %s \"%.*s\", the other at %s:%u; keep one",
                    edges ? "edge" : "name", HANSE_FMT(edges ? one->edge.host : one->name),
                    one->where.file ? one->where.file : "?", one->where.line);
      return HANSE_INVALID;
    }
  }
  return HANSE_OK;
}

/* Public providers are providers too (R13). */
static int hosting_claim(const struct hosting *hosting, struct hanse_problem *problem) {
  for (size_t i = 0; i < hosting->count; i++) {
    const struct hosting_provider *one = &hosting->providers[i];
    struct hanse_host *host = hosting->located.host;
    struct hanse_where other = {NULL, 0};
    const char *kind = "edge of a provider";
    int status = hanse_exclusive(host, kind, one->edge.host, one->where, &other);
    if (status == HANSE_OK) {
      kind = "name of a provider";
      status = hanse_exclusive(host, kind, one->name, one->where, &other);
    }
    if (status == HANSE_OK) continue;
    problem->where = one->where;
    hanse_explain(problem, "the %s \"%.*s\" belongs to another module, at %s:%u; keep one", kind,
                  HANSE_FMT(kind[0] == 'e' ? one->edge.host : one->name), other.file ? other.file : "?", other.line);
    return status;
  }
  return HANSE_OK;
}

static int hosting_configure(void *self, const void *settings, struct hanse_problem *problem) {
  struct hosting *hosting = (struct hosting *)self;
  const struct hosting_settings *written = (const struct hosting_settings *)settings;
  hosting->providers = (const struct hosting_provider *)written->providers.items;
  hosting->count = written->providers.count;
  int status = hosting_clash(hosting, problem);
  return status ? status : hosting_claim(hosting, problem);
}

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),
    .name = "hosting",
    .version = "0.1.0",
    .summary = "domains that a hosting provider serves, found by SRV",
    .options = hosting_options,
    .settings_size = sizeof(struct hosting_settings),
    .offers = hosting_offers,
    .create = hosting_create,
    .configure = hosting_configure,
    .start = located_start,
    .destroy = located_destroy,
};
