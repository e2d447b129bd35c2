/* The verdict: may this user of ours talk with that kind of outside? It only forbids; who is outside is for others to
   allow. */
#include <stdio.h>

#include "access.h"

static bool is_type(const struct hanse_facts *facts, const char *name) {
  return hanse_same(facts->federation, hanse_text(name));
}

/* What is missing, as the switch is called; NULL: nothing. */
static const char *missing(const struct access_found *found, const struct hanse_facts *facts,
                           enum hanse_failure *failure) {
  const struct access_policy *policy = found->policy;
  if (is_type(facts, "public")) {
    *failure = HANSE_F_USER_PUBLIC;
    if (!policy->public_im) return "public_im";
    return facts->modalities & HANSE_MODALITY_BIT(HANSE_MODALITY_AUDIO_VIDEO) && !policy->public_audio_video
               ? "public_audio_video"
               : NULL;
  }
  *failure = HANSE_F_USER_FEDERATION;
  if (!policy->federation) return "federation";
  if (!is_type(facts, "xmpp")) return NULL;
  *failure = HANSE_F_USER_XMPP;
  return policy->xmpp ? NULL : "xmpp";
}

static enum hanse_verdict deny(struct access *access, const struct hanse_case *c, const struct access_found *found,
                               enum hanse_failure failure, struct hanse_slice user, struct hanse_slice domain,
                               const char *lacks) {
  char text[640];
  if (!c->dry) ++*access->refused;
  if (lacks)
    snprintf(
        text, sizeof text,
        "the access policy \"%.*s\" (%s) holds for %.*s@%.*s and has %s = false; grant another policy, or change it",
        HANSE_FMT(found->policy->name), found->scope, HANSE_FMT(user), HANSE_FMT(domain), lacks);
  else
    snprintf(text, sizeof text, "%.*s@%.*s is homed on a branch appliance (branch = true), which has no XMPP",
             HANSE_FMT(user), HANSE_FMT(domain));
  hanse_refusal_say(c->why, c->arena, failure, found->where, text);
  return HANSE_DENY;
}

/* Of answers those are judged that may bring the offer (RFC 3264 §4): a call that the request did not speak of. */
static bool is_concerned(const struct hanse_case *c) {
  const struct hanse_facts *facts = c->facts;
  if (!facts->federation.len || facts->flags & HANSE_FACT_RELAYED) return false; /* nobody of ours */
  return c->stage != HANSE_STAGE_ANSWER || (facts->action == HANSE_ACTION_SESSION && facts->status < 300);
}

enum hanse_verdict access_decide(void *self, const struct hanse_case *c) {
  struct access *access = (struct access *)self;
  const struct hanse_facts *facts = c->facts;
  bool asked_by_us = (facts->side == HANSE_SIDE_HOME) != (c->stage == HANSE_STAGE_ANSWER);
  const struct hanse_address_fact *ours = asked_by_us ? &facts->from : &facts->to;
  enum hanse_failure failure;
  if (!is_concerned(c)) return HANSE_ABSTAIN;
  struct access_found found = access_index_find(&access->index, ours->user, ours->domain);
  const char *lacks = missing(&found, facts, &failure);
  if (lacks) return deny(access, c, &found, failure, ours->user, ours->domain, lacks);
  if (found.branch && is_type(facts, "xmpp"))
    return deny(access, c, &found, HANSE_F_USER_XMPP, ours->user, ours->domain, NULL);
  return HANSE_ABSTAIN;
}
