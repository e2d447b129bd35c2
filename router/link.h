/* One connection: socket, TLS, unread input, unsent output, and the names that the far end has proved. Protocols see
   bytes and proved names only. A link belongs to the core and outlives protocol code. */
#ifndef ROUTER_LINK_H
#define ROUTER_LINK_H

#include <hanse/federation.h>
#include <hanse/protocol.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include "router/hash.h"
#include "router/identity.h"
#include "router/loop.h"
#include "router/timers.h"
#include "router/tls.h"

struct transport;

enum link_state {
  LINK_CONNECTING = 1, /* outbound, TCP not there yet */
  LINK_HANDSHAKE = 2,
  LINK_OPEN = 3,
  LINK_SHUTTING = 4, /* our last words are being written; input is discarded */
  LINK_CLOSED = 5    /* no socket; the handle lives while somebody holds it */
};

/* Why reading of a link is stopped: only what that link itself causes (design §6). */
enum link_pause {
  LINK_PAUSE_OUTPUT = 1, /* its own output is over the high-water mark: the transport's */
  LINK_PAUSE_UPPER = 2   /* the layers above hold too much of it */
};

/* What the layers above keep on a link. The transport zeroes it and never reads it. */
struct link_upper {
  struct instance *protocol; /* who frames the next message */
  struct ticket *riders;     /* tickets that ask to be told when it closes */
  struct binding *bindings;  /* who the peer is, per sender domain */
  uint32_t in_flight;        /* messages that came from it and are not finished */
  uint8_t wire_type;         /* pinned by the first accepted message (R21) */
  bool partial;              /* half a message was framed: the same code finishes it */
  uint32_t pausers;          /* conversations that hold too much of it */
  uint64_t pinned;           /* in this generation; a commit derives the pin anew */
  uint64_t trust;            /* generation whose trust the peer's chain was last verified under */
  hanse_time mark;           /* the protocol's note (hanse_link_mark) */
  uint64_t messages_in, messages_out;
};

struct hanse_link {
  struct transport *transport;
  struct hanse_link *next, *previous; /* all links, in order of opening */
  uint64_t id;
  UT_hash_handle by_id;
  unsigned holds;
  enum link_state state;
  enum hanse_side side;
  bool outbound;
  uint8_t paused;            /* reading is stopped: enum link_pause; 0: it is not */
  struct tls_profile *tls;   /* held */
  unsigned tls_changes;      /* of the profile, before the handshake */
  struct listener *listener; /* inbound: held */
  void (*listener_gone)(struct listener *listener);
  struct hanse_target *target; /* outbound: what the dial named; the dialler holds it */
  struct identity_options identity;
  struct hanse_slice protocol; /* "sip" */
  struct hanse_slice local;    /* "name:port" we are known by on this link; both live as long as the handle */
  char peer[64];               /* "address:port" */
  struct sockaddr_storage peer_address;
  struct hanse_slice *proved; /* canonical names */
  size_t proved_count;
  struct hanse_slice *offered; /* further names of the certificate, which count only for a partner whose entry says so:
                                  wildcards, and a common name without SAN */
  size_t offered_count;
  struct hanse_certificate *certificate; /* of the peer; NULL: it showed none */
  hanse_time opened;
  uint64_t bytes_in, bytes_out;
  uint64_t queued, written;   /* octets given to the link, and gone to the network, since it opened */
  enum hanse_failure failure; /* why it ended; valid from `closed` on. HANSE_F_TLS_OURS also for a link that was open:
                                 under TLS 1.3 the refusal of our certificate comes after the handshake */
  const char *reason;         /* in words; valid within `closed` and dial.done only */
  struct link_upper upper;
  struct link_io *io; /* the transport's own part: socket, SSL, buffers, watchers; NULL when closed */
};

/* What the layers above do when something happens on a link. Set once (transport_new). */
struct link_events {
  void (*open)(void *context, struct hanse_link *link);
  /* Returns octets consumed; see hanse_protocol.input. Called with in->ended until nothing more is consumed. */
  size_t (*input)(void *context, struct hanse_link *link, struct hanse_input *in);
  void (*keepalive)(void *context, struct hanse_link *link);
  /* Exactly once per link that was reported open; state is LINK_CLOSED already. */
  void (*closed)(void *context, struct hanse_link *link, enum hanse_close why);
};

struct hanse_link *link_hold(struct hanse_link *link);
void link_release(struct hanse_link *link);

/* Room for n octets at the end of the output, valid until the next call for this link or the end of the turn. NULL: not
   open, no memory, or more than limits.link_output waits. */
char *link_room(struct hanse_link *link, size_t n);
void link_filled(struct hanse_link *link, size_t n);

/* Stops and resumes reading for this reason; input that was read already waits as well. */
void link_pause(struct hanse_link *link, enum link_pause reason);
void link_resume(struct hanse_link *link, enum link_pause reason);

/* Octets that it keeps of half a message, and of output that its peer has not taken. */
size_t link_kept(const struct hanse_link *link);

/* Polite end: what is queued is written, the write side shut, input discarded up to 64 KiB or 2 s, then closed. Input
   is not reported any more. */
void link_shut(struct hanse_link *link, enum hanse_failure failure, const char *text);
/* Impolite end, at the end of this turn; the state is LINK_CLOSED at once. */
void link_abort(struct hanse_link *link, enum hanse_failure failure, const char *text);

/* Did the peer prove this canonical name, for who was dialled with the leave that his entry gives? */
bool link_proves(const struct hanse_link *link, struct hanse_slice name);

/* Does the peer's chain stand under another profile than the link's own? Costs 0.2 ms. False also without TLS. */
bool link_trusted_by(const struct hanse_link *link, const struct tls_profile *profile);

/* Does the peer's chain also stand under this profile (design §4.6)? True for a link without TLS if the profile is
   NULL. On true the link's profile becomes this one. Costs 0.2 ms. */
bool link_verify_again(struct hanse_link *link, struct tls_profile *profile);

/* "TLSv1.3 TLS_AES_256_GCM_SHA384", "none", or "" when it is not open. */
const char *link_cipher(const struct hanse_link *link, char *buf, size_t n);

const char *link_state_name(enum link_state state);

#endif
