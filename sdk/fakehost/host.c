/* The fake host: instances of plugins, from create to destroy. */
#include "contract/core_names.h"
#include "contract/descriptor.h"

#include <stdlib.h>

#include "sdk/fakehost/inside.h"

#define PIECES_MAX 100000 /* of one slot's work: then it is taken for one that never ends */

static const struct hanse_host_ops *table(void) {
  static struct hanse_host_ops ops;
  if (ops.size) return &ops;
  fake_log_ops(&ops);
  fake_chance_ops(&ops);
  fake_names_ops(&ops);
  fake_failure_ops(&ops);
  fake_time_ops(&ops);
  fake_link_ops(&ops);
  fake_ticket_ops(&ops);
  fake_message_ops(&ops);
  fake_question_ops(&ops);
  fake_ask_ops(&ops);
  fake_dns_ops(&ops);
  fake_post_ops(&ops);
  fake_command_ops(&ops);
  fake_store_ops(&ops);
  fake_record_ops(&ops);
  ops.size = sizeof ops;
  return &ops;
}

struct hanse_host *fake_host(struct fake_instance *instance) {
  return &instance->host;
}
void *fake_self(struct fake_instance *instance) { return instance->self; }

/* ---- birth ---- */

static void forget(struct fake_instance *instance) {
  struct fake_world *world = instance->world;
  struct fake_instance **at = &world->instances;
  while (*at && *at != instance) at = &(*at)->next;
  if (*at) *at = instance->next;
  if (world->newest == instance) world->newest = world->instances;
  fake_posts_drop(instance);
  fake_questions_forget(instance);
  fake_store_drop(instance);
  fake_names_drop(instance);
  fake_records_clear(instance);
  option_pool_clear(&instance->pool);
  free(instance->copy);
  free(instance);
}

/* `plugin` is the instance's from now on. */
static struct fake_instance *instance_new(struct fake_world *world, struct hanse_plugin *plugin) {
  struct fake_instance *instance = fake_keep(sizeof *instance);
  instance->host = (struct hanse_host){sizeof instance->host, 0, table(), &world->now, &world->node, plugin->name};
  instance->world = world;
  instance->plugin = instance->copy = plugin;
  option_pool_init(&instance->pool);
  return instance;
}

/* What the router looks at before any of the plugin's code runs: a copy of the descriptor as our headers lay it out.
   NULL: fake_problem says why. */
static struct hanse_plugin *judge_descriptor(struct fake_world *world, const struct hanse_plugin *theirs) {
  struct hanse_problem problem = {{NULL, 0}, ""};
  bool fits = descriptor_fits(theirs, hanse_text(theirs ? theirs->name : ""), "linked in", &problem);
  struct hanse_plugin *plugin = fits ? descriptor_copy(theirs, "linked in", &problem) : NULL;
  for (const struct hanse_offer *offer = plugin ? plugin->offers : NULL; offer && offer->capability; offer++) {
    const char *missing = descriptor_missing_slot(offer);
    bool by_name = offer->capability == HANSE_PROTOCOL || offer->capability == HANSE_FEDERATION;
    if (!missing && by_name && !offer->name) missing = "a name";
    if (!missing) continue;
    hanse_explain(&problem, "module \"%s\" offers a capability (%d) without %s; it must be set", plugin->name,
                  (int)offer->capability, missing);
    free(plugin);
    plugin = NULL;
    break;
  }
  if (!plugin) fake_problem_note(world, &problem);
  return plugin;
}

static struct hanse_plugin *judged(struct fake_world *world, const struct hanse_plugin *theirs) {
  struct fake_calling before = fake_step_out();
  world->problem = (struct hanse_problem){{NULL, 0}, ""};
  fake_buffer_cut(&world->problems, world->problems.len);
  world->status = HANSE_INVALID;
  struct hanse_plugin *plugin = judge_descriptor(world, theirs);
  fake_leave(before);
  return plugin;
}

/* A failing slot that gave no reason gets one. */
static int failed(struct fake_instance *instance, const char *slot, int status, struct hanse_problem *problem) {
  if (status >= 0) return status;
  if (!problem->text[0])
    hanse_explain(problem, "module \"%s\" failed in %s (%d) and gave no reason", instance->plugin->name, slot, status);
  fake_problem_note(instance->world, problem);
  return status;
}

static int configure(struct fake_instance *instance, const void *settings) {
  struct hanse_problem problem = {{NULL, 0}, ""};
  int status = HANSE_AGAIN;
  if (!instance->plugin->configure) return HANSE_OK;
  for (int pieces = 0; status == HANSE_AGAIN && pieces < PIECES_MAX; pieces++) {
    FAKE_CALL(status = instance->plugin->configure(instance->self, settings, &problem));
  }
  if (status == HANSE_AGAIN) {
    hanse_explain(&problem, "module \"%s\" does not come to an end in configure", instance->plugin->name);
    status = HANSE_FAIL;
  }
  return failed(instance, "configure", status, &problem);
}

static int adopt(struct fake_instance *instance, struct fake_instance *predecessor) {
  struct hanse_problem problem = {{NULL, 0}, ""};
  if (!predecessor || !predecessor->plugin->save || !instance->plugin->adopt) return HANSE_OK;
  int status;
  FAKE_CALL(status = predecessor->plugin->save(predecessor->self));
  if (status == HANSE_OK) status = fake_records_adopt(instance, predecessor);
  fake_records_clear(predecessor);
  return failed(instance, "save or adopt", status, &problem);
}

static int start(struct fake_instance *instance) {
  struct hanse_problem problem = {{NULL, 0}, ""};
  if (!instance->plugin->start) return HANSE_OK;
  int status;
  FAKE_CALL(status = instance->plugin->start(instance->self));
  if (status > 0 && status != HANSE_SKIP) status = HANSE_FAIL; /* as to the router */
  return failed(instance, "start", status, &problem);
}

static int create(struct fake_instance *instance) {
  struct hanse_problem problem = {{NULL, 0}, ""};
  int status;
  FAKE_CALL(status = instance->plugin->create(&instance->host, &instance->self));
  return failed(instance, "create", status, &problem);
}

static void destroy(struct fake_instance *instance) { FAKE_CALL(instance->plugin->destroy(instance->self)); }

/* ---- a successor takes over ---- */

static void take_links(struct fake_instance *instance) {
  for (struct hanse_link *link = instance->world->links; link; link = link->next) {
    link->owner = instance;
    if (!link->open || !instance->protocol) continue;
    FAKE_CALL(instance->protocol->link_open(instance->self, link));
  }
}

static void hand_over_rest(struct fake_instance *instance, struct fake_instance *predecessor) {
  int status = predecessor->plugin->save_rest && instance->plugin->adopt ? HANSE_AGAIN : HANSE_OK;
  for (int pieces = 0; status == HANSE_AGAIN && pieces < PIECES_MAX; pieces++) {
    FAKE_CALL(status = predecessor->plugin->save_rest(predecessor->self));
    int adopted = predecessor->record_count ? fake_records_adopt(instance, predecessor) : HANSE_OK;
    fake_records_clear(predecessor);
    if (adopted != HANSE_OK) status = adopted;
  }
  if (status != HANSE_OK) fake_say(instance->world, HANSE_WARNING, "module.rest_lost", "status=%d", status);
}

static void succeed(struct fake_instance *instance, struct fake_instance *predecessor) {
  struct fake_world *world = instance->world;
  instance->next = world->instances;
  world->instances = world->newest = instance;
  take_links(instance);
  if (!predecessor) return;
  if (predecessor->plugin->drain) {
    FAKE_CALL(predecessor->plugin->drain(predecessor->self));
  }
  hand_over_rest(instance, predecessor);
}

static int bring_up(struct fake_instance *instance, const void *settings, struct fake_instance *predecessor) {
  instance->configuring = true;
  int status = configure(instance, settings);
  if (status == HANSE_OK) status = adopt(instance, predecessor);
  if (status == HANSE_OK) status = start(instance);
  instance->configuring = false;
  fake_ticket_settle(instance->world, status == HANSE_OK);
  return status;
}

static struct fake_instance *load(struct fake_instance *instance, const void *settings,
                                  struct fake_instance *predecessor) {
  struct fake_world *world = instance->world;
  const struct hanse_offer *protocol = fake_offer(instance, HANSE_PROTOCOL);
  instance->protocol = protocol ? protocol->slots : NULL;
  instance->predecessor = predecessor;
  world->status = create(instance);
  if (world->status == HANSE_OK) {
    world->status = bring_up(instance, settings, predecessor);
    if (world->status != HANSE_OK) fake_timers_drop(instance);
    if (world->status != HANSE_OK) destroy(instance);
  }
  if (world->status != HANSE_OK) {
    forget(instance);
    return NULL;
  }
  succeed(instance, predecessor);
  instance->predecessor = NULL;
  return instance;
}

struct fake_instance *fake_load(struct fake_world *world, const struct hanse_plugin *plugin, const void *settings,
                                struct fake_instance *predecessor) {
  struct hanse_plugin *copy = judged(world, plugin);
  return copy ? load(instance_new(world, copy), settings, predecessor) : NULL;
}

struct fake_instance *fake_load_text(struct fake_world *world, const struct hanse_plugin *plugin, const char *text,
                                     struct fake_instance *predecessor) {
  char label[120];
  void *settings = NULL;
  struct hanse_plugin *copy = judged(world, plugin);
  if (!copy) return NULL;
  snprintf(label, sizeof label, "module \"%.64s\"", plugin->name);
  struct fake_instance *instance = instance_new(world, copy);
  const struct fake_options options = {label, plugin->options, plugin->settings_size, core_names_module};
  if (fake_options_read(world, &options, text, &instance->pool, &settings) == HANSE_OK)
    return load(instance, settings, predecessor);
  forget(instance);
  return NULL;
}

bool fake_partner_text(struct fake_world *world, struct fake_instance *type, const char *name, const char *text) {
  const struct hanse_offer *offer = fake_offer(type, HANSE_FEDERATION);
  char label[300];
  void *settings = NULL;
  if (!offer) fake_end("\"%s\" is given a partner and offers no federation type", type->plugin->name);
  world->problem = (struct hanse_problem){{NULL, 0}, ""};
  fake_buffer_cut(&world->problems, world->problems.len);
  snprintf(label, sizeof label, "partner \"%.253s\"", name);
  const struct fake_options options = {label, offer->entry, offer->entry_size, core_names_partner};
  world->status = fake_options_read(world, &options, text, &world->partner_pool, &settings);
  if (world->status != HANSE_OK) return false;
  world->partner.name = fake_text_kept(world, hanse_text(name)).at;
  world->partner.settings = settings;
  return true;
}

/* ---- death ---- */

/* They lie in what destroy frees. */
static void timers_left(struct fake_instance *instance) {
  size_t timers = fake_timers_of(instance);
  if (!timers) return;
  fake_say(instance->world, HANSE_ERROR, "plugin.leftover", "timers=%zu", timers);
  instance->world->stranded += (long)timers;
  fake_timers_drop(instance);
}

void fake_unload(struct fake_instance *instance) {
  struct fake_world *world = instance->world;
  fake_questions_drop(instance);
  pthread_mutex_lock(&world->mutex);
  instance->stopping = true;
  pthread_mutex_unlock(&world->mutex);
  if (instance->plugin->stop) {
    FAKE_CALL(instance->plugin->stop(instance->self));
  }
  fake_posts_drop(instance);
  timers_left(instance);
  destroy(instance);
  for (struct hanse_link *link = world->links; link; link = link->next)
    if (link->owner == instance && link->open) link->open = false;
  forget(instance);
}
