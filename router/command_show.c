/* Commands that show what is: status, turns, links, partners, modules, generations, counters. */
#include <stdio.h>

#include "router/clock.h"
#include "router/commands.h"
#include "router/generation.h"
#include "router/log.h"
#include "router/pressure.h"
#include "router/reap.h"
#include "router/reload.h"
#include "router/report.h"
#include "router/rows.h"
#include "router/ticket.h"

/* A command works this long a turn, then says HANSE_MORE. */
#define SLICE (2 * HANSE_MSEC)

static void where_text(struct hanse_rows *rows, const char *name, struct hanse_where where) {
  char text[512];
  if (!where.file) return;
  snprintf(text, sizeof text, "%s:%u", where.file, where.line);
  rows_text(rows, name, hanse_text(text));
}

static const char *side_text(enum hanse_side side) { return side == HANSE_SIDE_HOME ? "home" : "partner"; }

enum hanse_outcome command_status(struct router *router, struct hanse_rows *rows, uintptr_t *cursor) {
  (void)cursor;
  const struct transport_figures *figures = transport_figures(router->transport);
  struct memory_use memory = pressure_use(router->pressure);
  rows_begin(rows);
  rows_text(rows, "version", hanse_text(HANSE_VERSION));
  rows_text(rows, "node", router->node.name);
  rows_number(rows, "boot", router->node.boot);
  rows_number(rows, "uptime_seconds", (*router->clock - router->started) / HANSE_SECOND);
  rows_text(rows, "state", hanse_text(router->draining ? "draining" : "running"));
  rows_number(rows, "generation", (int64_t)router->now->number);
  rows_text(rows, "reload", hanse_text(reload_state(router->reload)));
  rows_number(rows, "reloads_accepted", (int64_t)*router->reloads_done);
  rows_number(rows, "reloads_refused", (int64_t)*router->reloads_failed);
  rows_number(rows, "links", figures->open);
  rows_number(rows, "handshakes", figures->pending);
  rows_number(rows, "handshakes_failed", (int64_t)figures->handshakes_failed);
  rows_number(rows, "strangers_refused",
              (int64_t)(figures->refused_rate + figures->refused_pending + figures->refused_links));
  rows_number(rows, "accept_paused", (int64_t)figures->accept_paused);
  rows_number(rows, "longest_turn_us", loop_longest_turn(router->loop));
  rows_text(rows, "memory_short", hanse_text(pressure_level_name(pressure_level(router->pressure))));
  rows_text(rows, "memory_bound", hanse_text(memory.bound));
  rows_number(rows, "memory_used", (int64_t)memory.used);
  rows_number(rows, "memory_limit", (int64_t)memory.limit);
  rows_number(rows, "memory_refused", (int64_t)figures->refused_memory);
  rows_number(rows, "memory_closed", (int64_t)figures->closed_memory);
  rows_number(rows, "transactions", (int64_t)tickets_open(router->tickets));
  rows_number(rows, "accepted", (int64_t)*router->accepted);
  rows_number(rows, "answered", (int64_t)*router->answered);
  rows_number(rows, "policies_failing", (int64_t)*router->policies_failing);
  rows_number(rows, "partners", (int64_t)router->now->partners->partner_count);
  rows_number(rows, "log_lines_lost", (int64_t)log_dropped());
  return HANSE_DONE;
}

/* How long turns of the loop took: how many of each power of two of microseconds. */
enum hanse_outcome command_turns(struct router *router, struct hanse_rows *rows, uintptr_t *cursor) {
  (void)cursor;
  const uint64_t *histogram = loop_histogram(router->loop);
  hanse_time ran;
  rows_begin(rows);
  rows_number(rows, "longest_us", loop_longest_turn(router->loop));
  rows_number(rows, "longest_since_asked_us", loop_longest_turn_taken(router->loop, &ran));
  rows_number(rows, "ran_at_most_us", ran);
  for (int i = 0; i < LOOP_HISTOGRAM; i++) {
    if (!histogram[i]) continue;
    rows_begin(rows);
    rows_number(rows, "below_us", (int64_t)1 << i);
    rows_number(rows, "turns", (int64_t)histogram[i]);
  }
  return HANSE_DONE;
}

static void link_row(struct hanse_rows *rows, const struct hanse_link *link, hanse_time now) {
  char text[512] = "";
  size_t have = 0;
  for (size_t i = 0; i < link->proved_count && have < sizeof text - 1; i++) {
    int more = snprintf(text + have, sizeof text - have, "%s%.*s", i ? "," : "", HANSE_FMT(link->proved[i]));
    have += more > 0 ? (size_t)more : 0;
  }
  rows_begin(rows);
  rows_number(rows, "link", (int64_t)link->id);
  rows_text(rows, "side", hanse_text(side_text(link->side)));
  rows_text(rows, "direction", hanse_text(link->outbound ? "out" : "in"));
  rows_text(rows, "peer", hanse_text(link->peer));
  rows_text(rows, "proved", hanse_text(text));
  rows_text(rows, "state", hanse_text(link_state_name(link->state)));
  rows_text(rows, "tls", hanse_text(link_cipher(link, text, sizeof text)));
  rows_number(rows, "age_seconds", (now - link->opened) / HANSE_SECOND);
  rows_number(rows, "messages_in", (int64_t)link->upper.messages_in);
  rows_number(rows, "messages_out", (int64_t)link->upper.messages_out);
  rows_number(rows, "in_flight", link->upper.in_flight);
  rows_number(rows, "bytes_in", (int64_t)link->bytes_in);
  rows_number(rows, "bytes_out", (int64_t)link->bytes_out);
}

/* The cursor is the number of the last link that was shown; links lie in order of their numbers. */
enum hanse_outcome command_links(struct router *router, struct hanse_rows *rows, uintptr_t *cursor) {
  hanse_time end = clock_read() + SLICE;
  for (struct hanse_link *link = transport_links(router->transport); link; link = link->next) {
    if (link->id <= *cursor) continue;
    link_row(rows, link, *router->clock);
    *cursor = (uintptr_t)link->id;
    if (clock_read() > end) return HANSE_MORE;
  }
  return HANSE_DONE;
}

static void partner_row(struct hanse_rows *rows, const struct hanse_partner *partner) {
  rows_begin(rows);
  rows_text(rows, "domain", partner->entry.domain);
  rows_text(rows, "type", partner->type);
  if (partner->called.len) rows_text(rows, "called", partner->called);
  where_text(rows, "where", partner->entry.where);
  rows_number(rows, "messages_in", (int64_t)partner->messages_in);
  rows_number(rows, "messages_out", (int64_t)partner->messages_out);
  rows_number(rows, "refused", (int64_t)partner->refused);
  if (partner->route.count) rows_text(rows, "target", target_text(partner->route.targets[0]));
  if (partner->moved) rows_text(rows, "hint", HANSE_LIT(PARTNER_MOVED_HINT));
  if (partner->comment.len) rows_text(rows, "comment", partner->comment);
}

enum hanse_outcome command_partners(struct router *router, struct hanse_rows *rows, uintptr_t *cursor) {
  const struct partner_set *set = router->now->partners;
  hanse_time end = clock_read() + SLICE;
  while (*cursor < set->partner_count) {
    partner_row(rows, &set->partners[(*cursor)++]);
    if (clock_read() > end) return HANSE_MORE;
  }
  return HANSE_DONE;
}

static void target_row(void *argument, const struct pool_row *target) {
  struct hanse_rows *rows = argument;
  rows_begin(rows);
  rows_text(rows, "target", target->text);
  rows_number(rows, "links", target->links_open);
  rows_number(rows, "opening", target->links_opening);
  rows_number(rows, "waiting", target->waiting);
  rows_text(rows, "state", hanse_text(target->dead ? "left alone" : "good"));
  if (*target->last_error) rows_text(rows, "last_error", hanse_text(target->last_error));
}

enum hanse_outcome command_targets(struct router *router, struct hanse_rows *rows, uintptr_t *cursor) {
  (void)cursor;
  pool_each(router->pool, target_row, rows);
  return HANSE_DONE;
}

static bool is_policy(const struct hanse_plugin *plugin) {
  for (const struct hanse_offer *offer = plugin->offers; offer && offer->capability; offer++)
    if (offer->capability == HANSE_POLICY) return true;
  return false;
}

static void instance_row(struct hanse_rows *rows, const struct instance *instance) {
  char text[160];
  rows_begin(rows);
  rows_text(rows, "module", hanse_text(instance->name));
  rows_text(rows, "plugin", hanse_text(instance->plugin->name));
  rows_text(rows, "version", hanse_text(instance->plugin->version));
  rows_text(rows, "state", hanse_text(instance_state_name(instance->state)));
  rows_number(rows, "generation", instance->generation);
  rows_number(rows, "code", instance->code->version);
  rows_text(rows, "build", hanse_text(instance->code->hash));
  rows_text(rows, "file", hanse_text(instance->code->path));
  if (is_policy(instance->plugin)) rows_text(rows, "health", hanse_text(health_text(instance, text, sizeof text)));
  rows_text(rows, "holds", hanse_text(instance_open_work(instance, text, sizeof text)));
}

enum hanse_outcome command_modules(struct router *router, struct hanse_rows *rows, uintptr_t *cursor) {
  (void)cursor;
  for (struct instance *instance = router->instances; instance; instance = instance->next)
    if (instance->wanted) instance_row(rows, instance);
  return HANSE_DONE;
}

/* The running generation, and what of older ones is still alive and why. */
enum hanse_outcome command_generations(struct router *router, struct hanse_rows *rows, uintptr_t *cursor) {
  (void)cursor;
  rows_begin(rows);
  rows_number(rows, "generation", (int64_t)router->now->number);
  rows_text(rows, "state", HANSE_LIT("running"));
  for (struct instance *instance = router->instances; instance; instance = instance->next) {
    if (instance->wanted) continue;
    instance_row(rows, instance);
    rows_number(rows, "draining_seconds", (*router->clock - instance->draining_since) / HANSE_SECOND);
  }
  if (!reap_frees(router)) return HANSE_DONE;
  rows_begin(rows);
  rows_text(rows, "state", HANSE_LIT("memory is being freed"));
  return HANSE_DONE;
}

static void counter_row(void *argument, const char *name, uint64_t value, const char *help) {
  struct hanse_rows *rows = argument;
  struct hanse_slice prefix = rows_argument(rows, "prefix");
  if (strncmp(name, prefix.len ? prefix.at : "", prefix.len) != 0) return;
  rows_begin(rows);
  rows_text(rows, "name", hanse_text(name));
  rows_number(rows, "value", (int64_t)value);
  rows_text(rows, "help", hanse_text(help));
}

enum hanse_outcome command_counters(struct router *router, struct hanse_rows *rows, uintptr_t *cursor) {
  (void)cursor;
  counters_each(router->counters, counter_row, rows);
  return HANSE_DONE;
}
