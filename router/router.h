/* The process: everything that lives as long as it. There is one, made by main, handed down. */
#ifndef ROUTER_ROUTER_H
#define ROUTER_ROUTER_H

#include <hanse/host.h>

#include "router/alarm.h"
#include "router/block.h"
#include "router/counter.h"
#include "router/dns.h"
#include "router/loop.h"
#include "router/pool.h"
#include "router/timers.h"
#include "router/transport.h"

struct control;
struct crl_keeper;
struct decisions;
struct disposer;
struct errand;
struct generation;
struct instance;
struct loader;
struct message;
struct partner_bin;
struct pressure;
struct reap;
struct reload;
struct secret;
struct slow;
struct store_desk;
struct tickets;
struct tokens;
struct conversation;
struct lookup;
struct word;

/* One more than the highest failure number. */
#define ROUTER_FAILURES 100

struct router {
  struct loop *loop;
  const hanse_time *clock; /* the loop's */
  struct timers *timers;
  struct transport *transport;
  struct pool *pool;
  struct dns *dns;
  struct counters *counters;
  struct tickets *tickets;
  struct tokens *tokens;
  struct store_desk *store_desk;
  struct secret *secret;
  struct loader *loader;
  struct reload *reload;
  struct disposer *disposer;
  struct reap *reap;
  struct partner_bin *bin; /* the reaper's */
  struct slow *slow;
  struct pressure *pressure;
  struct crl_keeper *crl_keeper;
  struct control *control;
  const struct hanse_host_ops *host_ops;
  struct hanse_node node;
  struct generation *now;             /* the running generation; NULL before the first commit */
  struct instance *instances;         /* all that are alive */
  struct block_store small, large;    /* memory of messages: a common one, scratch (message_stores) */
  struct message *ready;              /* messages whose wait has ended, in order */
  struct loop_task ready_task;        /* runs them */
  struct conversation *conversations; /* in which something waits */
  struct hanse_timers *deferred;      /* policy.deferred */
  struct lookup *lookups;             /* what federation types have the DNS asked */
  struct errand *errands;             /* control commands that end later */
  struct word *words;
  hanse_time started;
  uint32_t decisions;                 /* numbers given so far; in a decision the boot number stands above it */
  struct decisions *decided;          /* the last that were refused; NULL: none was so far */
  uint64_t *refused[ROUTER_FAILURES]; /* counters by failure */
  struct alarm unknown;               /* messages from domains that nobody entered */
  uint64_t *reloads_done, *reloads_failed;
  uint64_t *accepted, *answered, *stray_answers, *late_verdicts;
  uint64_t *policies_failing, *policy_failures, *policy_unasked;
  int lock;                /* descriptor of run_dir/lock */
  bool draining;           /* SIGTERM: begin nothing */
  bool closing;            /* nothing is open any more, or waiting is over: links are being closed */
  hanse_time ending_since; /* draining, then closing */
  struct hanse_timers *drain_timers;
  struct hanse_timer drain_timer;
};

/* All that needs no configuration. NULL: no memory. */
struct router *router_new(void);
void router_free(struct router *router);

/* The next number of a decision; never 0. */
static inline uint64_t router_decision(struct router *router) {
  return (uint64_t)router->node.boot << 32 | ++router->decisions;
}

#endif
