#include "router/token.h"

#include <stdlib.h>

#include "router/instance.h"

struct tokens {
  struct token **slots; /* each its own piece of memory: addresses stay */
  uint32_t count, room;
  struct token *spare;
};

struct tokens *tokens_new(void) {
  return calloc(1, sizeof(struct tokens));
}

void tokens_free(struct tokens *tokens) {
  if (!tokens) return;
  for (uint32_t i = 0; i < tokens->count; i++) free(tokens->slots[i]);
  free(tokens->slots);
  free(tokens);
}

static struct token *grow(struct tokens *tokens) {
  if (tokens->count == tokens->room) {
    uint32_t room = tokens->room ? tokens->room * 2 : 64;
    struct token **slots = realloc(tokens->slots, room * sizeof *slots);
    if (!slots) return NULL;
    tokens->slots = slots;
    tokens->room = room;
  }
  struct token *token = calloc(1, sizeof *token);
  if (!token) return NULL;
  token->slot = tokens->count;
  tokens->slots[tokens->count++] = token;
  return token;
}

hanse_token token_open(struct tokens *tokens, struct instance *owner, struct message *message,
                       void (*withdrawn)(void *self, hanse_token token)) {
  struct token *token = tokens->spare;
  if (token) tokens->spare = token->next;
  if (!token && !(token = grow(tokens))) return 0;
  token->count++;
  token->owner = owner;
  token->message = message;
  token->withdrawn = withdrawn;
  owner->tokens++;
  return (hanse_token)token->count << 32 | token->slot;
}

struct token *token_find(const struct tokens *tokens, hanse_token number) {
  uint32_t slot = (uint32_t)number, count = (uint32_t)(number >> 32);
  if (slot >= tokens->count || !(count & 1) || tokens->slots[slot]->count != count) return NULL;
  return tokens->slots[slot];
}

void token_close(struct tokens *tokens, hanse_token number) {
  struct token *token = token_find(tokens, number);
  if (!token) return;
  token->count++;
  token->owner->tokens--;
  token->owner = NULL;
  token->message = NULL;
  token->next = tokens->spare;
  tokens->spare = token;
}

void tokens_each(struct tokens *tokens, const struct instance *owner, void (*one)(void *argument, struct token *token),
                 void *argument) {
  for (uint32_t i = 0; i < tokens->count && owner->tokens; i++)
    if (tokens->slots[i]->count & 1 && tokens->slots[i]->owner == owner) one(argument, tokens->slots[i]);
}
