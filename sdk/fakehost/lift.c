/* The fake host between two protocols: of the other one there are the neutral form and the outcome. */
#include <stdlib.h>

#include "sdk/fakehost/inside.h"

static void keep(char **to, struct hanse_slice *text) {
  if (text->len) memcpy(*to, text->at, text->len);
  *text = hanse_slice(*to, text->len);
  *to += text->len;
}

static void note(struct fake_world *world, const struct hanse_lifted *lifted) {
  struct hanse_slice *texts[] = {&world->lifted.from.user, &world->lifted.from.domain, &world->lifted.to.user,
                                 &world->lifted.to.domain, &world->lifted.id,          &world->lifted.subject,
                                 &world->lifted.text};
  size_t total = 1;
  world->lifted = *lifted;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) total += texts[i]->len;
  struct fake_calling before = fake_step_out();
  char *to = malloc(total);
  free(world->lifted_texts);
  fake_leave(before);
  world->lifted_texts = to;
  if (!to) fake_end("no memory for a neutral form");
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) keep(&to, texts[i]);
}

void fake_lift_message(struct fake_message *message) {
  struct fake_instance *owner = message->owner;
  struct hanse_lifted lifted = {.size = sizeof lifted};
  struct hanse_refusal why = {.size = sizeof why};
  if (!owner->protocol->lift || !owner->protocol->conclude)
    why.failure = HANSE_F_FOREIGN;
  else
    FAKE_CALL(why.failure = owner->protocol->lift(owner->self, &message->public, &lifted));
  if (why.failure) {
    FAKE_CALL(owner->protocol->refuse(owner->self, &message->public, &why));
    return;
  }
  note(owner->world, &lifted);
  fake_message_hold(message);
}

const struct hanse_lifted *fake_lifted(const struct fake_world *world) { return &world->lifted; }

bool fake_conclude(struct fake_world *world, uint16_t status, enum hanse_failure failure) {
  struct fake_message *message = fake_message_unhold(world, NULL);
  const struct hanse_refusal why = {.size = sizeof why, .failure = failure, .text = hanse_text("as the test says")};
  if (!message) return false;
  struct fake_instance *owner = message->owner;
  if (failure)
    FAKE_CALL(owner->protocol->refuse(owner->self, &message->public, &why));
  else
    FAKE_CALL(owner->protocol->conclude(owner->self, &message->public, status));
  return true;
}

enum hanse_failure fake_lower(struct fake_instance *instance, struct hanse_link *from,
                              const struct hanse_lifted *lifted) {
  enum hanse_failure failure = HANSE_F_MEMORY;
  instance->world->concluded = 0;
  instance->world->refused = HANSE_F_NONE;
  struct hanse_message *message = hanse_message_new(&instance->host, from, hanse_slice("", 0));
  if (!message) return failure;
  fake_message_look(fake_message_of(message));
  FAKE_CALL(failure = instance->protocol->lower(instance->self, message, lifted));
  if (failure)
    hanse_message_free(&instance->host, message);
  else
    fake_message_deliver(fake_message_of(message));
  return failure;
}
