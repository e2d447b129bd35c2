/* One request on its way through us, and its transactions: the server half towards whoever sent it, the client half
   towards the target. One object serves both, since nothing forks. It lies in the request's arena. */
#ifndef SIP_EXCHANGE_H
#define SIP_EXCHANGE_H

#include <hanse/message.h>

#include "plugins/sip/edit.h"
#include "plugins/sip/path.h"
#include "plugins/sip/sip.h"

struct sip_hop;

/* Hosts of From and To as the requester wrote them; with the user part before an "@" where that was changed as well. */
struct sip_hosts {
  struct hanse_slice from, to;
};

/* What a ticket of this plugin stands for: first member of both. */
enum sip_kind { SIP_KIND_EXCHANGE = 1, SIP_KIND_INVITE = 2 };
struct sip_object {
  uint8_t kind;
};

enum sip_state {
  SIP_JUDGED = 1, /* in the core's stages; the message is the core's */
  SIP_LINKING,    /* waits for a link to the target */
  SIP_CALLING,    /* written, nothing has come back (RFC 3261 §17.1: Calling, Trying) */
  SIP_PROCEEDING  /* a provisional response came */
};

struct sip_exchange {
  struct sip_object object;
  uint8_t state;                     /* enum sip_state */
  uint8_t attempt;                   /* number of the client transaction, in its branch */
  bool trying;                       /* our 100 was sent */
  bool cancelled;                    /* CANCEL came, or Timer C ended it */
  bool cancel_sent;                  /* our CANCEL left */
  bool given_up;                     /* by us: Timer C */
  bool retried;                      /* the last target was tried once more */
  bool lowered;                      /* from another protocol: no link waits for its answer, but the core */
  bool from_decorated, to_decorated; /* the user part of From, or To, left as another one: it goes back as it came */
  uint8_t method;                    /* enum sip_method */
  struct sip *sip;
  struct sip_exchange *next, *previous;
  struct hanse_message *message;     /* owned, but while SIP_JUDGED */
  const struct sip_message *request; /* in the scratch memory, with `path`: NULL once that was let go */
  struct sip_path *path;
  uint32_t cseq; /* with the next three: what is needed of the request whenever an answer comes */
  struct sip_asked from, to;
  struct hanse_slice opener; /* From tag of who opened the dialog that it may form or belongs to */
  struct sip_invite *invite; /* its server transaction, when it is an INVITE; owned until it settles */
  hanse_ticket ticket;       /* an INVITE's is the invite's */
  struct hanse_timer timer;
  const struct hanse_route *route;
  uint32_t target;            /* index in the route */
  uint32_t loop;              /* sip_branch_loop_hash */
  enum hanse_failure failure; /* of the last target */
  struct hanse_link *out;     /* held; NULL: nothing is written */
  uint64_t start;             /* position on `out` before the request */
  struct sip_hop *hop;        /* an INVITE's: what CANCEL and ACK repeat of it as it was written */
  struct hanse_slice reasons; /* header lines of the CANCEL that say why (RFC 3326) */
};

/* Takes the message. NULL: no memory; the message is still the caller's. */
struct sip_exchange *sip_exchange_new(struct sip *sip, struct hanse_message *message,
                                      const struct sip_message *request);

/* The request in parsed form, and x->path: read again when they were let go. NULL: no memory. */
const struct sip_message *sip_exchange_request(struct sip_exchange *exchange);

/* Lets go of the parsed form, of which nothing is needed while others are waited for. */
void sip_exchange_settle(struct sip_exchange *exchange);

/* Ends it: timer, link, ticket (an INVITE's stays with what is settled), message. The memory is gone afterwards. */
void sip_exchange_end(struct sip_exchange *exchange);

/* Undoes sip_exchange_new: the message is the caller's again. */
void sip_exchange_forget(struct sip_exchange *exchange);

/* Lets go of the link to the target. */
void sip_exchange_leave(struct sip_exchange *exchange);

static inline struct sip_hosts sip_exchange_hosts(const struct sip_exchange *x) {
  return (struct sip_hosts){x->from_decorated ? sip_asked_address(&x->from) : sip_asked_host(&x->from),
                            x->to_decorated ? sip_asked_address(&x->to) : sip_asked_host(&x->to)};
}

static inline bool sip_exchange_is_invite(const struct sip_exchange *x) { return x->method == SIP_M_INVITE; }

/* ACK and BENOTIFY: nobody answers, nothing is kept once they are written (RFC 3261 §17.1.1.3, R73). */
static inline bool sip_exchange_is_silent(const struct sip_exchange *x) {
  return x->method == SIP_M_ACK || x->method == SIP_M_BENOTIFY;
}

#endif
