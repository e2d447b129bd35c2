#include "router/dns_question.h"

#include <arpa/nameser.h>

#include "router/dns_combine.h"

static hanse_time now(const struct dns_question *question) { return *loop_clock(question->loop); }

static void forget(struct dns_question *question) {
  for (size_t i = 0; i < 2; i++) dns_engine_forget(question->asks[i].asked);
}

void dns_question_end(struct dns_question *question) {
  forget(question);
  ev_timer_stop(loop_ev(question->loop), &question->timer);
  question->pending = 0;
}

static void finish(struct dns_question *question) {
  struct dns_address addresses[DNS_RECORDS];
  struct dns_answer answer;
  struct dns_part parts[2] = {question->asks[0].part, question->asks[1].part};
  dns_combine(parts, question->asks[1].type ? 2 : 1, &answer);
  if (answer.result == DNS_FOUND && question->services) {
    answer.count = parts[0].count;
    answer.services = question->found_services;
  } else if (answer.result == DNS_FOUND) {
    const struct dns_address *lists[] = {question->addresses[0], question->addresses[1]};
    answer.count = dns_interleave(lists, (size_t[]){parts[0].count, parts[1].count}, addresses);
    answer.addresses = addresses;
  }
  dns_question_end(question);
  question->over(question, &answer);
}

static void fail(struct dns_ask *ask, const char *why) {
  ask->part = (struct dns_part){.result = DNS_FAILED, .error = why};
}

static void part_done(struct dns_question *question) {
  if (--question->pending == 0) finish(question);
}

static void on_packet(void *argument, const struct dns_packet *packet) {
  struct dns_ask *ask = argument;
  struct dns_question *question = ask->question;
  if (question->services)
    dns_packet_services(packet, question->name, question->found_services, &ask->part);
  else
    dns_packet_addresses(packet, question->name, ask->type, question->addresses[ask - question->asks], &ask->part);
  if (ask->part.result == DNS_FAILED) { /* the text may be the packet's */
    strncpy(ask->error, ask->part.error, sizeof ask->error - 1);
    ask->part.error = ask->error;
  }
  part_done(question);
}

/* Answers may come before dns_engine_ask returns; the question is at its end, at the earliest, by the last line but
   one. */
static unsigned ask_all(struct dns_question *question, struct dns_engine *engine) {
  unsigned asked = 0;
  question->pending = 1;
  for (size_t i = 0; i < 2; i++) {
    struct dns_ask *ask = &question->asks[i];
    if (!ask->type) continue;
    ask->question = question;
    ask->part = (struct dns_part){0};
    question->pending++;
    asked++;
    if (dns_engine_ask(engine, question->name, ask->type, on_packet, ask, &ask->asked) == HANSE_OK) continue;
    fail(ask, "too many questions for the resolver, or no memory");
    question->pending--;
  }
  part_done(question);
  return asked;
}

static void set_timer(struct dns_question *question) {
  hanse_time left = question->due - now(question);
  question->timer.repeat = (double)(left > 0 ? left : 1) / HANSE_SECOND;
  ev_timer_again(loop_ev(question->loop), &question->timer);
}

/* libev's time may be that of an earlier turn: what counts is the loop's. */
static void on_timer(struct ev_loop *loop, ev_timer *timer, int events) {
  struct dns_question *question = timer->data;
  hanse_time end = question->since + DNS_TIMEOUT;
  (void)loop, (void)events;
  if (now(question) >= end) {
    for (size_t i = 0; i < 2; i++)
      if (!question->asks[i].part.result) fail(&question->asks[i], "the resolver did not answer in time");
    finish(question);
    return;
  }
  if (now(question) >= question->due) {
    question->due = end;
    question->slow(question);
  }
  set_timer(question);
}

unsigned dns_question_begin(struct dns_question *question, struct dns_engine *engine, hanse_time patience) {
  question->asks[0].type = question->services ? ns_t_srv : ns_t_aaaa;
  question->asks[1].type = question->services ? 0 : ns_t_a;
  question->since = now(question);
  question->due = now(question) + patience;
  ev_init(&question->timer, on_timer);
  question->timer.data = question;
  set_timer(question);
  return ask_all(question, engine);
}

unsigned dns_question_again(struct dns_question *question, struct dns_engine *engine) {
  forget(question);
  return ask_all(question, engine);
}
