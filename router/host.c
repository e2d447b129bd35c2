#include "router/host.h"

#include <sodium.h>

#include "contract/abi.h"
#include "contract/domain.h"
#include "contract/failure.h"
#include "router/clock.h"
#include "router/decision.h"
#include "router/exclusive.h"
#include "router/found.h"
#include "router/generation.h"
#include "router/lift.h"
#include "router/log.h"
#include "router/lookup.h"
#include "router/report.h"
#include "router/rows.h"
#include "router/secret.h"
#include "router/store.h"
#include "router/ticket.h"
#include "router/wait.h"
#include "router/way.h"

/* All calls but post run on the loop thread; from another one they do nothing and are logged (design §5). */
static bool foreign(const struct hanse_host *host, const char *call) {
  if (loop_here(instance_of((struct hanse_host *)(uintptr_t)host)->router->loop)) return false;
  log_event(HANSE_ERROR, host->module, "plugin.thread", "call=%s", call);
  return true;
}

static struct router *router_of(struct hanse_host *host) { return instance_of(host)->router; }

/* ---- log, counters, time, chance ---- */

static void host_log(struct hanse_host *host, enum hanse_level level, const char *event, const char *format,
                     va_list arguments) {
  if (log_wants(level)) log_event_v(level, host->module, event, format, arguments);
}

static uint64_t *host_counter(struct hanse_host *host, const char *name, const char *help) {
  static uint64_t nobody; /* what a foreign thread counts is read by nobody */
  if (foreign(host, "counter")) return &nobody;
  return counter_get(router_of(host)->counters, host->module, name, help);
}

static void host_random(struct hanse_host *host, void *out, size_t n) {
  (void)host;
  randombytes_buf(out, n);
}

static int host_seal(struct hanse_host *host, enum hanse_key key, const struct hanse_slice *parts, size_t count,
                     uint8_t mac[16]) {
  if (foreign(host, "seal")) return HANSE_THREAD;
  return secret_seal(router_of(host)->secret, key, parts, count, mac);
}

static uint8_t host_key_id(struct hanse_host *host, enum hanse_key key) {
  return foreign(host, "key_id") ? 0 : secret_key_id(router_of(host)->secret, key);
}

static void fire_in(void *owner, struct hanse_timer *timer) {
  struct instance *instance = owner;
  struct calling before = instance_enter(instance, "timer");
  timer->fire(instance->self, timer);
  instance_leave(before);
}

static struct hanse_timers *host_timers(struct hanse_host *host, hanse_time length) {
  if (foreign(host, "timers")) return NULL;
  return timers_list(router_of(host)->timers, instance_of(host), length, fire_in);
}

static void host_timer_start(struct hanse_host *host, struct hanse_timers *list, struct hanse_timer *timer,
                             void (*fire)(void *, struct hanse_timer *)) {
  if (!foreign(host, "timer_start") && list) timers_start(list, timer, fire);
}

static void host_timer_stop(struct hanse_host *host, struct hanse_timer *timer) {
  if (!foreign(host, "timer_stop")) timers_stop(timer);
}

/* The one call that any thread may make. */
static int host_post(struct hanse_host *host, void (*run)(void *self, void *argument), void *argument) {
  return instance_post(instance_of(host), run, argument);
}

static void host_busy(struct hanse_host *host, bool begins) {
  if (!foreign(host, "busy")) instance_busy(instance_of(host), begins);
}

/* ---- messages ---- */

static struct hanse_message *host_message_new(struct hanse_host *host, struct hanse_link *link,
                                              struct hanse_slice bytes) {
  if (foreign(host, "message_new")) return NULL;
  struct message *message = message_new(router_of(host), instance_of(host), link, bytes);
  if (!message) return NULL;
  message_came(message);
  return &message->public;
}

static void host_message_free(struct hanse_host *host, struct hanse_message *message) {
  if (foreign(host, "message_free") || !message) return;
  way_withdraw(router_of(host), message_of(message)); /* nobody may find it any more */
  message_free(message_of(message));
}

static void host_message_settle(struct hanse_host *host, struct hanse_message *message) {
  bool read_still = message_of(message)->way.stage != WAY_NONE; /* by the core */
  if (!foreign(host, "message_settle") && !read_still) message_settle(message_of(message));
}

static void host_submit_take(struct hanse_host *host, struct hanse_message *message) {
  if (!foreign(host, "submit_take")) way_submit(router_of(host), message_of(message));
}

static int host_answer_take(struct hanse_host *host, hanse_ticket ticket, struct hanse_message *answer) {
  if (foreign(host, "answer_take")) return HANSE_THREAD;
  return way_answer(router_of(host), ticket, message_of(answer));
}

static int host_withdraw(struct hanse_host *host, struct hanse_message *message) {
  if (foreign(host, "withdraw")) return HANSE_THREAD;
  return way_withdraw(router_of(host), message_of(message));
}

static int host_concluded(struct hanse_host *host, struct hanse_message *message, uint16_t status,
                          const struct hanse_refusal *why) {
  if (foreign(host, "concluded")) return HANSE_THREAD;
  return lift_concluded(message_of(message), status, why);
}

static void host_refused(struct hanse_host *host, struct hanse_message *message, const struct hanse_refusal *why) {
  struct hanse_refusal told;
  if (foreign(host, "refused")) return;
  if (!abi_copy(&told, sizeof told, why, ABI_REACH(struct hanse_refusal, where)))
    told = (struct hanse_refusal){.size = sizeof told, .failure = HANSE_F_ERROR};
  told.plugin = host->module;
  if (message->facts->decision)
    report_failed(message_of(message), &told);
  else
    report_refused(message_of(message), &told);
}

/* ---- tickets ---- */

static int host_ticket_open(struct hanse_host *host, void *object, hanse_ticket *out) {
  if (foreign(host, "ticket_open")) return HANSE_THREAD;
  struct ticket *ticket = ticket_open(router_of(host)->tickets, instance_of(host), object);
  if (!ticket) return HANSE_NOMEM;
  *out = ticket_number(ticket);
  return HANSE_OK;
}

/* The caller's own ticket; NULL: closed, or somebody else's. */
static struct ticket *own(struct hanse_host *host, hanse_ticket number) {
  struct ticket *ticket = ticket_find(router_of(host)->tickets, number);
  return ticket && ticket->owner == instance_of(host) ? ticket : NULL;
}

static void host_ticket_close(struct hanse_host *host, hanse_ticket number) {
  if (foreign(host, "ticket_close")) return;
  struct ticket *ticket = own(host, number);
  if (ticket) ticket_close(router_of(host)->tickets, ticket);
}

static int host_ticket_object(struct hanse_host *host, hanse_ticket number, void **object) {
  if (foreign(host, "ticket_object")) return HANSE_THREAD;
  struct ticket *ticket = ticket_find(router_of(host)->tickets, number);
  if (!ticket) return HANSE_GONE;
  if (ticket->owner != instance_of(host)) return HANSE_SKIP;
  *object = ticket->object;
  return HANSE_OK;
}

static int host_ticket_name(struct hanse_host *host, hanse_ticket number, struct hanse_slice name) {
  if (foreign(host, "ticket_name")) return HANSE_THREAD;
  struct ticket *ticket = own(host, number);
  return ticket ? ticket_name(router_of(host)->tickets, ticket, name) : HANSE_GONE;
}

static hanse_ticket host_ticket_by_name(struct hanse_host *host, struct hanse_slice name) {
  if (foreign(host, "ticket_by_name")) return 0;
  struct ticket *ticket = ticket_named(router_of(host)->tickets, name);
  return ticket ? ticket_number(ticket) : 0;
}

static void host_ticket_ride(struct hanse_host *host, hanse_ticket number, struct hanse_link *link) {
  if (foreign(host, "ticket_ride")) return;
  struct ticket *ticket = own(host, number);
  if (ticket) ticket_ride(ticket, link);
}

static int host_ticket_adopt(struct hanse_host *host, hanse_ticket number, void *object) {
  if (foreign(host, "ticket_adopt")) return HANSE_THREAD;
  struct ticket *ticket = ticket_find(router_of(host)->tickets, number);
  if (!ticket) return HANSE_GONE;
  bool adopts = instance_of(host)->state == INSTANCE_CONFIGURED;
  if (!adopts || !ticket->owner->protocol || strcmp(ticket->owner->name, host->module) != 0) return HANSE_INVALID;
  ticket_adopt(ticket, instance_of(host), object);
  return HANSE_OK;
}

static int host_hand_over(struct hanse_host *host, hanse_ticket number, struct hanse_link *link,
                          struct hanse_slice bytes) {
  if (foreign(host, "hand_over")) return HANSE_THREAD;
  struct ticket *ticket = ticket_find(router_of(host)->tickets, number);
  if (!ticket) return HANSE_GONE;
  if (ticket->owner == instance_of(host)) return HANSE_INVALID;
  struct instance *owner = ticket->owner;
  struct calling before = instance_enter(owner, "hand_over");
  owner->protocol->hand_over(owner->self, link, bytes);
  instance_leave(before);
  return HANSE_OK;
}

/* ---- links ---- */

static void wait_over(struct pool_wait *wait, struct hanse_link *link, enum hanse_failure failure, const char *text) {
  struct ticket *ticket = (struct ticket *)((char *)wait - offsetof(struct ticket, wait));
  struct instance *owner = ticket->owner;
  struct hanse_refusal why = {.size = sizeof why, .failure = failure, .text = hanse_text(text)};
  struct calling before = instance_enter(owner, "link_ready");
  owner->protocol->link_ready(owner->self, ticket->object, link, link ? NULL : &why);
  instance_leave(before);
}

static int host_link_want(struct hanse_host *host, hanse_ticket number, struct hanse_target *target,
                          struct hanse_link **out) {
  if (foreign(host, "link_want")) return HANSE_THREAD;
  struct ticket *ticket = own(host, number);
  if (!ticket) return HANSE_GONE;
  ticket->wait.ready = wait_over;
  ticket->wait.bytes = ticket->message ? ticket->message->public.bytes.len : 0;
  return pool_want(router_of(host)->pool, target, &ticket->wait, out);
}

static struct hanse_link *host_link_again(struct hanse_host *host, struct hanse_link *link) {
  if (foreign(host, "link_again")) return NULL;
  if (link->state == LINK_OPEN) return link;
  return pool_link_again(router_of(host)->pool, link);
}

static struct hanse_link *host_link_hold(struct hanse_host *host, struct hanse_link *link) {
  return foreign(host, "link_hold") ? NULL : link_hold(link);
}

static void host_link_release(struct hanse_host *host, struct hanse_link *link) {
  if (!foreign(host, "link_release")) link_release(link);
}

static bool host_link_is_open(const struct hanse_link *link) { return link->state == LINK_OPEN; }
static uint64_t host_link_id(const struct hanse_link *link) { return link->id; }
static enum hanse_side host_link_side(const struct hanse_link *link) { return link->side; }
static struct hanse_slice host_link_local(const struct hanse_link *link) { return link->local; }
static struct hanse_slice host_link_peer(const struct hanse_link *link) { return hanse_text(link->peer); }

static char *host_link_room(struct hanse_host *host, struct hanse_link *link, size_t n) {
  return foreign(host, "link_room") ? NULL : link_room(link, n);
}

static void host_link_filled(struct hanse_host *host, struct hanse_link *link, size_t n) {
  if (foreign(host, "link_filled")) return;
  link->upper.messages_out++;
  link_filled(link, n);
}

static uint64_t host_link_queued(const struct hanse_link *link) { return link->queued; }
static uint64_t host_link_written(const struct hanse_link *link) { return link->written; }

static void host_link_shut(struct hanse_host *host, struct hanse_link *link, enum hanse_failure failure,
                           const char *text) {
  if (!foreign(host, "link_shut")) link_shut(link, failure, text);
}

static bool host_link_secure(const struct hanse_link *link) { return link->tls != NULL; }

static struct hanse_slice host_link_proved(const struct hanse_link *link) {
  return link->proved_count ? link->proved[0] : hanse_slice("", 0);
}

static struct hanse_link *host_link_by_id(struct hanse_host *host, uint64_t id) {
  if (foreign(host, "link_by_id")) return NULL;
  struct hanse_link *link = transport_link_by_id(router_of(host)->transport, id);
  return link && link->state == LINK_OPEN ? link : NULL;
}

static void host_link_mark_set(struct hanse_link *link, hanse_time when) { link->upper.mark = when; }
static hanse_time host_link_mark(const struct hanse_link *link) { return link->upper.mark; }

/* ---- partners, targets, questions ---- */

static struct hanse_slice host_partner_name(const struct hanse_partner *partner) { return partner->entry.domain; }
static const void *host_partner_settings(const struct hanse_partner *partner) { return partner->settings; }
static struct hanse_where host_partner_where(const struct hanse_partner *partner) { return partner->entry.where; }

/* While a module is configured and started its own generation is asked, else the running one; in the first `create`
   there is none yet. */
static const struct generation *generation_for(struct hanse_host *host) {
  const struct generation *building = instance_of(host)->building;
  return building ? building : router_of(host)->now;
}

static bool host_entry_find(struct hanse_host *host, struct hanse_slice domain, const char **kind,
                            struct hanse_where *where) {
  if (foreign(host, "entry_find")) return false;
  if (instance_of(host)->building) instance_of(host)->asked_entries = true;
  const struct generation *generation = generation_for(host);
  const struct entry *entry = generation ? partner_set_exact(generation->partners, domain) : NULL;
  if (!entry) return false;
  *kind = entry->kind == ENTRY_HOME ? "home" : "partners";
  *where = entry->where;
  return true;
}

static int host_canonical(struct hanse_host *host, struct hanse_arena *arena, struct hanse_slice name,
                          struct hanse_slice *out) {
  char buf[DOMAIN_BUFFER];
  struct hanse_slice canonical;
  if (foreign(host, "canonical")) return HANSE_THREAD;
  int status = domain_canonical(name, buf, sizeof buf, &canonical);
  if (status != HANSE_OK) return status;
  if (canonical.at == buf) return hanse_copy(arena, canonical, out);
  *out = canonical;
  return HANSE_OK;
}

static bool host_home_is(struct hanse_host *host, struct hanse_slice domain) {
  if (foreign(host, "home_is")) return false;
  if (instance_of(host)->building) instance_of(host)->asked_entries = true;
  const struct generation *generation = generation_for(host);
  return generation && entry_home(partner_set_find(generation->partners, domain)) != NULL;
}

static int host_exclusive(struct hanse_host *host, const char *kind, struct hanse_slice name, struct hanse_where where,
                          struct hanse_where *other) {
  struct instance *instance = instance_of(host);
  if (foreign(host, "exclusive")) return HANSE_THREAD;
  return instance->building ? exclusive_take(instance->building, instance, kind, name, where, other) : HANSE_GONE;
}

static struct hanse_slice host_side_name(struct hanse_host *host, enum hanse_side side) {
  if (foreign(host, "side_name")) return hanse_slice(NULL, 0);
  const struct generation *generation = generation_for(host);
  return generation ? generation_local(generation, side) : hanse_slice(NULL, 0);
}

static int host_route_add(struct hanse_host *host, struct hanse_found_targets *targets,
                          const struct hanse_place *place) {
  return foreign(host, "route_add") ? HANSE_THREAD : found_add(router_of(host), targets, place);
}

static int host_services(struct hanse_host *host, struct hanse_arena *arena, struct hanse_slice name,
                         struct hanse_services *out) {
  return foreign(host, "services") ? HANSE_THREAD : lookup_known(router_of(host), arena, name, out);
}

static int host_services_await(struct hanse_host *host, hanse_token token, struct hanse_slice name) {
  return foreign(host, "services_await") ? HANSE_THREAD : lookup_await(router_of(host), token, name);
}

static int host_resolve_verdict(struct hanse_host *host, hanse_token token, enum hanse_verdict verdict,
                                const struct hanse_refusal *why) {
  if (foreign(host, "resolve_verdict")) return HANSE_THREAD;
  return wait_resolve_verdict(router_of(host), token, verdict, why);
}

static int host_resolve_found(struct hanse_host *host, hanse_token token, enum hanse_found found,
                              const struct hanse_refusal *why) {
  if (foreign(host, "resolve_found")) return HANSE_THREAD;
  return wait_resolve_found(router_of(host), token, found, why);
}

static enum hanse_failure host_link_failure(const struct hanse_link *link, struct hanse_slice *text) {
  bool late = link->failure == HANSE_F_TLS_OURS && link->bytes_in; /* who answers has taken our certificate */
  *text = hanse_text(link->reason ? link->reason : "");
  return late || link->failure == HANSE_F_NONE ? HANSE_F_LINK_LOST : link->failure;
}

static enum hanse_failure host_target_failure(const struct hanse_target *target, struct hanse_slice *text) {
  const char *said;
  enum hanse_failure failure = pool_failure(target, &said);
  *text = hanse_text(said);
  return failure;
}

/* ---- failures, rows, records ---- */

static uint16_t host_failure_status(enum hanse_failure failure) { return failure_row(failure)->sip_status; }
static const char *host_failure_reason(enum hanse_failure failure) { return failure_row(failure)->sip_reason; }
static const char *host_failure_name(enum hanse_failure failure) { return failure_row(failure)->name; }
static uint16_t host_failure_diagnostic(enum hanse_failure failure) { return failure_row(failure)->diagnostic; }
static const char *host_failure_meaning(enum hanse_failure failure) { return failure_row(failure)->meaning; }

static struct hanse_slice host_row_argument(struct hanse_rows *rows, const char *name) {
  return rows_argument(rows, name);
}

static int host_save(struct hanse_host *host, struct hanse_slice record) {
  return foreign(host, "save") ? HANSE_THREAD : instance_record(instance_of(host), record);
}

/* ---- the store ---- */

static int host_store_ask(struct hanse_host *host, const struct hanse_store_request *request,
                          hanse_store_answered *answered, void *argument) {
  return foreign(host, "store_ask") ? HANSE_THREAD : store_ask(instance_of(host), request, answered, argument);
}

static int host_store_answer(struct hanse_host *host, hanse_inquiry inquiry, const struct hanse_store_answer *answer) {
  return foreign(host, "store_answer") ? HANSE_THREAD : store_answer(instance_of(host), inquiry, answer);
}

static struct hanse_slice host_state_dir(struct hanse_host *host) {
  if (foreign(host, "state_dir")) return hanse_slice(NULL, 0);
  const struct generation *generation = generation_for(host);
  return generation ? generation->settings->state_dir : hanse_slice(NULL, 0);
}

static int64_t host_wall_time(struct hanse_host *host) { return foreign(host, "wall_time") ? 0 : clock_wall(); }

const struct hanse_host_ops host_ops = {.size = sizeof host_ops,
                                        .log = host_log,
                                        .counter = host_counter,
                                        .random = host_random,
                                        .seal = host_seal,
                                        .key_id = host_key_id,
                                        .timers = host_timers,
                                        .timer_start = host_timer_start,
                                        .timer_stop = host_timer_stop,
                                        .post = host_post,
                                        .message_new = host_message_new,
                                        .message_free = host_message_free,
                                        .message_settle = host_message_settle,
                                        .submit_take = host_submit_take,
                                        .answer_take = host_answer_take,
                                        .withdraw = host_withdraw,
                                        .concluded = host_concluded,
                                        .ticket_open = host_ticket_open,
                                        .ticket_close = host_ticket_close,
                                        .ticket_object = host_ticket_object,
                                        .ticket_name = host_ticket_name,
                                        .ticket_by_name = host_ticket_by_name,
                                        .ticket_ride = host_ticket_ride,
                                        .ticket_adopt = host_ticket_adopt,
                                        .hand_over = host_hand_over,
                                        .link_want = host_link_want,
                                        .link_again = host_link_again,
                                        .link_hold = host_link_hold,
                                        .link_release = host_link_release,
                                        .link_is_open = host_link_is_open,
                                        .link_id = host_link_id,
                                        .link_side = host_link_side,
                                        .link_local = host_link_local,
                                        .link_peer = host_link_peer,
                                        .link_room = host_link_room,
                                        .link_filled = host_link_filled,
                                        .link_queued = host_link_queued,
                                        .link_written = host_link_written,
                                        .link_shut = host_link_shut,
                                        .link_mark_set = host_link_mark_set,
                                        .link_mark = host_link_mark,
                                        .partner_name = host_partner_name,
                                        .partner_settings = host_partner_settings,
                                        .partner_where = host_partner_where,
                                        .entry_find = host_entry_find,
                                        .canonical = host_canonical,
                                        .home_is = host_home_is,
                                        .side_name = host_side_name,
                                        .route_add = host_route_add,
                                        .target_text = target_text,
                                        .resolve_verdict = host_resolve_verdict,
                                        .resolve_found = host_resolve_found,
                                        .failure_status = host_failure_status,
                                        .failure_reason = host_failure_reason,
                                        .failure_name = host_failure_name,
                                        .row_begin = rows_begin,
                                        .row_text = rows_text,
                                        .row_number = rows_number,
                                        .row_argument = host_row_argument,
                                        .save = host_save,
                                        .link_secure = host_link_secure,
                                        .link_by_id = host_link_by_id,
                                        .refused = host_refused,
                                        .link_proved = host_link_proved,
                                        .services = host_services,
                                        .services_await = host_services_await,
                                        .store_ask = host_store_ask,
                                        .store_answer = host_store_answer,
                                        .state_dir = host_state_dir,
                                        .wall_time = host_wall_time,
                                        .failure_diagnostic = host_failure_diagnostic,
                                        .failure_meaning = host_failure_meaning,
                                        .decision_text = decision_word,
                                        .target_failure = host_target_failure,
                                        .link_failure = host_link_failure,
                                        .exclusive = host_exclusive,
                                        .busy = host_busy};
