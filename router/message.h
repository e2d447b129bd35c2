/* A message as the core holds it: what plugins see, its arena, and where it is on its way. */
#ifndef ROUTER_MESSAGE_H
#define ROUTER_MESSAGE_H

#include <hanse/message.h>
#include <hanse/policy.h>

#include "router/block.h"
#include "router/link.h"
#include "router/partner.h"
#include "router/timers.h"

struct instance;
struct router;
struct conversation;

/* The stages, in order (design §3). */
enum way_stage {
  WAY_NONE = 0, /* the protocol holds it */
  WAY_IDENTIFY,
  WAY_ADMIT,
  WAY_ROUTE,
  WAY_ROUTED,
  WAY_DELIVER,
  WAY_ANSWER,
  WAY_LOST,  /* what it was lowered to is gone without a word: to be refused */
  WAY_RETURN /* an answer that passed: back to its transaction */
};

/* What the protocol is told where a stage ends. */
struct way {
  struct message *next, *previous; /* in the list of what may go on, or behind a conversation */
  uint8_t stage;                   /* enum way_stage: the one that runs, or waits */
  uint8_t known;                   /* the sender is ours or a configured partner: one ALLOW vote in each stage */
  uint8_t allowed;                 /* somebody voted ALLOW in this stage */
  bool several_admitted;           /* others than `admitted` voted ALLOW at ADMIT as well */
  uint8_t waiting;                 /* a token is out */
  uint8_t told;                    /* protocol.waiting was called */
  uint8_t resolved;                /* the token was answered: verdict or found below */
  uint8_t restarts;                /* how often a reload made it begin again */
  uint8_t asks;                    /* how often a type was asked again because the DNS had answered */
  uint8_t verdict;                 /* enum hanse_verdict */
  uint8_t found;                   /* enum hanse_found */
  uint16_t policy;                 /* index of the policy that is asked */
  bool whole_entry;                /* with the next two: what the type said of its answer when it was asked */
  bool configured;
  hanse_time lasts;
  uint64_t generation;
  const struct instance *admitted; /* the first that voted ALLOW at ADMIT: to be compared only */
  hanse_token token;
  struct conversation *conversation; /* held because of it, or holding it back */
  struct hanse_timer timer;          /* a deferred verdict's time */
  struct hanse_refusal why;          /* what a policy or a type wrote; the text lies in the arena */
  struct hanse_route route;
  struct hanse_found_targets *found_targets; /* while a type is asked for them; in the arena */
  struct decorated *decorated;               /* the sender's address was, or may be, decorated; in the arena */
};

/* One of a message's two arenas. */
struct message_memory {
  struct hanse_arena arena; /* first */
  struct message *message;
  struct block *blocks; /* beyond the piece that it began with */
};

struct message {
  struct hanse_message public; /* first */
  struct hanse_facts facts;
  struct hanse_marks marks;
  struct router *router;
  struct instance *owner;                    /* the protocol instance that made it */
  struct message *made_next, *made_previous; /* the owner's others */
  struct partner_set *set;                   /* held: facts.partner lives in it */
  hanse_ticket answers;                      /* an answer's: the ticket it came for */
  struct hanse_link *asker;                  /* an answer's: held, for facts.certificate lives in it; NULL: gone */
  struct message *other;         /* in another protocol: what it was lowered to, or was made of; NULL: nothing */
  bool lowered;                  /* it is the one that leaves */
  bool came;                     /* it stands on its link's in_flight */
  bool dry;                      /* explain: nothing is counted, stored or asked outside */
  bool used_up;                  /* somebody was refused memory because of it */
  struct hanse_partner *counted; /* on whose in_flight it stands */
  struct way way;
  struct block *self; /* where it lies, its octets and the first of what is kept behind it */
  struct message_memory kept, scratch;
  size_t spent; /* octets of both */
  size_t bound;
};

static inline struct message *message_of(struct hanse_message *message) { return (struct message *)message; }

/* Sets the sizes of what messages are made of. */
void message_stores(struct router *router);
/* A message with a copy of `bytes`; holds the link; counts on the instance. NULL: no memory. */
struct message *message_new(struct router *router, struct instance *owner, struct hanse_link *link,
                            struct hanse_slice bytes);
/* It has come on its link: counted there, in flight until it is freed. */
void message_came(struct message *message);
/* What lies in its scratch arena goes. */
void message_settle(struct message *message);
/* Releases everything it holds. It must not wait anywhere. */
void message_free(struct message *message);
/* Whose the other message is, this one is: partner and what is known of it, verdict. `through` is copied; a
   decoration in its terms stays the other's, to be copied or cleared. HANSE_NOMEM: not all of it. */
int message_follow(struct message *message, const struct message *other);
/* `lowered` leaves in the place of `message`, until message_part or the end of either. */
void message_pair(struct message *message, struct message *lowered);
void message_part(struct message *message);
/* Notes who the outside party is; holds its set for as long as the message lives. */
void message_partner_set(struct message *message, const struct hanse_partner *partner);

/* It is on its way to a partner: counted there until it is freed. */
void message_in_flight(struct message *message);

#endif
