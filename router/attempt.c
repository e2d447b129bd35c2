#include "router/attempt.h"

#include <stdio.h>
#include <stdlib.h>

#include "router/address.h"
#include "router/pool_own.h"

struct attempt {
  struct attempt_means means;
  struct hanse_target *target; /* held; NULL: dropped, only the dial is still to end */
  attempt_done *done;
  struct sockaddr_storage first;
  struct dns_query *query;
  struct loop_task task; /* says what could not even be begun */
  struct hanse_timer guard;
  struct hanse_link *dialling; /* held */
  struct dns_address *addresses;
  size_t count, next;
  enum hanse_failure failure;
  char text[200];
};

static void attempt_free(struct attempt *attempt) {
  dns_cancel(attempt->query);
  loop_task_remove(attempt->means.loop, &attempt->task);
  timers_stop(&attempt->guard);
  target_release(attempt->target);
  free(attempt->addresses);
  free(attempt);
}

static struct sockaddr *dialled(const struct attempt *attempt) {
  return (struct sockaddr *)&attempt->addresses[attempt->next - 1].address;
}

static void finish(struct attempt *attempt, struct hanse_link *link) {
  struct attempt_result result = {.link = link, .failure = attempt->failure, .text = attempt->text};
  struct hanse_target *target = target_hold(attempt->target);
  attempt_done *done = attempt->done;
  char text[sizeof attempt->text];
  memcpy(text, attempt->text, sizeof text);
  result.text = text;
  if (link) result.address = attempt->addresses[attempt->next - 1].address;
  if (link) result.failure = HANSE_F_NONE;
  attempt_free(attempt);
  done(target, &result);
  target_release(target);
}

/* ---- failures ---- */

/* Of the failures of several addresses the one is told from which an administrator learns most. */
static int rank(enum hanse_failure failure) {
  switch (failure) {
    case HANSE_F_NONE:
      return 0;
    case HANSE_F_ADDRESS:
      return 1;
    case HANSE_F_CONNECT:
      return 2;
    case HANSE_F_TLS:
      return 3;
    case HANSE_F_TLS_TRUST:
      return 4;
    case HANSE_F_TLS_NAME:
      return 5;
    case HANSE_F_TLS_OURS:
      return 6;
    default:
      return 1;
  }
}

/* `address` NULL: it is not about one. */
static void note(struct attempt *attempt, const struct sockaddr *address, enum hanse_failure failure,
                 const char *text) {
  char buf[ADDRESS_TEXT];
  if (rank(failure) <= rank(attempt->failure)) return;
  attempt->failure = failure;
  if (address)
    snprintf(attempt->text, sizeof attempt->text, "%s: %s", address_text(address, buf), text);
  else
    snprintf(attempt->text, sizeof attempt->text, "%s", text);
}

static void on_task(struct loop_task *task) {
  finish((struct attempt *)((char *)task - offsetof(struct attempt, task)), NULL);
}

static void fail_later(struct attempt *attempt, enum hanse_failure failure, const char *text) {
  note(attempt, NULL, failure, text);
  loop_task_add(attempt->means.loop, &attempt->task);
}

/* ---- one address after the other ---- */

static void dial_next(struct attempt *attempt);

static void on_dialled(void *argument, struct hanse_link *link, enum hanse_failure failure, const char *text) {
  struct attempt *attempt = argument;
  bool good = failure == HANSE_F_NONE;
  attempt->dialling = NULL;
  timers_stop(&attempt->guard);
  if (attempt->target && good) {
    finish(attempt, link);
    return;
  }
  if (good) link_abort(link, HANSE_F_DRAINING, "nobody waits for it any more");
  link->target = NULL;
  link_release(link);
  if (!attempt->target) {
    attempt_free(attempt);
    return;
  }
  note(attempt, dialled(attempt), failure, text && *text ? text : "the connection failed");
  dial_next(attempt);
}

static void on_guard(void *owner, struct hanse_timer *timer) {
  struct attempt *attempt = (struct attempt *)((char *)timer - offsetof(struct attempt, guard));
  (void)owner;
  if (attempt->dialling) link_abort(attempt->dialling, HANSE_F_CONNECT, "no connection in time");
}

/* What is passed to connect() is what is judged here. */
static bool may_be_dialled(struct attempt *attempt, const struct sockaddr *address) {
  const struct target_settings *settings = &attempt->target->settings;
  const struct sockaddr_storage *source = &settings->key.source;
  char text[96];
  if (!address_may_be_dialled(address, settings->may_be_private)) {
    const char *special = address_special(address);
    snprintf(text, sizeof text, "a %s address, which may not be dialled", special ? special : "strange");
    note(attempt, address, HANSE_F_ADDRESS, text);
    return false;
  }
  if (source->ss_family == 0 || source->ss_family == address->sa_family || settings->any_family) return true;
  note(attempt, address, HANSE_F_ADDRESS, "of another family than the source address");
  return false;
}

static bool dial(struct attempt *attempt, const struct dns_address *address) {
  const struct target_settings *settings = &attempt->target->settings;
  struct dial dial = {.address = address->address,
                      .address_length = address->length,
                      .source = settings->key.source,
                      .tls = settings->key.tls,
                      .rule = settings->rule,
                      .accept_cn = settings->accept_cn,
                      .wildcards = settings->wildcards,
                      .side = settings->key.side,
                      .prove = settings->key.prove,
                      .protocol = settings->key.protocol,
                      .local = settings->local,
                      .target = attempt->target,
                      .done = on_dialled,
                      .argument = attempt};
  if (dial.source.ss_family != address->address.ss_family) dial.source.ss_family = 0;
  attempt->dialling = transport_dial(attempt->means.transport, &dial);
  if (attempt->dialling) timers_start(attempt->means.guard, &attempt->guard, on_guard);
  return attempt->dialling != NULL;
}

static void dial_next(struct attempt *attempt) {
  while (attempt->next < attempt->count) {
    struct dns_address *address = &attempt->addresses[attempt->next++];
    if (!may_be_dialled(attempt, (struct sockaddr *)&address->address)) continue;
    if (dial(attempt, address)) return;
    note(attempt, (struct sockaddr *)&address->address, HANSE_F_CONNECT, "no memory or no descriptor for a connection");
  }
  finish(attempt, NULL);
}

/* ---- the addresses ---- */

static void put_first(struct attempt *attempt) {
  const struct sockaddr *first = (const struct sockaddr *)&attempt->first;
  for (size_t i = 1; i < attempt->count; i++) {
    struct dns_address found = attempt->addresses[i];
    if (!address_same((struct sockaddr *)&found.address, first)) continue;
    memmove(&attempt->addresses[1], &attempt->addresses[0], i * sizeof found);
    attempt->addresses[0] = found;
    return;
  }
}

static void on_addresses(void *argument, const struct dns_answer *answer) {
  struct attempt *attempt = argument;
  attempt->query = NULL;
  if (answer->result == DNS_FOUND) {
    attempt->addresses = calloc(answer->count, sizeof *attempt->addresses);
    if (!attempt->addresses) note(attempt, NULL, HANSE_F_MEMORY, "no memory for the addresses");
  } else {
    note(attempt, NULL, answer->result == DNS_NONE ? HANSE_F_DNS_NONE : HANSE_F_DNS,
         *answer->error ? answer->error : "the name has no address");
  }
  if (attempt->addresses) attempt->count = answer->count;
  for (size_t i = 0; i < attempt->count; i++) {
    attempt->addresses[i] = answer->addresses[i];
    address_port_set((struct sockaddr *)&attempt->addresses[i].address, attempt->target->settings.key.port);
  }
  if (attempt->first.ss_family) put_first(attempt);
  dial_next(attempt);
}

static void ask(struct attempt *attempt) {
  struct dns *dns = *attempt->means.dns;
  if (dns) attempt->query = dns_addresses(dns, attempt->target->settings.key.host, on_addresses, attempt);
  if (!attempt->query) fail_later(attempt, HANSE_F_DNS, dns ? "too many names are being looked up" : "no resolver yet");
}

struct attempt *attempt_start(const struct attempt_means *means, struct hanse_target *target,
                              const struct sockaddr_storage *first, attempt_done *done) {
  struct attempt *attempt = calloc(1, sizeof *attempt);
  if (!attempt) return NULL;
  attempt->means = *means;
  attempt->target = target_hold(target);
  attempt->done = done;
  attempt->first = *first;
  attempt->task.run = on_task;
  ask(attempt);
  return attempt;
}

void attempt_ask_again(struct attempt *attempt) {
  if (!attempt->query) return;
  dns_cancel(attempt->query);
  attempt->query = NULL;
  ask(attempt);
}

/* A dial cannot be taken back: its end finds nobody there. */
void attempt_drop(struct attempt *attempt) {
  if (!attempt) return;
  if (!attempt->dialling) {
    attempt_free(attempt);
    return;
  }
  struct hanse_target *target = attempt->target;
  timers_stop(&attempt->guard);
  attempt->target = NULL;
  attempt->dialling->target = NULL;
  link_abort(attempt->dialling, HANSE_F_DRAINING, "nobody waits for it any more");
  target_release(target);
}
