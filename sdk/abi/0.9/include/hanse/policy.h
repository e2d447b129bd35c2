/* POLICY: judges facts and sets marks. Every policy of a stage is asked, in configured order, until one denies; one
   ALLOW at the end of the stage is enough; none means the configured default. */
#ifndef HANSE_POLICY_H
#define HANSE_POLICY_H

#include <hanse/federation.h>

HANSE_BEGIN

enum hanse_stage {
  HANSE_STAGE_ADMIT = 1,  /* who sends is known */
  HANSE_STAGE_ROUTED = 2, /* where it goes is known as well */
  HANSE_STAGE_ANSWER = 4  /* an answer to a message that was routed; ALLOW means nothing here */
};

/* A policy that could not judge (its helper does not run, it has no memory) denies with HANSE_F_ERROR, HANSE_F_MEMORY
   or HANSE_F_DEFERRED and says why in the text. Such a call has failed, as has one whose deferred verdict does not come
   in time or whose verdict is none of these: what the administrator set for that module (`on_failure`) stands in for
   it. A policy whose calls fail several times in a row is not asked for a while, but about one message now and then. */
enum hanse_verdict {
  HANSE_ABSTAIN = 0,
  HANSE_ALLOW = 1,
  HANSE_DENY = 2,
  HANSE_DEFER = 3 /* hanse_resolve_verdict will be called with the token; never returned when dry */
};

struct hanse_case {
  uint32_t size;
  uint32_t stage;                  /* enum hanse_stage */
  bool dry;                        /* nothing may be counted, stored or asked outside */
  const struct hanse_facts *facts; /* live as long as the message, also across a DEFER */
  struct hanse_marks *marks;
  struct hanse_arena *arena; /* for texts in marks and in `why` */
  hanse_token token;         /* for HANSE_DEFER */
  struct hanse_refusal *why; /* DENY: failure, text and rule; ALLOW: the rule, for explain */
  /* ROUTED: the outside is a configured partner, or another policy than this one voted for the message at ADMIT. It
     does not depend on the order of policies. */
  bool allowed;
};

struct hanse_policy {
  uint32_t size;
  uint32_t stages; /* mask of enum hanse_stage that it can judge */
  enum hanse_verdict (*decide)(void *self, struct hanse_case *c);
  /* The deferred message is gone (cancelled, its link lost, its time over). May be NULL if it never defers. */
  void (*withdrawn)(void *self, hanse_token token);
  /* Mask of HANSE_ACTION_BIT: at ANSWER it has something to say of answers to these only, and is not asked of others.
     0: of all. */
  uint32_t answers;
};

HANSE_END
#endif
