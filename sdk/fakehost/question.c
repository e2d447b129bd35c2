/* The fake host's questions to policies and federation types, posts, and rows of commands. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "sdk/fakehost/inside.h"

enum { TOKEN_BASE = 1000 };

struct fake_block {
  struct fake_block *next;
  _Alignas(max_align_t) char bytes[];
};

static void *more(struct hanse_arena *arena, size_t n) {
  struct fake_world *world = (struct fake_world *)(void *)((char *)arena - offsetof(struct fake_world, arena));
  struct fake_block *block = fake_memory(world, sizeof *block + n);
  if (!block) return NULL;
  block->next = world->blocks;
  world->blocks = block;
  return block->bytes;
}

static struct hanse_arena *arena_of(struct fake_world *world) {
  world->arena.size = sizeof world->arena;
  world->arena.more = more;
  return &world->arena;
}

void fake_question_free(struct fake_world *world) {
  for (struct fake_block *block = world->blocks, *next; block; block = next) {
    next = block->next;
    free(block);
  }
  for (struct fake_post *post = world->posts, *next; post; post = next) {
    next = post->next;
    free(post);
  }
  free(world->rows.at);
}

static const void *slots_of(const struct fake_instance *instance, enum hanse_capability capability) {
  for (const struct hanse_offer *offer = instance->plugin->offers; offer && offer->capability; offer++)
    if (offer->capability == capability) return offer->slots;
  abort(); /* it offers none */
}

/* ---- policies ---- */

void fake_decide(struct fake_instance *instance, enum hanse_stage stage, const struct hanse_facts *facts, bool dry,
                 struct fake_judgement *out) {
  struct fake_world *world = instance->world;
  const struct hanse_policy *policy = slots_of(instance, HANSE_POLICY);
  memset(out, 0, sizeof *out);
  out->marks = world->marks;
  out->marks.size = sizeof out->marks;
  out->why.size = sizeof out->why;
  out->token = TOKEN_BASE + ++world->tokens;
  world->token_open = out->token;
  struct hanse_case question = {.size = sizeof question,
                                .stage = stage,
                                .dry = dry,
                                .facts = facts,
                                .marks = &out->marks,
                                .arena = arena_of(world),
                                .token = out->token,
                                .why = &out->why,
                                .allowed = stage == HANSE_STAGE_ROUTED && world->allowed};
  out->verdict = policy->decide(instance->self, &question);
  if (dry && out->verdict == HANSE_DEFER) abort(); /* the contract forbids it */
}

void fake_allowed(struct fake_world *world, bool allowed) { world->allowed = allowed; }

void fake_marked(struct fake_world *world, const struct hanse_marks *marks) { world->marks = *marks; }

void fake_event(struct fake_instance *instance, enum hanse_event_kind kind, const struct hanse_facts *facts,
                const struct hanse_refusal *why) {
  const struct hanse_observer *observer = slots_of(instance, HANSE_OBSERVER);
  const struct hanse_event event = {.size = sizeof event, .kind = kind, .facts = facts, .why = why};
  if (observer->mask & (uint32_t)kind) observer->event(instance->self, &event);
}

static int resolve(struct fake_world *world, hanse_token token, int answer, const struct hanse_refusal *why) {
  if (token == 0 || token != world->token_open) return HANSE_GONE;
  world->token_open = 0;
  world->resolved = token;
  world->answer = answer;
  world->answer_failure = why ? why->failure : HANSE_F_NONE;
  return HANSE_OK;
}
static int resolve_verdict(struct hanse_host *host, hanse_token token, enum hanse_verdict verdict,
                           const struct hanse_refusal *why) {
  return resolve(fake_instance_of(host)->world, token, (int)verdict, why);
}
static int resolve_found(struct hanse_host *host, hanse_token token, enum hanse_found found,
                         const struct hanse_refusal *why) {
  return resolve(fake_instance_of(host)->world, token, (int)found, why);
}

bool fake_resolved(const struct fake_world *world, hanse_token token, int *answer, enum hanse_failure *failure) {
  if (world->resolved != token) return false;
  *answer = world->answer;
  *failure = world->answer_failure;
  return true;
}

/* ---- federation types ---- */

struct hanse_found_targets {
  struct fake_world *world;
};

static int route_add(struct hanse_host *host, struct hanse_found_targets *targets, const struct hanse_place *place) {
  struct fake_world *world = targets->world;
  struct hanse_place copy = *place;
  (void)host;
  if (world->place_count == FAKE_TARGETS) return HANSE_NOMEM;
  if (hanse_copy(arena_of(world), place->host, &copy.host) != HANSE_OK ||
      hanse_copy(arena_of(world), place->prove, &copy.prove) != HANSE_OK)
    return HANSE_NOMEM;
  world->places[world->place_count++] = copy;
  return HANSE_OK;
}

enum hanse_found fake_ask(struct fake_instance *instance, const char *domain, const struct hanse_slice *proved,
                          size_t proved_count, struct fake_finding *out) {
  struct fake_world *world = instance->world;
  const struct hanse_federation *federation = slots_of(instance, HANSE_FEDERATION);
  const struct hanse_partner *partner = world->partner.name ? &world->partner : NULL;
  const struct hanse_peer peer = {.size = sizeof peer, .proved = proved, .proved_count = (uint32_t)proved_count};
  struct hanse_found_targets targets = {world};
  memset(out, 0, sizeof *out);
  out->why.size = sizeof out->why;
  out->token = TOKEN_BASE + ++world->tokens;
  world->token_open = out->token;
  world->place_count = 0;
  struct hanse_question question = {.size = sizeof question,
                                    .domain = hanse_text(domain),
                                    .peer = proved ? &peer : NULL,
                                    .token = out->token,
                                    .why = &out->why,
                                    .arena = arena_of(world),
                                    .targets = proved ? NULL : &targets};
  enum hanse_found found = proved ? federation->confirm(instance->self, partner, &question)
                                  : federation->route(instance->self, partner, &question);
  out->places = world->places;
  out->place_count = world->place_count;
  out->lasts = question.lasts;
  return found;
}

/* ---- entries ---- */

static const void *partner_settings(const struct hanse_partner *partner) { return partner->settings; }
static struct hanse_where partner_where(const struct hanse_partner *partner) {
  (void)partner;
  return (struct hanse_where){"fake.conf", 1};
}
void fake_partner_settings(struct fake_world *world, const void *settings) { world->partner.settings = settings; }

/* The partner's own domain and the home domains are all entries that there are. */
static bool entry_find(struct hanse_host *host, struct hanse_slice domain, const char **kind,
                       struct hanse_where *where) {
  const struct fake_world *world = fake_instance_of(host)->world;
  bool partner = hanse_same(hanse_text(world->partner.name), domain), home = false;
  for (size_t i = 0; i < world->home_count; i++) home |= hanse_same(world->homes[i], domain);
  if (!partner && !home) return false;
  *kind = home ? "home" : "partners";
  *where = partner_where(&world->partner);
  return true;
}

/* ---- posts ---- */

static pthread_mutex_t posts_mutex = PTHREAD_MUTEX_INITIALIZER; /* the one call that may come from any thread */

static int post(struct hanse_host *host, void (*run)(void *self, void *argument), void *argument) {
  struct fake_post *post = malloc(sizeof *post), **last;
  if (!post) return HANSE_NOMEM;
  *post = (struct fake_post){NULL, fake_instance_of(host), run, argument};
  pthread_mutex_lock(&posts_mutex);
  for (last = &post->owner->world->posts; *last;) last = &(*last)->next;
  *last = post;
  pthread_mutex_unlock(&posts_mutex);
  return HANSE_OK;
}

/* As the core does before it destroys an instance. */
void fake_posts_drop(const struct fake_instance *owner) {
  pthread_mutex_lock(&posts_mutex);
  for (struct fake_post **at = &owner->world->posts; *at;) {
    struct fake_post *post = *at;
    if (post->owner != owner) {
      at = &post->next;
      continue;
    }
    *at = post->next;
    free(post);
  }
  pthread_mutex_unlock(&posts_mutex);
}

size_t fake_run_posts(struct fake_world *world) {
  size_t n = 0;
  for (;; n++) {
    pthread_mutex_lock(&posts_mutex);
    struct fake_post *first = world->posts;
    if (first) world->posts = first->next;
    pthread_mutex_unlock(&posts_mutex);
    if (!first) return n;
    first->run(first->owner->self, first->argument);
    free(first);
  }
}

/* ---- commands: a row is a line of "name=value " ---- */

struct hanse_rows {
  struct fake_world *world;
  const struct fake_argument *arguments;
};

static void row_begin(struct hanse_rows *rows) {
  if (rows->world->rows.len) fake_buffer_add(&rows->world->rows, "\n", 1);
}
static void row_text(struct hanse_rows *rows, const char *name, struct hanse_slice value) {
  struct fake_buffer *out = &rows->world->rows;
  fake_buffer_add(out, name, strlen(name));
  fake_buffer_add(out, "=", 1);
  fake_buffer_add(out, value.at, value.len);
  fake_buffer_add(out, " ", 1);
}
static void row_number(struct hanse_rows *rows, const char *name, int64_t value) {
  char digits[24];
  int n = snprintf(digits, sizeof digits, "%lld", (long long)value);
  row_text(rows, name, hanse_slice(digits, (size_t)n));
}
static struct hanse_slice row_argument(struct hanse_rows *rows, const char *name) {
  for (const struct fake_argument *argument = rows->arguments; argument && argument->name; argument++)
    if (strcmp(argument->name, name) == 0) return hanse_text(argument->value);
  return hanse_slice(NULL, 0);
}

enum hanse_outcome fake_command(struct fake_instance *instance, const char *name, const struct fake_argument *arguments,
                                const char **rows) {
  struct hanse_rows where = {instance->world, arguments};
  const struct hanse_command *command = NULL;
  void *cursor = NULL;
  enum hanse_outcome outcome;
  for (const struct hanse_offer *offer = instance->plugin->offers; offer && offer->capability; offer++)
    if (offer->capability == HANSE_COMMAND && strcmp(offer->name, name) == 0) command = offer->slots;
  if (!command) return HANSE_NO_SUCH_THING;
  fake_buffer_cut(&instance->world->rows, instance->world->rows.len);
  do outcome = command->run(instance->self, &where, &cursor);
  while (outcome == HANSE_MORE);
  *rows = instance->world->rows.len ? instance->world->rows.at : "";
  return outcome;
}

void fake_question_ops(struct hanse_host_ops *ops) {
  ops->resolve_verdict = resolve_verdict;
  ops->resolve_found = resolve_found;
  ops->route_add = route_add;
  ops->partner_settings = partner_settings;
  ops->partner_where = partner_where;
  ops->entry_find = entry_find;
  ops->post = post;
  ops->row_begin = row_begin;
  ops->row_text = row_text;
  ops->row_number = row_number;
  ops->row_argument = row_argument;
}
