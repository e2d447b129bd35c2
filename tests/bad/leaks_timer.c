/* Starts a time-out and forgets it: it still runs when the plugin is gone, in memory that is gone. */
#include "bad.h"

struct leaks {
  struct hanse_host *host;
  struct hanse_timer timer;
};

static int create(struct hanse_host *host, void **self) {
  struct leaks *leaks = (struct leaks *)calloc(1, sizeof *leaks);
  if (!leaks) return HANSE_NOMEM;
  leaks->host = host;
  *self = leaks;
  return HANSE_OK;
}

static void fire(void *self, struct hanse_timer *timer) { (void)self, (void)timer; }

static int start(void *self) {
  struct leaks *leaks = (struct leaks *)self;
  struct hanse_timers *list = hanse_timers(leaks->host, 3600 * HANSE_SECOND);
  if (!list) return HANSE_NOMEM;
  hanse_timer_start(leaks->host, list, &leaks->timer, fire);
  return HANSE_OK;
}

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),   BAD_WORDS("leaks_timer", "leaves a time-out running"),
    .create = create, .configure = bad_configure,
    .start = start,   .destroy = bad_destroy,
};
