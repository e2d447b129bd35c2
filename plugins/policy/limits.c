/* The policy `limits`: partners that nobody entered are let in, and held to limits (R62 to R69). */
#include "limits.h"

#include <stdlib.h>

#define LIMITS_ERRORS "403, 404, 410, 480, 484, 604"

static const struct hanse_choice limits_directions[] = {
    {"in", LIMITS_IN}, {"out", LIMITS_OUT}, {"both", LIMITS_BOTH}, {NULL, 0}};

#define RATE(field, normally, help) HANSE_OPTION(struct limits_settings, field, HANSE_RATE, 0, normally, help)
#define NUMBER(field, normally, least, most, help) \
  HANSE_OPTION(struct limits_settings, field, HANSE_INT, 0, normally, help, .min = (least), .max = (most))
#define TIME(field, normally, least, most, help) \
  HANSE_OPTION(struct limits_settings, field, HANSE_DURATION, 0, normally, help, .min = (least), .max = (most))

static const struct hanse_option limits_options[] = {
    HANSE_OPTION(struct limits_settings, where, HANSE_ORIGIN, HANSE_HIDDEN, NULL, NULL),
    HANSE_OPTION(struct limits_settings, types, HANSE_STRING, HANSE_LIST, "discovered",
                 "Federation types whose partners are let in without an entry of `partners`, and held to what follows. "
                 "Who has an entry, or is allowed by another policy at `policy.admit`, is not held to it. List the "
                 "module in `policy.admit` and in `policy.routed`."),
    RATE(rate, "20/s",
         "How many messages such a partner may send; as many at once. What is more is refused for a while."),
    RATE(suspicious_rate, "1/s", "The same for one that is suspicious."),
    HANSE_OPTION(struct limits_settings, limit_addresses, HANSE_BOOL, 0, "true", "Whether `addresses` holds."),
    NUMBER(addresses, "1000", "1", "32000",
           "How many different addresses of ours such a partner may ask for, whether there are such users or not. Of "
           "further ones none is let through; those that it has asked for before are."),
    NUMBER(peers, "1000", "1", "5000",
           "How many such partners are remembered, by the issuer and serial number of their certificates. Each takes 1 "
           "KiB, and 12 to 24 octets for each address. When there are more, the one is forgotten that was silent for "
           "longest, of those with fewer than 20 good answers and 100 addresses; of the others only if there is none."),
    TIME(window, "60s", "2s", "1h", "Over how long the answers are counted by which a partner becomes suspicious."),
    NUMBER(answers, "20", "1", "1000000", "How many answers there must be before one is."),
    HANSE_OPTION(struct limits_settings, errors, HANSE_INT, HANSE_LIST, LIMITS_ERRORS,
                 "Answers by which one is: those to whoever asks for what does not exist.", .min = "400", .max = "699"),
    NUMBER(errors_percent, "50", "1", "100",
           "A partner is suspicious when more of its answers than this are `errors`."),
    NUMBER(failed_percent, "75", "1", "100",
           "Or when more than this are failures of any kind, apart from those that a user chose and those of our own "
           "servers."),
    TIME(report_period, "60m", "1s", "30d",
         "How long a partner stays suspicious after the last reason, and how often at most each thing is told in the "
         "log."),
    TIME(forget, "30d", "1m", "3650d", "After how long without a message a partner may be forgotten."),
    RATE(partner_rate, NULL, "How many messages any partner may send, entered or not; none: as many as it likes."),
    RATE(sender_rate, NULL, "The same for each sender."),
    RATE(pair_rate, NULL, "The same for each sender to each recipient."),
    HANSE_OPTION(
        struct limits_settings, direction, HANSE_ENUM, 0, "in",
        "Whether `partner_rate`, `sender_rate` and `pair_rate` hold for what comes in, what goes out, or both.",
        .choices = limits_directions),
    NUMBER(flows, "65536", "8", "262144",
           "How many partners, senders, pairs and providers with a rate of their own are told apart, at 16 octets "
           "each. When there are "
           "more, the one that has sent least of late begins anew."),
    HANSE_OPTIONS_END,
};

static int limits_create(struct hanse_host *host, void **self) {
  struct limits *limits = (struct limits *)calloc(1, sizeof *limits);
  if (!limits) return HANSE_NOMEM;
  limits->host = host;
  hanse_random(host, limits->peers.key, sizeof limits->peers.key);
  hanse_random(host, limits->flows.key, sizeof limits->flows.key);
  limits->refused_rate = hanse_counter(host, "refused_rate", "messages of discovered partners that were too fast");
  limits->refused_addresses = hanse_counter(
      host, "refused_addresses", "messages of discovered partners to one address more than they may ask for");
  limits->turned_suspicious =
      hanse_counter(host, "suspicious", "times that a discovered partner has become suspicious by the answers it got");
  limits->dropped = hanse_counter(host, "dropped", "records of discovered partners that had to make room for others");
  limits->refused_flow =
      hanse_counter(host, "refused_flow", "messages beyond the rate for a partner, a sender, a pair or a provider");
  *self = limits;
  return HANSE_OK;
}

static int limits_configure(void *self, const void *settings, struct hanse_problem *problem) {
  struct limits *limits = (struct limits *)self;
  const struct limits_settings *written = limits->settings = (const struct limits_settings *)settings;
  limits->pace = limits_pace_of(written->rate);
  limits->suspicious = limits_pace_of(written->suspicious_rate);
  limits->flow_pace[LIMITS_FLOW_PARTNER] = limits_pace_of(written->partner_rate);
  limits->flow_pace[LIMITS_FLOW_SENDER] = limits_pace_of(written->sender_rate);
  limits->flow_pace[LIMITS_FLOW_PAIR] = limits_pace_of(written->pair_rate);
  limits->any_flow = written->partner_rate.count || written->sender_rate.count || written->pair_rate.count;
  if (!limits->any_flow || limits_flows_room(&limits->flows, (size_t)written->flows) == HANSE_OK) return HANSE_OK;
  hanse_explain(problem, "no memory for %lld flows", (long long)written->flows);
  return HANSE_NOMEM;
}

static int limits_start(void *self) { return limits_kept_start((struct limits *)self); }
static void limits_stop(void *self) { limits_kept_stop((struct limits *)self); }

static void limits_destroy(void *self) {
  struct limits *limits = (struct limits *)self;
  limits_peers_clear(&limits->peers);
  limits_flows_free(&limits->flows);
  free(limits);
}

static const struct hanse_policy limits_policy = {
    .size = sizeof(struct hanse_policy),
    .stages = HANSE_STAGE_ADMIT | HANSE_STAGE_ROUTED,
    .decide = limits_decide,
};

static const struct hanse_observer limits_observer = {
    .size = sizeof(struct hanse_observer),
    .mask = HANSE_EVENT_ANSWERED | HANSE_EVENT_REFUSED,
    .event = limits_event,
};

static const struct hanse_argument limits_arguments[] = {
    {"listed", HANSE_FLAG, "only those that are held to more than the rate"},
    {NULL, 0, NULL},
};

static const struct hanse_command limits_command = {
    .size = sizeof(struct hanse_command),
    .name = "watch",
    .help = "partners that nobody entered: who they are, what they asked for, what they are held to",
    .arguments = limits_arguments,
    .run = limits_rows,
    .finish = limits_rows_finish,
};

static const struct hanse_offer limits_offers[] = {
    {HANSE_POLICY, NULL, NULL, &limits_policy, NULL, 0},
    {HANSE_OBSERVER, NULL, NULL, &limits_observer, NULL, 0},
    {HANSE_COMMAND, "watch", NULL, &limits_command, NULL, 0},
    HANSE_OFFERS_END,
};

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),
    .name = "limits",
    .version = "0.1.0",
    .summary = "what partners that nobody entered are held to, and rates for everybody",
    .options = limits_options,
    .settings_size = sizeof(struct limits_settings),
    .offers = limits_offers,
    .create = limits_create,
    .configure = limits_configure,
    .adopt = limits_adopt,
    .start = limits_start,
    .save = limits_save,
    .stop = limits_stop,
    .destroy = limits_destroy,
    .save_rest = limits_save_rest,
};
