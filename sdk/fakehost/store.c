/* The fake host's questions to stores. What a plugin that is tested asks itself, no store answers. */
#include <stdlib.h>

#include "contract/unit.h"
#include "sdk/fakehost/inside.h"

#define EPOCH (1700000000 * (int64_t)HANSE_SECOND) /* when the fake clock stood at 0 */

static int64_t wall_time(struct hanse_host *host) { return EPOCH + fake_instance_of(host)->world->now; }

static struct hanse_slice state_dir(struct hanse_host *host) {
  return hanse_text(fake_instance_of(host)->world->state_dir);
}
void fake_state_dir(struct fake_world *world, const char *folder) { world->state_dir = folder; }

/* ---- what instances ask themselves ---- */

enum { KEPT_SLICE = 3 }; /* rows of an answer to a scan: few, so that tests see several */

struct fake_row {
  struct fake_row *next;
  struct hanse_slice key, value; /* owned */
  int64_t expires;               /* by the wall clock; 0: never */
};

struct fake_request {
  struct fake_request *next;
  struct fake_instance *owner;
  struct hanse_store_request asked; /* its slices are owned */
  hanse_store_answered *answered;
  void *argument;
};

struct fake_kept {
  struct fake_row *rows;
  struct fake_request *first;
  bool fails;
};

static struct hanse_slice kept_copy(struct hanse_slice slice) { return hanse_slice(fake_keep_text(slice), slice.len); }

static void kept_free(struct hanse_slice slice) { free((char *)(uintptr_t)slice.at); }

static void request_free(struct fake_request *request) {
  kept_free(request->asked.key);
  kept_free(request->asked.value);
  free(request);
}

static int store_ask(struct hanse_host *host, const struct hanse_store_request *request, hanse_store_answered *answered,
                     void *argument) {
  struct fake_instance *owner = fake_instance_of(host);
  struct fake_kept *kept = owner->world->kept;
  if (fake_foreign(host, "store_ask")) return HANSE_THREAD;
  if (!kept) return HANSE_SKIP;
  size_t open = 0;
  struct fake_request **end = &kept->first;
  for (; *end; end = &(*end)->next) open++;
  if (open >= HANSE_STORE_OPEN_MAX) return HANSE_NOMEM;
  if (request->key.len > HANSE_STORE_KEY_MAX || request->value.len > HANSE_STORE_VALUE_MAX) return HANSE_INVALID;
  if (fake_allocation_fails()) return HANSE_NOMEM;
  struct fake_request *fresh = fake_keep(sizeof *fresh);
  *fresh = (struct fake_request){.owner = owner, .asked = *request, .answered = answered, .argument = argument};
  fresh->asked.now = wall_time(host);
  fresh->asked.expires = request->lasts ? fresh->asked.now + request->lasts : 0;
  fresh->asked.key = kept_copy(request->key);
  fresh->asked.value = kept_copy(request->value);
  *end = fresh;
  return HANSE_OK;
}

static bool kept_delete(struct fake_kept *kept, struct hanse_slice key) {
  for (struct fake_row **at = &kept->rows; *at; at = &(*at)->next) {
    struct fake_row *row = *at;
    if (!hanse_same(row->key, key)) continue;
    *at = row->next;
    kept_free(row->key);
    kept_free(row->value);
    free(row);
    return true;
  }
  return false;
}

static struct fake_row *kept_put(struct fake_kept *kept, struct hanse_slice key, struct hanse_slice value,
                                 int64_t expires) {
  struct fake_row *row = fake_keep(sizeof *row);
  kept_delete(kept, key);
  *row = (struct fake_row){kept->rows, kept_copy(key), kept_copy(value), expires};
  return kept->rows = row;
}

static struct fake_row *kept_find(const struct fake_kept *kept, struct hanse_slice key) {
  struct fake_row *row = kept->rows;
  while (row && !hanse_same(row->key, key)) row = row->next;
  return row;
}

/* From its moment on it is as if it were not there. */
static void kept_purge(struct fake_kept *kept, int64_t now) {
  for (struct fake_row *row = kept->rows, *next; row; row = next) {
    next = row->next;
    if (row->expires && row->expires <= now) kept_delete(kept, row->key);
  }
}

static void kept_get(const struct fake_kept *kept, const struct hanse_store_request *asked,
                     struct hanse_store_answer *answer) {
  const struct fake_row *row = kept_find(kept, asked->key);
  answer->status = row ? HANSE_OK : HANSE_SKIP;
  if (row) answer->value = kept_copy(row->value);
}

/* A counter is kept as its decimal digits; what is not there counts as 0. */
static void kept_add(struct fake_kept *kept, const struct hanse_store_request *asked,
                     struct hanse_store_answer *answer) {
  const struct fake_row *row = kept_find(kept, asked->key);
  int64_t sum = 0, expires = row ? row->expires : asked->expires;
  char digits[24];
  if ((row && unit_integer(row->value, &sum) != HANSE_OK) || __builtin_add_overflow(sum, asked->by, &sum)) {
    answer->status = HANSE_INVALID;
    return;
  }
  int n = snprintf(digits, sizeof digits, "%lld", (long long)sum);
  kept_put(kept, asked->key, hanse_slice(digits, (size_t)n), expires);
  answer->number = sum;
}

static void kept_answer(const struct fake_request *request, struct hanse_store_answer *answer) {
  answer->size = sizeof *answer;
  if (request->answered) FAKE_CALL(request->answered(request->owner->self, request->argument, answer));
}

/* The rows as they are when it begins, so that the asker may write meanwhile. */
static void kept_scan(struct fake_kept *kept, const struct fake_request *request) {
  const struct hanse_slice prefix = request->asked.key;
  struct hanse_store_row rows[1000];
  uint32_t count = 0, at = 0;
  for (const struct fake_row *row = kept->rows; row && count < 1000; row = row->next)
    if (row->key.len >= prefix.len && memcmp(row->key.at, prefix.at, prefix.len) == 0)
      rows[count++] = (struct hanse_store_row){kept_copy(row->key), kept_copy(row->value)};
  do {
    uint32_t slice = count - at < KEPT_SLICE ? count - at : KEPT_SLICE;
    kept_answer(request, &(struct hanse_store_answer){.rows = rows + at, .count = slice, .more = at + slice < count});
    at += slice;
  } while (at < count);
  for (uint32_t i = 0; i < count; i++) {
    kept_free(rows[i].key);
    kept_free(rows[i].value);
  }
}

static void kept_work(struct fake_kept *kept, const struct fake_request *request, int64_t now) {
  const struct hanse_store_request *asked = &request->asked;
  struct hanse_store_answer answer = {.status = HANSE_OK};
  kept_purge(kept, now);
  if (kept->fails) {
    answer.status = HANSE_FAIL;
  } else if (asked->deed == HANSE_STORE_ADD) {
    kept_add(kept, asked, &answer);
  } else if (asked->deed == HANSE_STORE_GET) {
    kept_get(kept, asked, &answer);
  } else if (asked->deed == HANSE_STORE_SCAN) {
    kept_scan(kept, request);
    return;
  } else if (asked->deed == HANSE_STORE_PUT) {
    kept_put(kept, asked->key, asked->value, asked->expires);
  } else if (!kept_delete(kept, asked->key)) {
    answer.status = HANSE_SKIP;
  }
  kept_answer(request, &answer);
  kept_free(answer.value);
}

size_t fake_store_work(struct fake_world *world) {
  size_t n = 0;
  for (struct fake_request *request; (request = world->kept->first) != NULL; n++) {
    world->kept->first = request->next;
    kept_work(world->kept, request, EPOCH + world->now);
    request_free(request);
  }
  return n;
}

void fake_store_open(struct fake_world *world) {
  if (!world->kept) world->kept = fake_keep(sizeof *world->kept);
}

void fake_store_fail(struct fake_world *world, bool fail) { world->kept->fails = fail; }

void fake_store_lose(struct fake_world *world, struct hanse_slice prefix) {
  for (struct fake_row *row = world->kept->rows, *next; row; row = next) {
    next = row->next;
    if (row->key.len >= prefix.len && memcmp(row->key.at, prefix.at, prefix.len) == 0)
      kept_delete(world->kept, row->key);
  }
}

size_t fake_store_rows(const struct fake_world *world) {
  size_t n = 0;
  for (const struct fake_row *row = world->kept->rows; row; row = row->next) n++;
  return n;
}

/* As the core does before it destroys an instance: what it wrote is written, nobody is told. */
void fake_store_drop(struct fake_instance *owner) {
  for (struct fake_request *request = owner->world->kept ? owner->world->kept->first : NULL; request;
       request = request->next)
    if (request->owner == owner) request->answered = NULL;
}

void fake_store_free(struct fake_world *world) {
  if (!world->kept) return;
  while (world->kept->first) {
    struct fake_request *request = world->kept->first;
    world->kept->first = request->next;
    request_free(request);
  }
  while (world->kept->rows) kept_delete(world->kept, world->kept->rows->key);
  free(world->kept);
}

static int store_answer(struct hanse_host *host, hanse_inquiry inquiry, const struct hanse_store_answer *answer) {
  const struct fake_world *world = fake_instance_of(host)->world;
  struct fake_calling before = fake_step_out();
  int status = world->store_told ? world->store_told(world->store_argument, inquiry, answer) : HANSE_GONE;
  fake_leave(before);
  return status;
}

void fake_store_told(struct fake_world *world,
                     int (*told)(void *argument, hanse_inquiry inquiry, const struct hanse_store_answer *answer),
                     void *argument) {
  world->store_told = told;
  world->store_argument = argument;
}

int fake_store_ask(struct fake_instance *instance, hanse_inquiry inquiry, const char *space,
                   const struct hanse_store_request *request) {
  const struct hanse_offer *offer = fake_offer(instance, HANSE_STORE);
  if (!offer) fake_end("\"%s\" is asked to keep something and offers no store", instance->plugin->name);
  const struct hanse_store *store = offer->slots;
  struct hanse_store_request asked = *request;
  asked.size = sizeof asked;
  asked.space = hanse_text(space);
  asked.now = wall_time(&instance->host);
  asked.expires = request->lasts ? asked.now + request->lasts : 0;
  int status;
  FAKE_CALL(status = store->ask(instance->self, inquiry, &asked));
  return status;
}

void fake_store_ops(struct hanse_host_ops *ops) {
  ops->store_ask = store_ask;
  ops->store_answer = store_answer;
  ops->state_dir = state_dir;
  ops->wall_time = wall_time;
}
