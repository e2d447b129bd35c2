/* `hansectl probe`: its arguments, and the begin. */
#include <stdlib.h>

#include "contract/hostport.h"
#include "router/commands.h"
#include "router/generation.h"
#include "router/probe.h"
#include "router/rehearsal.h"

#define WITHIN (30 * HANSE_SECOND) /* the whole, unless the caller says otherwise */

static bool read_server(struct probe *probe) {
  struct hanse_rows *rows = probe->findings.rows;
  struct hanse_slice text = rows_argument(rows, "server");
  const struct protocol *protocol = probe_protocol(probe);
  char host[HOSTPORT_HOST];
  const char *why = NULL;
  uint16_t port = 0;
  probe->server_port = (uint16_t)(protocol ? protocol->slots->probe->port : 0);
  if (!text.len) return true;
  if (hostport_parse(text, host, &port, &why) != HANSE_OK ||
      hanse_copy(&probe->pool.arena, hanse_text(host), &probe->server) != HANSE_OK) {
    rows_say(rows, "--server: %s", why ? why : "no memory");
    return false;
  }
  if (port) probe->server_port = port;
  return true;
}

static bool read_from(struct probe *probe) {
  struct hanse_rows *rows = probe->findings.rows;
  const struct partner_set *set = probe->errand.router->now->partners;
  if (!rows_argument(rows, "from").len) {
    if (set->home_count && hanse_copy(&probe->pool.arena, set->homes[0].entry.domain, &probe->from.domain) == HANSE_OK)
      return true;
    rows_say(rows, "there is no home domain to ask for");
    return false;
  }
  if (!rehearsal_address(rows, "from", &probe->pool.arena, &probe->from)) return false;
  struct hanse_slice user = probe->from.user;
  if (user.len && hanse_copy(&probe->pool.arena, user, &probe->from.user) != HANSE_OK) return false;
  if (entry_home(partner_set_find(set, probe->from.domain))) return true;
  rows_say(rows, "--from: \"%.*s\" is none of our domains (`home`)", HANSE_FMT(probe->from.domain));
  return false;
}

static bool read_within(struct probe *probe, hanse_time *out) {
  struct hanse_slice text = rows_argument(probe->findings.rows, "within");
  char *end = NULL;
  unsigned long seconds = text.len ? strtoul(text.at, &end, 10) : WITHIN / HANSE_SECOND;
  *out = (hanse_time)seconds * HANSE_SECOND;
  if (!text.len || (end && !*end && seconds >= 1 && seconds <= 300)) return true;
  rows_say(probe->findings.rows, "--within: \"%.*s\" is not a number of seconds from 1 to 300", HANSE_FMT(text));
  return false;
}

enum hanse_outcome command_probe(struct router *router, struct hanse_rows *rows, uintptr_t *cursor) {
  (void)cursor;
  struct probe *probe = calloc(1, sizeof *probe);
  enum hanse_outcome refused = HANSE_NOT_DETERMINED;
  hanse_time within = 0;
  if (!probe) return HANSE_NOT_DETERMINED;
  option_pool_init(&probe->pool);
  probe->errand.router = router;
  probe->findings.rows = rows;
  if (!router->dns || !router->now) {
    rows_say(rows, "there is no resolver");
  } else if (!rehearsal_address(rows, "domain", &probe->pool.arena, &probe->to) || !read_from(probe) ||
             !read_server(probe) || !read_within(probe, &within)) {
    refused = HANSE_USAGE;
  } else if (!errand_add(router, &probe->errand)) {
    rows_say(rows, "too many probes and checks run already; ask again when they are over");
  } else if (!(probe->asker = control_asker_keep(rows))) {
    errand_remove(&probe->errand);
  } else {
    probe->to.user = hanse_slice(NULL, 0);
    probe_start(probe, within);
    return HANSE_LATER;
  }
  option_pool_clear(&probe->pool);
  free(probe);
  return refused;
}
