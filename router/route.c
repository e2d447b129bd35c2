/* ROUTE: where to? From outside only to our domains, from inside only to partners; in a dialog to the partner that our
   own token names (design §3). */
#include <stdlib.h>

#include "router/found.h"
#include "router/stage.h"

/* The route takes its own holds; they end with the message. */
static enum step take(struct message *message, struct hanse_target *const *targets, uint32_t count,
                      const struct hanse_partner *partner, enum hanse_side side) {
  struct hanse_route *route = &message->way.route;
  struct hanse_target **own = hanse_alloc(&message->kept.arena, count * sizeof *own);
  if (!own) return stage_refuse(message, HANSE_F_MEMORY, (struct hanse_where){0}, "no memory for the route");
  for (uint32_t i = 0; i < count; i++) own[i] = target_hold(targets[i]);
  *route = (struct hanse_route){
      .size = sizeof *route, .count = count, .targets = own, .partner = partner, .side = (uint8_t)side};
  return STEP_ON;
}

/* In a dialog the target that the token names goes first, and must be there. */
static bool put_first(struct hanse_route *route, struct hanse_slice name) {
  struct hanse_target **targets = (struct hanse_target **)(uintptr_t)route->targets;
  for (uint32_t i = 0; i < route->count; i++) {
    if (!hanse_same(target_text(targets[i]), name)) continue;
    struct hanse_target *wanted = targets[i];
    for (; i > 0; i--) targets[i] = targets[i - 1];
    targets[0] = wanted;
    return true;
  }
  return false;
}

static struct home *home_by_target(const struct partner_set *set, struct hanse_slice name) {
  for (size_t i = 0; i < set->home_count; i++)
    for (uint32_t k = 0; k < set->homes[i].route.count; k++)
      if (hanse_same(target_text(set->homes[i].route.targets[k]), name)) return &set->homes[i];
  return NULL;
}

static enum step to_home(struct message *message) {
  const struct partner_set *set = message->router->now->partners;
  const struct hanse_facts *facts = &message->facts;
  struct entry *entry = partner_set_find(set, facts->to.domain);
  struct home *home = entry_home(entry);
  if (!home && facts->flags & HANSE_FACT_IN_DIALOG) home = home_by_target(set, facts->target_name);
  if (!home)
    return stage_refuse(message, HANSE_F_NOT_OUR_RECIPIENT, entry ? entry->where : (struct hanse_where){0},
                        "\"%.*s\" is no home domain", HANSE_FMT(facts->to.domain));
  return take(message, home->route.targets, home->route.count, facts->partner, HANSE_SIDE_HOME);
}

/* The domain that it goes to: in a dialog the one that our own token names. */
static struct hanse_slice bound_for(const struct message *message) {
  const struct hanse_facts *facts = &message->facts;
  if (facts->beyond.len) return facts->beyond;
  return facts->flags & HANSE_FACT_IN_DIALOG ? facts->partner_name : facts->to.domain;
}

static enum hanse_found ask(struct message *message, const struct federation *federation, struct hanse_partner *partner,
                            struct hanse_found_targets *found) {
  message->way.why = (struct hanse_refusal){.size = sizeof message->way.why};
  struct hanse_question question = {.size = sizeof question,
                                    .dry = message->dry,
                                    .ours = stage_is_ours(message, bound_for(message)),
                                    .domain = bound_for(message),
                                    .why = &message->way.why,
                                    .arena = &message->kept.arena,
                                    .targets = found};
  question.token = stage_token(message, federation->instance, federation->slots->withdrawn);
  struct calling before = instance_enter(federation->instance, "route");
  enum hanse_found result = federation->slots->route(federation->instance->self, partner, &question);
  instance_leave(before);
  return stage_found(message, result, &question);
}

static void remember(const struct message *message, struct hanse_partner *partner,
                     const struct hanse_found_targets *found) {
  struct route_cache *cache = &partner->route;
  const struct way *way = &message->way;
  bool holds = way->whole_entry || (way->lasts && hanse_same(bound_for(message), partner->entry.domain));
  if (!holds || message->dry) return;
  struct hanse_target **copy = calloc(found->count, sizeof(struct hanse_target *));
  if (!copy) return;
  route_cache_clear(cache);
  for (uint32_t i = 0; i < found->count; i++) copy[i] = target_hold(found->targets[i]);
  cache->targets = copy;
  cache->count = found->count;
  cache->whole_entry = way->whole_entry;
  cache->through = message->facts.through;
  cache->terms = message->facts.terms;
  cache->generation = message->router->now->number;
  cache->until = way->lasts ? *message->router->clock + way->lasts : 0;
}

static bool is_remembered(const struct message *message, const struct hanse_partner *partner) {
  const struct router *router = message->router;
  const struct route_cache *cache = &partner->route;
  return cache->generation == router->now->number && (!cache->until || cache->until >= *router->clock) &&
         (cache->whole_entry || hanse_same(bound_for(message), partner->entry.domain));
}

/* It goes outside. Who that is outlives what the type keeps: the answer may come after a reload. */
static enum step go_out(struct message *message, const struct federation *federation, struct hanse_partner *partner,
                        struct hanse_slice through, const struct hanse_terms *terms,
                        struct hanse_target *const *targets, uint32_t count) {
  const struct party party = {.partner = partner,
                              .federation = federation->word,
                              .through = through,
                              .terms = *terms,
                              .wire_type = (uint8_t)federation->slots->wire_type};
  if (stage_party(message, &party) != HANSE_OK)
    return stage_refuse(message, HANSE_F_MEMORY, (struct hanse_where){0}, "no memory for the route");
  return take(message, targets, count, partner, HANSE_SIDE_PARTNER);
}

static enum step conclude(struct message *message, const struct federation *federation, struct hanse_partner *partner,
                          enum hanse_found result, struct hanse_found_targets *found) {
  struct hanse_refusal *why = &message->way.why;
  struct hanse_where where = partner ? partner->entry.where : (struct hanse_where){0};
  enum step step = STEP_REFUSE;
  if (result == HANSE_FOUND_LATER && message->way.token) return STEP_WAIT;
  if (result == HANSE_FOUND_YES && found->count) {
    if (partner) remember(message, partner, found);
    step = go_out(message, federation, partner, message->facts.through, &message->facts.terms, found->targets,
                  found->count);
  } else if (result == HANSE_FOUND_NOT_MINE && !partner) {
    step = STEP_REFUSE; /* unless the next type takes it */
  } else if (result == HANSE_FOUND_NO) {
    why->plugin = federation->instance->name;
    if (why->failure == HANSE_F_NONE) why->failure = HANSE_F_NO_ROUTE;
    if (!why->where.file) why->where = where;
  } else if (result == HANSE_FOUND_LATER) {
    stage_not_later(message, federation, where);
  } else {
    stage_refuse(message, HANSE_F_ERROR, where, "federation type \"%.*s\" named no target",
                 HANSE_FMT(federation->name));
  }
  found_forget(message);
  return step;
}

static enum step ask_and_conclude(struct message *message, const struct federation *federation,
                                  struct hanse_partner *partner) {
  struct way *way = &message->way;
  if (way->resolved) {
    way->resolved = 0;
    return conclude(message, federation, partner, (enum hanse_found)way->found, way->found_targets);
  }
  struct hanse_found_targets *found = way->found_targets = found_new(message, federation->slots, partner);
  if (!found) return stage_refuse(message, HANSE_F_MEMORY, (struct hanse_where){0}, "no memory for the route");
  return conclude(message, federation, partner, ask(message, federation, partner, found), found);
}

static enum step to_partner(struct message *message, struct hanse_partner *partner) {
  const struct route_cache *cache = &partner->route;
  message_partner_set(message, partner);
  message->facts.partner = partner;
  if (!partner->federation || !partner->federation->instance)
    return stage_refuse(message, HANSE_F_ERROR, partner->entry.where, "federation type \"%.*s\" is not running",
                        HANSE_FMT(partner->type));
  if (is_remembered(message, partner))
    return go_out(message, partner->federation, partner, cache->through, &cache->terms, cache->targets, cache->count);
  return ask_and_conclude(message, partner->federation, partner);
}

static enum step to_stranger(struct message *message) {
  const struct generation *generation = message->router->now;
  struct way *way = &message->way;
  struct hanse_refusal why = {.failure = HANSE_F_NONE};
  for (; way->policy < generation->catch_all_count; way->policy++) {
    const struct federation *federation = generation->catch_all[way->policy];
    enum step step = ask_and_conclude(message, federation, NULL);
    if (step != STEP_REFUSE || message->way.found != HANSE_FOUND_NOT_MINE) return step;
    stage_not_mine(message, federation, &why);
  }
  if (why.failure) return stage_refused(message, &why);
  if (message->facts.flags & HANSE_FACT_IN_DIALOG)
    return stage_refuse(message, HANSE_F_NO_DIALOG, (struct hanse_where){0},
                        "the dialog's partner \"%.*s\" is not in `partners` any more", HANSE_FMT(bound_for(message)));
  return stage_refuse(message, HANSE_F_NO_ROUTE, (struct hanse_where){0}, "no entry of `partners` covers \"%.*s\"",
                      HANSE_FMT(bound_for(message)));
}

/* How many messages from inside may be on their way to one partner; those that no entry covers count by their link.
   What belongs to a running dialog, its end above all, finds as much room again. */
static bool crowded(const struct message *message, const struct hanse_partner *partner, uint32_t *in_flight) {
  const struct generation *generation = message->router->now;
  uint32_t most = generation->in_flight_max;
  if (!partner && !generation->catch_all_count) return false; /* it goes nowhere */
  *in_flight = partner ? partner->in_flight : message->public.link->upper.in_flight - message->came; /* but this one */
  return *in_flight >= (message->facts.flags & HANSE_FACT_IN_DIALOG ? 2 * most : most);
}

static enum step towards(struct message *message, struct hanse_partner *partner) {
  uint32_t in_flight;
  if (!crowded(message, partner, &in_flight)) return partner ? to_partner(message, partner) : to_stranger(message);
  message_partner_set(message, partner);
  return stage_refuse(message, HANSE_F_BUSY, partner ? partner->entry.where : (struct hanse_where){0},
                      "%u messages to it wait for an answer (limits.messages_in_flight_per_link)", in_flight);
}

/* No entry says where the domain is, or it is ours and a provider's as well: catch-all types may know. */
static bool is_open(struct entry *entry) { return !entry || (entry_home(entry) && entry_home(entry)->shared); }

static enum step from_inside(struct message *message) {
  const struct hanse_facts *facts = &message->facts;
  const struct partner_set *set = message->router->now->partners;
  if (facts->flags & HANSE_FACT_IN_DIALOG) {
    struct hanse_partner *partner = entry_partner(partner_set_exact(set, facts->partner_name));
    if (partner || is_open(partner_set_find(set, facts->partner_name))) return towards(message, partner);
    return stage_refuse(message, HANSE_F_NO_DIALOG, (struct hanse_where){0},
                        "the dialog's partner \"%.*s\" is not in `partners` any more", HANSE_FMT(facts->partner_name));
  }
  struct entry *entry = partner_set_find(set, facts->to.domain);
  if (is_open(entry)) return towards(message, NULL);
  if (entry_home(entry))
    return stage_refuse(message, HANSE_F_INTERNAL, entry->where, "\"%.*s\" is a home domain",
                        HANSE_FMT(facts->to.domain));
  return towards(message, entry_partner(entry));
}

/* From one member of our clearing house to another (R16): both have an entry that says so, of one type, which has asked
   for the sender's name. Whoever sends is connected itself, and so is whoever receives: there is no second hop here,
   and nothing goes back to where it came from. */
static enum step to_member(struct message *message) {
  const struct hanse_facts *facts = &message->facts;
  const struct hanse_partner *sender = facts->partner;
  struct hanse_partner *member = entry_partner(partner_set_find(message->router->now->partners, bound_for(message)));
  struct hanse_slice type = facts->federation;
  bool may = facts->terms.relays && sender && member && member != sender && member->federation &&
             member->federation->instance && hanse_same(member->federation->word, type);
  enum step step = may ? to_partner(message, member) : STEP_ON;
  if (step != STEP_ON) return step;
  if (!may || !message->facts.terms.relays)
    return stage_refuse(message, HANSE_F_NOT_OUR_RECIPIENT, member ? member->entry.where : (struct hanse_where){0},
                        "\"%.*s\" is no home domain, and no other member of the clearing house",
                        HANSE_FMT(bound_for(message)));
  message->facts.flags |= HANSE_FACT_RELAYED;
  return STEP_ON;
}

static bool is_ours(const struct message *message) {
  const struct partner_set *set = message->router->now->partners;
  const struct hanse_facts *facts = &message->facts;
  return entry_home(partner_set_find(set, facts->to.domain)) ||
         (facts->flags & HANSE_FACT_IN_DIALOG && home_by_target(set, facts->target_name));
}

static enum step from_outside(struct message *message) {
  const struct hanse_facts *facts = &message->facts;
  if (facts->beyond.len || (facts->terms.relays && !is_ours(message))) return to_member(message);
  return to_home(message);
}

/* A dialog's request from outside must come from the partner that the token names (B9); IDENTIFY has asked whether the
   peer speaks for that domain. */
static bool same_partner(const struct message *message) {
  const struct hanse_partner *partner = message->facts.partner;
  struct hanse_slice name = message->facts.partner_name;
  if (message->facts.beyond.len) return partner && hanse_domain_within(name, partner->entry.domain);
  return !partner || hanse_same(partner->entry.domain, name);
}

enum step stage_route(struct message *message) {
  const struct hanse_facts *facts = &message->facts;
  bool inside = facts->side == HANSE_SIDE_HOME, dialog = (facts->flags & HANSE_FACT_IN_DIALOG) != 0;
  if (dialog && !inside && !same_partner(message))
    return stage_refuse(message, HANSE_F_NO_DIALOG, (struct hanse_where){0},
                        "the dialog belongs to another partner, \"%.*s\"", HANSE_FMT(facts->partner_name));
  enum step step = inside ? from_inside(message) : from_outside(message);
  if (step == STEP_ON && dialog && facts->target_name.len && !put_first(&message->way.route, facts->target_name))
    return stage_refuse(message, HANSE_F_NO_DIALOG, (struct hanse_where){0},
                        "the dialog's next server \"%.*s\" is no target of that partner any more",
                        HANSE_FMT(facts->target_name));
  return step == STEP_ON && facts->terms.carries ? stage_carried(message) : step;
}
