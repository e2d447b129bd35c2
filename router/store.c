#include "router/store.h"

#include <stdlib.h>
#include <utlist.h>

#include "contract/abi.h"
#include "router/clock.h"
#include "router/generation.h"
#include "router/hash.h"
#include "router/instance.h"
#include "router/log.h"
#include "router/router.h"

/* Requests of one module that are given to the store in one turn: each is copied, and may have 64 KiB. */
#define STORE_RELEASED_A_TURN 64

/* The requests of one module. There is one for each name that ever asked. */
struct store_space {
  UT_hash_handle hh;
  struct instance *at;   /* the store that works on them */
  uint32_t given, count; /* to the store; and with those that wait */
  struct store_inquiry *waiting;
  size_t length;
  char name[];
};

struct store_inquiry {
  UT_hash_handle hh;
  hanse_inquiry number;
  struct store_inquiry *next, *previous; /* among those that wait */
  struct store_space *space;
  struct instance *asker; /* NULL: buried */
  struct instance *store; /* NULL: it waits */
  hanse_store_answered *answered;
  void *argument;
  bool asking;                        /* the store's `ask` has not returned */
  bool uncommitted;                   /* asked in `start`, and the commit is still to come */
  struct hanse_store_request request; /* of one that waits; its texts follow this struct */
};

struct store_desk {
  struct router *router;
  struct store_space *spaces;
  struct store_inquiry *inquiries;
  hanse_inquiry last;
  struct loop_task task; /* gives what waits to the store */
  uint64_t *asked, *failed;
};

static void release_some(struct loop_task *task);

struct store_desk *store_desk_new(struct router *router) {
  struct store_desk *desk = calloc(1, sizeof *desk);
  if (!desk) return NULL;
  desk->router = router;
  desk->task.run = release_some;
  desk->asked = counter_get(router->counters, "store", "asked", "requests of modules to the store");
  desk->failed = counter_get(router->counters, "store", "failed", "requests that the store did not fulfil");
  return desk;
}

/* ---- one request ---- */

static struct store_space *space_of(struct store_desk *desk, const char *module) {
  size_t length = strlen(module);
  struct store_space *space;
  HASH_FIND(hh, desk->spaces, module, length, space);
  if (space) return space;
  space = calloc(1, sizeof *space + length + 1);
  if (!space) return NULL;
  space->length = length;
  memcpy(space->name, module, length);
  HASH_ADD_KEYPTR(hh, desk->spaces, space->name, length, space);
  if (HASH_ADDED(hh, space)) return space;
  free(space);
  return NULL;
}

static struct hanse_slice keep(char **at, struct hanse_slice text) {
  struct hanse_slice kept = hanse_slice(*at, text.len);
  if (text.len) memcpy(*at, text.at, text.len);
  *at += text.len;
  return kept;
}

/* NULL: no memory. With room for a copy of the texts when it has to wait. */
static struct store_inquiry *inquiry_new(struct store_desk *desk, struct store_space *space,
                                         const struct hanse_store_request *request, bool waits) {
  struct store_inquiry *inquiry = calloc(1, sizeof *inquiry + (waits ? request->key.len + request->value.len : 0));
  if (!inquiry) return NULL;
  inquiry->number = ++desk->last;
  inquiry->space = space;
  inquiry->request = *request;
  HASH_ADD(hh, desk->inquiries, number, sizeof inquiry->number, inquiry);
  if (!HASH_ADDED(hh, inquiry)) {
    free(inquiry);
    return NULL;
  }
  space->count++;
  if (!waits) return inquiry;
  char *at = (char *)(inquiry + 1);
  inquiry->request.key = keep(&at, request->key);
  inquiry->request.value = keep(&at, request->value);
  DL_APPEND2(space->waiting, inquiry, previous, next);
  return inquiry;
}

static void inquiry_out(struct store_desk *desk, struct store_inquiry *inquiry) {
  struct store_space *space = inquiry->space;
  HASH_DEL(desk->inquiries, inquiry);
  if (inquiry->store) {
    inquiry->store->asked--;
    space->given--;
  } else {
    DL_DELETE2(space->waiting, inquiry, previous, next);
  }
  space->count--;
}

void store_desk_free(struct store_desk *desk) {
  struct store_inquiry *inquiry, *next_inquiry;
  struct store_space *space, *next_space;
  if (!desk) return;
  loop_task_remove(desk->router->loop, &desk->task);
  HASH_ITER(hh, desk->inquiries, inquiry, next_inquiry) {
    inquiry_out(desk, inquiry);
    free(inquiry);
  }
  HASH_ITER(hh, desk->spaces, space, next_space) {
    HASH_DEL(desk->spaces, space);
    free(space);
  }
  free(desk);
}

/* ---- the answer ---- */

/* A module that declined to start, or is stopped, is not called. */
static void tell(const struct store_inquiry *inquiry, const struct hanse_store_answer *answer) {
  struct instance *asker = inquiry->asker;
  if (!asker || !inquiry->answered) return;
  if (asker->state != INSTANCE_STARTED && asker->state != INSTANCE_DRAINING) return;
  struct calling before = instance_enter(asker, "store answered");
  inquiry->answered(asker->self, inquiry->argument, answer);
  instance_leave(before);
}

static bool may_release(const struct store_desk *desk, const struct store_space *space);

static void end(struct store_desk *desk, struct store_inquiry *inquiry, const struct hanse_store_answer *answer) {
  struct store_space *space = inquiry->space;
  if (answer->status < 0) ++*desk->failed;
  inquiry_out(desk, inquiry);
  tell(inquiry, answer); /* who may ask again */
  free(inquiry);
  if (may_release(desk, space)) loop_task_add(desk->router->loop, &desk->task);
}

static void end_with(struct store_desk *desk, struct store_inquiry *inquiry, int status) {
  struct hanse_store_answer answer = {.size = sizeof answer, .status = status};
  end(desk, inquiry, &answer);
}

int store_answer(struct instance *store, hanse_inquiry number, const struct hanse_store_answer *theirs) {
  struct store_desk *desk = store->router->store_desk;
  struct hanse_store_answer whole, *answer = &whole; /* which may end before what the asker's headers have */
  struct store_inquiry *inquiry;
  if (!abi_copy(answer, sizeof *answer, theirs, ABI_REACH(struct hanse_store_answer, more))) return HANSE_INVALID;
  HASH_FIND(hh, desk->inquiries, &number, sizeof number, inquiry);
  if (!inquiry || inquiry->store != store) return HANSE_GONE;
  if (inquiry->asking) {
    log_event(HANSE_ERROR, store->name, "plugin.store_answer", "text=\"answered from within ask\"");
    return HANSE_INVALID;
  }
  bool more = inquiry->request.deed == HANSE_STORE_SCAN && answer->status == HANSE_OK && answer->more;
  if (!more) {
    end(desk, inquiry, answer);
    return HANSE_OK;
  }
  if (inquiry->asker) {
    tell(inquiry, answer);
    return HANSE_OK;
  }
  end_with(desk, inquiry, HANSE_GONE);
  return HANSE_GONE;
}

/* ---- to the store ---- */

static struct instance *store_of(const struct router *router) {
  struct instance *store = router->now ? router->now->store.instance : NULL;
  return store && store->state == INSTANCE_STARTED ? store : NULL;
}

/* Whether the first one that waits need not wait any longer. */
static bool may_release(const struct store_desk *desk, const struct store_space *space) {
  return space->waiting && (!space->given || space->at == store_of(desk->router));
}

/* The inquiry is the store's, unless this fails. `request`: its texts, in the asker's memory or our own. */
static int give(struct store_inquiry *inquiry, struct instance *store, const struct hanse_store_request *request) {
  inquiry->store = store;
  inquiry->space->at = store;
  inquiry->space->given++;
  store->asked++;
  inquiry->asking = true;
  struct calling before = instance_enter(store, "ask");
  int status = store->store->ask(store->self, inquiry->number, request);
  instance_leave(before);
  inquiry->asking = false;
  return status < 0 ? status : HANSE_OK;
}

static void release(struct store_desk *desk, struct store_space *space) {
  struct store_inquiry *inquiry = space->waiting;
  struct instance *store = store_of(desk->router);
  if (!store) {
    end_with(desk, inquiry, HANSE_GONE);
    return;
  }
  DL_DELETE2(space->waiting, inquiry, previous, next);
  int status = give(inquiry, store, &inquiry->request);
  if (status != HANSE_OK) end_with(desk, inquiry, status);
}

static void release_some(struct loop_task *task) {
  struct store_desk *desk = (struct store_desk *)((char *)task - offsetof(struct store_desk, task));
  for (struct store_space *space = desk->spaces; space; space = space->hh.next) {
    for (unsigned n = 0; n < STORE_RELEASED_A_TURN && may_release(desk, space); n++) release(desk, space);
    if (may_release(desk, space)) loop_task_add(desk->router->loop, task);
  }
}

void store_changed(struct router *router) {
  struct store_desk *desk = router->store_desk;
  for (struct store_inquiry *inquiry = desk->inquiries; inquiry; inquiry = inquiry->hh.next)
    inquiry->uncommitted = false;
  loop_task_add(router->loop, &desk->task);
}

void store_flush(struct router *router) {
  struct store_desk *desk = router->store_desk;
  for (struct store_space *space = desk->spaces; space; space = space->hh.next)
    while (may_release(desk, space)) release(desk, space);
}

/* ---- asking ---- */

static bool sound(const struct hanse_store_request *r) {
  if (r->deed < HANSE_STORE_GET || r->deed > HANSE_STORE_SCAN || r->lasts < 0) return false;
  if (r->key.len == 0 && r->deed != HANSE_STORE_SCAN) return false;
  return r->key.len <= HANSE_STORE_KEY_MAX && r->value.len <= HANSE_STORE_VALUE_MAX;
}

static void fill_in(struct hanse_store_request *request, const struct store_space *space) {
  request->size = sizeof *request;
  request->space = hanse_slice(space->name, space->length);
  request->now = clock_wall();
  request->expires = 0;
  if (request->lasts && __builtin_add_overflow(request->now, request->lasts, &request->expires)) request->expires = 0;
  if (request->deed != HANSE_STORE_PUT) request->value = hanse_slice(NULL, 0);
}

static bool is_starting(const struct instance *asker) { return asker->state == INSTANCE_CONFIGURED && asker->building; }

/* HANSE_OK: a store is there, or will be with the commit. */
static int may_ask(const struct instance *asker, const struct instance *store) {
  if (is_starting(asker)) return asker->building->store.named && !asker->store ? HANSE_OK : HANSE_SKIP;
  if (asker->state != INSTANCE_STARTED && asker->state != INSTANCE_DRAINING) return HANSE_INVALID;
  return store && !asker->store ? HANSE_OK : HANSE_SKIP;
}

static int ask_in(struct store_desk *desk, struct store_space *space, struct instance *asker,
                  const struct store_inquiry *how, struct instance *store) {
  struct hanse_store_request request = how->request;
  bool waits = is_starting(asker) || space->waiting || (space->given && space->at != store);
  if (space->count >= HANSE_STORE_OPEN_MAX) return HANSE_NOMEM;
  fill_in(&request, space);
  struct store_inquiry *inquiry = inquiry_new(desk, space, &request, waits);
  if (!inquiry) return HANSE_NOMEM;
  inquiry->asker = asker;
  inquiry->answered = how->answered;
  inquiry->argument = how->argument;
  inquiry->uncommitted = is_starting(asker);
  ++*desk->asked;
  int status = waits ? HANSE_OK : give(inquiry, store, &request);
  if (status == HANSE_OK) return HANSE_OK;
  ++*desk->failed;
  inquiry_out(desk, inquiry);
  free(inquiry);
  return status;
}

int store_ask(struct instance *asker, const struct hanse_store_request *request, hanse_store_answered *answered,
              void *argument) {
  struct store_desk *desk = asker->router->store_desk;
  struct instance *store = store_of(asker->router);
  struct store_inquiry how = {.answered = answered, .argument = argument};
  if (!abi_copy(&how.request, sizeof how.request, request, ABI_REACH(struct hanse_store_request, expires)) ||
      !sound(&how.request))
    return HANSE_INVALID;
  int status = may_ask(asker, store);
  if (status != HANSE_OK) return status;
  struct store_space *space = space_of(desk, asker->name);
  if (!space) return HANSE_NOMEM;
  return ask_in(desk, space, asker, &how, store);
}

/* ---- ends ---- */

void store_asker_gone(struct instance *asker) {
  struct store_desk *desk = asker->router->store_desk;
  struct store_inquiry *inquiry, *next;
  HASH_ITER(hh, desk->inquiries, inquiry, next) {
    if (inquiry->asker != asker) continue;
    inquiry->asker = NULL;
    if (inquiry->uncommitted) end_with(desk, inquiry, HANSE_GONE); /* of a generation that never was */
  }
}

void store_instance_gone(struct instance *store) {
  struct store_desk *desk = store->router->store_desk;
  struct router *router = store->router;
  struct store_inquiry *inquiry, *next;
  if (router->now && router->now->store.instance == store) router->now->store.instance = NULL;
  HASH_ITER(hh, desk->inquiries, inquiry, next) {
    if (inquiry->store == store) end_with(desk, inquiry, HANSE_GONE);
  }
}
