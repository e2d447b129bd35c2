/* Modules that ask, and stores that answer when a test says so, in a router without sockets. Included once, by the
   test's own file. */
#ifndef TESTS_UNIT_STORE_WORLD_H
#define TESTS_UNIT_STORE_WORLD_H

#include "tests/lib/core_harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
/* cmocka wants the ones above first */
#include <cmocka.h>

#include "router/reap.h"
#include "router/store.h"

#define TOY_SEEN 1200

/* One module: a store when `plugin` offers one. */
struct toy {
  struct hanse_host *host;
  struct instance *instance;
  struct hanse_plugin plugin;
  struct code code;
  /* a store */
  int refuses;       /* what ask returns, when not 0 */
  bool answers_soon; /* from within ask */
  int soon;          /* what came of it */
  hanse_inquiry open[TOY_SEEN];
  struct hanse_store_request seen[TOY_SEEN]; /* texts are copies */
  char texts[TOY_SEEN][3][32];
  unsigned count;
  /* an asker */
  bool asks_in_start, asks_in_stop, asks_again;
  int status; /* of what it asked there */
  unsigned answered;
  int answer;
  int64_t number;
  char value[32];
  uint32_t rows;
  bool more;
};

static struct toy *newborn; /* whose create runs */

static int toy_create(struct hanse_host *host, void **self) {
  newborn->host = host;
  *self = newborn;
  return HANSE_OK;
}
static void toy_destroy(void *self) { ((struct toy *)self)->host = NULL; }

static void toy_told(void *self, void *argument, const struct hanse_store_answer *answer) {
  struct toy *toy = self;
  assert_non_null(toy->host); /* not destroyed */
  assert_ptr_equal(argument, toy);
  toy->answered++;
  toy->answer = answer->status;
  toy->number = answer->number;
  toy->rows += answer->count;
  toy->more = answer->more;
  snprintf(toy->value, sizeof toy->value, "%.*s", HANSE_FMT(answer->value));
  if (toy->asks_again) toy->status = hanse_store_get(toy->host, HANSE_LIT("again"), toy_told, toy);
}

static int toy_start(void *self) {
  struct toy *toy = self;
  if (toy->asks_in_start) toy->status = hanse_store_get(toy->host, HANSE_LIT("first"), toy_told, toy);
  return HANSE_OK;
}
static void toy_stop(void *self) {
  struct toy *toy = self;
  if (toy->asks_in_stop)
    toy->status = hanse_store_put(toy->host, HANSE_LIT("last"), HANSE_LIT("words"), 0, toy_told, toy);
}

static struct hanse_slice noted(char *at, struct hanse_slice text) {
  int length = snprintf(at, 32, "%.*s", HANSE_FMT(text));
  return hanse_slice(at, length < 32 ? (size_t)length : 31);
}

static int toy_ask(void *self, hanse_inquiry inquiry, const struct hanse_store_request *request) {
  struct toy *toy = self;
  const struct hanse_store_answer answer = {.size = sizeof answer};
  assert_true(inquiry != 0 && toy->count < TOY_SEEN);
  if (toy->answers_soon) toy->soon = hanse_store_answer(toy->host, inquiry, &answer);
  if (toy->refuses) return toy->refuses;
  struct hanse_store_request *seen = &toy->seen[toy->count];
  *seen = *request;
  seen->space = noted(toy->texts[toy->count][0], request->space);
  seen->key = noted(toy->texts[toy->count][1], request->key);
  seen->value = noted(toy->texts[toy->count][2], request->value);
  toy->open[toy->count++] = inquiry;
  return HANSE_OK;
}

static const struct hanse_store toy_store = {sizeof toy_store, toy_ask};
static const struct hanse_offer toy_offers[] = {{HANSE_STORE, NULL, NULL, &toy_store, NULL, 0}, HANSE_OFFERS_END};

/* Created and configured. */
static void toy_make(struct core *core, struct toy *toy, const char *name, bool store) {
  struct hanse_problem problem = {.text = ""};
  toy->plugin = (struct hanse_plugin){HANSE_NEEDS(9),
                                      .name = "toy",
                                      .version = "1",
                                      .summary = "of the test",
                                      .offers = store ? toy_offers : NULL,
                                      .create = toy_create,
                                      .start = toy_start,
                                      .stop = toy_stop,
                                      .destroy = toy_destroy};
  toy->code = (struct code){.holds = 1, .version = 1, .path = "toy", .plugin = &toy->plugin};
  newborn = toy;
  toy->instance = instance_new(core->router, name, &toy->code, core->router->host_ops, &problem);
  assert_non_null(toy->instance);
  assert_int_equal(instance_configure(toy->instance, &problem), HANSE_OK);
}

static void toy_run(struct core *core, struct toy *toy, const char *name, bool store) {
  struct hanse_problem problem = {.text = ""};
  toy_make(core, toy, name, store);
  assert_int_equal(instance_start(toy->instance, &problem), HANSE_OK);
  toy->instance->wanted = true;
}

/* A generation with this store, or none. */
static void toy_commit(struct core *core, struct toy *store) {
  core_commit(core);
  core->router->now->store.named = store != NULL;
  core->router->now->store.instance = store ? store->instance : NULL;
  store_changed(core->router);
}

/* Answers the n-th request that the store got. */
static int toy_answer(struct toy *store, unsigned n, int status, const char *value) {
  const struct hanse_store_answer answer = {.size = sizeof answer, .status = status, .value = hanse_text(value)};
  assert_true(n < store->count);
  return hanse_store_answer(store->host, store->open[n], &answer);
}

static int toy_put(struct toy *toy, const char *key) {
  return hanse_store_put(toy->host, hanse_text(key), HANSE_LIT("v"), 0, toy_told, toy);
}
static int toy_get(struct toy *toy, const char *key) {
  return hanse_store_get(toy->host, hanse_text(key), toy_told, toy);
}

static bool toy_busy(const struct toy *toy) {
  char text[160];
  return *instance_open_work(toy->instance, text, sizeof text);
}

#endif
