#include "router/crl.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "contract/option_pool.h"
#include "router/address.h"
#include "router/crl_fetch.h"
#include "router/crl_file.h"
#include "router/errand.h"
#include "router/generation.h"
#include "router/log.h"
#include "router/reap.h"

#define ADDRESSES 4                     /* of one host that are tried */
#define AGAIN_AFTER (60 * HANSE_SECOND) /* a failure */
#define DUE_SOON 10                     /* percent of crl_refresh; who is due then is fetched with the others */

/* One source of one profile. */
struct source {
  struct hanse_slice name; /* NUL-terminated */
  bool is_url;
  struct crl_place place;
  char addresses[ADDRESSES][ADDRESS_TEXT];
  size_t address_count;
  char why[160]; /* it could not be fetched */
};

/* What the thread does for one profile. */
struct item {
  struct tls_profile *profile; /* held; the loop's */
  STACK_OF(X509) * anchors;
  struct source *sources;
  size_t count;
  hanse_time refresh, due; /* how often, and when next */
  struct crl_lists lists;
  X509_STORE *store; /* NULL: no memory */
};

struct crl_keeper {
  struct errand errand; /* first; listed while a name is being resolved */
  struct router *router;
  ev_timer timer;
  bool working, again;
  atomic_bool ending;
  /* one round */
  struct option_pool pool;
  const char *state_dir;
  struct item *items;
  size_t count;
  STACK_OF(X509) * anchors; /* of all items, borrowed from them: they may share what is kept */
  struct dns_query *query;
  size_t item, source; /* whose host is being resolved */
  bool listed;
  pthread_t thread;
  bool threaded;
};

static void round_end(struct crl_keeper *keeper) {
  for (size_t i = 0; i < keeper->count; i++) {
    struct item *item = &keeper->items[i];
    tls_profile_release(item->profile);
    sk_X509_pop_free(item->anchors, X509_free);
    if (item->lists.lists) crl_lists_clear(&item->lists);
    X509_STORE_free(item->store);
  }
  sk_X509_free(keeper->anchors);
  keeper->anchors = NULL;
  keeper->count = 0;
  keeper->working = false;
  option_pool_clear(&keeper->pool);
}

static void unlist(struct crl_keeper *keeper) {
  if (keeper->listed) errand_remove(&keeper->errand);
  keeper->listed = false;
}

void crl_keeper_free(struct crl_keeper *keeper) {
  if (!keeper) return;
  atomic_store(&keeper->ending, true);
  if (keeper->threaded) pthread_join(keeper->thread, NULL);
  unlist(keeper);
  dns_cancel(keeper->query);
  ev_timer_stop(loop_ev(keeper->router->loop), &keeper->timer);
  round_end(keeper);
  free(keeper);
}

/* ---- the thread ---- */

static void fetch(struct crl_keeper *keeper, struct source *source) {
  char *octets;
  size_t length;
  if (!source->address_count && !source->why[0]) snprintf(source->why, sizeof source->why, "the host has no address");
  for (size_t i = 0; i < source->address_count && !atomic_load(&keeper->ending); i++) {
    source->why[0] = '\0';
    if (crl_fetch(&source->place, source->addresses[i], &octets, &length, source->why, sizeof source->why) != HANSE_OK)
      continue;
    int kept = crl_keep(keeper->state_dir, source->name, hanse_slice(octets, length), keeper->anchors, source->why,
                        sizeof source->why);
    free(octets);
    if (kept == HANSE_OK) return;
  }
}

/* Notes as well when this source wants the next round. */
static void keep_fresh(struct crl_keeper *keeper, struct item *item, struct source *source) {
  char path[CRL_PATH];
  crl_kept_path(keeper->state_dir, source->name, path);
  if (crl_kept_due(path, item->refresh) < item->refresh / 100 * DUE_SOON) fetch(keeper, source);
  hanse_time due = crl_kept_due(path, item->refresh);
  if (due && due < item->due) item->due = due;
}

static void refresh(struct crl_keeper *keeper, struct item *item) {
  struct hanse_slice *names = calloc(item->count + 1, sizeof *names);
  item->due = item->refresh;
  for (size_t i = 0; names && i < item->count; i++) {
    names[i] = item->sources[i].name;
    if (item->sources[i].is_url) keep_fresh(keeper, item, &item->sources[i]);
  }
  if (names && crl_read(&item->lists, names, item->count, keeper->state_dir) == HANSE_OK)
    item->store = tls_store_new(item->anchors, &item->lists);
  free(names);
}

static void finished(void *argument);

static void *work(void *argument) {
  struct crl_keeper *keeper = argument;
  for (size_t i = 0; i < keeper->count && !atomic_load(&keeper->ending); i++) refresh(keeper, &keeper->items[i]);
  loop_post(keeper->router->loop, finished, keeper);
  return NULL;
}

/* ---- the result ---- */

static bool is_in_use(const struct router *router, const struct tls_profile *profile) {
  for (size_t i = 0; router->now && i < router->now->settings->tls.count; i++)
    if (router->now->profiles[i] == profile) return true;
  return false;
}

/* What the log is told of one profile; and what stays to be told by check. True: something failed. */
static bool note_trouble(struct item *item) {
  struct tls_profile *profile = item->profile;
  bool failed = item->lists.trouble[0] != '\0';
  char text[240];
  snprintf(text, sizeof text, "%s", item->lists.trouble);
  for (size_t i = 0; i < item->count; i++) {
    const struct source *source = &item->sources[i];
    if (!source->why[0]) continue;
    snprintf(text, sizeof text, "%.120s: %.110s", source->name.at, source->why);
    failed = true;
    log_event(HANSE_WARNING, "tls", "crl.unreachable", "profile=%.*s source=\"%s\" error=\"%s\" check=%s",
              HANSE_FMT(profile->name), source->name.at, source->why,
              profile->revocation == TLS_REVOCATION_HARD ? "hard" : "soft");
  }
  memcpy(profile->lists_trouble, text, sizeof text);
  return failed;
}

/* True: peers must be verified again. */
static bool take(struct item *item) {
  struct tls_profile *profile = item->profile;
  if (!item->store || !memcmp(profile->lists_digest, item->lists.digest, sizeof profile->lists_digest)) return false;
  tls_profile_store_take(profile, item->store, &item->lists);
  item->store = NULL;
  log_event(HANSE_NOTICE, "tls", "crl.changed", "profile=%.*s lists=%u", HANSE_FMT(profile->name), profile->lists);
  return true;
}

static void schedule(struct crl_keeper *keeper, hanse_time after) {
  struct ev_loop *ev = loop_ev(keeper->router->loop);
  ev_timer_stop(ev, &keeper->timer);
  ev_timer_set(&keeper->timer, (double)after / HANSE_SECOND, 0.);
  ev_timer_start(ev, &keeper->timer);
}

static void verify_all_again(struct router *router) {
  router->now->trust++;
  reap_links(router);
}

static void finished(void *argument) {
  struct crl_keeper *keeper = argument;
  hanse_time next = 0;
  bool any = false;
  pthread_join(keeper->thread, NULL);
  keeper->threaded = false;
  for (size_t i = 0; i < keeper->count; i++) {
    struct item *item = &keeper->items[i];
    if (!is_in_use(keeper->router, item->profile)) continue;
    any |= take(item);
    hanse_time after = note_trouble(item) && item->due > AGAIN_AFTER ? AGAIN_AFTER : item->due;
    if (!next || after < next) next = after;
  }
  if (any) verify_all_again(keeper->router);
  round_end(keeper);
  if (keeper->again || next) schedule(keeper, keeper->again ? 0 : next);
  keeper->again = false;
}

static void begin_thread(struct crl_keeper *keeper) {
  sigset_t all, before;
  unlist(keeper);
  sigfillset(&all); /* signals are the loop's */
  pthread_sigmask(SIG_SETMASK, &all, &before);
  keeper->threaded = pthread_create(&keeper->thread, NULL, work, keeper) == 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (keeper->threaded) return;
  round_end(keeper);
  schedule(keeper, AGAIN_AFTER);
}

/* ---- names ---- */

static void resolve_next(struct crl_keeper *keeper);

static void on_addresses(void *argument, const struct dns_answer *answer) {
  struct crl_keeper *keeper = argument;
  struct source *source = &keeper->items[keeper->item].sources[keeper->source];
  keeper->query = NULL;
  for (size_t i = 0; i < answer->count && answer->result == DNS_FOUND && source->address_count < ADDRESSES; i++)
    address_host_text((const struct sockaddr *)&answer->addresses[i].address,
                      source->addresses[source->address_count++]);
  if (answer->result != DNS_FOUND)
    snprintf(source->why, sizeof source->why, "%.60s has no address%s%.60s", source->place.host,
             *answer->error ? ": " : "", answer->error);
  keeper->source++;
  resolve_next(keeper);
}

/* Each host in turn; a literal address answers itself. */
static void resolve_next(struct crl_keeper *keeper) {
  for (; keeper->item < keeper->count; keeper->item++, keeper->source = 0) {
    struct item *item = &keeper->items[keeper->item];
    for (; keeper->source < item->count; keeper->source++) {
      struct source *source = &item->sources[keeper->source];
      if (!source->is_url || source->why[0]) continue;
      keeper->query = dns_addresses(keeper->router->dns, hanse_text(source->place.host), on_addresses, keeper);
      if (keeper->query) return;
      snprintf(source->why, sizeof source->why, "the resolver is busy");
    }
  }
  begin_thread(keeper);
}

static void dns_changed(struct errand *errand) {
  struct crl_keeper *keeper = (struct crl_keeper *)errand;
  if (!keeper->query) return;
  dns_cancel(keeper->query);
  keeper->query = NULL;
  resolve_next(keeper);
}

static void drop(struct errand *errand) {
  struct crl_keeper *keeper = (struct crl_keeper *)errand;
  dns_cancel(keeper->query);
  keeper->query = NULL;
  unlist(keeper);
}

/* ---- a round ---- */

static int item_make(struct crl_keeper *keeper, struct item *item, const struct settings_tls *written,
                     struct tls_profile *profile) {
  const struct hanse_slice *names = written->crl.items;
  item->sources = hanse_alloc_zero(&keeper->pool.arena, (written->crl.count + 1) * sizeof *item->sources);
  item->anchors = tls_anchors(profile);
  item->profile = tls_profile_hold(profile);
  item->refresh = written->crl_refresh;
  if (!item->sources || !item->anchors) return HANSE_NOMEM;
  for (int i = 0; i < sk_X509_num(item->anchors); i++)
    if (!sk_X509_push(keeper->anchors, sk_X509_value(item->anchors, i))) return HANSE_NOMEM;
  for (size_t i = 0; i < written->crl.count; i++) {
    struct source *source = &item->sources[item->count++];
    if (hanse_copy(&keeper->pool.arena, names[i], &source->name) != HANSE_OK) return HANSE_NOMEM;
    source->is_url = crl_is_url(names[i]);
    if (source->is_url && !crl_place_parse(names[i], &source->place))
      snprintf(source->why, sizeof source->why, "it is no URL that can be fetched");
  }
  return HANSE_OK;
}

static int items_make(struct crl_keeper *keeper) {
  const struct generation *now = keeper->router->now;
  struct hanse_slice folder;
  size_t count = now->settings->tls.count;
  option_pool_init(&keeper->pool);
  keeper->items = hanse_alloc_zero(&keeper->pool.arena, (count + 1) * sizeof *keeper->items);
  keeper->anchors = sk_X509_new_null();
  if (!keeper->items || !keeper->anchors ||
      hanse_copy(&keeper->pool.arena, now->settings->state_dir, &folder) != HANSE_OK)
    return HANSE_NOMEM;
  keeper->state_dir = folder.at;
  for (size_t i = 0; i < count; i++) {
    const struct settings_tls *written = settings_tls_at(now->settings, i);
    if (!written->crl.count || !now->profiles[i]) continue;
    int status = item_make(keeper, &keeper->items[keeper->count++], written, now->profiles[i]);
    if (status != HANSE_OK) return status;
  }
  return HANSE_OK;
}

static void begin(struct crl_keeper *keeper) {
  struct router *router = keeper->router;
  keeper->working = true;
  keeper->item = keeper->source = 0;
  if (!router->now || !router->dns || items_make(keeper) != HANSE_OK) {
    round_end(keeper);
    schedule(keeper, AGAIN_AFTER);
  } else if (!keeper->count) {
    round_end(keeper);
  } else {
    keeper->listed = errand_add(router, &keeper->errand);
    if (keeper->listed) {
      resolve_next(keeper);
      return;
    }
    round_end(keeper);
    schedule(keeper, HANSE_SECOND);
  }
}

static void on_timer(struct ev_loop *ev, struct ev_timer *timer, int events) {
  (void)ev, (void)events;
  struct crl_keeper *keeper = timer->data;
  if (keeper->working)
    keeper->again = true;
  else
    begin(keeper);
}

struct crl_keeper *crl_keeper_new(struct router *router) {
  struct crl_keeper *keeper = calloc(1, sizeof *keeper);
  if (!keeper) return NULL;
  keeper->router = router;
  keeper->errand = (struct errand){.router = router, .dns_changed = dns_changed, .drop = drop};
  option_pool_init(&keeper->pool);
  ev_timer_init(&keeper->timer, on_timer, 0., 0.);
  keeper->timer.data = keeper;
  return keeper;
}

void crl_keeper_commit(struct router *router) {
  if (router->crl_keeper) schedule(router->crl_keeper, 0);
}
