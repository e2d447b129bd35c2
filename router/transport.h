/* All links and listeners of the process. */
#ifndef ROUTER_TRANSPORT_H
#define ROUTER_TRANSPORT_H

#include "router/link.h"

/* The named bounds of design §6, from `limits` of the configuration. Replaced as a whole at a commit. */
struct transport_limits {
  struct hanse_rate handshakes_per_network; /* partner side only; count 0: no bound */
  uint32_t pending_handshakes;              /* partner side only */
  uint32_t links_per_address;               /* partner side only; 0: no bound */
  uint64_t message;                         /* largest message: unread input never grows beyond this plus one read */
  uint64_t link_output;                     /* unsent output of one link: over this link_room refuses */
  uint64_t link_output_high;                /* over this the link's own reading pauses (256 KiB), resumed at half */
  hanse_time connect_timeout;               /* 4 s: TCP and handshake of an outbound attempt together */
  hanse_time handshake_timeout;             /* 10 s, inbound */
  hanse_time message_timeout;               /* 30 s: half a message may wait this long */
  hanse_time keepalive;    /* silence after which link_events.keepalive is called, and again; 0: never */
  hanse_time idle_timeout; /* silence after which an inbound link is closed; 0: never */
};

/* How short memory is, and so what the process gives up (pressure.h decides). */
enum transport_shortage {
  TRANSPORT_NO_SHORTAGE = 0,
  TRANSPORT_NO_STRANGERS = 1, /* nobody new comes in on the partner side */
  TRANSPORT_NO_NEW_WORK = 2,  /* no new links but ours to our own servers; a partner's link that keeps over 64 KiB of
                                 half  a message, or of what it does not read, is closed */
  TRANSPORT_CLOSING_IDLE = 3  /* the oldest idle links are closed */
};

struct transport;

struct transport *transport_new(struct loop *loop, struct timers *timers, const struct link_events *events,
                                void *context);
/* Closes every link at once, and says so (link_events.closed). Listeners must be released before. */
void transport_free(struct transport *transport);
/* HANSE_INVALID: connect, handshake and message timeout must be over 0. HANSE_NOMEM. Then nothing changed. */
int transport_limits_set(struct transport *transport, const struct transport_limits *limits);
void transport_shortage_set(struct transport *transport, enum transport_shortage shortage);
void transport_closed_short(struct transport *transport, unsigned links); /* so many were closed for it */
/* First of all links; then link->next. */
struct hanse_link *transport_links(const struct transport *transport);
struct hanse_link *transport_link_by_id(const struct transport *transport, uint64_t id);

/* Opens a connection to an address; `done` follows, with success just before link_events.open (never within this call).
   `prove` is the name the certificate must prove (canonical; empty: any); SNI is set from it. NULL: no memory, also
   in the sense of TRANSPORT_NO_NEW_WORK, or no descriptor. The caller holds the link. Slices are copied. */
struct dial {
  struct sockaddr_storage address;
  socklen_t address_length;
  struct sockaddr_storage source; /* ss_family 0: any */
  struct tls_profile *tls;        /* NULL: plain text */
  enum hanse_identity_rule rule;
  bool accept_cn, wildcards; /* the partner's entry says so (identity.h) */
  enum hanse_side side;
  struct hanse_slice prove, protocol, local;
  struct hanse_target *target; /* noted on the link and held by the caller */
  /* How the attempt ended; called once, before link_events.open, or instead of it with a failure. May be NULL. */
  void (*done)(void *argument, struct hanse_link *link, enum hanse_failure failure, const char *text);
  void *argument;
};
struct hanse_link *transport_dial(struct transport *transport, const struct dial *dial);

/* Counters that status shows. */
struct transport_figures {
  uint64_t octets_in; /* of all links */
  uint64_t accepted, refused_rate, refused_pending, refused_links, refused_descriptors, refused_memory,
      handshakes_failed, opened, closed, closed_memory, accept_paused;
  uint32_t open, pending;
};
const struct transport_figures *transport_figures(struct transport *transport);

#endif
