/* What the DNS says, in the fake host: a name is known when a test says so. */
#include <stdlib.h>

#include "sdk/fakehost/inside.h"

#define LASTS (300 * HANSE_SECOND)

static struct fake_name *find(const struct fake_world *world, struct hanse_slice text) {
  struct fake_name *name = world->names;
  while (name && !hanse_same_nocase(hanse_text(name->name), text)) name = name->next;
  return name;
}

static struct fake_name *name_of(struct fake_world *world, struct hanse_slice text) {
  struct fake_name *name = find(world, text);
  if (name) return name;
  name = fake_keep(sizeof *name);
  name->name = fake_keep_text(text);
  name->next = world->names;
  return world->names = name;
}

static void unknown(struct fake_name *name) {
  for (size_t i = 0; i < name->count; i++) free((char *)(uintptr_t)name->items[i].host.at);
  free(name->items);
  name->items = NULL;
  name->count = 0;
  name->known = false;
}

void fake_dns_free(struct fake_world *world) {
  while (world->names) {
    struct fake_name *name = world->names;
    world->names = name->next;
    unknown(name);
    free(name->name);
    free(name);
  }
}

/* ---- what tests say ---- */

/* In the order in which they are to be tried: lowest priority, then highest weight, then the first that came. */
static bool before(const struct hanse_service *a, const struct hanse_service *b) {
  return a->priority != b->priority ? a->priority < b->priority : a->weight > b->weight;
}

static void keep(struct fake_name *name, const struct hanse_service *services, size_t count) {
  name->items = count ? fake_keep(count * sizeof *name->items) : NULL;
  for (size_t i = 0; i < count; i++) {
    size_t at = name->count++;
    for (; at > 0 && before(&services[i], &name->items[at - 1]); at--) name->items[at] = name->items[at - 1];
    name->items[at] = services[i];
    name->items[at].host = hanse_slice(fake_keep_text(services[i].host), services[i].host.len);
  }
}

static struct fake_question *next_waiting(const struct fake_world *world, const struct fake_name *name) {
  for (struct fake_question *one = world->questions; one; one = one->next)
    if (one->standing == FAKE_OPEN && one->awaits == name) return one;
  return NULL;
}

/* Who waited for it looks again, once: who waits anew waits for the next answer. */
static void known(struct fake_world *world, struct fake_name *name) {
  struct fake_question *question;
  name->known = true;
  while (name->known && (question = next_waiting(world, name))) {
    question->awaits = NULL;
    fake_ask_again(question);
  }
}

void fake_dns(struct fake_world *world, const char *text, const struct hanse_service *services, size_t count,
              bool secure) {
  struct fake_name *name = name_of(world, hanse_text(text));
  unknown(name);
  keep(name, services, count);
  name->result = count ? HANSE_LOOKUP_FOUND : HANSE_LOOKUP_NONE;
  name->secure = secure;
  name->error = "";
  known(world, name);
}

void fake_dns_failed(struct fake_world *world, const char *text, const char *error) {
  struct fake_name *name = name_of(world, hanse_text(text));
  unknown(name);
  name->result = HANSE_LOOKUP_FAILED;
  name->secure = false;
  name->error = error;
  known(world, name);
}

void fake_dns_forget(struct fake_world *world, const char *text) { unknown(name_of(world, hanse_text(text))); }

size_t fake_dns_waits(const struct fake_world *world, const char *text) {
  const struct fake_name *name = find(world, hanse_text(text));
  size_t n = 0;
  for (const struct fake_question *one = world->questions; name && one; one = one->next)
    n += one->standing == FAKE_OPEN && one->awaits == name;
  return n;
}

/* ---- what plugins see ---- */

static int services(struct hanse_host *host, struct hanse_arena *arena, struct hanse_slice text,
                    struct hanse_services *out) {
  if (fake_foreign(host, "services")) return HANSE_THREAD;
  const struct fake_name *name = find(fake_instance_of(host)->world, text);
  if (!name || !name->known) return HANSE_SKIP;
  struct hanse_service *items = hanse_alloc(arena, (name->count + 1) * sizeof *items);
  if (!items) return HANSE_NOMEM;
  if (name->count) memcpy(items, name->items, name->count * sizeof *items);
  *out = (struct hanse_services){.size = sizeof *out,
                                 .count = (uint32_t)name->count,
                                 .result = (uint32_t)name->result,
                                 .secure = name->secure,
                                 .lasts = LASTS,
                                 .error = name->error,
                                 .items = items};
  return HANSE_OK;
}

static int services_await(struct hanse_host *host, hanse_token token, struct hanse_slice text) {
  if (fake_foreign(host, "services_await")) return HANSE_THREAD;
  struct fake_world *world = fake_instance_of(host)->world;
  struct fake_question *question = world->questions;
  while (token && question && question->token != token) question = question->next;
  if (!token || !question) return HANSE_GONE;
  if (fake_allocation_fails()) return HANSE_NOMEM;
  question->awaits = name_of(world, text);
  return HANSE_OK;
}

void fake_dns_ops(struct hanse_host_ops *ops) {
  ops->services = services;
  ops->services_await = services_await;
}
