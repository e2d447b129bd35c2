#include "router/dns_engine.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unbound-event.h>
#include <unbound.h>
#include <utlist.h>

#include "contract/memory_room.h"
#include "contract/option_pool.h"
#include "router/address.h"
#include "router/dns_event.h"
#include "router/log.h"

struct dns_engine {
  struct loop *loop;
  struct option_pool pool; /* holds the settings */
  struct dns_settings settings;
  struct ub_event_base *base;
  struct ub_ctx *context;
  struct dns_asked *asked;
  size_t count;
  bool closing; /* ub_ctx_delete calls back for what it drops */
};

struct dns_asked {
  struct dns_asked *next, *prev;
  struct dns_engine *engine;
  struct dns_asked **slot; /* NULL: forgotten */
  dns_engine_done *done;
  void *argument;
};

static void asked_free(struct dns_asked *asked) {
  DL_DELETE(asked->engine->asked, asked);
  asked->engine->count--;
  free(asked);
}

void dns_engine_free(struct dns_engine *engine) {
  if (!engine) return;
  engine->closing = true;
  if (engine->context) ub_ctx_delete(engine->context);
  while (engine->asked) {
    if (engine->asked->slot) *engine->asked->slot = NULL;
    asked_free(engine->asked);
  }
  dns_event_base_free(engine->base);
  option_pool_clear(&engine->pool);
  free(engine);
}

/* ---- setting up ---- */

HANSE_PRINTF(2, 3) static int fail(struct hanse_problem *problem, const char *format, ...) {
  va_list arguments;
  problem->where = (struct hanse_where){0};
  va_start(arguments, format);
  vsnprintf(problem->text, sizeof problem->text, format, arguments);
  va_end(arguments);
  return HANSE_INVALID;
}

struct option {
  const char *name, *value;
  bool may_lack; /* newer than the oldest libunbound that we run with */
};

/* What we remember ourselves (dns.c) is bounded there; these bounds keep libunbound's own caches small, let it find a
   resolver that is back within seconds, and not give one up over a few lost packets. */
static const struct option fixed_options[] = {
    {"msg-cache-size:", "1m", false},          {"msg-cache-slabs:", "1", false},
    {"rrset-cache-size:", "2m", false},        {"rrset-cache-slabs:", "1", false},
    {"infra-cache-slabs:", "1", false},        {"key-cache-size:", "1m", false},
    {"key-cache-slabs:", "1", false},          {"cache-max-ttl:", "3600", false},
    {"infra-host-ttl:", "3", false},           {"infra-keep-probing:", "yes", true},
    {"infra-cache-min-rtt:", "200", true},     {"infra-cache-max-rtt:", "2000", true},
    {"cache-max-negative-ttl:", "3600", true}, {"outbound-msg-retry:", "3", true},
};

static int set_option(struct dns_engine *engine, const char *name, const char *value, struct hanse_problem *problem) {
  int rc = ub_ctx_set_option(engine->context, name, value);
  return rc == 0 ? HANSE_OK : fail(problem, "libunbound does not take %s %s: %s", name, value, ub_strerror(rc));
}

static int set_fixed_options(struct dns_engine *engine, struct hanse_problem *problem) {
  for (size_t i = 0; i < sizeof fixed_options / sizeof *fixed_options; i++) {
    const struct option *option = &fixed_options[i];
    if (option->may_lack)
      ub_ctx_set_option(engine->context, option->name, option->value);
    else if (set_option(engine, option->name, option->value, problem) != HANSE_OK)
      return HANSE_INVALID;
  }
  return HANSE_OK;
}

static bool is_loopback(const char *forwarder) {
  struct sockaddr_storage address;
  socklen_t length;
  struct hanse_slice host = hanse_slice(forwarder, strcspn(forwarder, "@"));
  if (address_parse(host, &address, &length) != HANSE_OK) return false;
  const char *special = address_special((struct sockaddr *)&address);
  return special && strcmp(special, "loopback") == 0;
}

static int set_forwarder(struct dns_engine *engine, struct hanse_slice text, bool allow_loopback,
                         struct hanse_problem *problem) {
  char forwarder[128];
  if (text.len >= sizeof forwarder) return fail(problem, "dns.forwarders: \"%.*s\" is too long", HANSE_FMT(text));
  snprintf(forwarder, sizeof forwarder, "%.*s", HANSE_FMT(text));
  if (is_loopback(forwarder) && !allow_loopback)
    return fail(problem, "dns.forwarders: %s is on a loopback address; set dns.allow_loopback = true", forwarder);
  int rc = ub_ctx_set_fwd(engine->context, forwarder);
  return rc == 0 ? HANSE_OK
                 : fail(problem, "dns.forwarders: %s: %s; write \"address@port\"", forwarder, ub_strerror(rc));
}

/* Without forwarders the machine's own resolver is asked, wherever its administrator put it: on many it is a stub on
   127.0.0.53. Without that file too, the root is. */
static int set_forwarders(struct dns_engine *engine, const struct dns_settings *settings,
                          struct hanse_problem *problem) {
  bool local = settings->allow_loopback;
  for (size_t i = 0; i < settings->forwarder_count; i++) {
    int status = set_forwarder(engine, settings->forwarders[i], settings->allow_loopback, problem);
    if (status != HANSE_OK) return status;
  }
  if (settings->forwarder_count == 0) {
    int rc = ub_ctx_resolvconf(engine->context, NULL);
    if (rc == 0) local = true;
    if (rc != 0)
      log_event(HANSE_WARNING, "dns", "dns.resolv_conf", "error=\"%s\" then=\"names are resolved from the root\"",
                ub_strerror(rc));
  }
  return set_option(engine, "do-not-query-localhost:", local ? "no" : "yes", problem);
}

static int set_trust(struct dns_engine *engine, const struct dns_settings *settings, struct hanse_problem *problem) {
  char path[PATH_MAX];
  bool validates = settings->trust_anchor.len > 0;
  int status = set_option(engine, "module-config:", validates ? "validator iterator" : "iterator", problem);
  if (status != HANSE_OK || !validates) return status;
  if (settings->trust_anchor.len >= sizeof path) return fail(problem, "dns.trust_anchor: the path is too long");
  memcpy(path, settings->trust_anchor.at, settings->trust_anchor.len);
  path[settings->trust_anchor.len] = '\0';
  FILE *file = fopen(path, "re");
  if (!file) return fail(problem, "dns.trust_anchor: %s: %s", path, strerror(errno));
  fclose(file);
  int rc = ub_ctx_add_ta_file(engine->context, path);
  return rc == 0 ? HANSE_OK : fail(problem, "dns.trust_anchor: %s: %s", path, ub_strerror(rc));
}

static int copy_zone(struct hanse_slice zone, char out[DNS_NAME], struct hanse_problem *problem) {
  struct hanse_slice name;
  if (dns_name(zone, out, &name) == HANSE_OK) return HANSE_OK;
  return fail(problem, "dns.private_zones: \"%.*s\" is not a domain name", HANSE_FMT(zone));
}

static int set_insecure_zones(struct dns_engine *engine, const struct dns_settings *settings,
                              struct hanse_problem *problem) {
  int status = HANSE_OK;
  for (size_t i = 0; status == HANSE_OK && i < settings->private_zone_count; i++) {
    char zone[DNS_NAME];
    status = copy_zone(settings->private_zones[i], zone, problem);
    if (status == HANSE_OK) status = set_option(engine, "domain-insecure:", zone, problem);
  }
  return status;
}

/* While a context becomes final, libunbound 1.17 does not ask everywhere whether it got memory, nor can what is half
   final be deleted. It takes a megabyte. */
#define FINISH_ROOM ((size_t)4 << 20)

/* libunbound answers for test., home.arpa., invalid. and the like itself, without asking anybody: a transparent zone of
   our own lies nearer. The first of these calls makes the context final, so that mistakes show now. */
static int finish(struct dns_engine *engine, const struct dns_settings *settings, struct hanse_problem *problem) {
  if (!memory_room(FINISH_ROOM)) return fail(problem, "no memory for the resolver");
  int rc = ub_ctx_zone_remove(engine->context, "none.invalid.");
  for (size_t i = 0; rc == 0 && i < settings->private_zone_count; i++) {
    char zone[DNS_NAME];
    if (copy_zone(settings->private_zones[i], zone, problem) != HANSE_OK) return HANSE_INVALID;
    rc = ub_ctx_zone_add(engine->context, zone, "transparent");
  }
  return rc == 0 ? HANSE_OK : fail(problem, "libunbound does not start: %s", ub_strerror(rc));
}

static int set_up(struct dns_engine *engine, const struct dns_settings *settings, struct hanse_problem *problem) {
  int status = set_fixed_options(engine, problem);
  if (status == HANSE_OK) status = set_forwarders(engine, settings, problem);
  if (status == HANSE_OK) status = set_trust(engine, settings, problem);
  if (status == HANSE_OK) status = set_insecure_zones(engine, settings, problem);
  return status == HANSE_OK ? finish(engine, settings, problem) : status;
}

/* While it is set up, libunbound's own words are kept: "trust anchor …" errors are said nowhere else. Afterwards it is
   silent: what goes wrong with a question is in its answer. */
static int set_up_with_words(struct dns_engine *engine, const struct dns_settings *settings,
                             struct hanse_problem *problem) {
  char *words = NULL;
  size_t length = 0;
  FILE *stream = open_memstream(&words, &length);
  if (stream) ub_ctx_debugout(engine->context, stream);
  int status = set_up(engine, settings, problem);
  ub_ctx_debugout(engine->context, NULL);
  if (stream) fclose(stream);
  size_t used = strlen(problem->text);
  if (status != HANSE_OK && words && length && used + 4 < sizeof problem->text) {
    words[strcspn(words, "\n")] = '\0';
    snprintf(problem->text + used, sizeof problem->text - used, " (%s)", words);
  }
  free(words);
  return status;
}

static int copy_list(struct option_pool *pool, const struct hanse_slice *from, size_t count,
                     const struct hanse_slice **out) {
  struct hanse_slice *copies = hanse_alloc(&pool->arena, count * sizeof *copies + 1);
  int status = copies ? HANSE_OK : HANSE_NOMEM;
  for (size_t i = 0; status == HANSE_OK && i < count; i++) status = hanse_copy(&pool->arena, from[i], &copies[i]);
  if (status == HANSE_OK) *out = copies;
  return status;
}

/* All but dns.hosts, which is none of ours. */
static int copy_settings(struct dns_engine *engine, const struct dns_settings *from) {
  struct dns_settings *to = &engine->settings;
  struct option_pool *pool = &engine->pool;
  *to = (struct dns_settings){.allow_loopback = from->allow_loopback,
                              .forwarder_count = from->forwarder_count,
                              .private_zone_count = from->private_zone_count};
  int status = hanse_copy(&pool->arena, from->trust_anchor, &to->trust_anchor);
  if (status == HANSE_OK) status = copy_list(pool, from->forwarders, from->forwarder_count, &to->forwarders);
  if (status == HANSE_OK) status = copy_list(pool, from->private_zones, from->private_zone_count, &to->private_zones);
  return status;
}

static struct dns_engine *engine_alloc(struct loop *loop, const struct dns_settings *settings) {
  struct dns_engine *engine = calloc(1, sizeof *engine);
  if (!engine) return NULL;
  engine->loop = loop;
  option_pool_init(&engine->pool);
  engine->base = dns_event_base_new(loop_ev(loop));
  if (engine->base) engine->context = ub_ctx_create_ub_event(engine->base);
  if (engine->context && copy_settings(engine, settings) == HANSE_OK) return engine;
  dns_engine_free(engine);
  return NULL;
}

int dns_engine_new(struct dns_engine **out, struct loop *loop, const struct dns_settings *settings,
                   struct hanse_problem *problem) {
  struct dns_engine *engine = engine_alloc(loop, settings);
  if (!engine) {
    fail(problem, "no memory for the resolver");
    return HANSE_NOMEM;
  }
  int status = set_up_with_words(engine, &engine->settings, problem);
  if (status != HANSE_OK) {
    dns_engine_free(engine);
    return status;
  }
  *out = engine;
  return HANSE_OK;
}

int dns_engine_again(struct dns_engine **out, const struct dns_engine *engine, struct hanse_problem *problem) {
  return dns_engine_new(out, engine->loop, &engine->settings, problem);
}

/* ---- asking ---- */

static void on_answer(void *argument, int rcode, void *octets, int length, int security, char *why, int limited) {
  struct dns_asked *asked = argument;
  struct dns_packet packet = {.rcode = rcode, .octets = octets, .length = length > 0 ? (size_t)length : 0, .why = why};
  dns_engine_done *done = asked->done;
  void *to = asked->argument;
  bool wanted = asked->slot != NULL;
  (void)limited;
  if (asked->engine->closing) return;
  packet.verdict = security == 2 ? DNS_SECURE : security == 1 ? DNS_BOGUS : DNS_INSECURE;
  if (wanted) *asked->slot = NULL;
  asked_free(asked);
  if (wanted) done(to, &packet);
}

int dns_engine_ask(struct dns_engine *engine, const char *name, int type, dns_engine_done *done, void *argument,
                   struct dns_asked **slot) {
  struct dns_asked *asked = engine->count < DNS_ASKED ? calloc(1, sizeof *asked) : NULL;
  if (!asked) return HANSE_NOMEM;
  *asked = (struct dns_asked){.engine = engine, .slot = slot, .done = done, .argument = argument};
  DL_APPEND(engine->asked, asked);
  engine->count++;
  *slot = asked;
  int rc = ub_resolve_event(engine->context, name, type, 1, asked, on_answer, NULL);
  if (rc == 0) return HANSE_OK;
  *slot = NULL;
  asked_free(asked);
  return rc == UB_NOMEM ? HANSE_NOMEM : HANSE_FAIL;
}

void dns_engine_forget(struct dns_asked *asked) {
  if (!asked) return;
  *asked->slot = NULL;
  asked->slot = NULL;
}
