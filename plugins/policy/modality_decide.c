/* The verdict: a message passes when all that it is for is open by the rule of the partner and by that of the user; by
   the default where neither has one. */
#include <stdio.h>

#include "modality.h"

#define MODALITY_TEXT 900

/* An answer goes the other way than what it answers. */
static unsigned modality_way(const struct hanse_facts *facts) {
  bool out = (facts->side == HANSE_SIDE_HOME) != ((facts->flags & HANSE_FACT_ANSWER) != 0);
  return out ? MODALITY_OUT : MODALITY_IN;
}

/* The way of what opened the dialog: a request that goes back in it has no target. */
static unsigned modality_way_begun(const struct hanse_facts *facts, unsigned way) {
  bool back = facts->flags & HANSE_FACT_IN_DIALOG && !facts->target_name.len;
  return back ? MODALITY_BOTH - way : way;
}

/* What ends or confirms is never held up. Of answers only those count that may bring the offer (RFC 3264 §4). */
static bool modality_concerns(const struct hanse_case *c) {
  const struct hanse_facts *facts = c->facts;
  if (c->stage == HANSE_STAGE_ANSWER) return facts->action == HANSE_ACTION_SESSION && facts->status < 300;
  return facts->action != HANSE_ACTION_END && facts->action != HANSE_ACTION_ACKNOWLEDGE;
}

static size_t modality_list(uint32_t kinds, char *out, size_t cap) {
  size_t used = 0;
  out[0] = '\0';
  for (unsigned i = 0; i <= HANSE_MODALITY_FILE; i++) {
    if (!(kinds & HANSE_MODALITY_BIT(i)) || !modality_name(i)) continue;
    int n = snprintf(out + used, cap - used, "%s%s", used ? ", " : "", modality_name(i));
    if (n > 0 && (size_t)n < cap - used) used += (size_t)n;
  }
  return used;
}

static enum hanse_verdict modality_deny(const struct modality *modality, const struct hanse_case *c, uint32_t kinds,
                                        struct hanse_where where, const char *whose, struct hanse_slice name) {
  char list[160], text[MODALITY_TEXT];
  bool session = c->facts->action == HANSE_ACTION_SESSION;
  for (unsigned i = 0; !c->dry && i <= HANSE_MODALITY_FILE; i++)
    if (kinds & HANSE_MODALITY_BIT(i)) ++*modality->refused[i];
  modality_list(kinds, list, sizeof list);
  snprintf(text, sizeof text, "%s is not open by %s%.*s; if it is wanted, put it into `open` there", list, whose,
           HANSE_FMT(name));
  hanse_refusal_say(c->why, c->arena, session ? HANSE_F_MEDIA : HANSE_F_MODALITY, where, text);
  return HANSE_DENY;
}

/* `kinds` under the rules for `way`. What names no domain, in a dialog, is the partner of its token. */
static enum hanse_verdict modality_judge(const struct modality *modality, const struct hanse_case *c, uint32_t kinds,
                                         unsigned way) {
  const struct hanse_facts *facts = c->facts;
  bool out = modality_way(facts) == MODALITY_OUT;
  const struct hanse_address_fact *ours = out ? &facts->from : &facts->to;
  struct hanse_slice name = out ? facts->to.domain : facts->from.domain;
  uint32_t closed = 0;
  const struct modality_rule *partner =
      modality_index_find(&modality->partners[way], name.len ? name : facts->partner_name, hanse_slice("", 0), &closed);
  if (partner && kinds & closed)
    return modality_deny(modality, c, kinds & closed, partner->where, "the rule for the partner ",
                         partner->domain.name);
  const struct modality_rule *user = modality_index_find(&modality->users[way], ours->domain, ours->user, &closed);
  if (user && kinds & closed)
    return modality_deny(modality, c, kinds & closed, user->where, "the rule for our users of ", user->domain.name);
  closed = modality->closed[way];
  if (partner || user || !(kinds & closed)) return HANSE_ABSTAIN;
  return modality_deny(modality, c, kinds & closed, modality->settings->where, "the module's default",
                       hanse_slice("", 0));
}

/* What goes back and forth in a dialog belongs to who began it. An offer belongs to who makes it, lest a partner add
   video to a talk that we began; but for its texts, since a refresh of such a talk comes from either side. */
enum hanse_verdict modality_decide(void *self, const struct hanse_case *c) {
  const struct modality *modality = (const struct modality *)self;
  const struct hanse_facts *facts = c->facts;
  unsigned way = modality_way(facts), begun = modality_way_begun(facts, way);
  uint32_t texts = facts->action == HANSE_ACTION_SESSION ? HANSE_MODALITY_BIT(HANSE_MODALITY_IM) : MODALITY_ALL;
  uint32_t made = facts->modalities & ~texts & modality->closed_somewhere[way];
  uint32_t said = facts->modalities & texts & modality->closed_somewhere[begun];
  if (!(made | said) || !modality_concerns(c)) return HANSE_ABSTAIN;
  enum hanse_verdict verdict = made ? modality_judge(modality, c, made, way) : HANSE_ABSTAIN;
  return said && verdict == HANSE_ABSTAIN ? modality_judge(modality, c, said, begun) : verdict;
}
