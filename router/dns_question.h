/* One name that is being asked of the resolver: for SRV, or for AAAA and A together; within DNS_TIMEOUT. */
#ifndef ROUTER_DNS_QUESTION_H
#define ROUTER_DNS_QUESTION_H

#include "router/dns_engine.h"
#include "router/dns_packet.h"

/* Lies in the asker's own object. The first five are the asker's to fill in; `name` is one of dns_name, in place. */
struct dns_question {
  struct loop *loop;
  const char *name;
  bool services;
  /* Called once, possibly before dns_question_begin or _again returns, unless dns_question_end came first. The answer
     lives during the call, and the question is at its end: it may be freed. */
  void (*over)(struct dns_question *question, const struct dns_answer *answer);
  /* Patience is over, but not the time. */
  void (*slow)(struct dns_question *question);

  unsigned pending; /* answers that are still out; 0: not begun */
  hanse_time since, due;
  ev_timer timer;
  struct dns_ask {
    struct dns_question *question;
    struct dns_asked *asked;
    struct dns_part part;
    char error[128];
    int type; /* 0: not asked */
  } asks[2];
  union {
    struct dns_address addresses[2][DNS_RECORDS];
    struct dns_service found_services[DNS_RECORDS];
  };
};

/* Asks. Returns how many queries that took. `patience` (DNS_TIMEOUT: none) is when `slow` is called. */
unsigned dns_question_begin(struct dns_question *question, struct dns_engine *engine, hanse_time patience);
/* Asks another engine the same, within what is left of the time. */
unsigned dns_question_again(struct dns_question *question, struct dns_engine *engine);
/* Nothing will be called. */
void dns_question_end(struct dns_question *question);

#endif
