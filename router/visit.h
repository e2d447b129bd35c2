/* A visit: one connection to one address, beside the links and their pool, to see what is there. Whatever certificate
   is shown is taken, and what is wrong with it is noted; nothing is sent before its owner says so. */
#ifndef ROUTER_VISIT_H
#define ROUTER_VISIT_H

#include <openssl/ssl.h>

#include "router/loop.h"
#include "router/target.h"

#define VISIT_INPUT_MAX ((size_t)64 * 1024)

enum visit_event {
  VISIT_CONNECTED = 1, /* TCP; the handshake goes on by itself */
  VISIT_SHAKEN = 2,    /* the handshake is done: `ssl` may be looked at */
  VISIT_INPUT = 3,     /* more lies in `input` */
  VISIT_FAILED = 4     /* `why`; the visit is over. Not reported once the owner has ended it */
};

enum visit_state { VISIT_IDLE, VISIT_CONNECTING, VISIT_SHAKING, VISIT_OPEN };

struct visit_times { /* the longest that each may take */
  hanse_time connect, shake, answer;
};

struct visit {
  struct tls_demand demand; /* first: OpenSSL's callbacks find the visit by it */
  struct loop *loop;
  void (*on)(struct visit *visit, enum visit_event event);
  struct visit_times times;
  enum visit_state state;
  int fd; /* negative: none */
  SSL *ssl;
  struct tls_profile *profile; /* held: verification looks at it, and a reload lets go of it */
  ev_io in, out;
  ev_timer timer;
  bool pausing; /* nothing is written yet */
  /* what is wrong with the far end's chain: OpenSSL's first finding; X509_V_OK: nothing */
  int fault, fault_depth;
  bool asked;     /* the far end asked for our certificate */
  bool unchecked; /* nobody could say whether its certificate was revoked, and nobody must */
  char fault_subject[256];
  /* VISIT_FAILED */
  enum hanse_failure failure; /* CONNECT, TLS, TLS_OURS, TIMEOUT, LINK_LOST, MEMORY */
  char why[256];
  struct hanse_slice said; /* what is still to be written; borrowed */
  size_t received;
  char *input; /* NULL: nothing yet */
};

/* An idle visit. `on` is called from the loop, never from within these calls; it may end the visit
   and begin it again (after VISIT_FAILED), but not free it. */
void visit_init(struct visit *visit, struct loop *loop, const struct visit_times *times,
                void (*on)(struct visit *visit, enum visit_event event));
/* Begins. `settings` say how: source, profile, rule, protocol, and the name for SNI (prove). HANSE_OK; HANSE_FAIL:
   `why` and `failure` say what went wrong at once. */
int visit_begin(struct visit *visit, const struct sockaddr *address, const struct target_settings *settings);
/* Writes octets, which must stay until the visit ends; input is waited for. A moment passes before: under TLS 1.3 the
   far end's verdict on our certificate comes after the handshake, and what is written by then would have it reset.
   HANSE_OK, HANSE_INVALID: not open. */
int visit_say(struct visit *visit, struct hanse_slice octets);
/* Closes what is open. The visit may then begin again. */
void visit_end(struct visit *visit);

#endif
