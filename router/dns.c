#include "router/dns.h"

#include <stdlib.h>
#include <utlist.h>

#include "router/address.h"
#include "router/dns_cache.h"
#include "router/dns_engine.h"
#include "router/dns_question.h"
#include "router/hash.h"
#include "router/hosts.h"
#include "router/log.h"

enum { KIND_ADDRESSES = 'a', KIND_SERVICES = 's' };

#define FAILURES_TO_TELL 3 /* in a row, before the log says that the resolver fails */
#define RENEW_EVERY (3 * HANSE_SECOND)

struct dns {
  struct loop *loop;
  struct dns_engine *engine;
  struct hosts *hosts; /* NULL: none */
  struct dns_cache *cache;
  struct question *questions; /* in flight */
  struct dns_query *ready;    /* to be told in the next turn */
  struct loop_task task;
  struct dns_figures figures;
  struct dns_known no_memory; /* an answer that needs none */
  unsigned failures;          /* answers in a row that were none */
  hanse_time renewed;         /* when the engine was made */
};

struct dns_query {
  struct dns_query *next, *prev;
  struct dns_query **list; /* dns->ready, or its question's */
  struct dns *dns;
  struct dns_known *known; /* once it is ready; held */
  hanse_time lasts;
  dns_done *done;
  void *argument;
};

/* One name that is being asked for, and who wants to know. */
struct question {
  UT_hash_handle hh;
  struct dns *dns;
  struct dns_query *waiting;
  struct dns_question asked;
  size_t length;          /* of the key */
  char key[DNS_NAME + 1]; /* kind, name */
};

static struct question *question_of(struct dns_question *asked) {
  return (struct question *)((char *)asked - offsetof(struct question, asked));
}

static struct hanse_slice question_name(const struct question *question) {
  return hanse_slice(question->key + 1, question->length - 1);
}

static void query_free(struct dns_query *query) {
  dns_known_release(query->known);
  query->dns->figures.waiting--;
  free(query);
}

void dns_cancel(struct dns_query *query) {
  if (!query) return;
  DL_DELETE(*query->list, query);
  query_free(query);
}

static void cancel_all(struct dns_query **list) {
  while (*list) dns_cancel(*list);
}

static void question_free(struct question *question) {
  HASH_DEL(question->dns->questions, question);
  free(question);
}

void dns_free(struct dns *dns) {
  if (!dns) return;
  while (dns->questions) {
    cancel_all(&dns->questions->waiting);
    dns_question_end(&dns->questions->asked);
    question_free(dns->questions);
  }
  cancel_all(&dns->ready);
  loop_task_remove(dns->loop, &dns->task);
  dns_engine_free(dns->engine);
  dns_cache_free(dns->cache);
  hosts_free(dns->hosts);
  free(dns);
}

static hanse_time now(const struct dns *dns) { return *loop_clock(dns->loop); }

/* ---- telling ---- */

static void tell(struct dns_query *query) {
  struct dns_known *known = query->known;
  struct dns_answer answer = known->answer;
  dns_done *done = query->done;
  void *argument = query->argument;
  answer.lasts = query->lasts;
  query->known = NULL;
  DL_DELETE(*query->list, query);
  query_free(query);
  done(argument, &answer);
  dns_known_release(known);
}

/* Only as many as there were: who asks again from done does not keep the turn from ending. */
static void tell_ready(struct loop_task *task) {
  struct dns *dns = (struct dns *)((char *)task - offsetof(struct dns, task));
  struct dns_query *query;
  size_t count = 0;
  DL_COUNT(dns->ready, query, count);
  while (count-- && dns->ready) tell(dns->ready);
  if (dns->ready) loop_task_add(dns->loop, task);
}

static void make_ready(struct dns_query *query, struct dns_known *known, hanse_time lasts) {
  struct dns *dns = query->dns;
  known->holds++;
  query->known = known;
  query->lasts = lasts;
  query->list = &dns->ready;
  DL_APPEND(dns->ready, query);
  loop_task_add(dns->loop, &dns->task);
}

static void answer_waiting(struct question *question, struct dns_known *known, hanse_time lasts) {
  while (question->waiting) {
    struct dns_query *query = question->waiting;
    DL_DELETE(question->waiting, query);
    make_ready(query, known, lasts);
  }
}

/* ---- the answer ---- */

static bool is_last_good(const struct dns_cached *cached, hanse_time at) {
  return cached && cached->known->answer.result == DNS_FOUND && at < cached->expires + DNS_STALE;
}

/* The last good answer instead of none. False: there is none. A forged answer is never papered over. */
static bool answer_stale(struct question *question, const char *error) {
  struct dns *dns = question->dns;
  struct dns_cached *cached = dns_cache_find(dns->cache, question->key[0], question_name(question));
  if (!is_last_good(cached, now(dns))) return false;
  hanse_time expires = cached->expires;
  if (!cached->known->answer.stale) {
    struct dns_answer answer = cached->known->answer;
    answer.stale = true;
    answer.error = error;
    struct dns_known *known = dns_known_new(&answer);
    if (!known) return false;
    dns_cache_put(dns->cache, question->key[0], question_name(question), known, expires);
    dns_known_release(known);
    cached = dns_cache_find(dns->cache, question->key[0], question_name(question));
    if (!cached) return false;
  }
  cached->retry = now(dns) + DNS_STALE_FOR;
  dns->figures.stale++;
  answer_waiting(question, cached->known, DNS_TTL_MIN);
  return true;
}

/* One domain's broken servers are no news; several names in a row are. */
static void note_health(struct dns *dns, const struct question *question, const struct dns_answer *answer) {
  bool failed = answer->result == DNS_FAILED && answer->verdict != DNS_BOGUS;
  if (failed) log_event(HANSE_DEBUG, "dns", "dns.failed", "name=%s error=\"%s\"", question->key + 1, answer->error);
  if (failed && ++dns->failures == FAILURES_TO_TELL)
    log_event(HANSE_WARNING, "dns", "dns.failing", "name=%s error=\"%s\"", question->key + 1, answer->error);
  if (failed) return;
  if (dns->failures >= FAILURES_TO_TELL) log_event(HANSE_NOTICE, "dns", "dns.answers", "name=%s", question->key + 1);
  dns->failures = 0;
}

static void remember_and_answer(struct question *question, const struct dns_answer *answer) {
  struct dns *dns = question->dns;
  struct dns_known *known = dns_known_new(answer);
  if (!known) {
    answer_waiting(question, &dns->no_memory, DNS_FAILED_FOR);
    return;
  }
  dns_cache_put(dns->cache, question->key[0], question_name(question), known, now(dns) + answer->lasts);
  answer_waiting(question, known, answer->lasts);
  dns_known_release(known);
}

static void on_answer(struct dns_question *asked, const struct dns_answer *answer) {
  struct question *question = question_of(asked);
  bool failed = answer->result == DNS_FAILED, forged = answer->verdict == DNS_BOGUS;
  note_health(question->dns, question, answer);
  if (failed) question->dns->figures.failed++;
  if (!failed || forged || !answer_stale(question, answer->error)) remember_and_answer(question, answer);
  question_free(question);
}

static void on_slow(struct dns_question *asked) { answer_stale(question_of(asked), "the resolver is slow"); }

/* ---- asking ---- */

/* The question that is in flight for this key, or a new one that was not begun yet. NULL: no memory. */
static struct question *question_for(struct dns *dns, char kind, struct hanse_slice name) {
  struct question *question;
  char key[DNS_NAME + 1];
  key[0] = kind;
  memcpy(key + 1, name.at, name.len);
  HASH_FIND(hh, dns->questions, key, name.len + 1, question);
  if (question || !(question = calloc(1, sizeof *question))) return question;
  question->dns = dns;
  question->length = name.len + 1;
  memcpy(question->key, key, name.len + 1);
  question->asked = (struct dns_question){.loop = dns->loop,
                                          .name = question->key + 1,
                                          .services = kind == KIND_SERVICES,
                                          .over = on_answer,
                                          .slow = on_slow};
  HASH_ADD_KEYPTR(hh, dns->questions, question->key, question->length, question);
  if (HASH_ADDED(hh, question)) return question;
  free(question);
  return NULL;
}

/* A libunbound that remembers nothing, in the place of one that cannot be told to forget. What is in flight is asked
   anew. */
static void renew(struct dns *dns) {
  struct question *question, *next;
  struct dns_engine *old = dns->engine;
  struct hanse_problem problem = {0};
  dns->renewed = now(dns);
  if (dns_engine_again(&dns->engine, old, &problem) != HANSE_OK) {
    log_event(HANSE_ERROR, "dns", "dns.renew", "error=\"%s\" then=\"libunbound keeps what it remembers\"",
              problem.text);
    return;
  }
  HASH_ITER(hh, dns->questions, question, next) {
    dns->figures.asked += dns_question_again(&question->asked, dns->engine);
  }
  dns_engine_free(old);
}

static bool failed_last_time(const struct dns *dns, char kind, struct hanse_slice name) {
  const struct dns_cached *cached = dns_cache_find(dns->cache, kind, name);
  if (!cached) return false;
  const struct dns_answer *answer = &cached->known->answer;
  return answer->stale || (answer->result == DNS_FAILED && answer->verdict != DNS_BOGUS);
}

/* libunbound remembers a failure for 5 s and asks a resolver that was silent less and less. While nothing is answered,
   or when a name is asked for again that failed, it is replaced now and then, so that a resolver that is back is found
   within the time that we promise. */
static void renew_when_failing(struct dns *dns, char kind, struct hanse_slice name) {
  if (dns->failures < FAILURES_TO_TELL && !failed_last_time(dns, kind, name)) return;
  if (now(dns) >= dns->renewed + RENEW_EVERY) renew(dns);
}

static int ask_resolver(struct dns_query *query, char kind, struct hanse_slice name) {
  struct dns *dns = query->dns;
  renew_when_failing(dns, kind, name);
  struct question *question = question_for(dns, kind, name);
  if (!question) return HANSE_NOMEM;
  query->list = &question->waiting;
  DL_APPEND(question->waiting, query);
  if (question->asked.pending) {
    dns->figures.shared++;
    return HANSE_OK;
  }
  struct dns_cached *cached = dns_cache_find(dns->cache, kind, name);
  hanse_time patience = is_last_good(cached, now(dns)) ? DNS_PATIENCE : DNS_TIMEOUT;
  dns->figures.asked += dns_question_begin(&question->asked, dns->engine, patience);
  return HANSE_OK;
}

/* ---- answers that need no question ---- */

static int answer_now(struct dns_query *query, const struct dns_answer *answer) {
  struct dns_known *known = dns_known_new(answer);
  if (!known) return HANSE_NOMEM;
  make_ready(query, known, answer->lasts);
  dns_known_release(known);
  return HANSE_OK;
}

/* What need not be asked for again, and how long that holds. NULL: it must be asked for. */
static struct dns_known *remembered(struct dns *dns, char kind, struct hanse_slice name, hanse_time *lasts) {
  struct dns_cached *cached = dns_cache_find(dns->cache, kind, name);
  if (!cached) return NULL;
  hanse_time left = cached->expires - now(dns);
  if (left <= 0 && now(dns) >= cached->retry) return NULL;
  dns->figures.remembered++;
  *lasts = left > 0 ? left : DNS_FAILED_FOR;
  return cached->known;
}

static bool answer_remembered(struct dns_query *query, char kind, struct hanse_slice name) {
  hanse_time lasts;
  struct dns_known *known = remembered(query->dns, kind, name, &lasts);
  if (known) make_ready(query, known, lasts);
  return known != NULL;
}

static const struct dns_answer impossible = {
    .result = DNS_NONE, .verdict = DNS_SECURE, .lasts = DNS_TTL_MAX, .error = "not a name that the DNS can hold"};

/* What the administrator's file, or the name itself, says. */
static bool answer_local(const struct dns *dns, char kind, struct hanse_slice name, struct dns_address *literal,
                         struct dns_answer *answer) {
  *answer = (struct dns_answer){.result = DNS_FOUND, .verdict = DNS_SECURE, .lasts = DNS_TTL_MAX, .error = ""};
  if (kind == KIND_ADDRESSES && address_parse(name, &literal->address, &literal->length) == HANSE_OK &&
      address_port((struct sockaddr *)&literal->address) == 0) {
    answer->addresses = literal;
    answer->count = 1;
  } else if (dns->hosts && kind == KIND_ADDRESSES) {
    answer->count = hosts_addresses(dns->hosts, name, &answer->addresses);
  } else if (dns->hosts) {
    answer->count = hosts_services(dns->hosts, name, &answer->services);
  }
  return answer->count > 0;
}

static int answer_query(struct dns_query *query, char kind, struct hanse_slice asked) {
  char buf[DNS_NAME];
  struct hanse_slice name = asked;
  struct dns_address literal;
  struct dns_answer answer;
  bool possible = dns_name(asked, buf, &name) == HANSE_OK;
  if (answer_local(query->dns, kind, possible ? name : asked, &literal, &answer)) return answer_now(query, &answer);
  if (!possible) return answer_now(query, &impossible);
  if (answer_remembered(query, kind, name)) return HANSE_OK;
  return ask_resolver(query, kind, name);
}

static struct dns_query *ask(struct dns *dns, char kind, struct hanse_slice name, dns_done *done, void *argument) {
  struct dns_query *query = dns->figures.waiting < DNS_QUERIES ? calloc(1, sizeof *query) : NULL;
  if (!query) return NULL;
  *query = (struct dns_query){.dns = dns, .done = done, .argument = argument};
  dns->figures.waiting++;
  dns->figures.questions++;
  if (answer_query(query, kind, name) == HANSE_OK) return query;
  query_free(query);
  return NULL;
}

struct dns_query *dns_addresses(struct dns *dns, struct hanse_slice name, dns_done *done, void *argument) {
  return ask(dns, KIND_ADDRESSES, name, done, argument);
}

struct dns_query *dns_services(struct dns *dns, struct hanse_slice name, dns_done *done, void *argument) {
  return ask(dns, KIND_SERVICES, name, done, argument);
}

bool dns_services_known(struct dns *dns, struct hanse_slice asked, struct dns_answer *out) {
  char buf[DNS_NAME];
  struct hanse_slice name = asked;
  hanse_time lasts;
  bool possible = dns_name(asked, buf, &name) == HANSE_OK;
  dns->figures.questions++;
  if (answer_local(dns, KIND_SERVICES, possible ? name : asked, NULL, out)) return true;
  const struct dns_known *known = possible ? remembered(dns, KIND_SERVICES, name, &lasts) : NULL;
  if (known) {
    *out = known->answer;
    out->lasts = lasts;
  } else if (!possible) {
    *out = impossible;
  }
  return known || !possible;
}

/* ---- the whole ---- */

void dns_flush(struct dns *dns) {
  dns_cache_clear(dns->cache);
  renew(dns);
}

struct dns_figures dns_figures(const struct dns *dns) {
  struct dns_figures figures = dns->figures;
  figures.cached = dns_cache_count(dns->cache);
  return figures;
}

struct dns *dns_new(struct loop *loop, const struct dns_settings *settings, struct hanse_problem *problem) {
  struct dns *dns = calloc(1, sizeof *dns);
  if (dns) {
    dns->loop = loop;
    dns->task.run = tell_ready;
    dns->no_memory = (struct dns_known){.holds = 1, .answer = {.result = DNS_FAILED, .error = "no memory"}};
    dns->cache = dns_cache_new(DNS_CACHE);
  }
  if (!dns || !dns->cache) {
    *problem = (struct hanse_problem){.text = "no memory for the resolver"};
    goto fail;
  }
  if (settings->hosts.len && hosts_parse(&dns->hosts, settings->hosts, settings->hosts_where, problem) != HANSE_OK)
    goto fail;
  if (dns_engine_new(&dns->engine, loop, settings, problem) != HANSE_OK) goto fail;
  return dns;
fail:
  dns_free(dns);
  return NULL;
}
