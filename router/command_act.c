/* Commands that do something: reload, close, dns, log, stop. */
#include <stdio.h>
#include <stdlib.h>

#include "router/commands.h"
#include "router/log.h"
#include "router/reload.h"
#include "router/rows.h"
#include "router/shutdown.h"

static void reload_over(void *argument, bool accepted, const struct problem_list *problems) {
  struct control_asker *asker = argument;
  struct hanse_rows *rows = control_asker_rows(asker);
  for (size_t i = 0; i < problems->count; i++) {
    const struct problem *problem = &problems->items[i];
    char where[512] = "-";
    if (problem->file) snprintf(where, sizeof where, "%s:%u", problem->file, problem->line);
    rows_begin(rows);
    rows_text(rows, "severity", hanse_text(problem->severity == PROBLEM_ERROR ? "error" : "warning"));
    rows_text(rows, "where", hanse_text(where));
    rows_text(rows, "text", hanse_text(problem->text));
  }
  rows_say(rows, "%s", accepted ? "the new configuration runs" : "refused; the old configuration goes on");
  control_asker_done(asker, accepted ? HANSE_DONE : HANSE_NO);
}

enum hanse_outcome command_reload(struct router *router, struct hanse_rows *rows, uintptr_t *cursor) {
  (void)cursor;
  struct control_asker *asker = control_asker_keep(rows);
  if (!asker) return HANSE_NOT_DETERMINED;
  if (reload_ask(router->reload, reload_over, asker) != HANSE_OK) control_asker_done(asker, HANSE_NOT_DETERMINED);
  return HANSE_LATER;
}

enum hanse_outcome command_close(struct router *router, struct hanse_rows *rows, uintptr_t *cursor) {
  (void)cursor;
  char *end = NULL;
  struct hanse_slice number = rows_argument(rows, "link");
  unsigned long long id = number.len ? strtoull(number.at, &end, 10) : 0;
  if (!number.len || !end || end == number.at || *end) {
    rows_say(rows, "\"%.*s\" is no link number; `hansectl links` shows them", HANSE_FMT(number));
    return HANSE_USAGE;
  }
  struct hanse_link *link = transport_link_by_id(router->transport, id);
  if (!link) {
    rows_say(rows, "there is no link %llu", id);
    return HANSE_NO_SUCH_THING;
  }
  link_shut(link, HANSE_F_NONE, "closed by the administrator");
  return HANSE_DONE;
}

enum hanse_outcome command_dns(struct router *router, struct hanse_rows *rows, uintptr_t *cursor) {
  (void)cursor;
  bool flush = hanse_same(rows_argument(rows, "flush"), HANSE_LIT("true"));
  if (!router->dns) return HANSE_NOT_DETERMINED;
  if (flush) dns_flush(router->dns);
  struct dns_figures figures = dns_figures(router->dns);
  rows_begin(rows);
  rows_number(rows, "questions", (int64_t)figures.questions);
  rows_number(rows, "remembered", (int64_t)figures.remembered);
  rows_number(rows, "shared", (int64_t)figures.shared);
  rows_number(rows, "asked", (int64_t)figures.asked);
  rows_number(rows, "failed", (int64_t)figures.failed);
  rows_number(rows, "stale", (int64_t)figures.stale);
  rows_number(rows, "waiting", (int64_t)figures.waiting);
  rows_number(rows, "cached", (int64_t)figures.cached);
  rows_number(rows, "at_most", DNS_CACHE);
  if (flush) rows_say(rows, "all answers are forgotten");
  return HANSE_DONE;
}

enum hanse_outcome command_log(struct router *router, struct hanse_rows *rows, uintptr_t *cursor) {
  (void)router;
  (void)cursor;
  enum hanse_level level;
  struct hanse_slice text = rows_argument(rows, "level");
  if (!log_level_parse(text, &level)) {
    rows_say(rows, "\"%.*s\" is no level; use error, warning, notice, info or debug", HANSE_FMT(text));
    return HANSE_USAGE;
  }
  log_level_set(level);
  return HANSE_DONE;
}

enum hanse_outcome command_stop(struct router *router, struct hanse_rows *rows, uintptr_t *cursor) {
  (void)cursor;
  bool now = hanse_same(rows_argument(rows, "now"), HANSE_LIT("true"));
  shutdown_begin(router, now);
  rows_say(rows, "%s", now ? "stopping" : "draining; `stop --now` does not wait");
  return HANSE_DONE;
}
