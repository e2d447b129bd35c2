/* The fake host's messages and stages. */
#include <stdlib.h>

#include "sdk/fakehost/inside.h"

static struct hanse_message *message_new(struct hanse_host *host, struct hanse_link *link, struct hanse_slice bytes) {
  struct fake_instance *instance = fake_instance_of(host);
  if (fake_foreign(host, "message_new")) return NULL;
  struct fake_message *message = fake_memory(instance->world, sizeof *message);
  if (!message) return NULL;
  message->owner = instance;
  fake_pieces_begin(&message->kept, instance->world);
  fake_pieces_begin(&message->scratch, instance->world);
  struct hanse_message *public = &message->public;
  *public = (struct hanse_message){.size = sizeof *public,
                                   .arena = &message->kept.arena,
                                   .scratch = &message->scratch.arena,
                                   .link = link,
                                   .facts = &message->facts,
                                   .marks = &message->marks,
                                   .arrived = instance->world->now};
  message->facts = (struct hanse_facts){.size = sizeof message->facts, .side = (uint8_t)link->side};
  message->facts.wire_type = link->side == HANSE_SIDE_PARTNER ? HANSE_WIRE_DIRECT_PARTNER : HANSE_WIRE_NONE;
  if (link->proved.len) message->facts.proved = &link->proved, message->facts.proved_count = 1;
  if (instance->world->partner.name) message->facts.partner = &instance->world->partner;
  message->facts.decision = ++instance->world->ids;
  message->marks.size = sizeof message->marks;
  if (hanse_copy(&message->kept.arena, bytes, &public->bytes) != HANSE_OK) {
    free(message);
    return NULL;
  }
  link->holds++;
  instance->world->messages++;
  return public;
}

static void message_free(struct hanse_host *host, struct hanse_message *public) {
  (void)host;
  if (!public) return;
  struct fake_message *message = fake_message_of(public);
  fake_message_unhold(message->owner->world, message);
  public->link->holds--;
  message->owner->world->messages--;
  fake_pieces_clear(&message->scratch);
  fake_pieces_clear(&message->kept);
  free(message);
}

static void message_settle(struct hanse_host *host, struct hanse_message *public) {
  (void)host;
  fake_pieces_clear(&fake_message_of(public)->scratch);
}

/* ---- stages ---- */

static void conclude_answer(struct fake_message *message, const struct hanse_refusal *denied) {
  struct fake_ticket *ticket = fake_ticket_find(message->owner->world, message->answers);
  if (ticket)
    FAKE_CALL(ticket->owner->protocol->answer(ticket->owner->self, ticket->object, &message->public, denied));
  else
    message_free(NULL, &message->public);
}

void fake_message_deliver(struct fake_message *message) {
  struct fake_world *world = message->owner->world;
  struct fake_stage *stage = &world->stages[message->facts.side];
  message->route =
      (struct hanse_route){.size = sizeof message->route,
                           .count = (uint32_t)stage->count,
                           .targets = stage->targets,
                           .partner = world->partner.name ? &world->partner : NULL,
                           .side = message->facts.side == HANSE_SIDE_HOME ? HANSE_SIDE_PARTNER : HANSE_SIDE_HOME};
  FAKE_CALL(message->owner->protocol->deliver(message->owner->self, &message->public, &message->route));
}

static void conclude(struct fake_message *message, enum fake_verdict verdict, enum hanse_failure failure) {
  const struct hanse_protocol *protocol = message->owner->protocol;
  const struct hanse_refusal why = {.size = sizeof why, .failure = failure, .text = hanse_text("as the test says")};
  if (message->answers)
    conclude_answer(message, verdict == FAKE_REFUSE ? &why : NULL);
  else if (verdict == FAKE_REFUSE)
    FAKE_CALL(protocol->refuse(message->owner->self, &message->public, &why));
  else if (verdict == FAKE_LIFT)
    message->owner->world->lift(message);
  else
    fake_message_deliver(message);
}

void fake_message_look(struct fake_message *message) {
  struct fake_world *world = message->owner->world;
  struct fake_calling before = fake_step_out();
  if (world->look) world->look(world->look_argument, &message->public);
  fake_leave(before);
}

void fake_message_hold(struct fake_message *message) {
  struct fake_message **last = &message->owner->world->held;
  while (*last) last = &(*last)->next;
  *last = message;
}

static void judge(struct fake_message *message, const struct fake_stage *stage) {
  fake_message_look(message);
  if (stage->verdict != FAKE_HOLD) {
    conclude(message, stage->verdict, stage->failure);
    return;
  }
  fake_message_hold(message);
  if (!message->answers) FAKE_CALL(message->owner->protocol->waiting(message->owner->self, &message->public));
}

static void submit_take(struct hanse_host *host, struct hanse_message *public) {
  if (fake_foreign(host, "submit_take")) return;
  struct fake_world *world = fake_instance_of(host)->world;
  struct fake_message *message = fake_message_of(public);
  fake_pieces_clear(&world->submitted_texts);
  fake_facts_keep(&world->submitted_texts, &world->submitted, &message->facts);
  judge(message, &world->stages[message->facts.side]);
}

static int answer_take(struct hanse_host *host, hanse_ticket ticket, struct hanse_message *public) {
  struct fake_world *world = fake_instance_of(host)->world;
  struct fake_message *message = fake_message_of(public);
  if (fake_foreign(host, "answer_take")) return HANSE_THREAD;
  if (!fake_ticket_find(world, ticket)) {
    message_free(host, public);
    return HANSE_GONE;
  }
  message->answers = ticket;
  judge(message, &world->stages[0]);
  return HANSE_OK;
}

struct fake_message *fake_message_unhold(struct fake_world *world, const struct fake_message *message) {
  for (struct fake_message **at = &world->held; *at; at = &(*at)->next) {
    if (message && *at != message) continue;
    struct fake_message *found = *at;
    *at = found->next;
    found->next = NULL;
    return found;
  }
  return NULL;
}

static int withdraw(struct hanse_host *host, struct hanse_message *message) {
  if (fake_foreign(host, "withdraw")) return HANSE_THREAD;
  return fake_message_unhold(fake_instance_of(host)->world, fake_message_of(message)) ? HANSE_OK : HANSE_GONE;
}

static void refused(struct hanse_host *host, struct hanse_message *message, const struct hanse_refusal *why) {
  (void)message;
  fake_instance_of(host)->world->refused = why->failure;
}

/* What became of a message that `lower` has made. */
static int concluded(struct hanse_host *host, struct hanse_message *message, uint16_t status,
                     const struct hanse_refusal *why) {
  struct fake_world *world = fake_instance_of(host)->world;
  (void)message;
  if (fake_foreign(host, "concluded")) return HANSE_THREAD;
  world->concluded = status;
  world->refused = why ? why->failure : HANSE_F_NONE;
  return HANSE_OK;
}

uint16_t fake_concluded(const struct fake_world *world) { return world->concluded; }

enum hanse_failure fake_refused(const struct fake_world *world) { return world->refused; }

bool fake_release(struct fake_world *world, enum fake_verdict verdict, enum hanse_failure failure) {
  struct fake_message *message = fake_message_unhold(world, NULL);
  if (message) conclude(message, verdict, failure);
  return message != NULL;
}

void fake_message_drop_held(struct fake_world *world) {
  struct fake_message *message;
  while ((message = fake_message_unhold(world, NULL))) message_free(NULL, &message->public);
}

void fake_judge(struct fake_world *world, enum hanse_side from, enum fake_verdict verdict, enum hanse_failure failure) {
  world->stages[from].verdict = verdict;
  world->stages[from].failure = failure;
}

void fake_judge_answers(struct fake_world *world, enum fake_verdict verdict, enum hanse_failure failure) {
  world->stages[0].verdict = verdict;
  world->stages[0].failure = failure;
}

void fake_route(struct fake_world *world, enum hanse_side from, struct hanse_target *const *targets, size_t count) {
  if (count > FAKE_TARGETS) fake_end("more than %d targets", FAKE_TARGETS);
  for (size_t i = 0; i < count; i++) world->stages[from].targets[i] = targets[i];
  world->stages[from].count = count;
}

void fake_look(struct fake_world *world, void (*look)(void *argument, struct hanse_message *message), void *argument) {
  world->look = look;
  world->look_argument = argument;
}

const struct hanse_facts *fake_facts(const struct fake_world *world) { return &world->submitted; }

void fake_message_ops(struct hanse_host_ops *ops) {
  ops->message_new = message_new;
  ops->message_free = message_free;
  ops->message_settle = message_settle;
  ops->submit_take = submit_take;
  ops->answer_take = answer_take;
  ops->withdraw = withdraw;
  ops->refused = refused;
  ops->concluded = concluded;
}
