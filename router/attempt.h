/* One attempt to reach a host: its addresses are looked up and dialled one after the other until a link opens whose
   peer proves the wanted name, or none is left. */
#ifndef ROUTER_ATTEMPT_H
#define ROUTER_ATTEMPT_H

#include "router/dns.h"
#include "router/target.h"
#include "router/transport.h"

struct attempt;

struct attempt_means { /* borrowed, and outliving every attempt */
  struct loop *loop;
  struct transport *transport;
  struct dns **dns;           /* where the present resolver is found; it may be replaced (attempt_ask_again) */
  struct hanse_timers *guard; /* connect_timeout and a second: the transport keeps its own time, and this it must */
};

struct attempt_result {
  struct hanse_link *link;         /* held for the callee; NULL: none */
  struct sockaddr_storage address; /* that it was dialled at */
  enum hanse_failure failure;      /* the one that tells most, when there is no link */
  const char *text;                /* live during the call */
};
/* The attempt is gone when this is called; never within attempt_start. */
typedef void attempt_done(struct hanse_target *target, const struct attempt_result *result);

/* `first` (ss_family 0: none) is dialled before the others when it is among them. The target is held until the end.
   NULL: no memory. */
struct attempt *attempt_start(const struct attempt_means *means, struct hanse_target *target,
                              const struct sockaddr_storage *first, attempt_done *done);
/* Ends it without calling back. NULL is fine. */
void attempt_drop(struct attempt *attempt);
/* The resolver was replaced: a question that the old one still has is asked anew. To be called while both live. */
void attempt_ask_again(struct attempt *attempt);

#endif
