/* The fake host asks federation types. */
#include "sdk/fakehost/inside.h"

static int route_add(struct hanse_host *host, struct hanse_found_targets *targets, const struct hanse_place *place) {
  if (fake_foreign(host, "route_add")) return HANSE_THREAD;
  struct fake_question *question = targets->question;
  struct hanse_place copy = {.size = 0};
  memcpy(&copy, place, place->size < sizeof copy ? place->size : sizeof copy);
  bool is_one = place->size >= offsetof(struct hanse_place, may_be_private) && copy.host.len && copy.port;
  if (!is_one || !copy.prove.len) return HANSE_INVALID;
  if (question->place_count == FAKE_PLACES || fake_allocation_fails()) return HANSE_NOMEM;
  copy.host = fake_text_kept(question->world, copy.host);
  copy.prove = fake_text_kept(question->world, copy.prove);
  copy.protocol = fake_text_kept(question->world, copy.protocol);
  question->places[question->place_count++] = copy;
  return HANSE_OK;
}

static const struct hanse_federation *federation_of(const struct fake_instance *instance) {
  const struct hanse_offer *offer = fake_offer(instance, HANSE_FEDERATION);
  if (!offer) fake_end("\"%s\" is asked as a federation type and offers none", instance->plugin->name);
  return offer->slots;
}

static bool is_ours(const struct fake_world *world, struct hanse_slice domain) {
  for (size_t i = 0; i < world->home_count; i++)
    if (hanse_domain_within(domain, world->homes[i])) return true;
  return false;
}

/* One call of the slot. What it deferred because it lacks an answer of the DNS is asked again when that is there. */
static int call(struct fake_question *question) {
  struct fake_world *world = question->world;
  struct fake_instance *instance = question->instance;
  const struct hanse_federation *federation = federation_of(instance);
  const struct hanse_partner *partner = world->partner.name ? &world->partner : NULL;
  const struct hanse_peer peer = {
      .size = sizeof peer, .proved = question->proved, .proved_count = (uint32_t)question->proved_count};
  question->place_count = 0;
  question->awaits = NULL;
  question->why = (struct hanse_refusal){.size = sizeof question->why};
  question->said = (struct hanse_question){.size = sizeof question->said,
                                           .dry = world->dry,
                                           .ours = is_ours(world, question->domain),
                                           .domain = question->domain,
                                           .peer = question->proved ? &peer : NULL,
                                           .token = question->token,
                                           .why = &question->why,
                                           .arena = &question->kept.arena,
                                           .targets = question->proved ? NULL : &question->targets};
  int found;
  FAKE_CALL(found = (int)(question->proved ? federation->confirm(instance->self, partner, &question->said)
                                           : federation->route(instance->self, partner, &question->said)));
  question->said.peer = NULL; /* it lived on this stack */
  return fake_question_settle(question, found, HANSE_FOUND_LATER);
}

static void refuse(struct fake_question *question, enum hanse_failure failure, const char *text) {
  question->why = (struct hanse_refusal){.size = sizeof question->why, .failure = failure, .text = hanse_text(text)};
}

/* As the router takes what was found. */
static enum hanse_found take(struct fake_question *question, int found) {
  bool route = !question->proved, catch_all = !question->world->partner.name;
  if (found == HANSE_FOUND_LATER && question->standing == FAKE_OPEN) return HANSE_FOUND_LATER;
  if (found == HANSE_FOUND_YES && (!route || question->place_count)) return HANSE_FOUND_YES;
  if (found == HANSE_FOUND_NOT_MINE && catch_all) return HANSE_FOUND_NOT_MINE;
  if (found != HANSE_FOUND_NO)
    refuse(question, HANSE_F_ERROR,
           route ? "the federation type named no target" : "the federation type gave no answer");
  if (question->why.failure == HANSE_F_NONE) question->why.failure = route ? HANSE_F_NO_ROUTE : HANSE_F_NAME_NOT_PROVED;
  return HANSE_FOUND_NO;
}

static enum hanse_found tell(struct fake_question *question, int found, struct fake_finding *out) {
  struct fake_world *world = question->world;
  enum hanse_found taken = take(question, found);
  *out = (struct fake_finding){.why = question->why,
                               .token = question->name,
                               .place_count = question->place_count,
                               .lasts = question->said.lasts,
                               .whole_entry = question->said.whole_entry,
                               .configured = question->said.configured,
                               .through = fake_text_kept(world, question->said.through),
                               .terms = question->said.terms};
  out->why.text = fake_text_kept(world, out->why.text);
  out->terms.decoration = fake_text_kept(world, out->terms.decoration);
  const struct hanse_slice places = {(const char *)question->places, sizeof question->places};
  out->places = (const struct hanse_place *)(const void *)fake_text_kept(world, places).at;
  return taken;
}

/* Answers of the DNS are remembered for longer than this takes: more often means that they are not. */
#define ASKS_MAX 8

void fake_ask_again(struct fake_question *question) {
  const struct hanse_refusal why = {
      .size = sizeof why, .failure = HANSE_F_SRV, .text = HANSE_LIT("what the resolver answers is not remembered")};
  if (++question->asks > ASKS_MAX) {
    fake_question_conclude(question, HANSE_FOUND_NO, &why);
    return;
  }
  fake_question_again(question);
  call(question);
}

enum hanse_found fake_ask(struct fake_instance *instance, const char *domain, const struct hanse_slice *proved,
                          size_t proved_count, struct fake_finding *out) {
  struct fake_world *world = instance->world;
  struct fake_question *question = fake_question_new(instance, federation_of(instance)->withdrawn, world->dry);
  question->found = true;
  question->domain = fake_text_kept(world, hanse_text(domain));
  if (proved) {
    const struct hanse_slice names = {(const char *)proved, proved_count * sizeof *proved};
    question->proved = (struct hanse_slice *)(void *)(uintptr_t)fake_text_kept(world, names).at;
    question->proved_count = proved_count;
    for (size_t i = 0; i < proved_count; i++) question->proved[i] = fake_text_kept(world, proved[i]);
  }
  int found = call(question);
  while (question->standing == FAKE_OPEN && question->awaits && question->awaits->known) fake_ask_again(question);
  if (question->standing == FAKE_ENDED) found = question->answer;
  return tell(question, found, out);
}

enum hanse_found fake_found(struct fake_world *world, hanse_token token, struct fake_finding *out) {
  struct fake_question *question = fake_question_named(world, token);
  if (!question || !question->found) fake_end("no type was asked under the token %llu", (unsigned long long)token);
  return tell(question, question->standing == FAKE_OPEN ? (int)HANSE_FOUND_LATER : question->answer, out);
}

void fake_dry(struct fake_world *world, bool dry) { world->dry = dry; }

void fake_ask_ops(struct hanse_host_ops *ops) { ops->route_add = route_add; }
