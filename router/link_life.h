/* How links begin and end: for the transport's own files. */
#ifndef ROUTER_LINK_LIFE_H
#define ROUTER_LINK_LIFE_H

#include "router/link_io.h"

struct link_birth {
  int fd; /* taken, also on failure */
  bool outbound;
  enum hanse_side side;
  struct tls_profile *tls; /* becomes held; NULL: plain text */
  struct hanse_target *target;
  struct identity_options identity;
  struct hanse_slice protocol, local, prove; /* copied */
  const struct sockaddr *peer;
  socklen_t peer_length;
};

/* A link with its socket, in no list of work yet; state LINK_CONNECTING or LINK_HANDSHAKE. The transport holds it until
   it is buried. NULL: no memory. */
struct hanse_link *link_new(struct transport *transport, const struct link_birth *birth);

/* Keeps the first reason why a link ends. `text` is copied. */
void link_note(struct link_io *io, enum hanse_failure failure, const char *text);
/* Notes what the wire says; to be called at once after it failed. `failure` is replaced where the peer refused us. */
void link_note_wire(struct link_io *io, enum hanse_failure failure);
/* No more input or output: it is buried at the reap point. The first call decides `why`. */
void link_end(struct link_io *io, enum hanse_close why);
/* Starts the time-out of the state it is in (again); what is over it ends the link. */
void link_phase(struct link_io *io, struct hanse_timers *list);
/* The polite end, for whatever reason. */
void link_shut_why(struct link_io *io, enum hanse_close why);
/* Its end will be looked at by this turn's flush, or its output. */
void link_dirty(struct link_io *io);
/* Unserved input waits for the next turn. */
void link_ready(struct link_io *io);
/* Frees socket, TLS and buffers and tells who must be told. At the reap point only. */
void link_bury(struct link_io *io);

#endif
