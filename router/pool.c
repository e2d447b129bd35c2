#include "router/pool.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "router/log.h"
#include "router/pool_index.h"
#include "router/pool_own.h"

static hanse_time now(const struct pool *pool) { return *pool->now; }

/* ---- queues ---- */

/* A target that has something to be done in the next turn is held until then. */
static void work_add(struct hanse_target *target) {
  struct pool *pool = target->pool;
  if (target->in_work) return;
  target->in_work = true;
  target_hold(target); /* not within the macro, which evaluates its arguments several times */
  DL_APPEND2(pool->work, target, previous_work, next_work);
  loop_task_add(pool->loop, &pool->task);
}

static void work_remove(struct hanse_target *target) {
  DL_DELETE2(target->pool->work, target, previous_work, next_work);
  target->in_work = false;
  target_release(target);
}

static void blocked_set(struct hanse_target *target, bool blocked) {
  struct pool *pool = target->pool;
  if (target->in_blocked == blocked) return;
  target->in_blocked = blocked;
  if (blocked)
    DL_APPEND2(pool->blocked, target, previous_blocked, next_blocked);
  else
    DL_DELETE2(pool->blocked, target, previous_blocked, next_blocked);
}

static void wait_remove(struct pool_wait *wait) {
  struct hanse_target *target = wait->target;
  DL_DELETE2(target->waits, wait, previous, next);
  target->wait_count--;
  target->wait_bytes -= wait->bytes;
  timers_stop(&wait->timer);
  wait->target = NULL;
  if (!target->waits) blocked_set(target, false);
  target_release(target);
}

void pool_wait_cancel(struct pool_wait *wait) {
  if (wait->target) wait_remove(wait);
}

static void wait_fail(struct pool_wait *wait, enum hanse_failure failure, const char *text) {
  wait_remove(wait);
  wait->ready(wait, NULL, failure, text);
}

static void wait_is_over(void *owner, struct hanse_timer *timer) {
  struct pool_wait *wait = (struct pool_wait *)((char *)timer - offsetof(struct pool_wait, timer));
  struct hanse_target *target = wait->target;
  char text[sizeof target->error];
  (void)owner;
  if (target->link_count) {
    wait_fail(wait, HANSE_F_QUEUE_FULL, "waited too long for room on the links to this target");
    return;
  }
  memcpy(text, target->error, sizeof text);
  wait_fail(wait, target->failure ? target->failure : HANSE_F_CONNECT,
            *text ? text : "waited too long for a link to this target");
}

/* ---- links of a target ---- */

static uint64_t unsent(const struct hanse_link *link) { return link->queued - link->written; }

static bool is_congested(const struct pool *pool, const struct hanse_link *link) {
  return (link->paused & LINK_PAUSE_OUTPUT) || unsent(link) > pool->limits.congested;
}

/* The open link with the least to send and room for more; NULL: none. *open is how many are open at all. */
static struct hanse_link *best_link(const struct hanse_target *target, unsigned *open) {
  struct hanse_link *best = NULL;
  *open = 0;
  for (unsigned i = 0; i < target->link_count; i++) {
    struct hanse_link *link = target->links[i];
    if (link->state != LINK_OPEN) continue;
    (*open)++;
    if (!is_congested(target->pool, link) && (!best || unsent(link) < unsent(best))) best = link;
  }
  return best;
}

static bool is_dead(const struct hanse_target *target) {
  return now(target->pool) < target->dead_until && target->settled == target->pool->settled;
}

/* ---- life and death ---- */

static hanse_time backoff(unsigned failures) {
  hanse_time base = failures > 6 ? POOL_BACKOFF_MAX : HANSE_SECOND << (failures - 1);
  if (base > POOL_BACKOFF_MAX) base = POOL_BACKOFF_MAX;
  return base - base / 4 + randombytes_uniform((uint32_t)(base / 2));
}

/* A resolver that fails says nothing about the target, and sees to it itself that it is not asked too often. */
static unsigned failures_after(const struct hanse_target *target, enum hanse_failure failure) {
  if (failure == HANSE_F_DNS || target->failure == HANSE_F_DNS) return 1;
  return target->failures < 100 ? target->failures + 1 : target->failures;
}

static void target_failed(struct hanse_target *target, enum hanse_failure failure, const char *text) {
  bool news = target->failures == 0 || target->failure != failure;
  target->failures = failures_after(target, failure);
  hanse_time pause = backoff(target->failures);
  target->dead_until = now(target->pool) + pause;
  target->settled = target->pool->settled;
  target->failure = failure;
  snprintf(target->error, sizeof target->error, "%s", text);
  log_event(news ? HANSE_WARNING : HANSE_INFO, "target", "target.failed",
            "target=%s failure=%d again_in_ms=%lld error=\"%s\"", target->text.at, (int)failure,
            (long long)(pause / HANSE_MSEC), target->error);
}

static void target_is_well(struct hanse_target *target) {
  if (target->failures) log_event(HANSE_NOTICE, "target", "target.answers", "target=%s", target->text.at);
  target->failures = 0;
  target->dead_until = 0;
  target->failure = HANSE_F_NONE;
  target->error[0] = '\0';
}

static void attempt_ended(struct hanse_target *target, const struct attempt_result *result) {
  target->attempt = NULL;
  if (result->link) {
    target->fresh = result->link;
    target->worked = result->address;
    target_hold(target); /* for as long as the link names it */
    return;
  }
  target_failed(target, result->failure, result->text);
  work_add(target);
}

static bool attempt_begin(struct hanse_target *target) {
  target->attempt = attempt_start(&target->pool->means, target, &target->worked, attempt_ended);
  return target->attempt != NULL;
}

/* ---- serving what waits ---- */

static void serve(struct hanse_target *target) {
  unsigned open;
  while (target->waits) {
    struct pool_wait *wait = target->waits;
    struct hanse_link *link = best_link(target, &open);
    if (!link) break;
    wait_remove(wait);
    wait->ready(wait, link, HANSE_F_NONE, "");
  }
}

/* No link and no hope of one for now. What is queued meanwhile is refused by pool_want. */
static void fail_all(struct hanse_target *target) {
  char text[sizeof target->error];
  enum hanse_failure failure = target->failure ? target->failure : HANSE_F_CONNECT;
  memcpy(text, target->error, sizeof text);
  while (target->waits && is_dead(target)) wait_fail(target->waits, failure, text);
}

/* May a link be opened now, beside those that are? */
static bool may_open(const struct hanse_target *target, unsigned open) {
  unsigned links = target->settings.links;
  if (target->attempt || target->fresh || is_dead(target)) return false;
  return open < (links < 1 ? 1 : links) && target->link_count < TARGET_LINKS;
}

static void look_after(struct hanse_target *target) {
  unsigned open;
  serve(target);
  if (!target->waits) return;
  if (!best_link(target, &open) && may_open(target, open)) attempt_begin(target);
  if (!open && !target->attempt && !target->fresh) fail_all(target);
  blocked_set(target, target->waits && open);
}

static void on_task(struct loop_task *task) {
  struct pool *pool = (struct pool *)((char *)task - offsetof(struct pool, task));
  struct hanse_target *last = pool->work ? pool->work->previous_work : NULL;
  while (pool->work) {
    struct hanse_target *target = target_hold(pool->work);
    bool over = target == last;
    work_remove(target);
    look_after(target);
    target_release(target);
    if (over) break;
  }
  if (pool->work) loop_task_add(pool->loop, &pool->task);
}

/* Has one of the full links drained? */
static void on_turn(struct loop_hook *hook) {
  struct pool *pool = (struct pool *)((char *)hook - offsetof(struct pool, hook));
  struct hanse_target *target;
  unsigned open;
  DL_FOREACH2(pool->blocked, target, next_blocked) {
    if (best_link(target, &open)) work_add(target);
  }
}

/* ---- asking ---- */

static int enqueue(struct hanse_target *target, struct pool_wait *wait) {
  const struct pool_limits *limits = &target->pool->limits;
  if (target->wait_count >= limits->waiting_messages) return HANSE_NOMEM;
  if (wait->bytes > limits->waiting_bytes - target->wait_bytes) return HANSE_NOMEM;
  wait->target = target_hold(target);
  wait->since = now(target->pool);
  DL_APPEND2(target->waits, wait, previous, next);
  target->wait_count++;
  target->wait_bytes += wait->bytes;
  timers_start(target->pool->wait_timers, &wait->timer, wait_is_over);
  return HANSE_SKIP;
}

int pool_want(struct pool *pool, struct hanse_target *target, struct pool_wait *wait, struct hanse_link **out) {
  unsigned open;
  struct hanse_link *link = best_link(target, &open);
  pool_wait_cancel(wait);
  if (pool->stopped) return HANSE_GONE;
  if (link && !target->waits) {
    *out = link;
    return HANSE_OK;
  }
  if (!open && !target->attempt && !target->fresh && is_dead(target)) return HANSE_GONE;
  int status = enqueue(target, wait);
  if (status != HANSE_SKIP) return status;
  if (!link && may_open(target, open) && !attempt_begin(target) && !open) {
    wait_remove(wait);
    return HANSE_NOMEM;
  }
  if (open) blocked_set(target, true);
  return HANSE_SKIP;
}

enum hanse_failure pool_failure(const struct hanse_target *target, const char **text) {
  *text = target->error;
  return target->failure;
}

/* ---- what the layer above reports ---- */

void pool_link_opened(struct pool *pool, struct hanse_link *link) {
  struct hanse_target *target = link->target;
  pool_index_add(pool->index, link);
  if (!target || target->fresh != link) return;
  target->fresh = NULL;
  target->links[target->link_count++] = link;
  log_event(HANSE_INFO, "target", "target.link", "target=%s peer=%s links=%u", target->text.at, link->peer,
            target->link_count);
  if (target->waits) work_add(target);
}

/* Did the link do what links are for? Then what went wrong before is forgotten. */
static bool served_well(const struct pool *pool, const struct hanse_link *link) {
  if (link->failure == HANSE_F_TLS_OURS) return false;
  return link->bytes_in > 0 || now(pool) - link->opened >= POOL_PROBATION;
}

static bool take_out(struct hanse_target *target, struct hanse_link *link) {
  if (target->fresh == link) {
    target->fresh = NULL;
    return true;
  }
  for (unsigned i = 0; i < target->link_count; i++) {
    if (target->links[i] != link) continue;
    target->links[i] = target->links[--target->link_count];
    return true;
  }
  return false;
}

void pool_link_closed(struct pool *pool, struct hanse_link *link) {
  struct hanse_target *target = link->target;
  if (!pool) return;
  pool_index_remove(pool->index, link);
  if (!target || !take_out(target, link)) return;
  if (served_well(pool, link))
    target_is_well(target);
  else
    target_failed(target, link->failure ? link->failure : HANSE_F_LINK_LOST,
                  link->reason && *link->reason ? link->reason : "the peer closed the link at once");
  if (target->waits) work_add(target);
  link->target = NULL;
  link_release(link);
  target_release(target);
}

struct hanse_link *pool_link_again(struct pool *pool, const struct hanse_link *closed) {
  return pool_index_find(pool->index, closed);
}

void pool_each(struct pool *pool, void (*row)(void *argument, const struct pool_row *row), void *argument) {
  for (struct hanse_target *target = pool->targets; target; target = target->hh.next) {
    struct pool_row one = {.text = target->text,
                           .links_open = target->link_count,
                           .links_opening = target->attempt || target->fresh,
                           .waiting = target->wait_count,
                           .dead = target->link_count == 0 && is_dead(target),
                           .dead_until = target->dead_until,
                           .last_error = target->error,
                           .failure = target->failure};
    row(argument, &one);
  }
}

/* ---- the whole ---- */

void pool_settled(struct pool *pool) { pool->settled++; }

void pool_dns_changed(struct pool *pool) {
  for (struct hanse_target *target = pool->targets; target; target = target->hh.next)
    if (target->attempt) attempt_ask_again(target->attempt);
}

void pool_limits_set(struct pool *pool, const struct pool_limits *limits) {
  struct pool_limits set = *limits;
  if (!set.waiting_messages) set.waiting_messages = 1000;
  if (!set.waiting_bytes) set.waiting_bytes = (uint64_t)4 << 20;
  if (!set.waiting_time) set.waiting_time = 60 * HANSE_SECOND;
  if (!set.connect_timeout) set.connect_timeout = 4 * HANSE_SECOND;
  if (!set.congested) set.congested = (uint64_t)256 << 10;
  struct hanse_timers *waits = timers_list(pool->timers, pool, set.waiting_time, NULL);
  struct hanse_timers *guard = timers_list(pool->timers, pool, set.connect_timeout + HANSE_SECOND, NULL);
  if (!waits || !guard) { /* the old ones stay */
    log_event(HANSE_ERROR, "target", "limits", "error=\"no memory\"");
    return;
  }
  pool->limits = set;
  pool->wait_timers = waits;
  pool->means.guard = guard;
}

static void target_stop(struct hanse_target *target) {
  while (target->waits) wait_remove(target->waits);
  attempt_drop(target->attempt);
  target->attempt = NULL;
  if (target->in_work) work_remove(target);
}

void pool_stop(struct pool *pool) {
  struct hanse_target *target, *next;
  if (!pool || pool->stopped) return;
  pool->stopped = true;
  HASH_ITER(hh, pool->targets, target, next) {
    if (!target->holds) continue; /* nothing is going on there, and holding it would leave it idle once more */
    target_hold(target);
    target_stop(target);
    target_release(target);
  }
}

static void let_links_go(struct hanse_target *target) {
  if (target->fresh) target->links[target->link_count++] = target->fresh;
  target->fresh = NULL;
  while (target->link_count) {
    struct hanse_link *link = target->links[--target->link_count];
    link->target = NULL;
    link_release(link);
    target_release(target);
  }
}

static void drop_targets(struct pool *pool) {
  struct hanse_target *target, *next;
  HASH_ITER(hh, pool->targets, target, next) {
    target_hold(target);
    let_links_go(target);
    HASH_DEL(pool->targets, target);
    target->pool = NULL;
    target_release(target);
  }
}

void pool_free(struct pool *pool) {
  if (!pool) return;
  pool_stop(pool);
  drop_targets(pool);
  pool_index_free(pool->index);
  loop_task_remove(pool->loop, &pool->task);
  loop_hook_remove(pool->loop, &pool->hook);
  timers_owner_gone(pool->timers, pool);
  free(pool);
}

struct pool *pool_new(struct loop *loop, struct timers *timers, struct transport *transport, struct dns **dns) {
  struct pool *pool = calloc(1, sizeof *pool);
  if (!pool) return NULL;
  pool->loop = loop;
  pool->timers = timers;
  pool->now = loop_clock(loop);
  pool->means = (struct attempt_means){.loop = loop, .transport = transport, .dns = dns};
  pool->task.run = on_task;
  pool->hook.run = on_turn;
  pool->index = pool_index_new();
  pool->idle_timers = timers_list(timers, pool, TARGET_IDLE, NULL);
  pool_limits_set(pool, &(struct pool_limits){0});
  loop_hook_add(loop, LOOP_REAP, &pool->hook);
  if (pool->index && pool->idle_timers && pool->wait_timers) return pool;
  pool_free(pool);
  return NULL;
}
