/* Listening sockets. A listener is kept across reloads when its address stays; what it hands to new links (profile,
   names) is replaced. Sockets may be handed in by socket activation. */
#ifndef ROUTER_LISTENER_H
#define ROUTER_LISTENER_H

#include "router/transport.h"

struct listener_settings {
  struct sockaddr_storage address;
  socklen_t address_length;
  enum hanse_side side;
  struct hanse_slice protocol; /* "sip" */
  enum hanse_identity_rule rule;
  struct tls_profile *tls;  /* held by the listener; NULL: plain text */
  struct hanse_slice local; /* "name:port" for Via and Record-Route */
  struct hanse_where where;
};

struct listener;

/* Opens (or takes over, when `fd` >= 0, also on failure) a listening socket and prepares, without accepting yet: what
   comes waits in the backlog. Held for the caller; slices are copied. NULL: problem says why. */
struct listener *listener_open(struct transport *transport, const struct listener_settings *settings, int fd,
                               struct hanse_problem *problem);
void listener_start(struct listener *listener);
void listener_stop(struct listener *listener); /* stops accepting; the backlog is refused when it is released */
/* For good: who comes now is refused and may go elsewhere at once; on a socket that was handed in, which belongs to who
   starts our successor, they wait for that one. */
void listener_close(struct listener *listener);
/* The same address, everything else new; links that are open keep what they have. HANSE_NOMEM: nothing changed. */
int listener_update(struct listener *listener, const struct listener_settings *settings);
bool listener_same_address(const struct listener *listener, const struct listener_settings *settings);
/* Holds of owners. The socket is closed with the last one, though the listener's links live on. */
struct listener *listener_hold(struct listener *listener);
void listener_release(struct listener *listener);
struct hanse_slice listener_text(const struct listener *listener); /* "address:port", as it is bound */
uint16_t listener_port(const struct listener *listener);
enum hanse_side listener_side(const struct listener *listener);

#endif
