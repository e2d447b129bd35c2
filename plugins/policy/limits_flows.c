#include "limits_flows.h"

#include <sodium.h>
#include <stdlib.h>

_Static_assert(sizeof((struct limits_flows *)0)->key == crypto_shorthash_KEYBYTES, "SipHash key");

int limits_flows_room(struct limits_flows *flows, size_t count) {
  if (flows->items) return HANSE_OK;
  flows->sets = 1;
  while (flows->sets * LIMITS_FLOW_WAYS < count) flows->sets *= 2;
  flows->items = (struct limits_flow *)calloc(flows->sets * LIMITS_FLOW_WAYS, sizeof *flows->items);
  return flows->items ? HANSE_OK : HANSE_NOMEM;
}

void limits_flows_free(struct limits_flows *flows) {
  free(flows->items);
  flows->items = NULL;
}

/* Each part by itself, so that where one ends makes a difference. */
uint64_t limits_flows_id(const struct limits_flows *flows, enum limits_flow_kind kind, struct hanse_slice one,
                         struct hanse_slice other) {
  uint64_t parts[3] = {(uint64_t)kind, 0, 0}, id;
  const struct hanse_slice texts[2] = {one, other};
  for (int i = 0; i < 2; i++)
    crypto_shorthash((unsigned char *)&parts[i + 1], (const unsigned char *)texts[i].at, texts[i].len, flows->key);
  crypto_shorthash((unsigned char *)&id, (const unsigned char *)parts, sizeof parts, flows->key);
  return id ? id : 1;
}

static struct limits_flow *set_of(const struct limits_flows *flows, uint64_t id) {
  return flows->items + (id & (flows->sets - 1)) * LIMITS_FLOW_WAYS;
}

hanse_time limits_flows_due(const struct limits_flows *flows, uint64_t id) {
  const struct limits_flow *set = set_of(flows, id);
  for (int i = 0; i < LIMITS_FLOW_WAYS; i++)
    if (set[i].id == id) return set[i].due;
  return 0;
}

/* The one that nobody has drawn from for longest. */
static struct limits_flow *fullest(struct limits_flow *set) {
  struct limits_flow *found = set;
  for (int i = 1; i < LIMITS_FLOW_WAYS; i++)
    if (set[i].due < found->due) found = &set[i];
  return found;
}

hanse_time *limits_flows_of(struct limits_flows *flows, uint64_t id) {
  struct limits_flow *set = set_of(flows, id);
  for (int i = 0; i < LIMITS_FLOW_WAYS; i++)
    if (set[i].id == id) return &set[i].due;
  struct limits_flow *place = fullest(set);
  *place = (struct limits_flow){.id = id};
  return &place->due;
}

void limits_flows_put(struct limits_flows *flows, const struct limits_flow *flow) {
  struct limits_flow *set = set_of(flows, flow->id), *place = fullest(set);
  for (int i = 0; i < LIMITS_FLOW_WAYS; i++)
    if (set[i].id == flow->id) place = &set[i];
  if (flow->id && flow->due > place->due) *place = *flow;
}
