/* The federation type `direct`: one domain and the access edge that speaks for it. The edge is dialled by its own name,
   without SRV (R2), and whoever speaks for the domain must prove that name (R19). */
#include <stdlib.h>

#include "federation.h"

struct direct_settings {
  bool be_clearing_house;
};

struct direct {
  struct hanse_host *host;
  const struct direct_settings *settings;
  uint64_t *unproved;
};

struct direct_entry {
  struct hanse_where where;
  struct hanse_address edge;
  bool member;
};

static const struct hanse_option direct_options[] = {
    HANSE_OPTION(struct direct_settings, be_clearing_house, HANSE_BOOL, 0, "false",
                 "Whether we pass on what one partner sends to another one: only between two whose entries both say "
                 "`member`, never for anybody else, and never on to a third."),
    HANSE_OPTIONS_END,
};

static const struct hanse_option direct_entry_table[] = {
    HANSE_OPTION(struct direct_entry, where, HANSE_ORIGIN, HANSE_HIDDEN, NULL, "Where the entry stands."),
    HANSE_OPTION(struct direct_entry, edge, HANSE_ADDRESS, HANSE_REQUIRED | HANSE_HOST_NAME, NULL,
                 "The partner's access edge: its host name, which its certificate must prove, and where it differs "
                 "from 5061 the port. An IP address is refused, because no certificate proves one."),
    HANSE_OPTION(struct direct_entry, member, HANSE_BOOL, 0, "false",
                 "Whether it is a member of our clearing house, and may write to the other members through us; of "
                 "effect where the module says `be_clearing_house`."),
    HANSE_OPTIONS_END,
};

static enum hanse_found direct_unproved(struct direct *direct, const struct direct_entry *entry,
                                        struct hanse_question *question) {
  char names[HANSE_PEER_NAMES];
  if (!question->dry) ++*direct->unproved;
  return hanse_question_refuse(
      question, entry->where, HANSE_F_NAME_NOT_PROVED,
      "the peer proved %s, but only %.*s may speak for %.*s; if the partner has moved, change edge in "
      "this entry, otherwise the partner must present a certificate that names %.*s",
      hanse_peer_names(question->peer, names), HANSE_FMT(entry->edge.host), HANSE_FMT(question->domain),
      HANSE_FMT(entry->edge.host));
}

static enum hanse_found direct_confirm(void *self, const struct hanse_partner *partner,
                                       struct hanse_question *question) {
  struct direct *direct = (struct direct *)self;
  const struct direct_entry *entry = (const struct direct_entry *)hanse_partner_settings(direct->host, partner);
  if (!question->peer || !hanse_peer_proves(question->peer, entry->edge.host))
    return direct_unproved(direct, entry, question);
  question->why->where = entry->where;
  question->lasts = 0; /* nothing but the configuration can change it */
  question->terms.relays = entry->member && direct->settings->be_clearing_house;
  return HANSE_FOUND_YES;
}

static enum hanse_found direct_route(void *self, const struct hanse_partner *partner, struct hanse_question *question) {
  struct direct *direct = (struct direct *)self;
  const struct direct_entry *entry = (const struct direct_entry *)hanse_partner_settings(direct->host, partner);
  struct hanse_place place = {
      .size = sizeof place,
      .protocol = HANSE_LIT("sip"),
      .port = entry->edge.port ? entry->edge.port : FEDERATION_PORT,
      .host = entry->edge.host,
      .prove = entry->edge.host,
      .may_be_private = true,
  };
  int status = hanse_route_add(direct->host, question->targets, &place);
  if (status == HANSE_NOMEM)
    return hanse_question_refuse(question, entry->where, HANSE_F_MEMORY, "no memory for the target");
  if (status)
    return hanse_question_refuse(question, entry->where, HANSE_F_ADDRESS, "the edge of this entry cannot be a target");
  question->why->where = entry->where;
  question->lasts = 0;
  question->whole_entry = true;
  question->terms.relays = entry->member && direct->settings->be_clearing_house;
  return HANSE_FOUND_YES;
}

static const struct hanse_federation direct_federation = {
    .size = sizeof(struct hanse_federation),
    .wire_type = HANSE_WIRE_DIRECT_PARTNER,
    .catch_all = false,
    .confirm = direct_confirm,
    .route = direct_route,
};

/* What the same thing was called before: LCS 2005, OCS 2007, Lync 2010, and on the wire (R7). */
static const char *const direct_aliases[] = {
    "direct partner",
    "direct-partner",
    "DirectPartner",
    "allowed partner server",
    "allowed-partner-server",
    "allowed server",
    "allowed-server",
    "allowed domain with Access Edge FQDN",
    "allowed-domain-with-edge",
    NULL,
};

static const struct hanse_offer direct_offers[] = {
    {HANSE_FEDERATION, "direct", direct_aliases, &direct_federation, direct_entry_table, sizeof(struct direct_entry)},
    HANSE_OFFERS_END,
};

static int direct_create(struct hanse_host *host, void **self) {
  struct direct *direct = (struct direct *)calloc(1, sizeof *direct);
  if (!direct) return HANSE_NOMEM;
  direct->host = host;
  direct->unproved = hanse_counter(host, "unproved", "peers whose certificate does not prove the edge of their entry");
  *self = direct;
  return HANSE_OK;
}

static int direct_configure(void *self, const void *settings, struct hanse_problem *problem) {
  struct direct *direct = (struct direct *)self;
  (void)problem;
  direct->settings = (const struct direct_settings *)settings;
  return HANSE_OK;
}

static int direct_start(void *self) {
  (void)self;
  return HANSE_OK;
}

static void direct_destroy(void *self) { free(self); }

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),
    .name = "direct",
    .version = "0.1.0",
    .summary = "partners that are reached by the name of their access edge and must prove it",
    .options = direct_options,
    .settings_size = sizeof(struct direct_settings),
    .offers = direct_offers,
    .create = direct_create,
    .configure = direct_configure,
    .start = direct_start,
    .destroy = direct_destroy,
};
