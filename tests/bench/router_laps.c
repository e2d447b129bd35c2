/* A router from its configuration, with its real plugins, between two links without sockets and without TLS: laps whose
   instructions callgrind counts (bench_lap.py). What is random is the same in each run, and time goes by laps.

   Usage: router_laps CONFIG PLUGINS message|dialog|in_dialog IN-FLIGHT WARM-UP LAPS HOME-NAME EDGE-NAME EDGE-PORT */
#include <arpa/inet.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "router/generation.h"
#include "router/handshake.h"
#include "router/link_life.h"
#include "router/log.h"
#include "router/pool_own.h"
#include "router/reload.h"
#include "tests/bench/lap_memory.h"
#include "tests/bench/lap_talk.h"

#define PACE (100 * HANSE_MSEC) /* 500 laps are 50 s: what lives for 64 × T1 (RFC 3261 §17) has begun to end */
#define PATIENCE 100            /* seconds of real time; a lap that never comes back ends the process */

/* ---- chance ---- */

static uint64_t chance_state = 0x9e3779b97f4a7c15u;

static uint32_t chance(void) { /* xorshift64* */
  chance_state ^= chance_state >> 12;
  chance_state ^= chance_state << 25;
  chance_state ^= chance_state >> 27;
  return (uint32_t)((chance_state * 0x2545f4914f6cdd1du) >> 32);
}

static void chance_fill(void *const out, const size_t n) {
  for (size_t i = 0; i < n; i++) ((unsigned char *)out)[i] = (unsigned char)chance();
}

static const char *chance_name(void) { return "the same each time"; }

static void fix_chance(void) {
  static randombytes_implementation same = {.implementation_name = chance_name, .random = chance, .buf = chance_fill};
  if (randombytes_set_implementation(&same) != 0) lap_fail("randombytes_set_implementation");
}

/* ---- the router ---- */

static struct router *start(const struct prepare_request *request) {
  struct systemd_sockets none = {.count = 0};
  struct problem_list problems;
  struct router *router = router_new();
  if (router) router->reload = reload_new(router, request);
  if (!router || !router->reload) lap_fail("no memory to start");
  problem_list_init(&problems);
  int status = reload_first(router->reload, &none, geteuid(), &problems);
  problem_list_print(&problems, stderr);
  problem_list_clear(&problems);
  if (status != HANSE_OK) lap_fail("the configuration is refused");
  return router;
}

/* The listener of that side, whose profile and name its links have. */
static const struct settings_listener *listener_of(const struct router *router, int side) {
  for (size_t i = 0; i < router->now->settings->listen.count; i++) {
    const struct settings_listener *listener = settings_listener_at(router->now->settings, i);
    if (listener->side == side) return listener;
  }
  lap_fail("the configuration has no listener of that side");
}

/* The same one that the federation type will name, because equal places are one target. */
static struct hanse_target *target_of(struct router *router, const char *edge, uint16_t port) {
  const struct generation *generation = router->now;
  if (!generation->partners->partner_count) lap_fail("the configuration has no partner");
  const struct hanse_partner *partner = &generation->partners->partners[0];
  struct target_settings settings = {.key = {.protocol = HANSE_LIT("sip"),
                                             .host = hanse_text(edge),
                                             .prove = hanse_text(edge),
                                             .port = port,
                                             .wire_type = (uint8_t)partner->federation->slots->wire_type,
                                             .side = HANSE_SIDE_PARTNER,
                                             .tls = partner->tls,
                                             .source = partner->source},
                                     .rule = HANSE_IDENTITY_SIP,
                                     .may_be_private = true,
                                     .any_family = partner->source_taken,
                                     .accept_cn = partner->accept_cn,
                                     .wildcards = partner->wildcards,
                                     .links = (unsigned)generation->settings->limits.links_per_partner,
                                     .local = generation_local(generation, HANSE_SIDE_PARTNER)};
  struct hanse_target *target = target_get(router->pool, &settings);
  if (!target) lap_fail("no memory for the target");
  return target;
}

/* One name, as a handshake would have left it. */
static void prove(struct hanse_link *link, const char *name) {
  struct hanse_slice *proved = malloc(sizeof *proved + strlen(name) + 1);
  if (!proved) lap_fail("no memory for the proved name");
  *proved = hanse_slice(strcpy((char *)(proved + 1), name), strlen(name));
  link->proved = proved;
  link->proved_count = 1;
}

/* An open link over the wire; `target`: who it was dialled for, NULL: it came in. */
static void link_over(struct router *router, struct lap_wire *wire, const char *name, struct hanse_target *target) {
  enum hanse_side side = target ? HANSE_SIDE_PARTNER : HANSE_SIDE_HOME;
  const struct settings_listener *listener = listener_of(router, target ? SETTINGS_PARTNER : SETTINGS_HOME);
  struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons(5061)};
  inet_pton(AF_INET, target ? "192.0.2.2" : "192.0.2.1", &peer.sin_addr);
  struct link_birth birth = {.fd = wire->fd,
                             .outbound = target != NULL,
                             .side = side,
                             .target = target,
                             .identity = {.rule = HANSE_IDENTITY_SIP},
                             .protocol = HANSE_LIT("sip"),
                             .local = generation_local(router->now, side),
                             .peer = (const struct sockaddr *)&peer,
                             .peer_length = sizeof peer};
  struct hanse_link *link = link_new(router->transport, &birth);
  if (!link) lap_fail("no memory for a link");
  link->tls = tls_profile_hold(generation_profile(router->now, listener->tls));
  prove(link, name);
  if (target)
    target->fresh = link_hold(link); /* as when a dial has come to its end; the hold of `target` is the link's now */
  handshake_begin(link->io);
}

/* ---- laps ---- */

/* The one function whose instructions are counted, but for those of lap_wire_aside. */
__attribute__((noinline)) void lap_measured_turn(struct router *router);
void lap_measured_turn(struct router *router) { loop_turn(router->loop, true); }

static void run(struct router *router, struct lap_talk *talk, uint32_t in_flight, uint32_t warm_up, uint32_t laps) {
  alarm(PATIENCE);
  lap_talk_begin(talk, in_flight);
  while (talk->done < warm_up) loop_turn(router->loop, true);
  uint32_t before = talk->done;
  uint64_t octets = talk->home.octets + talk->partner.octets, calls = talk->home.calls + talk->partner.calls;
  lap_wire_measured(true);
  lap_memory_count(true);
  while (talk->done < before + laps) lap_measured_turn(router);
  lap_memory_count(false);
  double done = talk->done - before;
  printf(
      "{\"laps\": %.0f, \"allocations\": %.3f, \"octets_allocated\": %.1f, \"octets_written\": %.1f, \"writes\": "
      "%.3f}\n",
      done, (double)lap_memory().calls / done, (double)lap_memory().octets / done,
      (double)(talk->home.octets + talk->partner.octets - octets) / done,
      (double)(talk->home.calls + talk->partner.calls - calls) / done);
}

static unsigned number(const char *text, unsigned most) {
  char *end;
  unsigned long value = strtoul(text, &end, 10);
  if (end == text || *end || value == 0 || value > most) lap_fail("\"%s\" is no number from 1 to %u", text, most);
  return (unsigned)value;
}

int main(int argc, char **argv) {
  static struct lap_talk talk;
  enum lap_kind kind = argc == 10 ? lap_kind_of(argv[3]) : LAP_NONE;
  if (kind == LAP_NONE) {
    fprintf(stderr,
            "usage: router_laps CONFIG PLUGINS message|dialog|in_dialog IN-FLIGHT WARM-UP LAPS HOME-NAME "
            "EDGE-NAME EDGE-PORT\n");
    return 2;
  }
  uint32_t in_flight = number(argv[4], 64), warm_up = number(argv[5], 1000000), laps = number(argv[6], 1000000);
  signal(SIGPIPE, SIG_IGN);
  umask(0077);
  fix_chance();
  lap_talk_init(&talk, kind);
  talk.pace = PACE;
  struct prepare_request request = {.path = argv[1], .plugins = argv[2], .user = geteuid()};
  struct router *router = start(&request);
  struct hanse_target *target = target_of(router, argv[8], (uint16_t)number(argv[9], 65535));
  link_over(router, &talk.home, argv[7], NULL);
  link_over(router, &talk.partner, argv[8], target);
  run(router, &talk, in_flight, warm_up, laps);
  reload_free(router->reload);
  router_free(router);
  log_close();
  return 0;
}
