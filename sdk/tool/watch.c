#include "sdk/tool/watch.h"

enum { FIRST_TOKEN = 1 << 20 };

static struct watch *watch_of(struct hanse_host *host) { return (struct watch *)(uintptr_t)host->ops; }

/* The fake host refuses what other threads call, and logs it. */
static bool is_foreign(const struct watch *watch) { return !pthread_equal(watch->thread, pthread_self()); }

static void not_when_dry(struct watch *watch, const char *what) {
  if (!watch->dry || watch->told_dry) return;
  watch->told_dry = true;
  report_add(watch->trial->report, REPORT_WRONG, watch->slot,
             "%s although `dry` is set; then it only says what it would do: nothing is counted, stored or asked", what);
}

/* ---- verdicts and findings ---- */

static int answered(struct watch *watch, hanse_token token) {
  if (token < watch->open_from || token >= watch->open_from + watch->tokens) return HANSE_GONE;
  unsigned char *answers = &watch->answers[token - watch->open_from];
  if (*answers == 0) {
    *answers = 1;
    return HANSE_OK;
  }
  if (!watch->told_twice)
    report_add(watch->trial->report, REPORT_WRONG, watch->slot,
               "answers one token twice; the second answer finds nobody: forget a token once it is answered");
  watch->told_twice = true;
  return HANSE_GONE;
}

static int resolve_verdict(struct hanse_host *host, hanse_token token, enum hanse_verdict verdict,
                           const struct hanse_refusal *why) {
  struct watch *watch = watch_of(host);
  if (is_foreign(watch)) return watch->real->resolve_verdict(host, token, verdict, why);
  if (verdict > HANSE_DENY)
    report_add(watch->trial->report, REPORT_WRONG, watch->slot,
               "answers a deferred verdict with %d; it is HANSE_ABSTAIN, HANSE_ALLOW or HANSE_DENY", (int)verdict);
  return answered(watch, token);
}

static int resolve_found(struct hanse_host *host, hanse_token token, enum hanse_found found,
                         const struct hanse_refusal *why) {
  struct watch *watch = watch_of(host);
  if (is_foreign(watch)) return watch->real->resolve_found(host, token, found, why);
  return answered(watch, token);
}

hanse_token watch_token(struct watch *watch) {
  if (watch->tokens == WATCH_TOKENS) {
    watch->open_from += WATCH_TOKENS;
    watch->tokens = 0;
    memset(watch->answers, 0, sizeof watch->answers);
  }
  return watch->open_from + watch->tokens++;
}

bool watch_answered(const struct watch *watch, hanse_token token) {
  return token >= watch->open_from && token < watch->open_from + watch->tokens &&
         watch->answers[token - watch->open_from];
}

/* ---- places ---- */

static int route_add(struct hanse_host *host, struct hanse_found_targets *found, const struct hanse_place *place) {
  struct watch_targets *targets = (struct watch_targets *)(void *)found;
  (void)host;
  if (place->size < offsetof(struct hanse_place, may_be_private)) targets->wrong = "a place whose `size` is not set";
  if (place->host.len == 0) targets->wrong = "a place without a host";
  if (place->port == 0) targets->wrong = "a place without a port";
  if (place->prove.len == 0) targets->wrong = "a place without a name to be proved (`prove`)";
  targets->count++;
  return HANSE_OK;
}

/* ---- what may not be done when dry ---- */

static int store_ask(struct hanse_host *host, const struct hanse_store_request *request,
                     void (*told)(void *self, void *argument, const struct hanse_store_answer *), void *argument) {
  not_when_dry(watch_of(host), "asks the store");
  return watch_of(host)->real->store_ask(host, request, told, argument);
}

static int services_await(struct hanse_host *host, hanse_token token, struct hanse_slice name) {
  (void)name;
  not_when_dry(watch_of(host), "asks the DNS");
  return !token ? HANSE_GONE : HANSE_OK; /* and the answer never comes */
}

/* What is known of a name differs from one name to the next. */
static int services(struct hanse_host *host, struct hanse_arena *arena, struct hanse_slice name,
                    struct hanse_services *out) {
  static const struct hanse_service none = {{"", 0}, 0, 0, 0};
  static const struct hanse_service two[] = {{{"edge.partner.test", 17}, 10, 5, 5061}, {{"b.test", 6}, 20, 0, 5061}};
  (void)host, (void)arena;
  struct hanse_services found = {.size = sizeof found, .result = HANSE_LOOKUP_NONE, .lasts = HANSE_SECOND, .error = ""};
  switch (name.len % 5) {
    case 0:
      return HANSE_SKIP;
    case 1:
      found.result = HANSE_LOOKUP_FOUND, found.items = two, found.count = 2;
      break;
    case 2:
      found.result = HANSE_LOOKUP_FOUND, found.items = &none, found.count = 1;
      break;
    case 3:
      found.result = HANSE_LOOKUP_FAILED, found.error = "the resolver did not say";
      break;
    default:
      break;
  }
  *out = found;
  return HANSE_OK;
}

/* ---- rows ---- */

static struct watch_rows *rows_of(struct hanse_rows *rows) { return (struct watch_rows *)(void *)rows; }
static void row_begin(struct hanse_rows *rows) { rows_of(rows)->rows++; }
static void row_text(struct hanse_rows *rows, const char *name, struct hanse_slice value) {
  /* Both are read to their ends, so that a sanitizer sees what is not there. */
  volatile unsigned char last = (unsigned char)name[strlen(name)];
  for (size_t i = 0; i < value.len; i++) last = (unsigned char)value.at[i];
  (void)last;
  if (!rows_of(rows)->rows) rows_of(rows)->outside = true;
}
static void row_number(struct hanse_rows *rows, const char *name, int64_t value) {
  (void)value;
  row_text(rows, name, hanse_slice("", 0));
}
static struct hanse_slice row_argument(struct hanse_rows *rows, const char *name) {
  for (const struct fake_argument *argument = rows_of(rows)->arguments; argument && argument->name; argument++)
    if (strcmp(argument->name, name) == 0) return hanse_text(argument->value);
  return hanse_slice(NULL, 0);
}

void watch_begin(struct watch *watch, struct fake_instance *instance, struct trial *trial, const char *slot) {
  struct hanse_host *host = fake_host(instance);
  memset(watch, 0, sizeof *watch);
  watch->ops = *host->ops;
  watch->real = host->ops;
  watch->trial = trial;
  watch->thread = pthread_self();
  watch->slot = slot;
  watch->open_from = FIRST_TOKEN;
  watch->ops.resolve_verdict = resolve_verdict;
  watch->ops.resolve_found = resolve_found;
  watch->ops.route_add = route_add;
  watch->ops.store_ask = store_ask;
  watch->ops.services = services;
  watch->ops.services_await = services_await;
  watch->ops.row_begin = row_begin;
  watch->ops.row_text = row_text;
  watch->ops.row_number = row_number;
  watch->ops.row_argument = row_argument;
  host->ops = &watch->ops;
}
