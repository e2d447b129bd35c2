/* An observer that counts messages in the store, and reads when it starts how many there were. Shows how a module uses
   the store: never on a message's way, from memory while it answers, and without harm when it fails. */
#include <hanse/plugin.h>
#include <stdlib.h>

#define TALLY_KEY HANSE_LIT("messages")

struct tally {
  struct hanse_host *host;
  bool read;    /* `kept` is known */
  int64_t kept; /* when this instance started */
  int64_t sum;  /* the last one that was answered */
  uint64_t asked, answered, failed;
};

static void counted(void *self, void *argument, const struct hanse_store_answer *answer) {
  struct tally *tally = (struct tally *)self;
  (void)argument;
  if (answer->status == HANSE_OK) {
    tally->answered++;
    tally->sum = answer->number;
  } else {
    tally->failed++;
  }
}

static void event(void *self, const struct hanse_event *event) {
  struct tally *tally = (struct tally *)self;
  if (event->kind != HANSE_EVENT_ACCEPTED) return;
  tally->asked++;
  if (hanse_store_add(tally->host, TALLY_KEY, 1, 0, counted, NULL) != HANSE_OK) tally->failed++;
}

static void was(void *self, void *argument, const struct hanse_store_answer *answer) {
  struct tally *tally = (struct tally *)self;
  char digits[24];
  (void)argument;
  if (answer->status != HANSE_OK && answer->status != HANSE_SKIP) return; /* it is not known, which is not 0 */
  snprintf(digits, sizeof digits, "%.*s", HANSE_FMT(answer->value));
  tally->kept = tally->sum = strtoll(digits, NULL, 10);
  tally->read = true;
}

static enum hanse_outcome run(void *self, struct hanse_rows *rows, void **cursor) {
  struct tally *tally = (struct tally *)self;
  (void)cursor;
  hanse_row_begin(tally->host, rows);
  hanse_row_number(tally->host, rows, "read", tally->read);
  hanse_row_number(tally->host, rows, "kept", tally->kept);
  hanse_row_number(tally->host, rows, "sum", tally->sum);
  hanse_row_number(tally->host, rows, "asked", (int64_t)tally->asked);
  hanse_row_number(tally->host, rows, "answered", (int64_t)tally->answered);
  hanse_row_number(tally->host, rows, "failed", (int64_t)tally->failed);
  return HANSE_DONE;
}

static int create(struct hanse_host *host, void **self) {
  struct tally *tally = (struct tally *)calloc(1, sizeof *tally);
  if (!tally) return HANSE_NOMEM;
  tally->host = host;
  *self = tally;
  return HANSE_OK;
}
static int configure(void *self, const void *settings, struct hanse_problem *problem) {
  (void)self, (void)settings, (void)problem;
  return HANSE_OK;
}
static int start(void *self) {
  struct tally *tally = (struct tally *)self;
  return hanse_store_get(tally->host, TALLY_KEY, was, NULL) < 0 ? HANSE_FAIL : HANSE_OK;
}

static const struct hanse_observer observer = {sizeof(struct hanse_observer), HANSE_EVENT_ACCEPTED, event};
static const struct hanse_argument arguments[] = {{NULL, false, NULL}};
static const struct hanse_command command = {
    sizeof(struct hanse_command), "tally", "how many messages there were", arguments, run, NULL};
static const struct hanse_offer offers[] = {
    {HANSE_OBSERVER, NULL, NULL, &observer, NULL, 0},
    {HANSE_COMMAND, "tally", NULL, &command, NULL, 0},
    HANSE_OFFERS_END,
};
static const char *const needs[] = {HANSE_REQUIRES_STORE, NULL};
const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),    .name = "tally",  .version = "1",   .summary = "counts messages in the store",
    .requires = needs, .offers = offers, .create = create, .configure = configure,
    .start = start,    .destroy = free,
};
