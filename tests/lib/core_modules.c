#include "tests/lib/core_modules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
/* cmocka wants the ones above first */
#include <cmocka.h>

#include "router/host.h"

/* ---- protocol ---- */

static void note(struct core *core, struct hanse_message *public, enum core_end end, const struct hanse_refusal *why) {
  const struct message *message = message_of(public);
  assert_true(core->seen_count < CORE_SEEN);
  struct core_seen *seen = &core->seen[core->seen_count++];
  *seen = (struct core_seen){.end = end, .marks = public->marks->set};
  snprintf(seen->name, sizeof seen->name, "%.*s", HANSE_FMT(public->bytes));
  if (message->way.route.count)
    snprintf(seen->target, sizeof seen->target, "%.*s", HANSE_FMT(target_text(message->way.route.targets[0])));
  if (why) {
    seen->failure = why->failure;
    seen->retry_after = why->retry_after;
    snprintf(seen->text, sizeof seen->text, "%.*s", HANSE_FMT(why->text));
    snprintf(seen->plugin, sizeof seen->plugin, "%s", why->plugin ? why->plugin : "");
    if (why->where.file) snprintf(seen->where, sizeof seen->where, "%s:%u", why->where.file, why->where.line);
  }
  if (core->keep)
    core->kept[core->kept_count++] = message_of(public);
  else
    hanse_message_free(core->protocol.host, public);
}

/* ---- between two protocols ---- */

static enum hanse_failure lift(void *self, struct hanse_message *message, struct hanse_lifted *lifted) {
  assert_int_equal(lifted->size, sizeof *lifted);
  lifted->kind = HANSE_LIFTED_IM;
  lifted->from = message->facts->from;
  lifted->to = message->facts->to;
  lifted->text = message->bytes;
  return ((struct core_module *)self)->lifts;
}
static enum hanse_failure lower(void *self, struct hanse_message *message, const struct hanse_lifted *lifted) {
  assert_int_equal(message->bytes.len, 0);
  assert_int_equal(lifted->kind, HANSE_LIFTED_IM);
  char *room = hanse_alloc(message->arena, lifted->text.len + 3);
  assert_non_null(room);
  message->bytes = hanse_slice(room, (size_t)sprintf(room, "%.*s'", HANSE_FMT(lifted->text)));
  return ((struct core_module *)self)->lowers;
}
static void conclude(void *self, struct hanse_message *message, uint16_t status) {
  struct core *core = ((struct core_module *)self)->core;
  note(core, message, CORE_CONCLUDED, NULL);
  core->seen[core->seen_count - 1].status = status;
}

static int link_open(void *self, struct hanse_link *link) {
  (void)self, (void)link;
  return HANSE_OK;
}
static size_t input(void *self, struct hanse_link *link, struct hanse_input *in) {
  (void)self, (void)link;
  return in->len;
}
static void hand_over(void *self, struct hanse_link *link, struct hanse_slice bytes) {
  (void)self, (void)link, (void)bytes;
}
static void waiting(void *self, struct hanse_message *message) {
  struct core *core = ((struct core_module *)self)->core;
  core->waiting++;
  if (core->on_waiting) core->on_waiting(core, message_of(message));
}
static void deliver(void *self, struct hanse_message *message, const struct hanse_route *route) {
  assert_ptr_equal(route, &message_of(message)->way.route);
  assert_true(route->count > 0);
  note(((struct core_module *)self)->core, message, CORE_DELIVERED, NULL);
}
static void refuse(void *self, struct hanse_message *message, const struct hanse_refusal *why) {
  assert_true(why->failure != HANSE_F_NONE);
  note(((struct core_module *)self)->core, message, CORE_REFUSED, why);
}
static void answer(void *self, void *object, struct hanse_message *message, const struct hanse_refusal *denied) {
  (void)object;
  note(((struct core_module *)self)->core, message, denied ? CORE_DENIED : CORE_ANSWERED, denied);
}
static void link_ready(void *self, void *object, struct hanse_link *link, const struct hanse_refusal *why) {
  (void)self, (void)object, (void)link, (void)why;
}
static void link_lost(void *self, void *object, struct hanse_link *link) {
  (void)object, (void)link;
  ((struct core_module *)self)->core->lost++;
}
static void keepalive(void *self, struct hanse_link *link) { (void)self, (void)link; }
static void link_close(void *self, struct hanse_link *link, enum hanse_close why) { (void)self, (void)link, (void)why; }

static const struct hanse_protocol protocol = {.size = sizeof(struct hanse_protocol),
                                               .identity = HANSE_IDENTITY_SIP,
                                               .link_open = link_open,
                                               .input = input,
                                               .hand_over = hand_over,
                                               .waiting = waiting,
                                               .deliver = deliver,
                                               .refuse = refuse,
                                               .answer = answer,
                                               .link_ready = link_ready,
                                               .link_lost = link_lost,
                                               .keepalive = keepalive,
                                               .link_close = link_close,
                                               .lift = lift,
                                               .lower = lower,
                                               .conclude = conclude};

static void event(void *self, const struct hanse_event *what) {
  assert_true(what->kind != 0);
  ((struct core_module *)self)->core->events++;
}
static const struct hanse_observer observer = {sizeof(struct hanse_observer), 0xff, event};
const struct hanse_observer *core_module_observer(void) { return &observer; }

/* ---- policy ---- */

static void take_token(struct core_module *module, hanse_token token) {
  module->token = token;
  if (token) module->tokens[module->token_count++] = token;
}

static enum hanse_verdict decide(void *self, const struct hanse_case *c) {
  struct core_module *module = self;
  module->asked++;
  module->stages |= c->stage;
  module->dry = c->dry;
  module->allowed = c->allowed;
  c->marks->set |= module->mark;
  c->why->where = (struct hanse_where){"hanse.conf", 9};
  c->why->failure = module->say == HANSE_DENY ? module->failure : HANSE_F_NONE;
  while (module->eats && hanse_alloc(c->arena, 4096)) continue;
  if (module->say == CORE_EARLY) {
    assert_int_equal(hanse_resolve_verdict(module->host, c->token, (enum hanse_verdict)module->later, NULL), HANSE_OK);
    return HANSE_DEFER;
  }
  if (module->say == HANSE_DEFER) take_token(module, c->token);
  if (module->votes_at_routed_only && c->stage == HANSE_STAGE_ADMIT) return HANSE_ABSTAIN;
  return (enum hanse_verdict)module->say;
}

/* One token fewer to be answered. */
static void withdrawn(void *self, hanse_token token) {
  struct core_module *module = self;
  size_t kept = 0;
  for (size_t i = 0; i < module->token_count; i++)
    if (module->tokens[i] != token) module->tokens[kept++] = module->tokens[i];
  assert_int_equal(kept + 1, module->token_count); /* it is told of what it has, once */
  module->token_count = kept;
  module->withdrawn++;
}

static const struct hanse_policy policy = {sizeof policy, HANSE_STAGE_ADMIT | HANSE_STAGE_ROUTED | HANSE_STAGE_ANSWER,
                                           decide, withdrawn, 0};
static const struct hanse_policy quick_policy = {
    sizeof policy, HANSE_STAGE_ADMIT | HANSE_STAGE_ROUTED | HANSE_STAGE_ANSWER, decide, NULL, 0};
const struct hanse_policy *core_module_policy(const struct core_module *module) {
  return module->never_defers ? &quick_policy : &policy;
}

/* ---- federation type ---- */

static enum hanse_found say_found(struct core_module *module, int say, struct hanse_question *question) {
  module->asked++;
  module->dry = question->dry;
  module->targets = question->targets;
  question->lasts = module->lasts;
  question->whole_entry = module->whole_entry;
  question->terms = module->terms;
  if (say == CORE_EARLY) {
    assert_int_equal(hanse_resolve_found(module->host, question->token, (enum hanse_found)module->later, NULL),
                     HANSE_OK);
    return HANSE_FOUND_LATER;
  }
  if (say == HANSE_FOUND_LATER) take_token(module, question->token);
  return (enum hanse_found)say;
}

static enum hanse_found confirm(void *self, const struct hanse_partner *partner, struct hanse_question *question) {
  struct core_module *module = self;
  (void)partner;
  assert_non_null(question->peer);
  return say_found(module, module->say, question);
}

static enum hanse_found route(void *self, const struct hanse_partner *partner, struct hanse_question *question) {
  struct core_module *module = self;
  struct hanse_slice host = hanse_text(module->host_name);
  struct hanse_place place = {sizeof place, 5061, 0, host, host, true, {NULL, 0}};
  (void)partner;
  int status = host.len ? hanse_route_add(module->host, question->targets, &place) : HANSE_OK;
  assert_true(status == HANSE_OK || module->forgives);
  return say_found(module, module->route, question);
}

static struct hanse_federation federations[CORE_TYPES]; /* the next generation's, as their modules say */
const struct hanse_federation *core_module_type(struct core_module *module) {
  struct hanse_federation *slots = &federations[module - module->core->types];
  *slots = (struct hanse_federation){
      sizeof *slots, module->wire_type, module->catch_all, confirm, route, module->never_defers ? NULL : withdrawn};
  return slots;
}

/* ---- instances ---- */

static struct core_module *newborn; /* whose create runs */

static int create(struct hanse_host *host, void **self) {
  newborn->host = host;
  *self = newborn;
  return HANSE_OK;
}
static void destroy(void *self) { (void)self; }

static const struct hanse_offer offers[] = {{HANSE_PROTOCOL, "sip", NULL, &protocol, NULL, 0}, HANSE_OFFERS_END};
static const struct hanse_offer foreign_offers[] = {{HANSE_PROTOCOL, "foreign", NULL, &protocol, NULL, 0},
                                                    HANSE_OFFERS_END};
static const struct hanse_offer no_offers[] = {HANSE_OFFERS_END};

struct instance *core_module_make(struct core_module *module, struct hanse_problem *problem) {
  module->plugin = (struct hanse_plugin){HANSE_NEEDS(9),
                                         .name = module->name,
                                         .version = "1",
                                         .summary = "of the harness",
                                         .offers = module == &module->core->protocol  ? offers
                                                   : module == &module->core->foreign ? foreign_offers
                                                                                      : no_offers,
                                         .create = create,
                                         .destroy = destroy};
  module->code = (struct code){.holds = 1, .version = 1, .path = module->name, .plugin = &module->plugin};
  newborn = module;
  struct router *router = module->core->router;
  struct instance *instance = instance_new(router, module->name, &module->code, router->host_ops, problem);
  if (!instance || instance_configure(instance, problem) || instance_start(instance, problem)) return NULL;
  instance->wanted = true;
  return instance;
}

void core_module_init(struct core *core) {
  for (int i = 0; i < CORE_TYPES; i++) {
    core->types[i].say = core->types[i].route = HANSE_FOUND_YES;
    core->types[i].wire_type = (uint32_t)i + 1;
  }
}

int core_resolve(struct core_module *module) {
  if (!module->token_count) return HANSE_SKIP;
  hanse_token token = module->tokens[0];
  memmove(module->tokens, module->tokens + 1, --module->token_count * sizeof *module->tokens);
  bool type = module >= module->core->types && module < module->core->types + CORE_TYPES;
  if (type) return hanse_resolve_found(module->host, token, (enum hanse_found)module->later, NULL);
  const struct hanse_refusal why = {.size = sizeof why, .failure = module->failure};
  return hanse_resolve_verdict(module->host, token, (enum hanse_verdict)module->later, module->failure ? &why : NULL);
}
