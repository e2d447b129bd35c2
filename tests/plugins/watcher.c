/* An observer that counts what passes, and a command that tells. Shows OBSERVER and COMMAND. */
#include <hanse/plugin.h>
#include <stdlib.h>

#define KINDS 5

struct watcher {
  struct hanse_host *host;
  uint64_t seen[KINDS];
  uint64_t statuses; /* sum of the statuses of answers: shows that facts came along */
};

static const char *const names[KINDS] = {"accepted", "refused", "answered", "link_up", "link_down"};

static void event(void *self, const struct hanse_event *event) {
  struct watcher *watcher = (struct watcher *)self;
  for (int kind = 0; kind < KINDS; kind++)
    if (event->kind == 1u << kind) watcher->seen[kind]++;
  if (event->kind == HANSE_EVENT_ANSWERED && event->facts) watcher->statuses += event->facts->status;
}

static enum hanse_outcome run(void *self, struct hanse_rows *rows, void **cursor) {
  struct watcher *watcher = (struct watcher *)self;
  struct hanse_slice wanted = hanse_row_argument(watcher->host, rows, "kind");
  int written = 0;
  (void)cursor;
  for (int kind = 0; kind < KINDS; kind++) {
    if (wanted.len && !hanse_same(wanted, hanse_text(names[kind]))) continue;
    hanse_row_begin(watcher->host, rows);
    hanse_row_text(watcher->host, rows, "event", hanse_text(names[kind]));
    hanse_row_number(watcher->host, rows, "seen", (int64_t)watcher->seen[kind]);
    written++;
  }
  return written ? HANSE_DONE : HANSE_NO_SUCH_THING;
}

static int create(struct hanse_host *host, void **self) {
  struct watcher *watcher = (struct watcher *)calloc(1, sizeof *watcher);
  if (!watcher) return HANSE_NOMEM;
  watcher->host = host;
  *self = watcher;
  return HANSE_OK;
}
static int configure(void *self, const void *settings, struct hanse_problem *problem) {
  (void)self, (void)settings, (void)problem;
  return HANSE_OK;
}
static int start(void *self) {
  (void)self;
  return HANSE_OK;
}

static const struct hanse_observer observer = {sizeof(struct hanse_observer), (1u << KINDS) - 1, event};
static const struct hanse_argument arguments[] = {{"kind", false, "only this kind of event"}, {NULL, false, NULL}};
static const struct hanse_command command = {
    sizeof(struct hanse_command), "watcher", "how much passed", arguments, run, NULL};
static const struct hanse_offer offers[] = {
    {HANSE_OBSERVER, NULL, NULL, &observer, NULL, 0},
    {HANSE_COMMAND, "watcher", NULL, &command, NULL, 0},
    HANSE_OFFERS_END,
};
const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),   .name = "watcher", .version = "1",         .summary = "counts what passes",
    .offers = offers, .create = create,  .configure = configure, .start = start,
    .destroy = free,
};
