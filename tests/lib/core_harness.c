#include "tests/lib/core_harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
/* cmocka wants the ones above first */
#include <cmocka.h>

#include "router/clock.h"
#include "router/dispatch.h"
#include "router/log.h"
#include "router/settings_read.h"
#include "router/wait.h"
#include "tests/lib/core_modules.h"

/* ---- life ---- */

static hanse_time core_shift; /* how far the tests' clock is ahead */
static hanse_time core_clock(void) { return clock_read() + core_shift; }

static void module_start(struct core *core, struct core_module *module, const char *name, int number) {
  struct hanse_problem problem = {.text = ""};
  module->core = core;
  snprintf(module->name, sizeof module->name, "%s%d", name, number);
  module->instance = core_module_make(module, &problem);
  if (!module->instance) fail_msg("%s", problem.text);
}

struct core *core_new(void) {
  struct core *core = calloc(1, sizeof *core);
  assert_non_null(core);
  log_level_set((enum hanse_level)0); /* what they provoke is not to be read */
  core_shift = 0;
  core->router = router_new();
  assert_non_null(core->router);
  loop_clock_source(core->router->loop, core_clock);
  core->profile = (struct tls_profile){.holds = 1, .name = HANSE_LIT("edge")};
  core->settings = "";
  core->admit[0] = core->routed[0] = core->answer[0] = core->catch_all[0] = -1;
  core_module_init(core);
  module_start(core, &core->protocol, "sip", 0);
  module_start(core, &core->foreign, "foreign", 0);
  for (int i = 0; i < CORE_POLICIES; i++) module_start(core, &core->policies[i], "policy", i);
  for (int i = 0; i < CORE_TYPES; i++) module_start(core, &core->types[i], "type", i);
  core->types[0].host_name = "sip.fabrikam.example";
  core_entry(core, "contoso.example", -1, "pool.contoso.example");
  core_entry(core, "fabrikam.example", 0, NULL);
  core_commit(core);
  return core;
}

void core_free(struct core *core) {
  for (size_t i = 0; i < core->link_count; i++) {
    if (core->links[i]->state == LINK_OPEN) core_link_closed(core, core->links[i]);
    assert_int_equal(core->links[i]->upper.in_flight, core->kept_count ? core->links[i]->upper.in_flight : 0);
  }
  for (size_t i = 0; i < core->kept_count; i++) message_free(core->kept[i]);
  for (size_t i = 0; i < core->link_count; i++) {
    assert_int_equal(core->links[i]->upper.in_flight, 0);
    assert_int_equal(core->links[i]->holds, 1);
    link_release(core->links[i]);
  }
  router_free(core->router);
  assert_int_equal(core->profile.holds, 1); /* nobody holds what nobody uses */
  free(core);
}

/* ---- generations ---- */

void core_entry(struct core *core, const char *domain, int type, const char *proof) {
  assert_true(core->entry_count < CORE_ENTRIES);
  core->entries[core->entry_count++] = (struct core_entry){domain, type, proof, false};
}

void core_foreign_entry(struct core *core, const char *domain) {
  core_entry(core, domain, 0, NULL);
  core->entries[core->entry_count - 1].foreign = true;
}

static void home_make(struct core *core, struct generation *generation, const struct core_entry *written,
                      struct home *home) {
  struct hanse_domain *peer = hanse_alloc_zero(&generation->partners->pool.arena, sizeof *peer);
  struct target_settings target = {.key = {.protocol = HANSE_LIT("sip"),
                                           .host = hanse_text(written->proof),
                                           .prove = hanse_text(written->proof),
                                           .port = 5061,
                                           .side = HANSE_SIDE_HOME,
                                           .tls = &core->profile},
                                   .rule = HANSE_IDENTITY_SIP,
                                   .links = 1};
  assert_non_null(peer);
  peer->name = hanse_text(written->proof);
  home->entry.kind = ENTRY_HOME;
  home->entry.domain = hanse_text(written->domain);
  home->tls = tls_profile_hold(&core->profile);
  home->peers = peer;
  home->peer_count = 1;
  home->route.targets = calloc(1, sizeof(struct hanse_target *));
  home->route.targets[0] = target_get(core->router->pool, &target);
  assert_non_null(home->route.targets[0]);
  home->route.count = 1;
}

static void partner_make(struct core *core, struct generation *generation, const struct core_entry *written,
                         struct hanse_partner *partner) {
  partner->entry.kind = ENTRY_PARTNER;
  partner->entry.domain = hanse_text(written->domain);
  partner->entry.where = (struct hanse_where){"hanse.conf", 7};
  partner->set = generation->partners;
  partner->federation = &generation->federations[written->type];
  partner->type = generation->federations[written->type].name;
  partner->tls = tls_profile_hold(&core->profile);
  if (written->foreign) partner->protocol = HANSE_LIT("foreign");
}

static void entries_make(struct core *core, struct generation *generation) {
  struct partner_set *set = generation->partners = partner_set_new(core->entry_count, core->entry_count);
  assert_non_null(set);
  for (size_t i = 0; i < core->entry_count; i++) {
    const struct core_entry *written = &core->entries[i];
    struct entry *entry;
    if (written->type < 0) {
      home_make(core, generation, written, &set->homes[set->home_count]);
      entry = &set->homes[set->home_count++].entry;
    } else {
      partner_make(core, generation, written, &set->partners[set->partner_count]);
      entry = &set->partners[set->partner_count++].entry;
    }
    assert_int_equal(partner_set_add(set, entry), HANSE_OK);
  }
}

static void judges_make(struct core *core, const int *order, struct judges *judges) {
  judges->items = calloc(CORE_POLICIES, sizeof *judges->items);
  for (; order[judges->count] >= 0; judges->count++) {
    struct core_module *module = &core->policies[order[judges->count]];
    module->instance->health.instead = core->default_allow ? HANSE_ALLOW : HANSE_DENY;
    judges->items[judges->count] = (struct judge){.instance = module->instance, .slots = core_module_policy(module)};
  }
}

static void types_make(struct core *core, struct generation *generation) {
  generation->federations = calloc(CORE_TYPES, sizeof *generation->federations);
  generation->federation_count = CORE_TYPES;
  for (int i = 0; i < CORE_TYPES; i++)
    generation->federations[i] = (struct federation){.name = hanse_text(core->types[i].name),
                                                     .word = hanse_text(core->types[i].name),
                                                     .slots = core_module_type(&core->types[i]),
                                                     .instance = core->types[i].instance};
  generation->catch_all = calloc(CORE_TYPES, sizeof *generation->catch_all);
  for (; core->catch_all[generation->catch_all_count] >= 0; generation->catch_all_count++)
    generation->catch_all[generation->catch_all_count] =
        &generation->federations[core->catch_all[generation->catch_all_count]];
}

static void settings_make(struct core *core, struct generation *generation) {
  struct problem_list problems;
  char text[1024];
  int n =
      snprintf(text, sizeof text,
               "node = \"edge.contoso.example\";\ntls = ( { name = \"edge\"; } );\n"
               "listen = ( { protocol = \"sip\"; side = \"partner\"; address = \"192.0.2.1:5061\"; tls = \"edge\"; } "
               ");\n%s\n",
               core->settings);
  assert_true(n > 0 && n < (int)sizeof text);
  problem_list_init(&problems);
  assert_int_equal(settings_read_text(&generation->settings, hanse_slice(text, (size_t)n), "/", geteuid(), &problems),
                   HANSE_OK);
  problem_list_clear(&problems); /* it has no certificate and no partner: that is what the tests make by hand */
  assert_int_equal(generation->settings->tls.count, 1);
  assert_int_equal(generation->settings->listen.count, 1);
  generation->profiles = calloc(1, sizeof(struct tls_profile *));
  generation->profiles[0] = tls_profile_hold(&core->profile);
  generation->locals = calloc(1, sizeof *generation->locals);
  snprintf(generation->locals[0], sizeof generation->locals[0], "edge.contoso.example:5061");
  generation->in_flight_max = (uint32_t)generation->settings->limits.messages_in_flight_per_link;
}

void core_commit(struct core *core) {
  struct router *router = core->router;
  struct generation *was = router->now, *generation = generation_new(router);
  assert_non_null(generation);
  generation->number = ++core->generations;
  generation->trust = core->trust;
  generation->default_allow = core->default_allow;
  settings_make(core, generation);
  generation->protocols = calloc(2, sizeof *generation->protocols);
  generation->protocols[generation->protocol_count++] = (struct protocol){
      .name = HANSE_LIT("sip"), .slots = core->protocol.instance->protocol, .instance = core->protocol.instance};
  generation->protocols[generation->protocol_count++] = (struct protocol){
      .name = HANSE_LIT("foreign"), .slots = core->foreign.instance->protocol, .instance = core->foreign.instance};
  types_make(core, generation);
  entries_make(core, generation);
  judges_make(core, core->admit, &generation->admit);
  judges_make(core, core->routed, &generation->routed);
  judges_make(core, core->answer, &generation->answer);
  generation->watchers = calloc(1, sizeof *generation->watchers);
  generation->watchers[generation->watcher_count++] = (struct watcher){core->protocol.instance, core_module_observer()};
  assert_int_equal(wait_limit(router, generation->settings->policy.deferred), HANSE_OK);
  router->node.message_bytes = generation->settings->limits.message;
  router->now = generation;
  generation_free(was);
}

/* ---- links ---- */

struct hanse_link *core_link(struct core *core, enum hanse_side side, const char *proof) {
  struct hanse_link *link = calloc(1, sizeof *link);
  assert_non_null(link);
  assert_true(core->link_count < CORE_LINKS);
  link->transport = core->router->transport;
  link->id = core->link_count + 1;
  link->holds = 1;
  link->state = LINK_OPEN;
  link->side = side;
  link->protocol = HANSE_LIT("sip");
  link->local = HANSE_LIT("edge.contoso.example:5061");
  link->tls = tls_profile_hold(&core->profile);
  link->upper.trust = core->trust;
  link->proved = calloc(1, sizeof *link->proved);
  link->proved[0] = hanse_text(proof);
  link->proved_count = 1;
  core->links[core->link_count++] = link;
  return link;
}

void core_link_closed(struct core *core, struct hanse_link *link) {
  link->state = LINK_CLOSED;
  dispatch_events.closed(core->router, link, HANSE_CLOSE_PEER);
}

/* ---- messages ---- */

struct message *core_message(struct core *core, struct hanse_link *link, const char *name, const char *from,
                             const char *to, const char *conversation) {
  struct hanse_message *public = hanse_message_new(core->protocol.host, link, hanse_text(name));
  assert_non_null(public);
  struct hanse_facts *facts = public->facts;
  facts->from.domain = hanse_text(from);
  facts->to.domain = hanse_text(to);
  facts->method = HANSE_LIT("MESSAGE");
  facts->action = HANSE_ACTION_MESSAGE;
  facts->conversation = hanse_text(conversation);
  return message_of(public);
}

struct message *core_send(struct core *core, struct hanse_link *link, const char *name, const char *from,
                          const char *to, const char *conversation) {
  struct message *message = core_message(core, link, name, from, to, conversation);
  hanse_submit_take(core->protocol.host, &message->public);
  return message;
}

struct message *core_in(struct core *core, struct hanse_link *link, const char *name) {
  return core_send(core, link, name, "fabrikam.example", "contoso.example", name);
}

struct message *core_out(struct core *core, struct hanse_link *link, const char *name) {
  return core_send(core, link, name, "contoso.example", "fabrikam.example", name);
}

/* ---- time ---- */

void core_turn(struct core *core) {
  for (int i = 0; i < 3; i++) loop_turn(core->router->loop, false);
}

void core_later(struct core *core, hanse_time by) {
  core_shift += by;
  loop_clock_update(core->router->loop);
  timers_due(core->router->timers);
  core_turn(core);
}

/* ---- what came of it ---- */

const struct core_seen *core_last(const struct core *core) {
  return core->seen_count ? &core->seen[core->seen_count - 1] : NULL;
}

const struct core_seen *core_of(const struct core *core, const char *name) {
  for (size_t i = core->seen_count; i-- > 0;)
    if (!strcmp(core->seen[i].name, name)) return &core->seen[i];
  return NULL;
}

void core_ended(const struct core *core, const char *name, enum core_end end, enum hanse_failure failure) {
  static const char *const ends[] = {"not at all", "delivered", "refused", "answered", "denied", "concluded"};
  const struct core_seen *seen = core_of(core, name);
  enum core_end was = seen ? seen->end : 0;
  if (was != end)
    fail_msg("message \"%s\" ended %s, not %s; %s", name, ends[was], ends[end], seen ? seen->text : "it waits");
  if (seen && seen->failure != failure)
    fail_msg("message \"%s\" ended with failure %d, not %d: %s", name, seen->failure, failure, seen->text);
}
