/* The fake host's world: what instances share, and whether they gave it back. */
#include <stdlib.h>

#include "sdk/fakehost/inside.h"

/* As policy.deferred_timeout and limits.deferred_per_module are when nobody writes them. */
#define DEFERRED_TIMEOUT (10 * HANSE_SECOND)
#define DEFERRED_MAX 1000

static void sync_begin(struct fake_world *world) {
  pthread_condattr_t steady;
  world->thread = pthread_self();
  pthread_condattr_init(&steady);
  pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
  if (pthread_mutex_init(&world->mutex, NULL) || pthread_cond_init(&world->posted, &steady)) fake_end("no mutex");
  pthread_condattr_destroy(&steady);
}

struct fake_world *fake_world_new(void) {
  struct fake_world *world = fake_keep(sizeof *world);
  world->now = 1000 * HANSE_SECOND;
  world->memory = -1;
  world->deferred = DEFERRED_TIMEOUT;
  world->deferred_max = DEFERRED_MAX;
  world->instead = HANSE_DENY;
  world->node = (struct hanse_node){.size = sizeof world->node,
                                    .number = 1,
                                    .boot = 7,
                                    .name = HANSE_LIT("node.test"),
                                    .message_bytes = 1 << 20,
                                    .header_bytes = 64 << 10};
  world->lift = fake_lift_message;
  sync_begin(world);
  fake_pieces_begin(&world->texts, world);
  fake_pieces_begin(&world->line, world);
  option_pool_init(&world->partner_pool);
  return world;
}

static void links_free(struct fake_world *world) {
  for (struct hanse_link *link = world->links, *next; link; link = next) {
    next = link->next;
    free(link->in.at);
    free(link->out.at);
    free(link);
  }
}

static void targets_free(struct fake_world *world) {
  for (struct hanse_target *target = world->targets, *next; target; target = next) {
    next = target->next;
    free(target);
  }
}

static void timers_free(struct fake_world *world) {
  for (struct hanse_timers *list = world->timers, *next; list; list = next) {
    next = list->next;
    free(list);
  }
}

static void tickets_free(struct fake_world *world) {
  for (size_t i = 0; i < world->ticket_count; i++) free(world->tickets[i].name.at);
  free(world->tickets);
}

/* While allocations fail in turn nobody else looks. */
static void look_once_more(struct fake_world *world) {
  const char *left = fake_left(world);
  if (fake_allocations_fail() && *left) fake_end("after an allocation had failed, this was left: %s", left);
}

void fake_world_free(struct fake_world *world) {
  while (world->instances) fake_unload(world->instances);
  fake_message_drop_held(world);
  look_once_more(world);
  fake_questions_free(world);
  fake_store_free(world);
  fake_dns_free(world);
  fake_log_free(world);
  links_free(world);
  targets_free(world);
  timers_free(world);
  tickets_free(world);
  fake_pieces_clear(&world->texts);
  fake_pieces_clear(&world->submitted_texts);
  fake_pieces_clear(&world->line);
  option_pool_clear(&world->partner_pool);
  free(world->lifted_texts);
  free(world->rows.at);
  free(world->problems.at);
  pthread_cond_destroy(&world->posted);
  pthread_mutex_destroy(&world->mutex);
  free(world);
}

struct hanse_node *fake_node(struct fake_world *world) {
  return &world->node;
}
struct fake_instance *fake_newest(struct fake_world *world) {
  return world->newest;
}
int fake_status(const struct fake_world *world) { return world->status; }
const char *fake_problem(const struct fake_world *world) { return world->problems.len ? world->problems.at : ""; }
struct hanse_where fake_problem_where(const struct fake_world *world) {
  return world->problem.where;
}

/* ---- what was not given back ---- */

static size_t add_left(struct fake_world *world, size_t at, const char *what, long n) {
  if (n == 0) return at;
  int more = snprintf(world->left + at, sizeof world->left - at, "%s%s %ld", at ? ", " : "", what, n);
  return at + (size_t)(more > 0 ? more : 0);
}

const char *fake_left(struct fake_world *world) {
  long holds = 0;
  for (const struct hanse_link *link = world->links; link; link = link->next) holds += link->holds;
  world->left[0] = '\0';
  size_t at = add_left(world, 0, "messages", world->messages);
  at = add_left(world, at, "tickets", (long)fake_tickets_open(world));
  at = add_left(world, at, "timers", world->stranded + (long)fake_timers_running(world));
  at = add_left(world, at, "holds", holds);
  at = add_left(world, at, "jobs", world->busy);
  add_left(world, at, "answers", (long)fake_questions_open(world));
  return world->left;
}
