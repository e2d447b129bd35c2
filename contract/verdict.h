/* What a policy may answer, and what its answer is taken for where it is none. */
#ifndef CONTRACT_VERDICT_H
#define CONTRACT_VERDICT_H

#include <hanse/policy.h>

/* Why this verdict cannot be taken: a sentence with one %s, for the module's name; *failure is its number. NULL: it can
   be taken, and *failure is left alone. `token`: it may defer. */
const char *verdict_fault(int verdict, bool token, enum hanse_failure *failure);
/* Fills in what the module has left out of the reason for its DENY. */
void verdict_reason(struct hanse_refusal *why, const char *module);
/* A DENY for this failure says nothing of the message: the policy could not judge, and its `on_failure` stands in. */
bool verdict_cannot_judge(enum hanse_failure failure);
/* "allow", "abstain" or "deny". */
const char *verdict_name(enum hanse_verdict verdict);

#endif
