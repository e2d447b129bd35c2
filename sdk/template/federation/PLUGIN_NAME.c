/* The federation type PLUGIN_NAME: a partner's entry names the server that speaks for the domain, nothing is looked up.
 */
#include <hanse/plugin.h>
#include <stdlib.h>

/* What an entry of `partners` with type = "PLUGIN_NAME" says; the router converts it by the table below. */
struct PLUGIN_NAME_entry {
  struct hanse_where where; /* file and line of the entry: whoever is refused by it is told that */
  struct hanse_address server;
};

static const struct hanse_option entry_table[] = {
    HANSE_OPTION(struct PLUGIN_NAME_entry, where, HANSE_ORIGIN, HANSE_HIDDEN, NULL, "Where the entry stands."),
    /* a name, since no certificate proves an address */
    HANSE_OPTION(struct PLUGIN_NAME_entry, server, HANSE_ADDRESS, HANSE_REQUIRED | HANSE_HOST_NAME, NULL,
                 "Host name and port of the partner's server; its certificate must prove the name."),
    HANSE_OPTIONS_END,
};

/* All state hangs on the instance: a reload runs two of them side by side, so there are no static variables. */
struct PLUGIN_NAME {
  struct hanse_host *host;
  uint64_t *unproved; /* a counter of the router's: it goes on over reloads */
};

/* Somebody sends in the name of question->domain. May he? The router proved what his certificate says, not more. */
static enum hanse_found confirm(void *self, const struct hanse_partner *partner, struct hanse_question *question) {
  struct PLUGIN_NAME *me = self;
  const struct PLUGIN_NAME_entry *entry = hanse_partner_settings(me->host, partner);
  question->why->where = entry->where;
  if (hanse_peer_proves(question->peer, entry->server.host)) return HANSE_FOUND_YES;
  if (!question->dry) ++*me->unproved; /* dry: `hansectl explain` only asks what would be */
  hanse_refusal_say(question->why, question->arena, HANSE_F_NAME_NOT_PROVED, entry->where,
                    "the peer does not prove the name of the entry's server");
  return HANSE_FOUND_NO;
}

/* A message goes to question->domain. Where to? `lasts` stays 0: only a changed configuration changes the answer. */
static enum hanse_found route(void *self, const struct hanse_partner *partner, struct hanse_question *question) {
  struct PLUGIN_NAME *me = self;
  const struct PLUGIN_NAME_entry *entry = hanse_partner_settings(me->host, partner);
  const struct hanse_place place = {.size = sizeof place,
                                    .port = entry->server.port ? entry->server.port : 5061,
                                    .host = entry->server.host,
                                    .prove = entry->server.host,
                                    .may_be_private = true}; /* the administrator wrote it */
  question->why->where = entry->where;
  question->whole_entry = true; /* the same for all domains below it */
  if (hanse_route_add(me->host, question->targets, &place) == HANSE_OK) return HANSE_FOUND_YES;
  hanse_refusal_say(question->why, question->arena, HANSE_F_ADDRESS, entry->where, "the server cannot be a target");
  return HANSE_FOUND_NO;
}

/* What cannot be had is said (HANSE_NOMEM); the router goes on with what it had. */
static int create(struct hanse_host *host, void **self) {
  struct PLUGIN_NAME *me = calloc(1, sizeof *me);
  if (!me) return HANSE_NOMEM;
  me->host = host;
  me->unproved = hanse_counter(host, "unproved", "peers that do not prove the server of their entry");
  *self = me;
  return HANSE_OK;
}

static const struct hanse_federation type = {
    .size = sizeof type, .wire_type = HANSE_WIRE_DIRECT_PARTNER, .confirm = confirm, .route = route};
static const struct hanse_offer offers[] = {
    {HANSE_FEDERATION, "PLUGIN_NAME", NULL, &type, entry_table, sizeof(struct PLUGIN_NAME_entry)}, HANSE_OFFERS_END};

/* The one symbol that is seen from outside. HANSE_NEEDS: the minor version of the contract that this needs. */
const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(HANSE_ABI_MINOR),
    .name = "PLUGIN_NAME",
    .version = "0.1",
    .summary = "partners by their server's name",
    .offers = offers,
    .create = create,
    .destroy = free,
};
