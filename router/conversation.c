#include "router/conversation.h"

#include <stdlib.h>
#include <utlist.h>

struct conversation *conversation_find(const struct router *router, const struct message *message) {
  struct conversation *found = NULL;
  struct hanse_slice key = message->facts.conversation;
  if (!router->conversations || !key.len) return NULL; /* without a name it is one of its own */
  HASH_FIND(hh, router->conversations, key.at, key.len, found);
  return found;
}

int conversation_hold(struct router *router, struct message *message) {
  if (message->way.conversation) return HANSE_OK; /* it waits again */
  struct hanse_slice key = message->facts.conversation;
  struct conversation *conversation = calloc(1, sizeof *conversation + key.len + 1);
  if (!conversation) return HANSE_NOMEM;
  if (key.len) memcpy(conversation->key, key.at, key.len);
  conversation->length = key.len;
  HASH_ADD_KEYPTR(hh, router->conversations, conversation->key, conversation->length, conversation);
  if (!conversation->hh.tbl) {
    free(conversation);
    return HANSE_NOMEM;
  }
  conversation->holder = message;
  message->way.conversation = conversation;
  return HANSE_OK;
}

/* What one turn may frame after the link was told to pause. */
#define SAME_TURN 64u

static void pause_link(struct conversation *conversation, struct hanse_link *link, uint32_t most) {
  if (conversation->paused) return;
  conversation->paused = link_hold(link);
  conversation->resume = most / 2;
  if (link->upper.pausers++ == 0) link_pause(link, LINK_PAUSE_UPPER);
}

static void resume_link(struct conversation *conversation) {
  if (!conversation->paused) return;
  if (--conversation->paused->upper.pausers == 0) link_resume(conversation->paused, LINK_PAUSE_UPPER);
  link_release(conversation->paused);
  conversation->paused = NULL;
}

int conversation_join(struct conversation *conversation, struct message *message, uint32_t most) {
  struct hanse_link *link = message->public.link;
  bool full = conversation->count >= most;
  if (full && (conversation->paused != link || conversation->count >= most + SAME_TURN)) return HANSE_NOMEM;
  if (conversation->count + 1 >= most) pause_link(conversation, link, most);
  DL_APPEND2(conversation->behind, message, way.previous, way.next);
  conversation->count++;
  message->way.conversation = conversation;
  return HANSE_OK;
}

struct message *conversation_next(struct router *router, struct message *holder) {
  struct conversation *conversation = holder->way.conversation;
  if (!conversation) return NULL;
  holder->way.conversation = NULL;
  struct message *next = conversation->behind;
  conversation->holder = next;
  if (next) {
    DL_DELETE2(conversation->behind, next, way.previous, way.next);
    if (--conversation->count <= conversation->resume) resume_link(conversation);
    return next;
  }
  resume_link(conversation);
  HASH_DELETE(hh, router->conversations, conversation);
  free(conversation);
  return NULL;
}

void conversation_leave(struct message *message) {
  struct conversation *conversation = message->way.conversation;
  DL_DELETE2(conversation->behind, message, way.previous, way.next);
  if (--conversation->count <= conversation->resume) resume_link(conversation);
  message->way.conversation = NULL;
}
