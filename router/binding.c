#include "router/binding.h"

#include <stdlib.h>

#define BINDINGS_MAX 1024u

const struct binding *binding_find(const struct hanse_link *link, struct hanse_slice domain, uint64_t generation,
                                   hanse_time now) {
  struct binding *found = link->upper.bindings;
  if (!found) return NULL;
  if (!hanse_same(found->domain, domain)) HASH_FIND(hh, link->upper.bindings, domain.at, domain.len, found);
  if (!found || found->generation != generation || (found->until && found->until < now)) return NULL;
  return found;
}

static void forget(struct hanse_link *link, struct binding *binding) {
  HASH_DELETE(hh, link->upper.bindings, binding);
  partner_set_release(binding->set);
  free(binding);
}

void binding_add(struct hanse_link *link, struct hanse_slice domain, struct partner_set *set, const struct party *party,
                 uint64_t generation, hanse_time until) {
  struct binding *before = NULL;
  if (HASH_COUNT(link->upper.bindings) >= BINDINGS_MAX) bindings_clear(link);
  HASH_FIND(hh, link->upper.bindings, domain.at, domain.len, before);
  if (before) forget(link, before);
  struct hanse_slice through = party->through, decoration = party->terms.decoration;
  struct binding *binding = calloc(1, sizeof *binding + domain.len + through.len + decoration.len);
  if (!binding) return;
  char *text = (char *)(binding + 1);
  memcpy(text, domain.at, domain.len);
  binding->domain = hanse_slice(text, domain.len);
  binding->party = *party;
  text += domain.len;
  if (through.len) memcpy(text, through.at, through.len);
  binding->party.through = hanse_slice(text, through.len);
  text += through.len;
  if (decoration.len) memcpy(text, decoration.at, decoration.len);
  binding->party.terms.decoration = hanse_slice(text, decoration.len);
  binding->generation = generation;
  binding->until = until;
  HASH_ADD_KEYPTR(hh, link->upper.bindings, binding->domain.at, binding->domain.len, binding);
  if (!binding->hh.tbl) {
    free(binding);
    return;
  }
  binding->set = partner_set_hold(set);
}

void bindings_clear(struct hanse_link *link) {
  while (link->upper.bindings) forget(link, link->upper.bindings);
}
