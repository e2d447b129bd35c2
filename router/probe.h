/* `hansectl probe DOMAIN`: the way to a partner, step by step, on a connection of its own, with the resolver and the
   certificates of the running router. Names, rule, connection, TLS, one question in the partner's protocol. The first
   step that fails tells what is broken, on whose side, and what to do. */
#ifndef ROUTER_PROBE_H
#define ROUTER_PROBE_H

#include "contract/option_pool.h"
#include "router/control.h"
#include "router/dns.h"
#include "router/errand.h"
#include "router/finding.h"
#include "router/visit.h"

/* What kind of failure it is; hansectl's exit status (R117). */
enum probe_class {
  PROBE_GOOD = HANSE_DONE,
  PROBE_RULE = HANSE_NO, /* our own rules do not let it pass */
  PROBE_UNKNOWN = HANSE_NOT_DETERMINED,
  PROBE_NAME = HANSE_CLASS,         /* the partner's names lead nowhere */
  PROBE_CONFLICT = HANSE_CLASS + 1, /* the record leads outside the domain */
  PROBE_CONNECT = HANSE_CLASS + 2,  /* no connection */
  PROBE_TLS = HANSE_CLASS + 3,      /* no TLS */
  PROBE_THEIRS = HANSE_CLASS + 4,   /* their certificate does not do for us */
  PROBE_OURS = HANSE_CLASS + 5,     /* ours does not do for them */
  PROBE_SILENT = HANSE_CLASS + 6,   /* no answer to the question */
  PROBE_REFUSED = HANSE_CLASS + 7   /* the answer is no */
};

#define PROBE_PLACES 8
#define PROBE_FAILURES 32

struct probe {
  struct errand errand; /* first */
  struct control_asker *asker;
  struct findings findings;
  struct option_pool pool; /* texts */
  struct hanse_address_fact from, to;
  struct hanse_slice server; /* to be dialled whatever the rule says: a name or an address; empty: none */
  uint16_t server_port;
  char service[320]; /* "_x._tcp.domain"; empty: the protocol has none */
  struct dns_query *query;
  bool asks_services; /* of `query` */
  ev_timer deadline;
  struct loop_task over; /* ends the probe, when nothing of it is on the stack */
  hanse_time began, step;
  /* names */
  enum dns_result found;
  bool signed_answer;
  char dns_error[200];
  struct dns_service services[DNS_RECORDS];
  size_t service_count;
  /* the rule */
  struct hanse_target *places[PROBE_PLACES]; /* held */
  size_t place_count, place;
  /* the connection */
  struct dns_address addresses[DNS_RECORDS];
  size_t address_count, address;
  struct {
    char text[160];
    hanse_time took;
    bool special;
  } failures[PROBE_FAILURES]; /* of connections, until one is good or none is left */
  size_t failure_count;
  struct visit visit;
  char address_text[80];
  enum probe_class class;
  bool ended;
};

/* Time since the step began; begins the next one. */
static inline hanse_time probe_took(struct probe *probe) {
  hanse_time now = *loop_clock(probe->errand.router->loop), took = now - probe->step;
  probe->step = now;
  return took > 0 ? took : 1;
}

/* The first class that is noted stays. */
static inline void probe_fails(struct probe *probe, enum probe_class class) {
  if (probe->class == PROBE_GOOD) probe->class = class;
}

/* The protocol by which is asked; NULL: none that says how. */
const struct protocol *probe_protocol(const struct probe *probe);

/* Begins, once asker, rows, `from`, `to` and `server` are set and the errand is listed. It ends, answers and frees
   itself within that time. */
void probe_start(struct probe *probe, hanse_time within);

/* probe_rule.c: what the records say, and what our rules do with it; fills places. */
void probe_rule(struct probe *probe);

/* probe_tls.c: what the far end showed. False: nothing may be said to it. */
bool probe_certificate(struct probe *probe);
/* Why the handshake failed, or the far end left once it had seen our certificate. */
void probe_refused(struct probe *probe);

#endif
