/* Commands that tell of what was refused of late: decisions, decision. */
#include <stdio.h>

#include "contract/failure.h"
#include "router/commands.h"
#include "router/decision.h"
#include "router/rows.h"

/* Rows of a step: a row costs a few microseconds. */
#define ROWS_A_TURN 64

static void text(struct hanse_rows *rows, const char *name, const char *value) {
  rows_text(rows, name, hanse_text(value));
}

static void tell_short(const struct router *router, struct hanse_rows *rows, const struct decision *decision) {
  rows_begin(rows);
  text(rows, "decision", decision->word);
  rows_number(rows, "seconds_ago", (*router->clock - decision->at) / HANSE_SECOND);
  text(rows, "direction", decision->side == HANSE_SIDE_HOME ? "out" : "in");
  text(rows, "method", decision->method);
  text(rows, "from", decision->from);
  text(rows, "to", decision->to);
  text(rows, "verdict", decision->tried ? "failed" : "deny");
  text(rows, "reason", failure_row(decision->failure)->name);
}

enum hanse_outcome command_decisions(struct router *router, struct hanse_rows *rows, uintptr_t *cursor) {
  uintptr_t last = *cursor + ROWS_A_TURN;
  const struct decision *decision;
  for (; *cursor < last; ++*cursor) {
    if (!(decision = decisions_back(router->decided, *cursor))) return HANSE_DONE;
    tell_short(router, rows, decision);
  }
  return HANSE_MORE;
}

static void tell_all(const struct router *router, struct hanse_rows *rows, const struct decision *decision) {
  const struct failure *failure = failure_row(decision->failure);
  tell_short(router, rows, decision);
  rows_number(rows, "number", failure->number);
  rows_number(rows, "status", failure->sip_status);
  rows_number(rows, "diagnostic", failure->diagnostic);
  text(rows, "partner", decision->partner);
  text(rows, "rule", decision->rule);
  text(rows, "decided_by", decision->by);
  text(rows, "target", decision->target);
  text(rows, "meaning", failure->meaning);
  text(rows, "text", decision->text);
  text(rows, "cure", *failure->cure ? failure->cure : "none needed");
}

enum hanse_outcome command_decision(struct router *router, struct hanse_rows *rows, uintptr_t *cursor) {
  struct hanse_slice word = rows_argument(rows, "word");
  const struct decision *decision = decisions_find(router->decided, word);
  (void)cursor;
  if (decision) {
    tell_all(router, rows, decision);
    return HANSE_DONE;
  }
  rows_say(rows,
           "no refusal with the word \"%.*s\" is among the last %d; look for decision=%.*s in the log, which tells "
           "of what passed as well when its level is debug",
           HANSE_FMT(word), DECISIONS_KEPT, HANSE_FMT(word));
  return HANSE_NO_SUCH_THING;
}
