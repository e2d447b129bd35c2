#include "contract/descriptor.h"

#include <stdlib.h>

#include "contract/abi.h"

#define OFFERS_MAX 64

/* The slots of one offer, as our headers lay them out. Each begins with its size. */
union slots {
  struct {
    struct hanse_protocol slots;
    struct hanse_probe probe;
  } protocol;
  struct hanse_federation federation;
  struct hanse_policy policy;
  struct hanse_observer observer;
  struct hanse_command command;
  struct hanse_store store;
};

/* The plugin first: it is what is freed. */
struct copy {
  struct hanse_plugin plugin;
  struct hanse_offer offers[OFFERS_MAX + 1];
  union slots slots[];
};

/* A slot that is always called, or a text that is always read. */
struct must {
  const char *name;
  size_t offset;
};
#define MUST(type, field) \
  { #field, offsetof(struct type, field) }

static const struct must of_protocol[] = {
    MUST(hanse_protocol, link_open), MUST(hanse_protocol, input),      MUST(hanse_protocol, hand_over),
    MUST(hanse_protocol, waiting),   MUST(hanse_protocol, deliver),    MUST(hanse_protocol, refuse),
    MUST(hanse_protocol, answer),    MUST(hanse_protocol, link_ready), MUST(hanse_protocol, link_lost),
    MUST(hanse_protocol, keepalive), MUST(hanse_protocol, link_close), {NULL, 0}};
static const struct must of_federation[] = {MUST(hanse_federation, confirm), MUST(hanse_federation, route), {NULL, 0}};
static const struct must of_policy[] = {MUST(hanse_policy, decide), {NULL, 0}};
static const struct must of_observer[] = {MUST(hanse_observer, event), {NULL, 0}};
static const struct must of_command[] = {
    MUST(hanse_command, name), MUST(hanse_command, help), MUST(hanse_command, run), {NULL, 0}};
static const struct must of_store[] = {MUST(hanse_store, ask), {NULL, 0}};
static const struct must of_probe[] = {
    MUST(hanse_probe, service), MUST(hanse_probe, ask), MUST(hanse_probe, read), {NULL, 0}};

/* What a struct of slots must reach never grows while the major stays: what came later may be missing. */
static const struct kind {
  size_t least, size;
  const char *too_short;
  const struct must *musts;
  const char *word;
  unsigned most; /* hanse_capability; 0: any number */
} kinds[] = {
    [HANSE_PROTOCOL] = {ABI_REACH(struct hanse_protocol, link_close), sizeof(struct hanse_protocol),
                        "a protocol struct that reaches to link_close", of_protocol, "protocol", 1},
    [HANSE_FEDERATION] = {ABI_REACH(struct hanse_federation, route), sizeof(struct hanse_federation),
                          "a federation struct that reaches to route", of_federation, "federation type", 0},
    [HANSE_POLICY] = {ABI_REACH(struct hanse_policy, decide), sizeof(struct hanse_policy),
                      "a policy struct that reaches to decide", of_policy, "policy", 1},
    [HANSE_OBSERVER] = {ABI_REACH(struct hanse_observer, event), sizeof(struct hanse_observer),
                        "an observer struct that reaches to event", of_observer, "observer", 2},
    [HANSE_COMMAND] = {ABI_REACH(struct hanse_command, run), sizeof(struct hanse_command),
                       "a command struct that reaches to run", of_command, "command", 0},
    [HANSE_STORE] = {ABI_REACH(struct hanse_store, ask), sizeof(struct hanse_store),
                     "a store struct that reaches to ask", of_store, "store", 1},
};
static const size_t probe_least = ABI_REACH(struct hanse_probe, read);

static const struct kind *kind_of(enum hanse_capability capability) {
  size_t number = (size_t)capability;
  return number < sizeof kinds / sizeof *kinds && kinds[number].musts ? &kinds[number] : NULL;
}

const char *descriptor_capability(enum hanse_capability capability) {
  const struct kind *kind = kind_of(capability);
  return kind ? kind->word : NULL;
}

unsigned descriptor_most(enum hanse_capability capability) {
  const struct kind *kind = kind_of(capability);
  return kind ? kind->most : 0;
}

/* ---- the handshake ---- */

static size_t mandatory_size(void) { return ABI_REACH(struct hanse_plugin, destroy); }

bool descriptor_fits(const struct hanse_plugin *plugin, struct hanse_slice name, const char *path,
                     struct hanse_problem *problem) {
  const struct abi ours = {HANSE_ABI_MAJOR, HANSE_ABI_MINOR};
  if (!plugin) {
    hanse_explain(problem, "plugin \"%s\" has no symbol hanse_plugin; define and export it (hanse/plugin.h)", path);
  } else if (plugin->magic != HANSE_MAGIC) {
    hanse_explain(problem, "plugin \"%s\" has magic %08x where %08x is expected; it is no plugin of this router", path,
                  plugin->magic, HANSE_MAGIC);
  } else if (!abi_fits(ours, (struct abi){plugin->abi_major, plugin->abi_minor}, path, problem)) {
    return false;
  } else if (plugin->size < mandatory_size()) {
    hanse_explain(problem,
                  "plugin \"%s\" has a descriptor of %u octets where at least %zu are needed; use HANSE_NEEDS()", path,
                  plugin->size, mandatory_size());
  } else if (!plugin->name || !hanse_same(hanse_text(plugin->name), name)) {
    hanse_explain(problem, "plugin \"%s\" calls itself \"%.64s\"; the file must be named like the plugin", path,
                  plugin->name ? plugin->name : "");
  } else if (!plugin->create || !plugin->destroy || !plugin->version || !plugin->summary) {
    hanse_explain(problem, "plugin \"%s\" lacks create, destroy, version or summary; all four must be set", path);
  } else {
    return true;
  }
  return false;
}

/* ---- the copy ---- */

/* Is a struct of theirs larger than ours in a way that we may not pass over? */
static bool says_too_much(const void *theirs, uint32_t has, size_t size, const char *what, const char *path,
                          struct hanse_problem *problem) {
  if (has > size + ABI_BEYOND_MAX)
    hanse_explain(problem, "plugin \"%s\" states a size of %u octets for its %s, which has %zu here; set it to sizeof",
                  path, has, what, size);
  else if (abi_says_more(theirs, has, size))
    hanse_explain(problem,
                  "plugin \"%s\" sets fields of its %s that this router does not know; it needs a later minor version "
                  "than it says in HANSE_NEEDS: correct that, or build it against this version's headers",
                  path, what);
  else
    return false;
  return true;
}

static size_t count_offers(const struct hanse_offer *offers, const char *path, struct hanse_problem *problem) {
  size_t count = 0;
  for (; offers && offers[count].capability != HANSE_END_OF_OFFERS; count++) {
    if (count == OFFERS_MAX) {
      hanse_explain(problem, "plugin \"%s\" offers more than %d things; end the table with HANSE_OFFERS_END", path,
                    OFFERS_MAX);
      return SIZE_MAX;
    }
    if (kind_of(offers[count].capability)) continue;
    hanse_explain(problem,
                  "plugin \"%s\" offers a capability (%d) that this router does not know; end the table with "
                  "HANSE_OFFERS_END, or update the router",
                  path, (int)offers[count].capability);
    return SIZE_MAX;
  }
  return count;
}

/* The probe is a struct of its own behind the protocol's. */
static bool copy_probe(union slots *own, const char *path, struct hanse_problem *problem) {
  const struct hanse_probe *theirs = own->protocol.slots.probe;
  if (!theirs) return true;
  if (says_too_much(theirs, theirs->size, sizeof *theirs, "probe", path, problem)) return false;
  abi_copy(&own->protocol.probe, sizeof own->protocol.probe, theirs, probe_least);
  own->protocol.slots.probe = &own->protocol.probe;
  return true;
}

static bool copy_offer(struct hanse_offer *offer, union slots *own, const char *path, struct hanse_problem *problem) {
  const struct kind *kind = kind_of(offer->capability);
  if (!offer->slots) return true;
  if (says_too_much(offer->slots, *(const uint32_t *)offer->slots, kind->size, "slots", path, problem)) return false;
  bool whole = abi_copy(own, kind->size, offer->slots, kind->least);
  offer->slots = own;
  return !whole || offer->capability != HANSE_PROTOCOL || copy_probe(own, path, problem);
}

struct hanse_plugin *descriptor_copy(const struct hanse_plugin *theirs, const char *path,
                                     struct hanse_problem *problem) {
  if (says_too_much(theirs, theirs->size, sizeof *theirs, "descriptor", path, problem)) return NULL;
  size_t count = count_offers(theirs->offers, path, problem);
  if (count == SIZE_MAX) return NULL;
  struct copy *copy = calloc(1, sizeof *copy + count * sizeof *copy->slots);
  if (!copy) {
    hanse_explain(problem, "no memory for plugin \"%s\"", path);
    return NULL;
  }
  memcpy(&copy->plugin, theirs, theirs->size < sizeof *theirs ? theirs->size : sizeof *theirs);
  copy->plugin.size = sizeof copy->plugin;
  for (size_t i = 0; i < count; i++) {
    copy->offers[i] = theirs->offers[i];
    if (copy_offer(&copy->offers[i], &copy->slots[i], path, problem)) continue;
    free(copy);
    return NULL;
  }
  copy->plugin.offers = copy->offers; /* ended by what calloc left */
  return &copy->plugin;
}

/* ---- what must be there ---- */

static const char *missing(const void *slots, const struct must *musts) {
  static const char none[sizeof(void *)];
  for (; musts->name; musts++)
    if (!memcmp((const char *)slots + musts->offset, none, sizeof none)) return musts->name;
  return NULL;
}

static const char *missing_of_probe(const struct hanse_protocol *protocol) {
  if (protocol->size < ABI_REACH(struct hanse_protocol, probe) || !protocol->probe) return NULL;
  if (protocol->probe->size < probe_least) return "a probe struct that reaches to read";
  return missing(protocol->probe, of_probe) ? "service, ask and read of its probe" : NULL;
}

const char *descriptor_missing_slot(const struct hanse_offer *offer) {
  const struct kind *kind = kind_of(offer->capability);
  if (!kind) return "a capability that is known";
  if (!offer->slots) return "slots";
  if (*(const uint32_t *)offer->slots < kind->least) return kind->too_short;
  const char *lacks = missing(offer->slots, kind->musts);
  if (lacks || offer->capability != HANSE_PROTOCOL) return lacks;
  return missing_of_probe(offer->slots);
}
