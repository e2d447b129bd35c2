/* The verdict: whoever was not written to first is not let through. */
#include <stdio.h>

#include "contacts.h"

/* Of a pair that is used every day the store is told every so often. */
#define CONTACTS_WRITE_EACH (86400 * HANSE_SECOND)

/* ---- pairs ---- */

struct contacts_name {
  uint64_t quick;
  uint8_t id[CONTACTS_ID], user[CONTACTS_USER];
};

/* The pair of these two; NULL: there is none. `quick` is written in any case, the ids
   where NULL is returned. */
static struct contacts_pair *find(struct contacts *contacts, const struct hanse_address_fact *ours,
                                  const struct hanse_address_fact *theirs, struct contacts_name *name) {
  name->quick = contacts_table_quick(&contacts->table, ours, theirs);
  struct contacts_pair *pair = contacts_table_recent(&contacts->table, name->quick);
  if (pair) return pair;
  contacts_table_ids(ours, theirs, name->id, name->user);
  pair = contacts_table_find(&contacts->table, name->id);
  if (pair) contacts_table_remember(&contacts->table, name->quick, pair);
  return pair;
}

const struct contacts_pair *contacts_known(struct contacts *contacts, const struct hanse_address_fact *ours,
                                           const struct hanse_address_fact *theirs) {
  struct contacts_name name;
  const struct contacts_pair *pair = find(contacts, ours, theirs, &name);
  return pair && hanse_now(contacts->host) - pair->used <= contacts->settings->age ? pair : NULL;
}

static struct contacts_pair *victim(const struct contacts *contacts, const uint8_t user[CONTACTS_USER]) {
  const struct contacts_settings *settings = contacts->settings;
  return contacts_table_victim(&contacts->table, user, (size_t)settings->pairs_per_user, (size_t)settings->pairs);
}

/* There is no room for it, here and in the store. */
static void drop(struct contacts *contacts, const uint8_t id[CONTACTS_ID]) {
  ++*contacts->dropped;
  if (contacts->behind.every_second)
    hanse_store_delete(contacts->host, hanse_slice((const char *)id, CONTACTS_ID), NULL, NULL);
}

static struct contacts_pair *add(struct contacts *contacts, const uint8_t id[CONTACTS_ID],
                                 const uint8_t user[CONTACTS_USER]) {
  struct contacts_pair *oldest;
  while ((oldest = victim(contacts, user)) != NULL) {
    drop(contacts, oldest->id);
    behind_remove(&contacts->behind, &oldest->unwritten);
    contacts_table_remove(&contacts->table, oldest);
  }
  return contacts_table_add(&contacts->table, id, user);
}

void contacts_note(struct contacts *contacts, const struct hanse_address_fact *ours,
                   const struct hanse_address_fact *theirs) {
  struct contacts_name name;
  hanse_time now = hanse_now(contacts->host), often = contacts->settings->age / 8;
  struct contacts_pair *pair = find(contacts, ours, theirs, &name);
  bool news = !pair;
  if (news) pair = add(contacts, name.id, name.user);
  if (!pair) return; /* no memory: who was written to cannot write back, as before */
  *contacts->noted += news;
  if (news) contacts_table_remember(&contacts->table, name.quick, pair);
  pair->used = now;
  contacts_table_touch(&contacts->table, pair);
  if (news || now - pair->written > (often < CONTACTS_WRITE_EACH ? often : CONTACTS_WRITE_EACH))
    behind_add(&contacts->behind, &pair->unwritten);
}

struct contacts_pair *contacts_restore(struct contacts *contacts, const uint8_t id[CONTACTS_ID],
                                       const uint8_t user[CONTACTS_USER], hanse_time used) {
  struct contacts_pair *pair = contacts_table_find(&contacts->table, id);
  const struct contacts_pair *oldest = pair ? NULL : victim(contacts, user);
  if (hanse_now(contacts->host) - used > contacts->settings->age) return NULL;
  if (oldest && oldest->used > used) {
    drop(contacts, id);
    return NULL;
  }
  if (!pair) pair = add(contacts, id, user);
  if (pair && pair->used < used) pair->used = used;
  return pair;
}

/* ---- the verdict ---- */

static bool is_held(const struct contacts *contacts, const struct hanse_case *c) {
  switch (contacts->settings->hold) {
    case CONTACTS_UNVERIFIED:
      return !(c->marks->set & HANSE_MARK_VERIFIED) || !c->marks->verified;
    case CONTACTS_STRANGERS:
      return !c->facts->partner && c->facts->wire_type != HANSE_WIRE_AUTHORIZED_SERVER;
    default:
      return contacts->settings->hold == CONTACTS_ALL;
  }
}

/* What is said in a dialog was let in, or begun, by its first request; who asks a server whether it is alive writes to
   nobody; and what is relayed to none of ours. */
static bool concerns(const struct hanse_facts *facts) {
  return facts->side == HANSE_SIDE_PARTNER && !(facts->flags & (HANSE_FACT_IN_DIALOG | HANSE_FACT_RELAYED)) &&
         facts->to.user.len;
}

static HANSE_RARE enum hanse_verdict deny(struct contacts *contacts, const struct hanse_case *c) {
  char text[900];
  const struct hanse_address_fact *from = &c->facts->from, *to = &c->facts->to;
  bool unsaid = contacts->settings->hold == CONTACTS_UNVERIFIED && !(c->marks->set & HANSE_MARK_VERIFIED);
  if (!c->dry) ++*contacts->refused;
  snprintf(text, sizeof text,
           "%.*s@%.*s has not written to %.*s@%.*s first%s; they may write back once that user has written to them",
           HANSE_FMT(to->user), HANSE_FMT(to->domain), HANSE_FMT(from->user), HANSE_FMT(from->domain),
           unsaid ? ", and nothing says that the sender is verified (list \"verification\" in policy.admit)" : "");
  hanse_refusal_say(c->why, c->arena, HANSE_F_CONTACT_FIRST, contacts->settings->where, text);
  return HANSE_DENY;
}

static enum hanse_verdict vote(const struct contacts *contacts, const struct hanse_case *c) {
  c->why->where = contacts->settings->where;
  if (c->dry)
    hanse_refusal_say(c->why, c->arena, HANSE_F_NONE, contacts->settings->where,
                      "one of our users wrote to the sender, who may write back");
  return HANSE_ALLOW;
}

enum hanse_verdict contacts_decide(void *self, const struct hanse_case *c) {
  struct contacts *contacts = (struct contacts *)self;
  bool held = c->stage == HANSE_STAGE_ROUTED && is_held(contacts, c);
  if (!concerns(c->facts) || (!held && !contacts->settings->vote)) return HANSE_ABSTAIN;
  if (contacts_known(contacts, &c->facts->to, &c->facts->from)) {
    if (held && !c->dry) ++*contacts->passed;
    return contacts->settings->vote ? vote(contacts, c) : HANSE_ABSTAIN;
  }
  return held && !behind_waits(&contacts->awaited, contacts->host) ? deny(contacts, c) : HANSE_ABSTAIN;
}

/* ---- what goes out ---- */

/* Whom somebody writes to, calls, or asks for presence; what programs send by themselves is no sign. */
static bool is_sign(const struct hanse_facts *facts) {
  return facts->action == HANSE_ACTION_MESSAGE || facts->action == HANSE_ACTION_SESSION ||
         facts->action == HANSE_ACTION_SUBSCRIBE;
}

void contacts_event(void *self, const struct hanse_event *event) {
  struct contacts *contacts = (struct contacts *)self;
  const struct hanse_facts *facts = event->facts;
  if (event->kind != HANSE_EVENT_ACCEPTED || facts->side != HANSE_SIDE_HOME || !is_sign(facts)) return;
  if (facts->flags & HANSE_FACT_IN_DIALOG || contacts->behind.retired || !facts->to.user.len) return;
  contacts_note(contacts, &facts->from, &facts->to);
}
