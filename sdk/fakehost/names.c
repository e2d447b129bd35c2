/* The fake host's names: domains, what is ours, the partner, names that only one module may use. */
#include <stdlib.h>

#include "contract/domain.h"
#include "sdk/fakehost/inside.h"

static int canonical(struct hanse_host *host, struct hanse_arena *arena, struct hanse_slice name,
                     struct hanse_slice *out) {
  char buf[DOMAIN_BUFFER];
  struct hanse_slice found;
  if (fake_foreign(host, "canonical")) return HANSE_THREAD;
  int status = domain_canonical(name, buf, sizeof buf, &found);
  if (status != HANSE_OK) return status;
  if (found.at == buf) return hanse_copy(arena, found, out);
  *out = found;
  return HANSE_OK;
}

static bool home_is(struct hanse_host *host, struct hanse_slice domain) {
  const struct fake_world *world = fake_instance_of(host)->world;
  if (fake_foreign(host, "home_is")) return false;
  for (size_t i = 0; i < world->home_count; i++)
    if (hanse_domain_within(domain, world->homes[i])) return true;
  return false;
}

void fake_home(struct fake_world *world, const char *domain) {
  if (world->home_count == FAKE_HOMES) fake_end("more than %d home domains", FAKE_HOMES);
  world->homes[world->home_count++] = hanse_text(domain);
}

static struct hanse_slice side_name(struct hanse_host *host, enum hanse_side side) {
  if (fake_foreign(host, "side_name")) return hanse_slice(NULL, 0);
  return fake_instance_of(host)->world->side_names[side];
}
void fake_side_name(struct fake_world *world, enum hanse_side side, const char *name) {
  world->side_names[side] = hanse_text(name);
}

/* ---- entries ---- */

static struct hanse_slice partner_name(const struct hanse_partner *partner) { return hanse_text(partner->name); }
static const void *partner_settings(const struct hanse_partner *partner) { return partner->settings; }
static struct hanse_where partner_where(const struct hanse_partner *partner) {
  (void)partner;
  return (struct hanse_where){"fake.conf", 1};
}

void fake_partner(struct fake_world *world, const char *name) { world->partner.name = name; }
void fake_partner_settings(struct fake_world *world, const void *settings) { world->partner.settings = settings; }

/* The partner's own domain and the home domains are all entries that there are. */
static bool entry_find(struct hanse_host *host, struct hanse_slice domain, const char **kind,
                       struct hanse_where *where) {
  const struct fake_world *world = fake_instance_of(host)->world;
  if (fake_foreign(host, "entry_find")) return false;
  bool partner = world->partner.name && hanse_same(hanse_text(world->partner.name), domain), home = false;
  for (size_t i = 0; i < world->home_count; i++) home |= hanse_same(world->homes[i], domain);
  if (!partner && !home) return false;
  *kind = home ? "home" : "partners";
  *where = partner_where(&world->partner);
  return true;
}

/* ---- names that only one module may use ---- */

/* An instance may have what its predecessor has. */
static bool others(const struct fake_exclusive *one, const struct fake_instance *instance) {
  return one->owner != instance && one->owner != instance->predecessor;
}

static int exclusive(struct hanse_host *host, const char *kind, struct hanse_slice name, struct hanse_where where,
                     struct hanse_where *other) {
  struct fake_instance *instance = fake_instance_of(host);
  struct fake_world *world = instance->world;
  if (fake_foreign(host, "exclusive")) return HANSE_THREAD;
  if (!instance->configuring) return HANSE_GONE;
  for (const struct fake_exclusive *one = world->exclusives; one; one = one->next) {
    if (!others(one, instance) || strcmp(one->kind, kind) != 0 || !hanse_same(one->name, name)) continue;
    *other = one->where;
    return HANSE_INVALID;
  }
  struct fake_exclusive *mine = fake_memory(world, sizeof *mine);
  if (!mine) return HANSE_NOMEM;
  *mine = (struct fake_exclusive){world->exclusives, instance, kind, name, where};
  world->exclusives = mine;
  return HANSE_OK;
}

void fake_names_drop(struct fake_instance *owner) {
  for (struct fake_exclusive **at = &owner->world->exclusives; *at;) {
    struct fake_exclusive *one = *at;
    if (one->owner != owner) {
      at = &one->next;
      continue;
    }
    *at = one->next;
    free(one);
  }
}

void fake_names_ops(struct hanse_host_ops *ops) {
  ops->canonical = canonical;
  ops->home_is = home_is;
  ops->side_name = side_name;
  ops->partner_name = partner_name;
  ops->partner_settings = partner_settings;
  ops->partner_where = partner_where;
  ops->entry_find = entry_find;
  ops->exclusive = exclusive;
}
