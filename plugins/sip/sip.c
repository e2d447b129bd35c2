/* sip.so: a stateful proxy between the SIP of one organisation and that of others (RFC 3261 §16). */
#include <hanse/plugin.h>
#include <stdio.h>
#include <stdlib.h>

#include "plugins/sip/ask.h"
#include "plugins/sip/check.h"
#include "plugins/sip/client.h"
#include "plugins/sip/edit.h"
#include "plugins/sip/input.h"
#include "plugins/sip/lex.h"
#include "plugins/sip/lift.h"
#include "plugins/sip/lower.h"
#include "plugins/sip/refuse.h"
#include "plugins/sip/response.h"
#include "plugins/sip/state.h"

#define TRYING_TIME (3500 * HANSE_MSEC) /* when Timer E reaches T2 (RFC 4320 §4.1) */
#define T1_64 (32 * HANSE_SECOND)
#define T4 (5 * HANSE_SECOND)

static const struct hanse_choice diagnostics[] = {
    {"none", HANSE_DIAGNOSTICS_NONE}, {"public", HANSE_DIAGNOSTICS_PUBLIC}, {NULL, 0}};

static const struct hanse_option options[] = {
    HANSE_OPTION(struct sip_settings, methods, HANSE_STRING, HANSE_LIST, "INVITE, MESSAGE, SUBSCRIBE, OPTIONS",
                 "Methods that partners may use outside a dialog; inside one every method passes."),
    HANSE_OPTION(struct sip_settings, answer_timeout, HANSE_DURATION, 0, "30s",
                 "A request other than INVITE that nobody answered gets a 504 after this time.", .min = "5s",
                 .max = "31s"),
    HANSE_OPTION(struct sip_settings, invite_timeout, HANSE_DURATION, 0, "32s",
                 "How long a server may leave an INVITE without any response (Timer B).", .min = "2s", .max = "3m"),
    HANSE_OPTION(struct sip_settings, timer_c, HANSE_DURATION, 0, "210s", "How long an INVITE may ring (Timer C).",
                 .min = "3m", .max = "1h"),
    HANSE_OPTION(struct sip_settings, server, HANSE_STRING, 0, NULL,
                 "Text of the Server header in our own responses; empty: none."),
    HANSE_OPTION(struct sip_settings, keepalive, HANSE_BOOL, 0, "true",
                 "Whether silent connections are kept alive with CRLF pings (RFC 5626)."),
    HANSE_OPTION(struct sip_settings, trust_header, HANSE_BOOL, 0, "true",
                 "Whether what comes from partners goes inside with ms-edge-proxy-message-trust."),
    HANSE_OPTION(struct sip_settings, diagnostics, HANSE_ENUM, 0, "none",
                 "What partners are told of a failure besides its status, where no policy says it: nothing, or "
                 "\"public\", ms-diagnostics-public, which names no server. Inside ms-diagnostics tells all.",
                 .choices = diagnostics),
    HANSE_OPTION(struct sip_settings, notice_header, HANSE_STRING, 0, "ms-archiving-notice",
                 "Header in which policies tell the receiver that the conversation is archived. What the receiver's "
                 "clients look for is not published: agree on it with the partner. Empty: such messages are refused."),
    HANSE_OPTION(struct sip_settings, where, HANSE_ORIGIN, 0, NULL, NULL),
    HANSE_OPTIONS_END,
};

/* ---- the slots of the protocol ---- */

static int link_open(void *self, struct hanse_link *link) {
  (void)self, (void)link; /* nothing is kept on a link */
  return HANSE_OK;
}

static size_t input(void *self, struct hanse_link *link, struct hanse_input *in) { return sip_input(self, link, in); }

static void hand_over(void *self, struct hanse_link *link, struct hanse_slice bytes) {
  sip_input_hand_over(self, link, bytes);
}

static void waiting(void *self, struct hanse_message *message) {
  struct sip_exchange *x = message->native;
  (void)self;
  if (!(message->facts->flags & HANSE_FACT_ANSWER) && sip_exchange_is_invite(x)) sip_server_trying(x);
}

static void deliver(void *self, struct hanse_message *message, const struct hanse_route *route) {
  (void)self;
  sip_client_deliver(message->native, route);
}

static void refuse(void *self, struct hanse_message *message, const struct hanse_refusal *why) {
  (void)self;
  sip_refuse(message->native, why);
}

static void answer(void *self, void *object, struct hanse_message *message, const struct hanse_refusal *denied) {
  sip_response_judged(self, object, message, denied);
}

static struct sip_exchange *exchange_of(void *object) {
  struct sip_object *kind = object;
  return kind->kind == SIP_KIND_EXCHANGE ? object : ((struct sip_invite *)object)->exchange;
}

static void link_ready(void *self, void *object, struct hanse_link *link, const struct hanse_refusal *why) {
  struct sip_exchange *x = exchange_of(object);
  (void)self;
  if (x) sip_client_link_ready(x, link, why);
}

static void link_lost(void *self, void *object, struct hanse_link *link) {
  struct sip_exchange *x = exchange_of(object);
  (void)self;
  if (x) sip_client_link_lost(x, link);
}

static void keepalive(void *self, struct hanse_link *link) { sip_input_keepalive(self, link); }

static void link_close(void *self, struct hanse_link *link, enum hanse_close why) {
  (void)self, (void)link, (void)why; /* whoever rides it is told by link_lost */
}

static enum hanse_failure screen(void *self, enum hanse_side from, struct hanse_slice method) {
  return sip_check_method(self, from, method);
}

static enum hanse_failure lift(void *self, struct hanse_message *message, struct hanse_lifted *lifted) {
  (void)self;
  return sip_lift(message->native, lifted);
}

static enum hanse_failure lower(void *self, struct hanse_message *message, const struct hanse_lifted *lifted) {
  return sip_lower(self, message, lifted);
}

static void conclude(void *self, struct hanse_message *message, uint16_t status) {
  (void)self;
  sip_lift_conclude(message->native, status);
}

static const struct hanse_probe probe = {
    .size = sizeof(struct hanse_probe),
    .port = SIP_ASK_PORT,
    .service = SIP_ASK_SERVICE,
    .ask = sip_ask,
    .read = sip_ask_read,
};

static const struct hanse_protocol protocol = {
    .size = sizeof(struct hanse_protocol),
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
    .screen = screen,
    .probe = &probe,
    .lift = lift,
    .lower = lower,
    .conclude = conclude,
};

static const struct hanse_offer offers[] = {
    {HANSE_PROTOCOL, "sip", NULL, &protocol, NULL, 0},
    HANSE_OFFERS_END,
};

/* ---- lifecycle ---- */

static void make_counters(struct hanse_host *host, struct sip_counts *count) {
  count->requests = hanse_counter(host, "requests", "requests received");
  count->responses = hanse_counter(host, "responses", "responses received");
  count->stray = hanse_counter(host, "stray_responses", "responses that belong to nothing");
  count->repeats = hanse_counter(host, "repeats", "requests that repeat an open one");
  count->loops = hanse_counter(host, "loops", "requests that came back unchanged");
  count->unreadable = hanse_counter(host, "unreadable", "octets that are no SIP message");
  count->pings = hanse_counter(host, "pings", "keepalive pings received");
  count->refused = hanse_counter(host, "refused", "requests refused");
  count->failovers = hanse_counter(host, "failovers", "requests sent on to a further target");
  count->settled_full = hanse_counter(host, "settled_full", "answered INVITEs that were not remembered for repeats");
}

static int create(struct hanse_host *host, void **self) {
  struct sip *sip = calloc(1, sizeof *sip);
  if (!sip) return HANSE_NOMEM;
  sip->host = host;
  make_counters(host, &sip->count);
  *self = sip;
  return HANSE_OK;
}

static bool is_token(struct hanse_slice text) {
  return text.len && sip_lex_span(text.at, text.at + text.len, SIP_C_TOKEN) == text.at + text.len;
}

static int refuse_setting(const struct sip_settings *settings, struct hanse_problem *problem, const char *name,
                          struct hanse_slice value, const char *cure) {
  problem->where = settings->where;
  snprintf(problem->text, sizeof problem->text, "%s: \"%.*s\" cannot stand in a SIP message; %s", name,
           HANSE_FMT(value), cure);
  return HANSE_INVALID;
}

static int configure(void *self, const void *values, struct hanse_problem *problem) {
  struct sip *sip = self;
  const struct sip_settings *settings = sip->settings = values;
  const struct hanse_slice *methods = settings->methods.items;
  for (size_t i = 0; i < settings->methods.count; i++)
    if (!is_token(methods[i]))
      return refuse_setting(settings, problem, "methods", methods[i], "write names of methods such as \"MESSAGE\"");
  if (settings->notice_header.len && !is_token(settings->notice_header))
    return refuse_setting(settings, problem, "notice_header", settings->notice_header, "write the name of a header");
  if (!sip_text_is_clean(settings->server))
    return refuse_setting(settings, problem, "server", settings->server, "leave out control characters");
  return HANSE_OK;
}

static int make_timers(struct sip *sip) {
  struct sip_timers *timers = &sip->timers;
  timers->trying = hanse_timers(sip->host, TRYING_TIME);
  timers->answer = hanse_timers(sip->host, sip->settings->answer_timeout - TRYING_TIME);
  timers->b = hanse_timers(sip->host, sip->settings->invite_timeout);
  timers->c = hanse_timers(sip->host, sip->settings->timer_c);
  timers->cancel = hanse_timers(sip->host, T1_64);
  timers->settle = hanse_timers(sip->host, T1_64);
  timers->hasty = hanse_timers(sip->host, T4);
  bool all = timers->trying && timers->answer && timers->b && timers->c && timers->cancel && timers->settle;
  return all && timers->hasty ? HANSE_OK : HANSE_NOMEM;
}

static int adopt(void *self, const struct hanse_saved *saved) {
  int status = make_timers(self);
  return status ? status : sip_state_adopt(self, saved);
}

static int start(void *self) {
  struct sip *sip = self;
  int status = make_timers(sip);
  return status ? status : sip_keys_refresh(sip->host, &sip->keys);
}

static int save(void *self) { return sip_state_save(self); }

static void drain(void *self) { sip_state_drain(self); }

static void stop(void *self) { sip_state_stop(self); }

static void destroy(void *self) {
  sip_state_discard(self);
  free(self);
}

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),         .name = "sip",
    .version = "0.1.0",     .summary = "SIP: a stateful proxy between organisations",
    .options = options,     .settings_size = sizeof(struct sip_settings),
    .offers = offers,       .create = create,
    .configure = configure, .adopt = adopt,
    .start = start,         .save = save,
    .drain = drain,         .stop = stop,
    .destroy = destroy,
};
