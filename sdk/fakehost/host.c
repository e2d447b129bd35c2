/* The fake host: world, instances, and the parts of the table that need no state to speak of. */
#include <stdio.h>
#include <stdlib.h>

#include "sdk/fakehost/inside.h"

/* ---- memory ---- */

void *fake_memory(struct fake_world *world, size_t n) {
  if (world->memory == 0) return NULL;
  if (world->memory > 0) world->memory--;
  return calloc(1, n);
}

void fake_fail_after(struct fake_world *world, long n) { world->memory = n; }
long fake_memory_left(const struct fake_world *world) { return world->memory; }

void fake_buffer_add(struct fake_buffer *buffer, const void *octets, size_t n) {
  if (buffer->len + n + 1 > buffer->room) {
    buffer->room = 2 * (buffer->len + n + 1);
    buffer->at = realloc(buffer->at, buffer->room);
    if (!buffer->at) abort();
  }
  if (octets && n) memcpy(buffer->at + buffer->len, octets, n);
  buffer->len += n;
  buffer->at[buffer->len] = '\0';
}

void fake_buffer_cut(struct fake_buffer *buffer, size_t n) {
  if (n == 0) return;
  buffer->len -= n;
  memmove(buffer->at, buffer->at + n, buffer->len + 1);
}

/* ---- log, counters, chance, seals ---- */

static void log_line(struct hanse_host *host, enum hanse_level level, const char *event, const char *format,
                     va_list arguments) {
  struct fake_world *world = fake_instance_of(host)->world;
  int n = snprintf(world->logged, sizeof world->logged, "%d %s ", (int)level, event);
  vsnprintf(world->logged + n, sizeof world->logged - (size_t)n, format, arguments);
}

const char *fake_logged(const struct fake_world *world) { return world->logged; }

static uint64_t *counter(struct hanse_host *host, const char *name, const char *help) {
  struct fake_world *world = fake_instance_of(host)->world;
  (void)help;
  for (size_t i = 0; i < world->counter_count; i++)
    if (strcmp(world->counters[i].name, name) == 0) return &world->counters[i].value;
  struct fake_counter *fresh = &world->counters[world->counter_count];
  if (world->counter_count + 1 < FAKE_COUNTERS) world->counter_count++;
  snprintf(fresh->name, sizeof fresh->name, "%s", name);
  return &fresh->value;
}

uint64_t fake_counter(struct fake_world *world, const char *name) {
  for (size_t i = 0; i < world->counter_count; i++)
    if (strcmp(world->counters[i].name, name) == 0) return world->counters[i].value;
  return 0;
}

/* The same numbers in each run. */
static void chance(struct hanse_host *host, void *out, size_t n) {
  struct fake_world *world = fake_instance_of(host)->world;
  for (size_t i = 0; i < n; i++) {
    world->random = world->random * 6364136223846793005u + 1442695040888963407u;
    ((unsigned char *)out)[i] = (unsigned char)(world->random >> 56);
  }
}

static uint64_t mix(uint64_t hash, const void *octets, size_t n) {
  for (size_t i = 0; i < n; i++) hash = (hash ^ ((const unsigned char *)octets)[i]) * 1099511628211u;
  return hash ^ hash >> 29;
}

/* Tells inputs and keys apart; no secret is kept by it. */
static int seal(struct hanse_host *host, enum hanse_key key, const struct hanse_slice *parts, size_t count,
                uint8_t mac[16]) {
  unsigned keys = fake_instance_of(host)->world->keys;
  uint64_t halves[2] = {14695981039346656037u, 0x9e3779b97f4a7c15u};
  if (key == HANSE_KEY_PREVIOUS && keys == 0) return HANSE_GONE;
  unsigned number = key == HANSE_KEY_CURRENT ? keys : keys - 1;
  for (int half = 0; half < 2; half++) {
    halves[half] = mix(halves[half], &number, sizeof number);
    for (size_t i = 0; i < count; i++) {
      halves[half] = mix(halves[half], &parts[i].len, sizeof parts[i].len);
      halves[half] = mix(halves[half], parts[i].at, parts[i].len);
    }
  }
  memcpy(mac, halves, 16);
  return HANSE_OK;
}

static uint8_t key_id(struct hanse_host *host, enum hanse_key key) {
  unsigned keys = fake_instance_of(host)->world->keys;
  return (uint8_t)(key == HANSE_KEY_CURRENT ? keys + 1 : keys);
}

void fake_rotate_keys(struct fake_world *world) { world->keys++; }

/* ---- names ---- */

static bool is_label(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'; }

/* No IDN: octets over 127 are no name here. */
static int canonical(struct hanse_host *host, struct hanse_arena *arena, struct hanse_slice name,
                     struct hanse_slice *out) {
  struct hanse_slice copy;
  bool letters = false;
  (void)host;
  if (name.len > 1 && name.at[name.len - 1] == '.') name.len--;
  if (name.len == 0 || name.len > 253) return HANSE_INVALID;
  int status = hanse_copy(arena, name, &copy);
  if (status) return status;
  for (char *p = (char *)(uintptr_t)copy.at, *end = p + copy.len; p < end; p++) {
    *p = hanse_lower(*p);
    if (!is_label(*p)) return HANSE_INVALID;
    letters |= *p >= 'a' && *p <= 'z';
  }
  if (!letters) return HANSE_INVALID;
  *out = hanse_same(copy, name) ? name : copy;
  return HANSE_OK;
}

static bool home_is(struct hanse_host *host, struct hanse_slice domain) {
  const struct fake_world *world = fake_instance_of(host)->world;
  for (size_t i = 0; i < world->home_count; i++) {
    struct hanse_slice home = world->homes[i];
    if (domain.len < home.len || memcmp(domain.at + domain.len - home.len, home.at, home.len) != 0) continue;
    if (domain.len == home.len || domain.at[domain.len - home.len - 1] == '.') return true;
  }
  return false;
}

void fake_home(struct fake_world *world, const char *domain) {
  if (world->home_count == FAKE_HOMES) abort();
  world->homes[world->home_count++] = hanse_text(domain);
}

static struct hanse_slice side_name(struct hanse_host *host, enum hanse_side side) {
  return fake_instance_of(host)->world->side_names[side];
}
void fake_side_name(struct fake_world *world, enum hanse_side side, const char *name) {
  world->side_names[side] = hanse_text(name);
}
static struct hanse_slice partner_name(const struct hanse_partner *partner) { return hanse_text(partner->name); }
void fake_partner(struct fake_world *world, const char *name) { world->partner.name = name; }

/* ---- failures: the statuses of the real table ---- */

static uint16_t failure_status(enum hanse_failure failure) {
  static const uint16_t by_number[] = {
      [HANSE_F_NONE] = 200,      [HANSE_F_NO_ROUTE] = 404,     [HANSE_F_INTERNAL] = 404,
      [HANSE_F_METHOD] = 405,    [HANSE_F_MARK] = 500,         [HANSE_F_DEFERRED] = 480,
      [HANSE_F_PARSE] = 400,     [HANSE_F_TOO_LARGE] = 513,    [HANSE_F_VERSION] = 505,
      [HANSE_F_SCHEME] = 416,    [HANSE_F_HOPS] = 483,         [HANSE_F_LOOP] = 482,
      [HANSE_F_EXTENSION] = 420, [HANSE_F_NO_DIALOG] = 481,    [HANSE_F_NO_TRANSACTION] = 481,
      [HANSE_F_BREADTH] = 440,   [HANSE_F_URI_TOO_LONG] = 414, [HANSE_F_QUEUE_FULL] = 480,
      [HANSE_F_PEER_BUSY] = 500, [HANSE_F_BUSY] = 480,         [HANSE_F_MEMORY] = 500,
      [HANSE_F_DRAINING] = 480,  [HANSE_F_ERROR] = 500,        [HANSE_F_WITHDRAWN] = 487,
      [HANSE_F_MEDIA] = 488,     [HANSE_F_PRIVACY] = 500,      [HANSE_F_FILTER] = 606,
  };
  size_t n = (size_t)failure;
  if (n < sizeof by_number / sizeof by_number[0] && by_number[n]) return by_number[n];
  return failure >= HANSE_F_DNS_NONE && failure <= HANSE_F_TIMEOUT ? 504 : 403;
}
static const char *failure_reason(enum hanse_failure failure) {
  (void)failure;
  return "As The Table Says";
}
static const char *failure_name(enum hanse_failure failure) {
  (void)failure;
  return "failure";
}
/* 1000 and the number of the failure, so that a test sees which one was meant. */
static uint16_t failure_diagnostic(enum hanse_failure failure) { return (uint16_t)(1000 + (unsigned)failure); }
static const char *failure_meaning(enum hanse_failure failure) {
  (void)failure;
  return "What \"it\" means.";
}
static void decision_text(uint64_t decision, char out[HANSE_DECISION_TEXT]) {
  snprintf(out, HANSE_DECISION_TEXT, "word%04u", (unsigned)(decision % 10000));
}

static int save(struct hanse_host *host, struct hanse_slice record) {
  struct fake_instance *instance = fake_instance_of(host);
  if (instance->record_count == FAKE_RECORDS_MAX) return HANSE_NOMEM;
  if (!instance->records) instance->records = calloc(FAKE_RECORDS_MAX, sizeof *instance->records);
  char *copy = malloc(record.len + 1);
  if (!copy || !instance->records) abort();
  memcpy(copy, record.at, record.len);
  instance->records[instance->record_count++] = hanse_slice(copy, record.len);
  return HANSE_OK;
}

static const struct hanse_host_ops *table(void) {
  static struct hanse_host_ops ops;
  if (ops.size) return &ops;
  ops.log = log_line;
  ops.counter = counter;
  ops.random = chance;
  ops.seal = seal;
  ops.key_id = key_id;
  ops.canonical = canonical;
  ops.home_is = home_is;
  ops.side_name = side_name;
  ops.partner_name = partner_name;
  ops.failure_status = failure_status;
  ops.failure_reason = failure_reason;
  ops.failure_name = failure_name;
  ops.failure_diagnostic = failure_diagnostic;
  ops.failure_meaning = failure_meaning;
  ops.decision_text = decision_text;
  ops.save = save;
  fake_time_ops(&ops);
  fake_link_ops(&ops);
  fake_ticket_ops(&ops);
  fake_message_ops(&ops);
  fake_question_ops(&ops);
  fake_store_ops(&ops);
  ops.size = sizeof ops;
  return &ops;
}

/* ---- worlds ---- */

struct fake_world *fake_world_new(void) {
  struct fake_world *world = calloc(1, sizeof *world);
  if (!world) abort();
  world->now = 1000 * HANSE_SECOND;
  world->memory = -1;
  world->node = (struct hanse_node){.size = sizeof world->node,
                                    .number = 1,
                                    .boot = 7,
                                    .name = HANSE_LIT("node.test"),
                                    .message_bytes = 1 << 20,
                                    .header_bytes = 64 << 10};
  return world;
}

struct hanse_node *fake_node(struct fake_world *world) {
  return &world->node;
}
struct fake_instance *fake_newest(struct fake_world *world) {
  return world->newest;
}
int fake_status(const struct fake_world *world) { return world->status; }
const char *fake_problem(const struct fake_world *world) { return world->problem.text; }
struct hanse_where fake_problem_where(const struct fake_world *world) {
  return world->problem.where;
}

static void links_free(struct fake_world *world) {
  for (struct hanse_link *link = world->links, *next; link; link = next) {
    next = link->next;
    free(link->in.at);
    free(link->out.at);
    free(link);
  }
}

void fake_world_free(struct fake_world *world) {
  while (world->instances) fake_unload(world->instances);
  fake_message_drop_held(world);
  fake_question_free(world);
  fake_store_free(world);
  links_free(world);
  for (struct hanse_target *target = world->targets, *next; target; target = next) {
    next = target->next;
    free(target);
  }
  for (struct hanse_timers *list = world->timers, *next; list; list = next) {
    next = list->next;
    free(list);
  }
  for (size_t i = 0; i < world->ticket_count; i++) free(world->tickets[i].name.at);
  free(world->tickets);
  free(world);
}

static size_t add_left(struct fake_world *world, size_t at, const char *what, long n) {
  if (n == 0) return at;
  int more = snprintf(world->left + at, sizeof world->left - at, "%s%s %ld", at ? ", " : "", what, n);
  return at + (size_t)(more > 0 ? more : 0);
}

const char *fake_left(struct fake_world *world) {
  long holds = 0;
  for (const struct hanse_link *link = world->links; link; link = link->next) holds += link->holds;
  world->left[0] = '\0';
  size_t at = add_left(world, 0, "messages", world->messages);
  at = add_left(world, at, "tickets", (long)fake_tickets_open(world));
  at = add_left(world, at, "timers", (long)fake_timers_running(world));
  add_left(world, at, "holds", holds);
  return world->left;
}

/* ---- instances ---- */

struct hanse_host *fake_host(struct fake_instance *instance) {
  return &instance->host;
}
void *fake_self(struct fake_instance *instance) { return instance->self; }

static const struct hanse_protocol *protocol_of(const struct hanse_plugin *plugin) {
  for (const struct hanse_offer *offer = plugin->offers; offer && offer->capability; offer++)
    if (offer->capability == HANSE_PROTOCOL) return offer->slots;
  return NULL;
}

static void records_clear(struct fake_instance *instance) {
  for (uint32_t i = 0; i < instance->record_count; i++) free((char *)(uintptr_t)instance->records[i].at);
  free(instance->records);
  instance->records = NULL;
  instance->record_count = 0;
}

static void forget(struct fake_instance *instance) {
  struct fake_world *world = instance->world;
  struct fake_instance **at = &world->instances;
  while (*at && *at != instance) at = &(*at)->next;
  if (*at) *at = instance->next;
  if (world->newest == instance) world->newest = world->instances;
  fake_posts_drop(instance);
  fake_store_drop(instance);
  records_clear(instance);
  free(instance);
}

static int adopt(struct fake_instance *instance, const struct fake_instance *predecessor) {
  const struct hanse_saved saved = {sizeof saved, predecessor->record_count, predecessor->records};
  return instance->plugin->adopt(instance->self, &saved);
}

static void hand_over_rest(struct fake_instance *instance, struct fake_instance *predecessor) {
  int status = predecessor->plugin->save_rest ? HANSE_AGAIN : HANSE_OK;
  while (status == HANSE_AGAIN) {
    records_clear(predecessor);
    status = predecessor->plugin->save_rest(predecessor->self);
    if (predecessor->record_count && instance->plugin->adopt) adopt(instance, predecessor);
  }
}

static int bring_up(struct fake_instance *instance, const void *settings, struct fake_instance *predecessor) {
  const struct hanse_plugin *plugin = instance->plugin;
  struct fake_world *world = instance->world;
  int status;
  do status = plugin->configure(instance->self, settings, &world->problem);
  while (status == HANSE_AGAIN);
  if (!status && predecessor && predecessor->plugin->save) status = predecessor->plugin->save(predecessor->self);
  if (!status && predecessor && plugin->adopt) status = adopt(instance, predecessor);
  return status ? status : plugin->start(instance->self);
}

static void take_links(struct fake_instance *instance) {
  for (struct hanse_link *link = instance->world->links; link; link = link->next) {
    link->owner = instance;
    if (link->open && instance->protocol) instance->protocol->link_open(instance->self, link);
  }
}

struct fake_instance *fake_load(struct fake_world *world, const struct hanse_plugin *plugin, const void *settings,
                                struct fake_instance *predecessor) {
  struct fake_instance *instance = calloc(1, sizeof *instance);
  if (!instance) abort();
  instance->host = (struct hanse_host){sizeof instance->host, 0, table(), &world->now, &world->node, plugin->name};
  instance->world = world;
  instance->plugin = plugin;
  instance->protocol = protocol_of(plugin);
  world->status = plugin->create(&instance->host, &instance->self);
  if (world->status == HANSE_OK) {
    world->status = bring_up(instance, settings, predecessor);
    fake_ticket_settle(world, world->status == HANSE_OK);
    if (world->status != HANSE_OK) plugin->destroy(instance->self);
  }
  if (world->status != HANSE_OK) {
    forget(instance);
    return NULL;
  }
  instance->next = world->instances;
  world->instances = world->newest = instance;
  take_links(instance);
  if (predecessor && predecessor->plugin->drain) predecessor->plugin->drain(predecessor->self);
  if (predecessor) hand_over_rest(instance, predecessor);
  return instance;
}

void fake_unload(struct fake_instance *instance) {
  if (instance->plugin->stop) instance->plugin->stop(instance->self);
  instance->plugin->destroy(instance->self);
  for (struct hanse_link *link = instance->world->links; link; link = link->next)
    if (link->owner == instance && link->open) link->open = false;
  forget(instance);
}
