/* POLICY: judges facts and sets marks. Every policy of a stage is asked, in configured order, until one denies; one
   ALLOW at the end of the stage is enough; none means the configured default. */
#ifndef HANSE_POLICY_H
#define HANSE_POLICY_H

#include <hanse/federation.h>

HANSE_BEGIN

/* When a policy is asked. */
enum hanse_stage {
  HANSE_STAGE_ADMIT = 1,  /* who sends is known */
  HANSE_STAGE_ROUTED = 2, /* where it goes is known as well */
  HANSE_STAGE_ANSWER = 4  /* an answer to a message that was routed; ALLOW means nothing here */
};

/* What a policy says. A policy that could not judge (its helper does not run, it has no memory) denies with
   HANSE_F_ERROR, HANSE_F_MEMORY or HANSE_F_DEFERRED and says why in the text. Such a call has failed, as has one whose
   deferred verdict does not come in time or whose verdict is none of these: what the administrator set for that module
   (`on_failure`) stands in for it. A policy whose calls fail several times in a row is not asked for a while, but about
   one message now and then. */
enum hanse_verdict {
  HANSE_ABSTAIN = 0, /* it has nothing to say of this */
  HANSE_ALLOW = 1,   /* a vote: a later policy may still deny */
  HANSE_DENY = 2,    /* `why` says why; no other policy is asked */
  HANSE_DEFER = 3    /* hanse_resolve_verdict will be called with the token; never returned when dry */
};

/* What is judged. The core's; it lives until decide returns, what is said otherwise excepted. */
struct hanse_case {
  uint32_t size;
  uint32_t stage;                  /* enum hanse_stage */
  bool dry;                        /* nothing may be counted, stored or asked outside */
  const struct hanse_facts *facts; /* live as long as the message, also across a DEFER */
  struct hanse_marks *marks;       /* what other policies have set is there; texts are cut from `arena` */
  struct hanse_arena *arena;       /* the message's: for texts in marks and in `why` */
  hanse_token token;               /* for HANSE_DEFER; 0: it may not be deferred (dry, or limits.deferred_per_module) */
  struct hanse_refusal *why;       /* DENY: failure, text and rule; ALLOW: the rule, for explain */
  /* ROUTED: the outside is a configured partner, or another policy than this one voted for the message at ADMIT. It
     does not depend on the order of policies. */
  bool allowed;
};

/* What a plugin offers that is a policy. */
struct hanse_policy {
  uint32_t size;
  uint32_t stages; /* mask of enum hanse_stage that it can judge */
  /* Judges one message, or one answer. On a message's way: microseconds, from memory. A value that is no verdict
     refuses the message with HANSE_F_ERROR. After HANSE_DEFER the message waits, at most policy.deferred_timeout, then
     what the administrator set for that stands in; a message over which a reload came meanwhile is judged anew from the
     start. */
  enum hanse_verdict (*decide)(void *self, const struct hanse_case *c);
  /* The deferred message is gone (cancelled, its link lost, its time over): forget the token, which nobody waits for
     any more. May be NULL if it never defers. */
  void (*withdrawn)(void *self, hanse_token token);
  /* Mask of HANSE_ACTION_BIT: at ANSWER it has something to say of answers to these only, and is not asked of others.
     0: of all. */
  uint32_t answers;
};

HANSE_END
#endif
