/* Tokens: questions that a plugin will answer later. (slot, count) → the waiting message. Answers that come late, or
   twice, find nobody and are counted. */
#ifndef ROUTER_TOKEN_H
#define ROUTER_TOKEN_H

#include <hanse/federation.h>

struct instance;
struct message;

struct token {
  uint32_t slot, count; /* count is odd while the token is out */
  struct instance *owner;
  void (*withdrawn)(void *self, hanse_token token); /* the owner's */
  struct message *message;
  struct token *next; /* free list */
};

struct tokens;

struct tokens *tokens_new(void);
void tokens_free(struct tokens *tokens);
/* 0: no memory. The message notes the number; the owner counts it. `withdrawn` tells the owner that nobody waits. */
hanse_token token_open(struct tokens *tokens, struct instance *owner, struct message *message,
                       void (*withdrawn)(void *self, hanse_token token));
struct token *token_find(const struct tokens *tokens, hanse_token number); /* NULL: not out */
void token_close(struct tokens *tokens, hanse_token number);               /* harmless on 0 and on closed ones */
/* Each token that this instance has out; `one` may close it. */
void tokens_each(struct tokens *tokens, const struct instance *owner, void (*one)(void *argument, struct token *token),
                 void *argument);

#endif
