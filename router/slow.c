#include "router/slow.h"

#include <stdlib.h>

#include "router/clock.h"
#include "router/log.h"

/* How long calls are timed after a long turn, which may be the system's fault, and after a call that took long. */
#define SLOW_SUSPICION (1 * HANSE_SECOND)
#define SLOW_WATCH (10 * HANSE_SECOND)

/* The turn that is measured is the last whole one. */
static void look(struct loop_hook *hook) {
  struct slow *slow = (struct slow *)((char *)hook - offsetof(struct slow, hook));
  hanse_time now = *loop_clock(slow->loop);
  if (loop_last_turn(slow->loop) > SLOW_CALL && slow->until < now + SLOW_SUSPICION) slow->until = now + SLOW_SUSPICION;
  slow->timing = now < slow->until;
}

struct slow *slow_new(struct loop *loop) {
  struct slow *slow = calloc(1, sizeof *slow);
  if (!slow) return NULL;
  slow->loop = loop;
  slow->hook.run = look;
  loop_hook_add(loop, LOOP_FLUSH, &slow->hook);
  return slow;
}

void slow_free(struct slow *slow) {
  if (!slow) return;
  loop_hook_remove(slow->loop, &slow->hook);
  free(slow);
}

void slow_ended(struct slow *slow, hanse_time since, const struct watched *who, const char *slot) {
  hanse_time took = clock_read() - since;
  if (took <= SLOW_CALL) return;
  slow->until = *loop_clock(slow->loop) + SLOW_WATCH;
  log_event(HANSE_WARNING, who ? who->module : "core", "plugin.slow", "slot=%s ms=%.1f build=\"%s\"", slot ? slot : "-",
            (double)took / 1000.0, who ? who->build : "");
}
