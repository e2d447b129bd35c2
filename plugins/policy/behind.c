#include "behind.h"

#include <utlist.h>

#define BEHIND_ROWS 500                  /* at once: two milliseconds */
#define BEHIND_SOON (200 * HANSE_MSEC)   /* when more waits than that */
#define BEHIND_AGAIN (60 * HANSE_SECOND) /* after the store failed */

#define BEHIND_WAIT (10 * HANSE_SECOND) /* for what is not here yet */

void behind_await(struct behind_awaited *awaited, struct hanse_host *host, enum behind_origin origin) {
  awaited->from |= (unsigned)origin;
  awaited->until = hanse_now(host) + BEHIND_WAIT;
}

void behind_have(struct behind_awaited *awaited, enum behind_origin origin) { awaited->from &= ~(unsigned)origin; }

bool behind_waits(const struct behind_awaited *awaited, const struct hanse_host *host) {
  return awaited->from && hanse_now(host) < awaited->until;
}

static void fire(void *self, struct hanse_timer *timer);

static void run(struct behind *behind, struct hanse_timers *when) {
  if (behind->every_second && !behind->timer.list && !behind->retired)
    hanse_timer_start(behind->host, when, &behind->timer, fire);
}

int behind_start(struct behind *behind, struct hanse_host *host) {
  behind->host = host;
  behind->soon = hanse_timers(host, BEHIND_SOON);
  behind->every_second = behind->soon ? hanse_timers(host, HANSE_SECOND) : NULL;
  return behind->every_second ? HANSE_OK : HANSE_NOMEM;
}

void behind_off(struct behind *behind) {
  hanse_timer_stop(behind->host, &behind->timer);
  behind->every_second = NULL;
  while (behind->waiting) behind_remove(behind, behind->waiting);
}

void behind_add(struct behind *behind, struct behind_item *item) {
  if (item->waits || !behind->every_second) return;
  item->waits = true;
  DL_APPEND(behind->waiting, item);
  run(behind, behind->every_second);
}

void behind_remove(struct behind *behind, struct behind_item *item) {
  if (item->waits) DL_DELETE(behind->waiting, item);
  item->waits = false;
}

/* What does not fit among the open requests waits for the next time. */
static void write_some(struct behind *behind, void *self, int most) {
  int status = HANSE_OK;
  for (int rows = 0; behind->waiting && rows < most && status == HANSE_OK;) {
    status = behind->write(self, behind->waiting, &rows);
    if (status == HANSE_OK) behind_remove(behind, behind->waiting);
  }
  if (status == HANSE_SKIP) behind_off(behind);
}

static void fire(void *self, struct hanse_timer *timer) {
  struct behind *behind = (struct behind *)(void *)((char *)timer - offsetof(struct behind, timer));
  if (behind->retired) return;
  bool anew = behind->failed && hanse_now(behind->host) - behind->failed > BEHIND_AGAIN;
  if (anew) behind->failed = 0;
  if (anew || behind->repeats) behind->repeats = behind->again(self, anew);
  write_some(behind, self, BEHIND_ROWS);
  bool more = behind->waiting || behind->repeats;
  if (more || behind->failed) run(behind, more ? behind->soon : behind->every_second);
}

void behind_answered(struct behind *behind, const struct hanse_store_answer *answer) {
  if (answer->status == HANSE_OK || behind->retired) return;
  behind->failed = hanse_now(behind->host);
  run(behind, behind->every_second);
}

void behind_retire(struct behind *behind) { behind->retired = true; }

void behind_stop(struct behind *behind, void *self) {
  if (!behind->host) return;
  hanse_timer_stop(behind->host, &behind->timer);
  if (!behind->retired) write_some(behind, self, (int)HANSE_STORE_OPEN_MAX);
}
