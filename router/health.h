/* Whether a policy works. A call of it fails when its verdict is none, when it defers and may not, when its deferred
   verdict does not come in time, and when it denies because it could not judge (health_could_not_judge). A call that
   fails is answered by the module's `on_failure`. So many in a row within a while (`policy.failing`), and the policy is
   not asked any more: `on_failure` stands in for it, but for one message each `policy.retry`, until a call of it works.
 */
#ifndef ROUTER_HEALTH_H
#define ROUTER_HEALTH_H

#include <hanse/failure.h>
#include <hanse/option.h>
#include <hanse/policy.h>

struct instance;
struct message;

/* One instance's. */
struct health {
  bool ailing;                /* its last call failed; false: there is nothing to look at on a message's way */
  bool bypassed;              /* it is not asked */
  enum hanse_verdict instead; /* what stands in for a call that fails: ABSTAIN, ALLOW or DENY */
  unsigned failures;          /* in a row, within the while */
  hanse_time first;           /* the first of them */
  hanse_time since;           /* not asked any more */
  hanse_time retry;           /* when one message is next asked about */
  uint64_t unasked;           /* messages since then that it was not asked about */
  enum hanse_failure failure; /* the last one's */
};

/* Is what the message was denied for that somebody could not judge? F_ERROR, F_DEFERRED, and F_MEMORY, unless the
   message used up what one may have: that is its sender's doing, and says nothing of the policy. */
bool health_could_not_judge(const struct message *message);

/* Of an instance that is bypassed: is it to be asked about this message? Counts the one that it is not asked about. */
bool health_asks(struct instance *instance);
/* A call failed, of an instance however it is. */
void health_failed(struct instance *instance, enum hanse_failure failure);
/* A call worked, of an instance that was ailing. */
void health_worked(struct instance *instance);
/* The instance ends. */
void health_gone(struct instance *instance);

/* What `hansectl modules` says of it: "good", or how long it is not asked and what came last. */
const char *health_text(const struct instance *instance, char *buf, size_t n);

#endif
