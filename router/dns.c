#include "router/dns.h"

#include <arpa/nameser.h>
#include <stdlib.h>
#include <utlist.h>

#include "router/address.h"
#include "router/dns_cache.h"
#include "router/dns_combine.h"
#include "router/dns_engine.h"
#include "router/dns_packet.h"
#include "router/hash.h"
#include "router/hosts.h"
#include "router/log.h"

enum { KIND_ADDRESSES = 'a', KIND_SERVICES = 's' };

#define FAILURES_TO_TELL 3 /* in a row, before the log says that the resolver fails */
#define RENEW_EVERY (2 * HANSE_SECOND)

struct dns {
  struct loop *loop;
  struct dns_engine *engine;
  struct hosts *hosts; /* NULL: none */
  struct dns_cache *cache;
  struct question *questions; /* in flight */
  struct dns_query *ready;    /* to be told in the next turn */
  struct loop_task task;
  struct dns_figures figures;
  unsigned failures;  /* answers in a row that were none */
  hanse_time renewed; /* when the engine was made */
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

/* One name that is being asked for: by SRV, or by AAAA and A together. */
struct question {
  UT_hash_handle hh;
  struct dns *dns;
  struct dns_query *waiting;
  unsigned pending; /* answers that are still out */
  struct asking {
    struct question *question;
    struct dns_asked *asked;
    struct dns_part part;
    char error[128];
    int type;
  } asking[2];
  ev_timer timer;
  hanse_time since, due;
  union {
    struct dns_address addresses[2][DNS_RECORDS];
    struct dns_service services[DNS_RECORDS];
  };
  size_t length;          /* of the key */
  char key[DNS_NAME + 1]; /* kind, name */
};

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
  struct dns *dns = question->dns;
  for (size_t i = 0; i < 2; i++) dns_engine_forget(question->asking[i].asked);
  ev_timer_stop(loop_ev(dns->loop), &question->timer);
  HASH_DEL(dns->questions, question);
  free(question);
}

void dns_free(struct dns *dns) {
  if (!dns) return;
  while (dns->questions) {
    cancel_all(&dns->questions->waiting);
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
  cached->retry = now(dns) + DNS_FAILED_FOR;
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

static void question_finish(struct question *question) {
  struct dns *dns = question->dns;
  struct dns_address addresses[DNS_RECORDS];
  struct dns_answer answer;
  struct dns_part parts[2] = {question->asking[0].part, question->asking[1].part};
  dns_combine(parts, question->asking[1].type ? 2 : 1, &answer);
  note_health(dns, question, &answer);
  if (answer.result == DNS_FAILED) dns->figures.failed++;
  if (answer.result != DNS_FAILED || answer.verdict == DNS_BOGUS || !answer_stale(question, answer.error)) {
    if (answer.result == DNS_FOUND && question->key[0] == KIND_ADDRESSES) {
      const struct dns_address *lists[] = {question->addresses[0], question->addresses[1]};
      answer.count = dns_interleave(lists, (size_t[]){parts[0].count, parts[1].count}, addresses);
      answer.addresses = addresses;
    } else if (answer.result == DNS_FOUND) {
      answer.count = parts[0].count;
      answer.services = question->services;
    }
    struct dns_known *known = dns_known_new(&answer);
    if (!known) { /* tried again when the question's time is over */
      question->pending = 1;
      return;
    }
    dns_cache_put(dns->cache, question->key[0], question_name(question), known, now(dns) + answer.lasts);
    answer_waiting(question, known, answer.lasts);
    dns_known_release(known);
  }
  question_free(question);
}

/* ---- asking ---- */

static void asking_failed(struct asking *asking, const char *why) {
  asking->part = (struct dns_part){.result = DNS_FAILED, .error = why};
}

static void part_done(struct question *question) {
  if (--question->pending == 0) question_finish(question);
}

static void on_packet(void *argument, const struct dns_packet *packet) {
  struct asking *asking = argument;
  struct question *question = asking->question;
  if (asking->type == ns_t_srv)
    dns_packet_services(packet, question->key + 1, question->services, &asking->part);
  else
    dns_packet_addresses(packet, question->key + 1, asking->type, question->addresses[asking - question->asking],
                         &asking->part);
  if (asking->part.result == DNS_FAILED) { /* the text may be the packet's */
    strncpy(asking->error, asking->part.error, sizeof asking->error - 1);
    asking->part.error = asking->error;
  }
  part_done(question);
}

/* Answers may come before dns_engine_ask returns; the question is finished, at the earliest, by the last line. */
static void question_ask(struct question *question) {
  struct dns *dns = question->dns;
  question->pending = 1;
  for (size_t i = 0; i < 2; i++) {
    struct asking *asking = &question->asking[i];
    if (!asking->type) continue;
    question->pending++;
    asking->question = question;
    asking->part = (struct dns_part){0};
    dns->figures.asked++;
    if (dns_engine_ask(dns->engine, question->key + 1, asking->type, on_packet, asking, &asking->asked) == HANSE_OK)
      continue;
    asking_failed(asking, "too many questions for the resolver, or no memory");
    question->pending--;
  }
  part_done(question);
}

static void give_up(struct question *question) {
  for (size_t i = 0; i < 2; i++) {
    struct asking *asking = &question->asking[i];
    if (!asking->type || asking->part.result) continue;
    dns_engine_forget(asking->asked);
    asking_failed(asking, "the resolver did not answer in time");
  }
  question_finish(question);
}

static void set_timer(struct question *question) {
  hanse_time left = question->due - now(question->dns);
  question->timer.repeat = (double)(left > 0 ? left : 1) / HANSE_SECOND;
  ev_timer_again(loop_ev(question->dns->loop), &question->timer);
}

/* First patience is over, where there is something to fall back on; then the time is. libev's time may be that of an
   earlier turn: what counts is the loop's. */
static void on_timer(struct ev_loop *loop, ev_timer *timer, int events) {
  struct question *question = timer->data;
  hanse_time end = question->since + DNS_TIMEOUT;
  (void)loop, (void)events;
  if (now(question->dns) >= end) {
    give_up(question);
    return;
  }
  if (now(question->dns) >= question->due) {
    answer_stale(question, "the resolver is slow");
    question->due = end;
  }
  set_timer(question);
}

static void start_timer(struct question *question) {
  struct dns *dns = question->dns;
  struct dns_cached *cached = dns_cache_find(dns->cache, question->key[0], question_name(question));
  question->since = now(dns);
  question->due = now(dns) + (is_last_good(cached, now(dns)) ? DNS_PATIENCE : DNS_TIMEOUT);
  ev_init(&question->timer, on_timer);
  question->timer.data = question;
  set_timer(question);
}

/* The question that is in flight for this key, or a new one that is not asked yet (pending 0). NULL: no memory. */
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
  question->asking[0].type = kind == KIND_SERVICES ? ns_t_srv : ns_t_aaaa;
  question->asking[1].type = kind == KIND_SERVICES ? 0 : ns_t_a;
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
    for (size_t i = 0; i < 2; i++) dns_engine_forget(question->asking[i].asked);
    question_ask(question);
  }
  dns_engine_free(old);
}

/* libunbound remembers a failure for 5 s and asks a resolver that was silent less and less. While nothing is answered,
   it is replaced now and then, so that a resolver that is back is found within the time that we promise. */
static void renew_when_failing(struct dns *dns) {
  if (dns->failures >= FAILURES_TO_TELL && now(dns) >= dns->renewed + RENEW_EVERY) renew(dns);
}

static int ask_resolver(struct dns_query *query, char kind, struct hanse_slice name) {
  struct dns *dns = query->dns;
  renew_when_failing(dns);
  struct question *question = question_for(dns, kind, name);
  if (!question) return HANSE_NOMEM;
  query->list = &question->waiting;
  DL_APPEND(question->waiting, query);
  if (question->pending) {
    dns->figures.shared++;
    return HANSE_OK;
  }
  start_timer(question);
  question_ask(question);
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

static bool answer_remembered(struct dns_query *query, char kind, struct hanse_slice name) {
  struct dns *dns = query->dns;
  struct dns_cached *cached = dns_cache_find(dns->cache, kind, name);
  if (!cached) return false;
  hanse_time left = cached->expires - now(dns);
  if (left <= 0 && now(dns) >= cached->retry) return false;
  dns->figures.remembered++;
  make_ready(query, cached->known, left > 0 ? left : DNS_FAILED_FOR);
  return true;
}

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
  if (!possible) {
    answer = (struct dns_answer){
        .result = DNS_NONE, .verdict = DNS_SECURE, .lasts = DNS_TTL_MAX, .error = "not a name that the DNS can hold"};
    return answer_now(query, &answer);
  }
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
