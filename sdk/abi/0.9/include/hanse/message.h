/* A message on its way. The protocol that framed it makes it, states its facts and hands it to the core; the core hands
   it back to be delivered or refused. Who holds it, frees it. */
#ifndef HANSE_MESSAGE_H
#define HANSE_MESSAGE_H

#include <hanse/arena.h>
#include <hanse/facts.h>
#include <hanse/failure.h>

HANSE_BEGIN

struct hanse_link;    /* one connection: the core's */
struct hanse_partner; /* one partner entry: the core's */
struct hanse_target;  /* one place a message may be sent to: the core's, counted */

/* A ticket names an open transaction of a protocol instance; it travels in our own Via branch or stanza id. 0: none. */
typedef uint64_t hanse_ticket; /* slot in the low 32 bits, count in the high ones */

/* Made by the core; its own fields follow. Nothing in it may be kept beyond hanse_message_free. */
struct hanse_message {
  uint32_t size;
  uint32_t reserved;
  struct hanse_arena *arena;   /* what lives as long as the message */
  struct hanse_arena *scratch; /* what lives until hanse_message_settle: parsed forms, edits, texts to be written */
  struct hanse_slice bytes;    /* exactly the octets that were framed, copied into the arena */
  struct hanse_link *link;     /* where it came from; may be closed by now (hanse_link_is_open) */
  struct hanse_facts *facts;
  struct hanse_marks *marks;
  void *native;        /* the protocol's own parsed form, in one of the arenas */
  hanse_ticket ticket; /* the transaction that the protocol opened for it; 0: none */
  hanse_time arrived;
};

/* Why a message is refused or could not be delivered. */
struct hanse_refusal {
  uint32_t size;
  enum hanse_failure failure; /* of a policy's DENY: HANSE_F_NONE becomes HANSE_F_POLICY */
  hanse_time retry_after;     /* 0: say nothing */
  struct hanse_slice text;    /* for the administrator; lives as long as the message: cut from its arena, or static */
  const char *plugin;         /* module whose verdict it was; NULL: the core's */
  struct hanse_where where;   /* the rule that decided */
};

/* Says why. A text that finds no memory is left out: the number and the place still tell. */
static inline void hanse_refusal_say(struct hanse_refusal *why, struct hanse_arena *arena, enum hanse_failure failure,
                                     struct hanse_where where, const char *text) {
  why->failure = failure;
  why->where = where;
  if (hanse_copy(arena, hanse_text(text), &why->text) != HANSE_OK) why->text = HANSE_LIT("");
}

/* What ROUTE found: an ordered list of targets. */
struct hanse_route {
  uint32_t size;
  uint32_t count;                      /* at least 1 */
  struct hanse_target *const *targets; /* held for the message until it is freed */
  const struct hanse_partner *partner; /* the outside party of this message */
  uint8_t side;                        /* enum hanse_side that it leaves on */
};

HANSE_END
#endif
