/* One configured module: a plugin's code, its settings and its state. Instances outlive generations: a module whose
   code, settings and requirements did not change is shared by the next one; the others drain until nothing of theirs is
   open, and are buried by the loop's reap point. */
#ifndef ROUTER_INSTANCE_H
#define ROUTER_INSTANCE_H

#include <hanse/plugin.h>
#include <stdatomic.h>

#include "contract/option_pool.h"
#include "router/clock.h"
#include "router/health.h"
#include "router/loader.h"
#include "router/slow.h"
#include "router/watchdog.h"

struct exclusive;
struct generation;
struct router;

enum instance_state {
  INSTANCE_CREATED = 1,
  INSTANCE_CONFIGURED = 2,
  INSTANCE_STARTED = 3,
  INSTANCE_SKIPPED = 4,  /* start declined */
  INSTANCE_DRAINING = 5, /* a successor has taken over; finishes what is open */
  INSTANCE_STOPPED = 6
};

struct instance {
  struct hanse_host host; /* first: a host handle is its instance */
  struct instance *next, *previous;
  struct router *router;
  const char *name;       /* in pool */
  struct watched watched; /* the same, and the build, for reports */
  struct code *code;      /* held */
  const struct hanse_plugin *plugin;
  const struct hanse_protocol *protocol; /* its PROTOCOL offer, if it has one */
  const struct hanse_store *store;       /* its STORE offer, likewise */
  void *self;
  struct slow *slow;    /* whether calls are timed now */
  struct health health; /* of its policy, if it has one */
  enum instance_state state;
  unsigned pieces;     /* calls that ended with HANSE_AGAIN, of the slot that is called now */
  unsigned generation; /* number of the first one that used it */
  bool wanted;         /* the running generation uses it */
  bool ran;            /* it was started, and has not declined */
  hanse_time draining_since;
  struct option_pool pool; /* its name */
  struct option_pool settings_pool;
  void *settings;
  bool asked_entries;           /* its configure looked at home or partner entries: it runs again when those change */
  struct exclusive *exclusives; /* names that nobody beside it may use; in its settings */
  const struct generation *building; /* until it has started: the generation it is made for */
  unsigned char digest[32];          /* of the settings by value */
  /* What is open: the instance stays while any of these is not 0. */
  uint32_t messages, tickets, tokens, links;
  uint32_t busy;        /* work of its own, which its stop would wait for */
  bool expired;         /* its time was over; it is kept for that work only */
  uint32_t asked;       /* a store: requests that it has not answered */
  struct message *made; /* those messages */
  atomic_uint posts;    /* counted up from any thread */
  atomic_bool stopping; /* takes no more posts */
  /* Records that save has left for the successor. */
  struct hanse_slice *records;
  uint32_t record_count, record_room;
  size_t record_bytes;
};

/* Marks whose code runs; every call into a plugin stands between these two. */
struct calling {
  struct running before;
  struct slow *slow;
  hanse_time since; /* 0: not timed */
};

static inline struct calling instance_enter(const struct instance *instance, const char *slot) {
  struct calling calling = {watchdog_enter(&instance->watched, slot), instance->slow,
                            instance->slow->timing ? clock_read() : 0};
  return calling;
}
static inline void instance_leave(struct calling calling) {
  if (!calling.since) {
    watchdog_leave(calling.before);
    return;
  }
  struct running ended = watchdog_running();
  watchdog_leave(calling.before);
  slow_ended(calling.slow, calling.since, ended.who, ended.slot);
}

static inline struct instance *instance_of(struct hanse_host *host) { return (struct instance *)host; }

/* Makes the instance and runs create. Holds the code. NULL: problem says why. `ops` is the host table. */
struct instance *instance_new(struct router *router, const char *name, struct code *code,
                              const struct hanse_host_ops *ops, struct hanse_problem *problem);
/* Runs configure. HANSE_AGAIN: run it again in a later turn. */
int instance_configure(struct instance *instance, struct hanse_problem *problem);
/* Runs save on the predecessor and adopt on the successor. The predecessor keeps its state; tickets that were adopted
   are given back by tickets_adopt_settle. */
int instance_adopt(struct instance *successor, struct instance *predecessor, struct hanse_problem *problem);
/* After the commit: runs save_rest on the predecessor, and adopt. HANSE_AGAIN: there is more, in a later turn. A
   failure is in the log. */
int instance_adopt_rest(struct instance *successor, struct instance *predecessor);
/* Runs start. HANSE_OK, HANSE_SKIP or negative. */
int instance_start(struct instance *instance, struct hanse_problem *problem);
/* A successor has taken over: from now on it only finishes what is open. */
void instance_drain(struct instance *instance);
/* The process ends: it is told to begin nothing, and serves on meanwhile. */
void instance_last_call(struct instance *instance);
/* Work of its own begins, or some is over. */
void instance_busy(struct instance *instance, bool begins);
/* Why it still lives, in words; "" when it can be buried. */
const char *instance_open_work(const struct instance *instance, char *buf, size_t n);
/* Runs stop, once: what is open with it is ended in protocol. */
void instance_stop(struct instance *instance);
/* Runs stop (if it did not run yet) and destroy, reports what it left behind, releases the code. From the loop's top
   level only. */
void instance_bury(struct instance *instance);
/* hanse_post. From any thread. HANSE_NOMEM: the queue is full; HANSE_GONE: the instance stops. */
int instance_post(struct instance *instance, void (*run)(void *self, void *argument), void *argument);
/* hanse_save. HANSE_NOMEM: no memory, or more than 64 MiB. */
int instance_record(struct instance *instance, struct hanse_slice record);
void instance_records_clear(struct instance *instance);

const char *instance_state_name(enum instance_state state);

#endif
