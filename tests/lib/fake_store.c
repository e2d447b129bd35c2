/* The fake host's questions to stores. What a plugin that is tested asks itself, no store answers. */
#include <stdlib.h>

#include "tests/lib/fake_inside.h"

#define EPOCH (1700000000 * (int64_t)HANSE_SECOND) /* when the fake clock stood at 0 */

static int64_t wall_time(struct hanse_host *host) { return EPOCH + fake_instance_of(host)->world->now; }

static struct hanse_slice state_dir(struct hanse_host *host) {
  return hanse_text(fake_instance_of(host)->world->state_dir);
}
void fake_state_dir(struct fake_world *world, const char *folder) { world->state_dir = folder; }

static int store_ask(struct hanse_host *host, const struct hanse_store_request *request, hanse_store_answered *answered,
                     void *argument) {
  (void)host, (void)request, (void)answered, (void)argument;
  return HANSE_SKIP;
}

static int store_answer(struct hanse_host *host, hanse_inquiry inquiry, const struct hanse_store_answer *answer) {
  const struct fake_world *world = fake_instance_of(host)->world;
  return world->store_told ? world->store_told(world->store_argument, inquiry, answer) : HANSE_GONE;
}

void fake_store_told(struct fake_world *world,
                     int (*told)(void *argument, hanse_inquiry inquiry, const struct hanse_store_answer *answer),
                     void *argument) {
  world->store_told = told;
  world->store_argument = argument;
}

int fake_store_ask(struct fake_instance *instance, hanse_inquiry inquiry, const char *space,
                   const struct hanse_store_request *request) {
  const struct hanse_store *store = NULL;
  for (const struct hanse_offer *offer = instance->plugin->offers; offer && offer->capability; offer++)
    if (offer->capability == HANSE_STORE) store = offer->slots;
  if (!store) abort(); /* it offers none */
  struct hanse_store_request asked = *request;
  asked.size = sizeof asked;
  asked.space = hanse_text(space);
  asked.now = wall_time(&instance->host);
  asked.expires = request->lasts ? asked.now + request->lasts : 0;
  return store->ask(instance->self, inquiry, &asked);
}

void fake_store_ops(struct hanse_host_ops *ops) {
  ops->store_ask = store_ask;
  ops->store_answer = store_answer;
  ops->state_dir = state_dir;
  ops->wall_time = wall_time;
}
