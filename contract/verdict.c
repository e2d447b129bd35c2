#include "contract/verdict.h"

const char *verdict_fault(int verdict, bool token, enum hanse_failure *failure) {
  switch (verdict) {
    case HANSE_ABSTAIN:
    case HANSE_ALLOW:
    case HANSE_DENY:
      return NULL;
    case HANSE_DEFER:
      if (token) return NULL;
      *failure = HANSE_F_DEFERRED;
      return "module \"%s\" deferred its verdict although it may not, or has too many out already";
    default:
      *failure = HANSE_F_ERROR;
      return "module \"%s\" returned a verdict that does not exist";
  }
}

void verdict_reason(struct hanse_refusal *why, const char *module) {
  why->plugin = module;
  if (why->failure == HANSE_F_NONE) why->failure = HANSE_F_POLICY;
  if (!why->text.len) why->text = HANSE_LIT("the policy gave no reason");
}

bool verdict_cannot_judge(enum hanse_failure failure) {
  return failure == HANSE_F_MEMORY || failure == HANSE_F_ERROR || failure == HANSE_F_DEFERRED;
}

const char *verdict_name(enum hanse_verdict verdict) {
  return verdict == HANSE_ALLOW ? "allow" : verdict == HANSE_ABSTAIN ? "abstain" : "deny";
}
