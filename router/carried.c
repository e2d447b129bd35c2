/* Networks that take some kinds of talk only: the others are refused here, whoever begins them, with a reason instead
   of whatever that network would make of them (R104). */
#include <stdio.h>

#include "router/stage.h"

#define WORDS 120

static const char *const carried_words[] = {
    [HANSE_MODALITY_OTHER] = "what it is for cannot be told",
    [HANSE_MODALITY_IM] = "texts",
    [HANSE_MODALITY_PRESENCE] = "presence",
    [HANSE_MODALITY_AUDIO_VIDEO] = "audio or video",
    [HANSE_MODALITY_SHARING] = "sharing",
    [HANSE_MODALITY_CONFERENCE] = "talk of more than two",
    [HANSE_MODALITY_PROBE] = "probes",
    [HANSE_MODALITY_FILE] = "files",
};

static const char *list(uint32_t kinds, char out[WORDS]) {
  size_t used = 0;
  out[0] = '\0';
  for (unsigned i = 0; i < sizeof carried_words / sizeof carried_words[0]; i++) {
    if (!(kinds & HANSE_MODALITY_BIT(i)) || i == HANSE_MODALITY_PROBE) continue;
    int n = snprintf(out + used, WORDS - used, "%s%s", used ? ", " : "", carried_words[i]);
    if (n > 0 && (size_t)n < WORDS - used) used += (size_t)n;
  }
  return out;
}

/* What ends or confirms is never held up. Of answers those count that may bring the offer (RFC 3264 §4). */
static bool concerns(const struct hanse_facts *facts) {
  if (facts->flags & HANSE_FACT_ANSWER) return facts->action == HANSE_ACTION_SESSION && facts->status < 300;
  return facts->action != HANSE_ACTION_END && facts->action != HANSE_ACTION_ACKNOWLEDGE;
}

enum step stage_carried(struct message *message) {
  const struct hanse_facts *facts = &message->facts;
  uint32_t carries = facts->terms.carries, beyond = facts->modalities & ~carries;
  struct hanse_where where = facts->partner ? facts->partner->entry.where : (struct hanse_where){0};
  char not_carried[WORDS], carried[WORDS];
  if (!carries || !beyond || !concerns(facts)) return STEP_ON;
  return stage_refuse(message, facts->action == HANSE_ACTION_SESSION ? HANSE_F_MEDIA : HANSE_F_MODALITY, where,
                      "\"%.*s\" carries %s between two people only, and this is: %s", HANSE_FMT(facts->through),
                      list(carries, carried), list(beyond, not_carried));
}
