#include "router/found.h"

#include "contract/abi.h"
#include "router/router.h"

struct hanse_found_targets *found_new(struct message *message, const struct hanse_federation *slots,
                                      const struct hanse_partner *partner) {
  struct hanse_found_targets *found = hanse_alloc_zero(&message->scratch.arena, sizeof *found);
  if (!found) return NULL;
  found->message = message;
  found->wire_type = (uint8_t)slots->wire_type;
  found->partner = partner;
  return found;
}

static const struct settings_listener *first_partner_listener(const struct generation *generation) {
  for (size_t i = 0; i < generation->settings->listen.count; i++) {
    const struct settings_listener *listener = settings_listener_at(generation->settings, i);
    if (listener->side == SETTINGS_PARTNER) return listener;
  }
  return NULL;
}

/* The partner's own profile, else that of the first partner listener. */
static struct tls_profile *profile(const struct generation *generation, const struct hanse_partner *partner) {
  if (partner && partner->tls) return partner->tls;
  const struct settings_listener *listener = first_partner_listener(generation);
  return listener ? generation_profile(generation, listener->tls) : NULL;
}

/* Private addresses are for hosts that the administrator wrote down himself, or whose zone he did: a record may lead
   anybody to the machines beside us. */
static bool may_be_private(const struct generation *generation, const struct hanse_place *place) {
  const struct hanse_list *zones = &generation->settings->dns.private_zones;
  for (size_t i = 0; i < zones->count; i++)
    if (hanse_domain_within(place->host, ((const struct hanse_domain *)zones->items)[i].name)) return true;
  return place->may_be_private;
}

/* What the entry says, else the type, else the first partner listener. */
static const struct protocol *protocol_of(const struct generation *generation, const struct hanse_partner *partner,
                                          const struct hanse_place *place) {
  if (partner && partner->protocol.len) return generation_protocol(generation, partner->protocol);
  if (place->protocol.len) return generation_protocol(generation, place->protocol);
  const struct settings_listener *listener = first_partner_listener(generation);
  return listener ? generation_protocol(generation, listener->protocol) : NULL;
}

int found_settings(struct router *router, const struct hanse_partner *partner, const struct hanse_place *place,
                   struct target_settings *out) {
  const struct generation *generation = router->now;
  const struct protocol *protocol = protocol_of(generation, partner, place);
  if (!protocol) return HANSE_INVALID;
  struct target_settings settings = {.key = {.protocol = protocol->name,
                                             .host = place->host,
                                             .prove = place->prove,
                                             .port = place->port,
                                             .side = HANSE_SIDE_PARTNER,
                                             .tls = profile(generation, partner)},
                                     .rule = (enum hanse_identity_rule)protocol->slots->identity,
                                     .may_be_private = may_be_private(generation, place),
                                     .links = (unsigned)generation->settings->limits.links_per_partner,
                                     .local = generation_local(generation, HANSE_SIDE_PARTNER)};
  if (partner) {
    settings.key.source = partner->source;
    settings.any_family = partner->source_taken;
    settings.accept_cn = partner->accept_cn;
    settings.wildcards = partner->wildcards;
  }
  *out = settings;
  return settings.key.tls ? HANSE_OK : HANSE_INVALID;
}

int found_add(struct router *router, struct hanse_found_targets *found, const struct hanse_place *place) {
  struct target_settings settings;
  struct hanse_place own;
  if (!abi_copy(&own, sizeof own, place, ABI_REACH(struct hanse_place, may_be_private))) return HANSE_INVALID;
  place = &own;
  if (!place->host.len || !place->port || !place->prove.len) return HANSE_INVALID;
  if (found->count == FOUND_MAX) return HANSE_NOMEM;
  if (found_settings(router, found->partner, place, &settings) != HANSE_OK) return HANSE_INVALID;
  settings.key.wire_type = found->wire_type;
  struct hanse_target *target = target_get(router->pool, &settings);
  if (!target) return HANSE_NOMEM;
  target_renew(target, settings.key.tls, settings.links);
  found->targets[found->count++] = target;
  return HANSE_OK;
}

void found_clear(struct hanse_found_targets *found) {
  for (uint32_t i = 0; i < found->count; i++) target_release(found->targets[i]);
  found->count = 0;
}

void found_forget(struct message *message) {
  if (message->way.found_targets) found_clear(message->way.found_targets);
  message->way.found_targets = NULL;
}
