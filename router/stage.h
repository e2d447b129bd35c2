/* What a stage of the way says. Each stage is one file, reads the message and writes only its own field of it; none
   calls back up (design §3). */
#ifndef ROUTER_STAGE_H
#define ROUTER_STAGE_H

#include "router/generation.h"
#include "router/message.h"
#include "router/party.h"
#include "router/router.h"

enum step {
  STEP_ON = 1,    /* to the next stage */
  STEP_WAIT = 2,  /* a token is out; run the stage again when it was answered */
  STEP_REFUSE = 3 /* way.why says why */
};

/* identify.c: who is the peer, for the sender's domain? Sets facts.partner and facts.wire_type. */
enum step stage_identify(struct message *message);
/* Forgets what IDENTIFY has made of the sender's address: it begins anew. */
void stage_identify_again(struct message *message);
/* judge.c: asks each policy of a stage, from way.policy on. */
enum step stage_judge(struct message *message, const struct judges *judges, enum hanse_stage stage);
/* route.c: where to? Fills way.route. */
enum step stage_route(struct message *message);
/* carried.c: is this a kind of talk that the network outside takes? For messages that are routed, and for answers. */
enum step stage_carried(struct message *message);

/* Helpers that stages share (stage.c). */

/* Writes the refusal; text is printf-style, cut from the arena. Returns STEP_REFUSE. */
HANSE_RARE enum step stage_refuse(struct message *message, enum hanse_failure failure, struct hanse_where where,
                                  const char *format, ...) HANSE_PRINTF(4, 5);
/* Is this one of our own domains? */
bool stage_is_ours(const struct message *message, struct hanse_slice domain);
/* A refusal that was made before. Returns STEP_REFUSE. */
enum step stage_refused(struct message *message, const struct hanse_refusal *why);
/* A catch-all type does not take the message: the first reason that one gives is kept in *why, to be told when none
   does. */
void stage_not_mine(struct message *message, const struct federation *federation, struct hanse_refusal *why);
/* A type says that it will answer later, and was given no token: nobody waits. Returns STEP_REFUSE. */
enum step stage_not_later(struct message *message, const struct federation *federation, struct hanse_where where);
/* Opens a token for a question to this instance, beforehand: an answer may come before the slot returns. 0: it has no
   `withdrawn` and so never defers, it has too many out, or the message is dry. */
hanse_token stage_token(struct message *message, struct instance *instance,
                        void (*withdrawn)(void *self, hanse_token token));
/* The plugin answered in another way than LATER: the token is not needed. */
void stage_token_drop(struct message *message);
/* What a type's slot returned, or what was answered under its token before it returned; noted in way.found, with how
   long the answer to the question will last. */
enum hanse_found stage_found(struct message *message, enum hanse_found found, const struct hanse_question *question);
/* Notes who is on the outside, in the message's facts. HANSE_OK or HANSE_NOMEM. */
int stage_party(struct message *message, const struct party *party);
/* May the link carry a message of this wire type? It is pinned by its first accepted message (R21), until a commit. */
bool stage_link_serves(const struct message *message, uint8_t wire_type);

#endif
