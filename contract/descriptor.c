#include "contract/descriptor.h"

static size_t mandatory_size(void) { return offsetof(struct hanse_plugin, destroy) + sizeof(void (*)(void *)); }

bool descriptor_fits(const struct hanse_plugin *plugin, struct hanse_slice name, const char *path,
                     struct hanse_problem *problem) {
  if (!plugin) {
    hanse_explain(problem, "plugin \"%s\" has no symbol hanse_plugin; define and export it (hanse/plugin.h)", path);
  } else if (plugin->magic != HANSE_MAGIC) {
    hanse_explain(problem, "plugin \"%s\" has magic %08x where %08x is expected; it is no plugin of this router", path,
                  plugin->magic, HANSE_MAGIC);
  } else if (plugin->abi_major != HANSE_ABI_MAJOR) {
    hanse_explain(
        problem,
        "plugin \"%s\" was built for ABI %u.%u, this router has %u.%u; build it against this version's headers", path,
        plugin->abi_major, plugin->abi_minor, HANSE_ABI_MAJOR, HANSE_ABI_MINOR);
  } else if (HANSE_ABI_MAJOR == 0 ? plugin->abi_minor != HANSE_ABI_MINOR : plugin->abi_minor > HANSE_ABI_MINOR) {
    hanse_explain(problem,
                  "plugin \"%s\" needs ABI %u.%u, this router has %u.%u; build it against this version's headers, or "
                  "update the router",
                  path, plugin->abi_major, plugin->abi_minor, HANSE_ABI_MAJOR, HANSE_ABI_MINOR);
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

const char *descriptor_missing_slot(const struct hanse_offer *offer) {
  if (!offer->slots) return "slots";
  if (offer->capability == HANSE_PROTOCOL) {
    const struct hanse_protocol *p = offer->slots;
    return p->size < sizeof *p                                                   ? "a protocol struct of full size"
           : !p->link_open                                                       ? "link_open"
           : !p->input                                                           ? "input"
           : !p->hand_over                                                       ? "hand_over"
           : !p->waiting                                                         ? "waiting"
           : !p->deliver                                                         ? "deliver"
           : !p->refuse                                                          ? "refuse"
           : !p->answer                                                          ? "answer"
           : !p->link_ready                                                      ? "link_ready"
           : !p->link_lost                                                       ? "link_lost"
           : !p->keepalive                                                       ? "keepalive"
           : !p->link_close                                                      ? "link_close"
           : p->probe && !(p->probe->service && p->probe->ask && p->probe->read) ? "service, ask and read of its probe"
                                                                                 : NULL;
  }
  if (offer->capability == HANSE_FEDERATION) {
    const struct hanse_federation *f = offer->slots;
    return f->size < sizeof *f ? "a federation struct of full size"
           : !f->confirm       ? "confirm"
           : !f->route         ? "route"
                               : NULL;
  }
  if (offer->capability == HANSE_POLICY) {
    const struct hanse_policy *p = offer->slots;
    return p->size < sizeof *p ? "a policy struct of full size" : !p->decide ? "decide" : NULL;
  }
  if (offer->capability == HANSE_OBSERVER) {
    const struct hanse_observer *o = offer->slots;
    return o->size < sizeof *o ? "an observer struct of full size" : !o->event ? "event" : NULL;
  }
  if (offer->capability == HANSE_STORE) {
    const struct hanse_store *s = offer->slots;
    return s->size < sizeof *s ? "a store struct of full size" : !s->ask ? "ask" : NULL;
  }
  const struct hanse_command *c = offer->slots;
  return c->size < sizeof *c    ? "a command struct of full size"
         : !c->name || !c->help ? "name and help"
         : !c->run              ? "run"
                                : NULL;
}
