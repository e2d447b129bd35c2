#include "router/generation.h"

#include <stdlib.h>
#include <strings.h>

#include "contract/disposer.h"
#include "router/router.h"

struct generation *generation_new(struct router *router) {
  struct generation *generation = calloc(1, sizeof *generation);
  if (generation) generation->router = router;
  return generation;
}

/* What no count of the loop's is in. Any thread. */
static void free_rest(void *object) {
  struct generation *generation = object;
  for (size_t i = 0; i < generation->module_count; i++) option_pool_clear(&generation->modules[i].pool);
  free(generation->modules);
  free(generation->listeners);
  free(generation->locals);
  free(generation->profiles);
  free(generation->protocols);
  free(generation->federations);
  free(generation->catch_all);
  free(generation->watchers);
  free(generation->admit.items);
  free(generation->routed.items);
  free(generation->answer.items);
  settings_free(generation->settings);
  free(generation);
}

void generation_free(struct generation *generation) {
  if (!generation) return;
  for (size_t i = 0; generation->settings && i < generation->settings->listen.count; i++)
    if (generation->listeners && generation->listeners[i]) listener_release(generation->listeners[i]);
  for (size_t i = 0; generation->settings && i < generation->settings->tls.count; i++)
    if (generation->profiles && generation->profiles[i]) tls_profile_release(generation->profiles[i]);
  partner_set_release(generation->partners);
  if (generation->dns) dns_free(generation->dns);
  for (size_t i = 0; i < generation->module_count; i++) code_release(generation->modules[i].code);
  dispose(generation->router->disposer, free_rest, generation);
}

static bool is_called(struct hanse_slice wanted, struct hanse_slice name, const char *const *aliases) {
  if (hanse_same_nocase(wanted, name)) return true;
  for (; aliases && *aliases; aliases++)
    if (hanse_same_nocase(wanted, hanse_text(*aliases))) return true;
  return false;
}

struct federation *generation_federation(const struct generation *generation, struct hanse_slice type) {
  for (size_t i = 0; i < generation->federation_count; i++)
    if (is_called(type, generation->federations[i].name, generation->federations[i].aliases))
      return &generation->federations[i];
  return NULL;
}

struct protocol *generation_protocol(const struct generation *generation, struct hanse_slice name) {
  for (size_t i = 0; i < generation->protocol_count; i++)
    if (is_called(name, generation->protocols[i].name, NULL)) return &generation->protocols[i];
  return NULL;
}

struct tls_profile *generation_profile(const struct generation *generation, struct hanse_slice name) {
  for (size_t i = 0; i < generation->settings->tls.count; i++)
    if (hanse_same(settings_tls_at(generation->settings, i)->name, name)) return generation->profiles[i];
  return NULL;
}

struct tls_profile *generation_profile_for(const struct generation *generation, const struct tls_profile *old) {
  struct tls_profile *named = generation_profile(generation, old->name);
  for (size_t i = 0; !named && i < generation->settings->tls.count; i++)
    if (!memcmp(generation->profiles[i]->anchors, old->anchors, sizeof old->anchors)) named = generation->profiles[i];
  return named;
}

struct hanse_slice generation_local(const struct generation *generation, enum hanse_side side) {
  for (size_t i = 0; i < generation->settings->listen.count; i++)
    if ((enum hanse_side)settings_listener_at(generation->settings, i)->side == side)
      return hanse_text(generation->locals[i]);
  return generation->settings->node.name;
}
