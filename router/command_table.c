#include "router/command_table.h"

#include <ctype.h>
#include <stdio.h>

#define NO_MORE \
  { NULL, 0, NULL }

static const struct hanse_argument none[] = {NO_MORE};

static const struct hanse_argument counters_arguments[] = {
    {"prefix", 0, "only counters whose name begins with this, for example sip."},
    NO_MORE,
};

static const struct hanse_argument explain_arguments[] = {
    {"from", HANSE_ARGUMENT_REQUIRED, "the sender: an address or a domain"},
    {"to", HANSE_ARGUMENT_REQUIRED, "the recipient: an address or a domain"},
    {"names", HANSE_BY_NAME, "the names that the sender's link has proved, separated by commas"},
    {"method", HANSE_BY_NAME, "the kind of message, for example MESSAGE or INVITE; default MESSAGE"},
    {"modality", HANSE_BY_NAME, "im, presence, audio_video, sharing, conference or file; default im"},
    NO_MORE,
};

static const struct hanse_argument decision_arguments[] = {
    {"word", HANSE_ARGUMENT_REQUIRED, "the word behind decision= in the Warning header of the answer"},
    NO_MORE,
};

static const struct hanse_argument probe_arguments[] = {
    {"domain", HANSE_ARGUMENT_REQUIRED, "the partner's domain"},
    {"from", HANSE_BY_NAME, "in whose name: one of our domains, or an address; default the first of `home`"},
    {"server", HANSE_BY_NAME, "HOST, HOST:PORT or ADDRESS to connect to instead of what the rules say"},
    {"within", HANSE_BY_NAME, "seconds that the whole may take; default 30"},
    NO_MORE,
};

static const struct hanse_argument check_arguments[] = {
    {"resolver", HANSE_BY_NAME, "ADDRESS or ADDRESS@PORT of a second resolver, whose answers are compared with ours"},
    {"within", HANSE_BY_NAME, "seconds that the whole may take; default 60"},
    NO_MORE,
};

static const struct hanse_argument dns_arguments[] = {
    {"flush", HANSE_FLAG, "forget all answers, and ask anew what is being asked"},
    NO_MORE,
};

static const struct hanse_argument close_arguments[] = {
    {"link", HANSE_ARGUMENT_REQUIRED, "the number of the link, as in links"},
    NO_MORE,
};

static const struct hanse_argument log_arguments[] = {
    {"level", HANSE_ARGUMENT_REQUIRED, "error, warning, notice, info or debug"},
    NO_MORE,
};

static const struct hanse_argument stop_arguments[] = {
    {"now", HANSE_FLAG, "do not wait for what is under way"},
    NO_MORE,
};

static const struct hanse_argument help_arguments[] = {
    {"command", 0, "the command whose arguments are wanted"},
    NO_MORE,
};

const struct command_entry command_table[COMMAND_COUNT] = {
    [COMMAND_STATUS] = {"status", none, "how the router is: version, uptime, generation, links, messages"},
    [COMMAND_TURNS] = {"turns", none,
                       "how long turns of the loop took: the longest ever and since this was last asked, how long one "
                       "had the processor at most (of those during a reload), and how many stayed below which time"},
    [COMMAND_LINKS] = {"links", none, "open connections: side, peer, proved names, TLS, messages"},
    [COMMAND_PARTNERS] = {"partners", none, "partner entries: type, where they were written, links, targets"},
    [COMMAND_TARGETS] = {"targets", none,
                         "next servers: links, what waits for them, and why one is left alone for now"},
    [COMMAND_MODULES] = {"modules", none, "plugin instances: version, state, what they still have open"},
    [COMMAND_GENERATIONS] = {"generations", none, "configurations that are loaded, and what keeps old ones"},
    [COMMAND_COUNTERS] = {"counters", counters_arguments, "counters of the router and its plugins"},
    [COMMAND_EXPLAIN] = {"explain", explain_arguments, "what would be decided for a message, and by which rule"},
    [COMMAND_DECISIONS] = {"decisions", none, "the last refusals and failures, the newest first"},
    [COMMAND_DECISION] = {"decision", decision_arguments,
                          "why a message was refused or not delivered, by the word in its answer and in the log"},
    [COMMAND_PROBE] = {"probe", probe_arguments,
                       "the way to a partner, step by step, on a connection of its own: names, rule, TCP, TLS, "
                       "certificates, one question; the exit status tells what is broken"},
    [COMMAND_CHECK] =
        {"check", check_arguments,
         "what is ours: certificates, records, addresses, entries, rules; what is wrong with them, and what "
         "to do"},
    [COMMAND_PLAN] = {"plan", none,
                      "the certificates, ports and records that this configuration needs; --markdown for a document"},
    [COMMAND_RELOAD] = {"reload", none, "read the configuration again; tells whether it was accepted"},
    [COMMAND_DNS] = {"dns", dns_arguments, "the resolver: questions, answers that are remembered, failures"},
    [COMMAND_CLOSE] = {"close", close_arguments, "close a link after what is queued for it"},
    [COMMAND_LOG] = {"log", log_arguments, "change the level of the log until the next reload"},
    [COMMAND_STOP] = {"stop", stop_arguments, "finish what is under way, close links, end"},
    [COMMAND_HELP] = {"help", help_arguments, "the commands, or the arguments of one"},
};

const struct command_entry *command_entry_find(struct hanse_slice name) {
  for (size_t i = 0; i < COMMAND_COUNT; i++)
    if (hanse_same(name, hanse_text(command_table[i].name))) return &command_table[i];
  return NULL;
}

/* " FROM", " [PREFIX]", " [--names NAMES]", " [--now]" */
static size_t argument_usage(const struct hanse_argument *argument, char *buf, size_t cap) {
  char value[64];
  size_t n = 0;
  for (; argument->name[n] && n < sizeof value - 1; n++) value[n] = (char)toupper((unsigned char)argument->name[n]);
  value[n] = '\0';
  bool required = argument->flags & HANSE_ARGUMENT_REQUIRED, flag = argument->flags & HANSE_FLAG;
  bool named = flag || (argument->flags & HANSE_BY_NAME);
  int written = snprintf(buf, cap, " %s%s%s%s%s%s", required ? "" : "[", named ? "--" : "", named ? argument->name : "",
                         named && !flag ? " " : "", flag ? "" : value, required ? "" : "]");
  return written < 0 ? 0 : (size_t)written < cap ? (size_t)written : cap - 1;
}

const char *command_usage(const char *name, const struct hanse_argument *arguments, char *buf, size_t cap) {
  size_t n = strlen(name);
  if (n >= cap) n = cap - 1;
  memcpy(buf, name, n);
  buf[n] = '\0';
  for (; arguments && arguments->name; arguments++) n += argument_usage(arguments, buf + n, cap - n);
  return buf;
}
