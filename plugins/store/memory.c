/* The store `memory`: rows live as long as the process, also across a reload. */
#include "memory.h"

#include <stdlib.h>

#define MEMORY_SWEEP (10 * HANSE_SECOND)
#define MEMORY_SWEPT_AT_ONCE 2000
#define MEMORY_PATIENCE (10 * HANSE_SECOND) /* between two records of the predecessor */

static const struct hanse_option memory_options[] = {
    HANSE_OPTION(struct memory_settings, limit, HANSE_SIZE, 0, "64M",
                 "Memory for all rows; what would take more is refused.", .min = "64k", .max = "4G"),
    HANSE_OPTIONS_END,
};

static int memory_create(struct hanse_host *host, void **self) {
  struct memory *memory = (struct memory *)calloc(1, sizeof *memory);
  if (!memory) return HANSE_NOMEM;
  memory->host = host;
  jobs_init(&memory->jobs);
  hanse_random(host, memory->table.key, sizeof memory->table.key);
  memory->refused = hanse_counter(host, "refused", "writes that found no room");
  memory->expired = hanse_counter(host, "expired", "rows that were dropped after their time");
  *self = memory;
  return HANSE_OK;
}

static int memory_configure(void *self, const void *settings, struct hanse_problem *problem) {
  struct memory *memory = (struct memory *)self;
  memory->table.limit = (size_t)((const struct memory_settings *)settings)->limit;
  memory->soon = hanse_timers(memory->host, 1 * HANSE_MSEC);
  memory->now_and_then = hanse_timers(memory->host, MEMORY_SWEEP);
  memory->patience = hanse_timers(memory->host, MEMORY_PATIENCE);
  if (memory->soon && memory->now_and_then && memory->patience) return HANSE_OK;
  hanse_explain(problem, "no memory for the store");
  return HANSE_NOMEM;
}

/* Rows whose time is over are gone for whoever asks; now and then they are dropped, some at a time. */
static void memory_sweep(void *self, struct hanse_timer *timer) {
  struct memory *memory = (struct memory *)self;
  if (!memory->sweeping) memory_walk_begin(&memory->table, &memory->sweeper);
  *memory->expired +=
      memory_purge(&memory->table, &memory->sweeper, MEMORY_SWEPT_AT_ONCE, hanse_wall_time(memory->host));
  memory->sweeping = memory->sweeper.at != NULL;
  if (!memory->sweeping) memory_walk_end(&memory->table, &memory->sweeper);
  hanse_timer_start(memory->host, memory->sweeping ? memory->soon : memory->now_and_then, timer, memory_sweep);
}

static int memory_start(void *self) {
  struct memory *memory = (struct memory *)self;
  memory->started = true;
  memory_rest_expect(memory);
  hanse_timer_start(memory->host, memory->now_and_then, &memory->sweep, memory_sweep);
  return HANSE_OK;
}

static void memory_rest(struct memory *memory) {
  hanse_timer_stop(memory->host, &memory->sweep);
  if (memory->sweeping) memory_walk_end(&memory->table, &memory->sweeper);
  memory->sweeping = false;
}

/* The rows stay as they are from here on: a successor gets them. At the end of the process others still write. */
static void memory_drain(void *self) {
  struct memory *memory = (struct memory *)self;
  memory_rest(memory);
  memory_ready(memory);
  memory_work_all(memory);
}

static void memory_stop(void *self) {
  struct memory *memory = (struct memory *)self;
  memory_rest(memory);
  memory_work_all(memory);
  memory_scans_end(memory);
  memory_rest_stop(memory);
  hanse_timer_stop(memory->host, &memory->work);
}

static void memory_destroy(void *self) {
  struct memory *memory = (struct memory *)self;
  memory_table_clear(&memory->table);
  free(memory);
}

static const struct hanse_store memory_store = {sizeof(struct hanse_store), memory_ask};
static const struct hanse_offer memory_offers[] = {
    {HANSE_STORE, NULL, NULL, &memory_store, NULL, 0},
    HANSE_OFFERS_END,
};

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),
    .name = "memory",
    .version = "0.1.0",
    .summary = "keeps the small state of other modules in memory: it survives reloads, not restarts",
    .options = memory_options,
    .settings_size = sizeof(struct memory_settings),
    .offers = memory_offers,
    .create = memory_create,
    .configure = memory_configure,
    .adopt = memory_adopt,
    .start = memory_start,
    .save = memory_save,
    .drain = memory_drain,
    .stop = memory_stop,
    .destroy = memory_destroy,
    .save_rest = memory_save_rest,
};
