/* The pool's view of itself and of a target; included by target.c and pool*.c only. */
#ifndef ROUTER_POOL_OWN_H
#define ROUTER_POOL_OWN_H

#include "router/attempt.h"
#include "router/hash.h"
#include "router/pool.h"

struct hanse_target {
  UT_hash_handle hh;
  struct pool *pool; /* NULL: the pool is gone */
  unsigned holds;
  struct target_settings settings; /* its slices lie behind the key */
  struct hanse_slice text;
  struct hanse_target *next_idle, *previous_idle; /* while nobody holds it */
  struct hanse_timer idle;
  /* the pool's */
  struct hanse_link *links[TARGET_LINKS + 1]; /* open and registered; held. One more for `fresh` at the end. */
  unsigned link_count;
  struct hanse_link *fresh; /* its handshake is done, but pool_link_opened was not called yet; held */
  struct attempt *attempt;  /* NULL: none */
  struct pool_wait *waits;
  uint32_t wait_count;
  uint64_t wait_bytes;
  struct hanse_target *next_work, *previous_work;       /* in pool->work: served or failed in the next turn */
  struct hanse_target *next_blocked, *previous_blocked; /* in pool->blocked: waits for room on its links */
  bool in_work, in_blocked;
  unsigned failures; /* in a row */
  hanse_time dead_until;
  uint32_t settled;               /* the pool's number when it died */
  struct sockaddr_storage worked; /* the address that did last */
  enum hanse_failure failure;     /* the last one; HANSE_F_NONE: none since a link served well */
  char error[200];
  size_t key_length;
  char key[]; /* with the texts of the settings behind it */
};

struct pool {
  struct loop *loop;
  struct timers *timers;
  const hanse_time *now;
  struct attempt_means means;
  struct pool_limits limits;
  uint32_t settled; /* grows with each reload: what died before it is tried again */
  bool stopped;     /* pool_stop */
  struct hanse_target *targets;
  struct hanse_target *idle; /* the longest idle first */
  size_t idle_count;
  struct hanse_timers *idle_timers, *wait_timers;
  struct hanse_target *work, *blocked;
  struct loop_task task;
  struct loop_hook hook;
  struct pool_index *index;
};

#endif
