#include "router/instance.h"

#include <inttypes.h>
#include <stdlib.h>
#include <utlist.h>

#include "router/exclusive.h"
#include "router/log.h"
#include "router/message.h"
#include "router/router.h"
#include "router/store.h"
#include "router/ticket.h"

#define RECORDS_BYTES ((size_t)64 << 20)
#define PIECES_MAX 100000 /* of one slot's work: then it is taken for one that never ends */

const char *instance_state_name(enum instance_state state) {
  static const char *const names[] = {"?", "created", "configured", "started", "skipped", "draining", "stopped"};
  return (size_t)state < sizeof names / sizeof names[0] ? names[state] : names[0];
}

/* ---- life ---- */

static const void *offered(const struct hanse_plugin *plugin, enum hanse_capability capability) {
  for (const struct hanse_offer *offer = plugin->offers; offer && offer->capability; offer++)
    if (offer->capability == capability) return offer->slots;
  return NULL;
}

static void close_ticket(void *argument, struct ticket *ticket) { ticket_close(argument, ticket); }

static void forget(struct instance *instance) {
  struct tickets *tickets = instance->router->tickets;
  store_asker_gone(instance);
  health_gone(instance);
  if (instance->tickets) tickets_each(tickets, instance, close_ticket, tickets);
  DL_DELETE2(instance->router->instances, instance, previous, next);
  timers_owner_gone(instance->router->timers, instance);
  watchdog_forget();
  instance_records_clear(instance);
  code_release(instance->code);
  option_pool_dispose(&instance->settings_pool, instance->router->disposer);
  option_pool_clear(&instance->pool);
  free(instance);
}

struct instance *instance_new(struct router *router, const char *name, struct code *code,
                              const struct hanse_host_ops *ops, struct hanse_problem *problem) {
  struct instance *instance = calloc(1, sizeof *instance);
  struct hanse_slice kept;
  if (instance) option_pool_init(&instance->pool);
  if (instance) option_pool_init(&instance->settings_pool);
  if (!instance || hanse_copy(&instance->pool.arena, hanse_text(name), &kept) != HANSE_OK) {
    hanse_explain(problem, "no memory for module \"%s\"", name);
    free(instance);
    return NULL;
  }
  instance->name = kept.at;
  instance->router = router;
  instance->slow = router->slow;
  instance->health.instead = HANSE_DENY;
  instance->code = code_hold(code);
  instance->plugin = code->plugin;
  instance->watched = (struct watched){instance->name, code->build ? code->build : ""};
  instance->protocol = offered(code->plugin, HANSE_PROTOCOL);
  instance->store = offered(code->plugin, HANSE_STORE);
  instance->host = (struct hanse_host){.size = sizeof instance->host,
                                       .ops = ops,
                                       .clock = router->clock,
                                       .node = &router->node,
                                       .module = instance->name};
  DL_APPEND2(router->instances, instance, previous, next);
  struct calling before = instance_enter(instance, "create");
  int status = instance->plugin->create(&instance->host, &instance->self);
  instance_leave(before);
  if (status == HANSE_OK) {
    instance->state = INSTANCE_CREATED;
    return instance;
  }
  hanse_explain(problem, "module \"%s\" failed in create (%d); see its lines in the log", name, status);
  forget(instance);
  return NULL;
}

/* An instance that says HANSE_AGAIN for ever must not hold reloads for ever. */
static bool ever_again(struct instance *instance, int status) {
  instance->pieces = status == HANSE_AGAIN ? instance->pieces + 1 : 0;
  return instance->pieces > PIECES_MAX;
}

int instance_configure(struct instance *instance, struct hanse_problem *problem) {
  int status = HANSE_OK;
  if (instance->plugin->configure) {
    problem->text[0] = '\0';
    struct calling before = instance_enter(instance, "configure");
    status = instance->plugin->configure(instance->self, instance->settings, problem);
    instance_leave(before);
  }
  if (ever_again(instance, status)) {
    hanse_explain(problem, "module \"%s\" does not come to an end in configure", instance->name);
    return HANSE_FAIL;
  }
  if (status == HANSE_AGAIN) return status;
  if (status != HANSE_OK && !problem->text[0])
    hanse_explain(problem, "module \"%s\" failed in configure (%d) and gave no reason", instance->name, status);
  if (status == HANSE_OK) instance->state = INSTANCE_CONFIGURED;
  return status;
}

int instance_start(struct instance *instance, struct hanse_problem *problem) {
  int status = HANSE_OK;
  if (instance->plugin->start) {
    struct calling before = instance_enter(instance, "start");
    status = instance->plugin->start(instance->self);
    instance_leave(before);
  }
  if (status == HANSE_OK) instance->state = INSTANCE_STARTED;
  instance->ran = status == HANSE_OK;
  if (status == HANSE_SKIP) instance->state = INSTANCE_SKIPPED;
  if (status == HANSE_OK || status == HANSE_SKIP) return status;
  hanse_explain(problem, "module \"%s\" failed in start (%d); see its lines in the log", instance->name, status);
  return status < 0 ? status : HANSE_FAIL; /* it has no more to say here: HANSE_AGAIN, say, is none of its answers */
}

/* ---- handing over ---- */

void instance_records_clear(struct instance *instance) {
  for (uint32_t i = 0; i < instance->record_count; i++) free((void *)(uintptr_t)instance->records[i].at);
  free(instance->records);
  instance->records = NULL;
  instance->record_count = instance->record_room = 0;
  instance->record_bytes = 0;
}

int instance_record(struct instance *instance, struct hanse_slice record) {
  if (instance->record_bytes + record.len > RECORDS_BYTES) return HANSE_NOMEM;
  if (instance->record_count == instance->record_room) {
    uint32_t room = instance->record_room ? instance->record_room * 2 : 64;
    struct hanse_slice *records = realloc(instance->records, room * sizeof *records);
    if (!records) return HANSE_NOMEM;
    instance->records = records;
    instance->record_room = room;
  }
  char *copy = malloc(record.len ? record.len : 1);
  if (!copy) return HANSE_NOMEM;
  if (record.len) memcpy(copy, record.at, record.len);
  instance->records[instance->record_count++] = hanse_slice(copy, record.len);
  instance->record_bytes += record.len;
  return HANSE_OK;
}

static int adopt_records(struct instance *successor, struct instance *predecessor) {
  struct hanse_saved saved = {
      .size = sizeof saved, .count = predecessor->record_count, .records = predecessor->records};
  struct calling before = instance_enter(successor, "adopt");
  int status = successor->plugin->adopt(successor->self, &saved);
  instance_leave(before);
  return status;
}

int instance_adopt(struct instance *successor, struct instance *predecessor, struct hanse_problem *problem) {
  if (!predecessor->plugin->save || !successor->plugin->adopt || predecessor->state != INSTANCE_STARTED)
    return HANSE_OK;
  struct calling before = instance_enter(predecessor, "save");
  int status = predecessor->plugin->save(predecessor->self);
  instance_leave(before);
  if (status == HANSE_OK) status = adopt_records(successor, predecessor);
  instance_records_clear(predecessor);
  if (status != HANSE_OK)
    hanse_explain(problem, "module \"%s\": the new version does not take over from the old one (%d)", successor->name,
                  status);
  return status;
}

int instance_adopt_rest(struct instance *successor, struct instance *predecessor) {
  if (!predecessor->plugin->save_rest || !successor->plugin->adopt || predecessor->state != INSTANCE_DRAINING ||
      successor->state != INSTANCE_STARTED)
    return HANSE_OK;
  struct calling before = instance_enter(predecessor, "save_rest");
  int status = predecessor->plugin->save_rest(predecessor->self), adopted = HANSE_OK;
  instance_leave(before);
  if (predecessor->record_count) adopted = adopt_records(successor, predecessor);
  instance_records_clear(predecessor);
  if (ever_again(predecessor, status)) status = HANSE_FAIL;
  if (adopted != HANSE_OK) status = adopted;
  if (status != HANSE_OK && status != HANSE_AGAIN)
    log_event(HANSE_WARNING, successor->name, "module.rest_lost", "status=%d", status);
  return status;
}

/* ---- work from other threads ---- */

struct posted {
  struct instance *instance;
  void (*run)(void *self, void *argument);
  void *argument;
};

static void run_posted(void *argument) {
  struct posted posted = *(struct posted *)argument;
  free(argument);
  struct calling before = instance_enter(posted.instance, "posted");
  posted.run(posted.instance->self, posted.argument);
  instance_leave(before);
  atomic_fetch_sub(&posted.instance->posts, 1);
}

static bool is_posted_by(void *context, void *argument) {
  struct instance *instance = context;
  struct posted *posted = argument;
  if (posted->instance != instance) return false;
  atomic_fetch_sub(&instance->posts, 1);
  free(posted);
  return true;
}

/* The instance outlives what was posted to it: `posts` keeps it. */
int instance_post(struct instance *instance, void (*run)(void *self, void *argument), void *argument) {
  if (atomic_load(&instance->stopping)) return HANSE_GONE;
  struct posted *posted = malloc(sizeof *posted);
  if (!posted) return HANSE_NOMEM;
  *posted = (struct posted){instance, run, argument};
  atomic_fetch_add(&instance->posts, 1);
  int status = loop_post(instance->router->loop, run_posted, posted);
  if (status == HANSE_OK) return HANSE_OK;
  atomic_fetch_sub(&instance->posts, 1);
  free(posted);
  return status;
}

/* ---- the end ---- */

void instance_last_call(struct instance *instance) {
  if (instance->state != INSTANCE_STARTED || !instance->plugin->drain) return;
  struct calling before = instance_enter(instance, "drain");
  instance->plugin->drain(instance->self);
  instance_leave(before);
}

void instance_drain(struct instance *instance) {
  if (instance->state == INSTANCE_DRAINING || instance->state == INSTANCE_STOPPED) return;
  instance_last_call(instance);
  instance->state = INSTANCE_DRAINING;
  instance->draining_since = *instance->router->clock;
}

const char *instance_open_work(const struct instance *instance, char *buf, size_t n) {
  unsigned posts = atomic_load(&instance->posts);
  if (!instance->messages && !instance->tickets && !instance->tokens && !instance->links && !instance->asked &&
      !instance->busy && !posts)
    return "";
  int length = snprintf(
      buf, n, "%" PRIu32 " messages, %" PRIu32 " transactions, %" PRIu32 " deferred, %" PRIu32 " links, %u posted",
      instance->messages, instance->tickets, instance->tokens, instance->links, posts);
  if (instance->asked && length > 0 && (size_t)length < n)
    length += snprintf(buf + length, n - (size_t)length, ", %" PRIu32 " asked of it", instance->asked);
  if (instance->busy && length > 0 && (size_t)length < n)
    snprintf(buf + length, n - (size_t)length, ", %" PRIu32 " jobs", instance->busy);
  return buf;
}

void instance_busy(struct instance *instance, bool begins) {
  if (begins)
    instance->busy++;
  else if (instance->busy)
    instance->busy--;
}

void instance_stop(struct instance *instance) {
  atomic_store(&instance->stopping, true);
  if (instance->state != INSTANCE_STOPPED && instance->plugin->stop && instance->ran) {
    struct calling before = instance_enter(instance, "stop");
    instance->plugin->stop(instance->self);
    instance_leave(before);
  }
  instance->state = INSTANCE_STOPPED;
}

void instance_bury(struct instance *instance) {
  const struct hanse_plugin *plugin = instance->plugin;
  char left[160];
  instance_stop(instance);
  if (instance->store) store_instance_gone(instance);
  loop_unpost(instance->router->loop, run_posted, is_posted_by, instance); /* by a thread that `stop` has ended */
  size_t timers = timers_running(instance->router->timers, instance);
  timers_owner_gone(instance->router->timers, instance); /* before destroy frees what they lie in */
  struct calling before = instance_enter(instance, "destroy");
  plugin->destroy(instance->self);
  instance_leave(before);
  const char *work = instance_open_work(instance, left, sizeof left);
  if (timers || *work)
    log_event(HANSE_ERROR, instance->name, "plugin.leftover", "timers=%zu left=\"%s\" build=\"%s\"", timers, work,
              instance->watched.build);
  while (instance->made) message_free(instance->made);
  exclusive_free(instance);
  log_event(HANSE_DEBUG, instance->name, "module.gone", "version=%s code=%u", plugin->version, instance->code->version);
  forget(instance);
}
