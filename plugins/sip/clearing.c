/* The federation type `clearing-house`: one server outside speaks for all domains that no entry names, and takes what
   goes to them (default route). Its certificate must name it; what it says of domains is believed. */
#include <stdlib.h>

#include "federation.h"

struct clearing_settings {
  struct hanse_address edge;
};

struct clearing {
  struct hanse_host *host;
  const struct clearing_settings *settings;
};

static const struct hanse_option clearing_options[] = {
    HANSE_OPTION(struct clearing_settings, edge, HANSE_ADDRESS, HANSE_REQUIRED | HANSE_HOST_NAME, NULL,
                 "The clearing house's access edge: its host name, which its certificate must prove, and where it "
                 "differs from 5061 the port."),
    HANSE_OPTIONS_END,
};

static void found_there(const struct clearing *clearing, struct hanse_question *question) {
  question->why->where = clearing->settings->edge.where;
  question->through = clearing->settings->edge.host;
  question->configured = true;
  question->lasts = 0; /* nothing but the configuration can change it */
}

static enum hanse_found clearing_confirm(void *self, const struct hanse_partner *partner,
                                         struct hanse_question *question) {
  const struct clearing *clearing = (const struct clearing *)self;
  const struct hanse_address *edge = &clearing->settings->edge;
  char names[HANSE_PEER_NAMES];
  (void)partner;
  if (question->ours) return HANSE_FOUND_NOT_MINE;
  if (!question->peer || !hanse_peer_proves(question->peer, edge->host)) {
    hanse_question_refuse(
        question, edge->where, HANSE_F_UNKNOWN_PARTNER,
        "the peer proved %s, but no entry of `partners` covers %.*s, and for domains without one only "
        "the clearing house %.*s speaks; if it has moved, change edge of this module",
        hanse_peer_names(question->peer, names), HANSE_FMT(question->domain), HANSE_FMT(edge->host));
    return HANSE_FOUND_NOT_MINE; /* told when it is nobody's */
  }
  found_there(clearing, question);
  return HANSE_FOUND_YES;
}

static enum hanse_found clearing_route(void *self, const struct hanse_partner *partner,
                                       struct hanse_question *question) {
  const struct clearing *clearing = (const struct clearing *)self;
  const struct hanse_address *edge = &clearing->settings->edge;
  struct hanse_place place = {.size = sizeof place,
                              .protocol = HANSE_LIT("sip"),
                              .port = edge->port ? edge->port : FEDERATION_PORT,
                              .host = edge->host,
                              .prove = edge->host,
                              .may_be_private = true};
  (void)partner;
  if (question->ours) return HANSE_FOUND_NOT_MINE;
  int status = hanse_route_add(clearing->host, question->targets, &place);
  if (status != HANSE_OK)
    return hanse_question_refuse(question, edge->where, status == HANSE_NOMEM ? HANSE_F_MEMORY : HANSE_F_ADDRESS,
                                 "the clearing house %.*s cannot be a target", HANSE_FMT(edge->host));
  found_there(clearing, question);
  return HANSE_FOUND_YES;
}

static const struct hanse_federation clearing_federation = {
    .size = sizeof(struct hanse_federation),
    .wire_type = HANSE_WIRE_CLEARING_HOUSE,
    .catch_all = true,
    .confirm = clearing_confirm,
    .route = clearing_route,
};

/* What the same thing is called elsewhere (R7). */
static const char *const clearing_aliases[] = {"clearinghouse", "clearing house", "ClearingHouse",
                                               "default route", "default-route",  NULL};

static const struct hanse_offer clearing_offers[] = {
    {HANSE_FEDERATION, "clearing-house", clearing_aliases, &clearing_federation, NULL, 0},
    HANSE_OFFERS_END,
};

static int clearing_create(struct hanse_host *host, void **self) {
  struct clearing *clearing = (struct clearing *)calloc(1, sizeof *clearing);
  if (!clearing) return HANSE_NOMEM;
  clearing->host = host;
  *self = clearing;
  return HANSE_OK;
}

static int clearing_configure(void *self, const void *settings, struct hanse_problem *problem) {
  struct clearing *clearing = (struct clearing *)self;
  (void)problem;
  clearing->settings = (const struct clearing_settings *)settings;
  return HANSE_OK;
}

static int clearing_start(void *self) {
  (void)self;
  return HANSE_OK;
}

static void clearing_destroy(void *self) { free(self); }

/* With a default route nothing is left that a provider could be asked for (R15). */
static const char *const clearing_excludes[] = {"hosting", "public", "discovered", NULL};

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),
    .name = "clearing",
    .version = "0.1.0",
    .summary = "one server outside for all domains that no entry names",
    .options = clearing_options,
    .settings_size = sizeof(struct clearing_settings),
    .offers = clearing_offers,
    .create = clearing_create,
    .configure = clearing_configure,
    .start = clearing_start,
    .destroy = clearing_destroy,
    .excludes = clearing_excludes,
};
