/* Order within a conversation: while one of its messages waits in a stage, later ones wait behind it. Nothing is kept
   for a conversation in which nothing waits. */
#ifndef ROUTER_CONVERSATION_H
#define ROUTER_CONVERSATION_H

#include "router/hash.h"
#include "router/message.h"
#include "router/router.h"

struct conversation {
  struct message *holder;    /* waits in a stage */
  struct message *behind;    /* in order, by way.next */
  uint32_t count;            /* behind */
  struct hanse_link *paused; /* held: not read from until half of them are gone; NULL: none */
  uint32_t resume;           /* at this count */
  UT_hash_handle hh;
  size_t length;
  char key[]; /* facts.conversation */
};

/* The conversation of this message in which something waits; NULL: it may go. */
struct conversation *conversation_find(const struct router *router, const struct message *message);
/* The message begins to wait: it is the holder now. HANSE_OK or HANSE_NOMEM. */
int conversation_hold(struct router *router, struct message *message);
/* Puts a message behind the holder. From `most` on its link is not read from (design §3 DEFER); what was framed in the
   same turn still finds a place. HANSE_NOMEM: far over `most`, or it came on another link than the one that pauses. */
int conversation_join(struct conversation *conversation, struct message *message, uint32_t most);
/* The holder does not wait any more: the next one behind it, which now may go, or NULL; then the conversation is gone.
   The one that is returned is the holder until conversation_next is called for it. */
struct message *conversation_next(struct router *router, struct message *holder);
/* Takes a message out from behind. */
void conversation_leave(struct message *message);

#endif
