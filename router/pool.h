/* Links to targets: opens them, keeps them, remembers what is dead with back-off, and lets messages wait for them
   within bounds (1 000 messages, 4 MiB, 60 s a target; then a failure to the sender). */
#ifndef ROUTER_POOL_H
#define ROUTER_POOL_H

#include "router/dns.h"
#include "router/target.h"
#include "router/transport.h"

/* For one target each. 0 stands for the default. */
struct pool_limits {
  uint32_t waiting_messages; /* 1 000 */
  uint64_t waiting_bytes;    /* 4 MiB */
  hanse_time waiting_time;   /* 60 s */
  hanse_time
      connect_timeout; /* 4 s, for one address; an attempt that the transport has not ended a second later is cut */
  uint64_t congested;  /* 256 KiB: a link with more unsent output than this takes no more messages */
};

/* A target that failed is left alone for 1, 2, 4 … seconds, up to this, a quarter more or less; one whose name the
   resolver failed to tell, always for 1. */
#define POOL_BACKOFF_MAX (24 * HANSE_SECOND) /* one that is back is found within 30 s */
/* A link that is closed sooner than this and never brought a message has failed as well: a peer that refuses us after
   the handshake must not be dialled once a message. */
#define POOL_PROBATION (5 * HANSE_SECOND)

/* One message waiting for a target; lies in the waiter's own object, zeroed before first use. */
struct pool_wait {
  struct pool_wait *next, *previous;
  struct hanse_target *target; /* NULL: not waiting */
  size_t bytes;
  hanse_time since;
  struct hanse_timer timer;
  /* link != NULL: open, with room. Else failure and text (lives during the call). Never called from within pool_want,
     nor from within the transport: at the begin of a later turn, or from a timer. The wait is over then. */
  void (*ready)(struct pool_wait *wait, struct hanse_link *link, enum hanse_failure failure, const char *text);
};

/* `dns` is where the present resolver is found (pool_dns_changed); it may be NULL for a while. NULL: no memory. */
struct pool *pool_new(struct loop *loop, struct timers *timers, struct transport *transport, struct dns **dns);
/* The end is near: what waits is forgotten without a call, what is being looked up or dialled is dropped, and pool_want
   says HANSE_GONE from now on. First of all at the end, before the transport and the resolver go. NULL is fine. */
void pool_stop(struct pool *pool);
/* Stops it, where that was not done, and lets its links go; before or after transport_free. Targets may be released
   later. NULL is fine. */
void pool_free(struct pool *pool);
void pool_limits_set(struct pool *pool, const struct pool_limits *limits);
/* A reload has put something right, perhaps: a name, an authority, a certificate. What was dead is tried again with the
   next message. */
void pool_settled(struct pool *pool);
/* *dns was replaced. To be called before the old resolver is freed. */
void pool_dns_changed(struct pool *pool);

/* HANSE_OK: *out is an open link with room. HANSE_SKIP: `wait` is queued and its ready will be called. HANSE_NOMEM: too
   much waits already. HANSE_GONE: the target is dead for now (all its addresses failed a moment ago): try the next;
   pool_failure says why. Messages leave in the order in which they asked. */
int pool_want(struct pool *pool, struct hanse_target *target, struct pool_wait *wait, struct hanse_link **out);
void pool_wait_cancel(struct pool_wait *wait); /* harmless when not waiting */
/* Why the target failed last, since it served well; HANSE_F_NONE and "" if it did not. */
enum hanse_failure pool_failure(const struct hanse_target *target, const char **text);

/* To be called by the layer above when a link is open and its protocol has taken it (link_events.open), outbound and
   inbound: only then do messages go to it. Again when the link has proved its first name later. */
void pool_link_opened(struct pool *pool, struct hanse_link *link);
/* To be called by the layer above when a link closes. The link forgets its target. NULL pool is fine. */
void pool_link_closed(struct pool *pool, struct hanse_link *link);
/* An open link with the same side and protocol whose peer proved the same first name as this closed one (a plain-text
   link on the home side proves its peer's address); NULL: none. */
struct hanse_link *pool_link_again(struct pool *pool, const struct hanse_link *closed);

/* For hansectl: each target in turn. */
struct pool_row {
  struct hanse_slice text;
  unsigned links_open, links_opening, waiting;
  bool dead;
  hanse_time dead_until;
  const char *last_error; /* "" if none */
  enum hanse_failure failure;
};
void pool_each(struct pool *pool, void (*row)(void *argument, const struct pool_row *row), void *argument);

#endif
