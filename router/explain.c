/* `hansectl explain FROM TO`: the same stages as for a message, with `dry`, over a link that is not there. */
#include <stdio.h>
#include <stdlib.h>

#include "contract/domain.h"
#include "contract/failure.h"
#include "router/commands.h"
#include "router/found.h"
#include "router/generation.h"
#include "router/message.h"
#include "router/rehearsal.h"
#include "router/rows.h"
#include "router/stage.h"
#include "router/way.h"

#define NAMES_MAX 32

struct explanation {
  struct router *router;
  struct hanse_rows *rows;
  struct message *message;
  struct hanse_link link; /* what the stages read of a link: side, names, protocol */
  struct hanse_slice names[NAMES_MAX];
};

static bool read_address(struct explanation *e, const char *argument, struct hanse_address_fact *out) {
  return rehearsal_address(e->rows, argument, &e->message->kept.arena, out);
}

static void add_name(struct explanation *e, struct hanse_slice name) {
  char buf[DOMAIN_BUFFER];
  struct hanse_slice canonical;
  if (e->link.proved_count == NAMES_MAX || domain_canonical(name, buf, sizeof buf, &canonical) != HANSE_OK) return;
  if (hanse_copy(&e->message->kept.arena, canonical, &e->names[e->link.proved_count]) == HANSE_OK)
    e->link.proved_count++;
}

static void names_as_given(struct explanation *e, struct hanse_slice list) {
  while (list.len) {
    const char *comma = memchr(list.at, ',', list.len);
    size_t n = comma ? (size_t)(comma - list.at) : list.len;
    add_name(e, hanse_slice(list.at, n));
    list = hanse_slice(list.at + n + (comma != NULL), list.len - n - (comma != NULL));
  }
}

/* Nobody said which names the link proved: those that its owner would have to prove if we dialled it. */
static void names_as_dialled(struct explanation *e, const struct hanse_partner *partner) {
  const struct federation *federation = partner->federation;
  struct hanse_refusal why = {.size = sizeof why};
  if (!federation || !federation->instance) return;
  struct hanse_found_targets *found = found_new(e->message, federation->slots, partner);
  if (!found) return;
  struct hanse_question question = {.size = sizeof question,
                                    .dry = true,
                                    .domain = partner->entry.domain,
                                    .why = &why,
                                    .arena = &e->message->kept.arena,
                                    .targets = found};
  struct calling before = instance_enter(federation->instance, "route");
  enum hanse_found result = federation->slots->route(federation->instance->self, partner, &question);
  instance_leave(before);
  for (uint32_t i = 0; result == HANSE_FOUND_YES && i < found->count; i++)
    add_name(e, target_key(found->targets[i])->prove);
  found_clear(found);
}

static void choose_side(struct explanation *e, struct hanse_slice domain) {
  struct entry *entry = partner_set_find(e->router->now->partners, domain);
  const struct home *home = entry_home(entry);
  struct hanse_slice given = rows_argument(e->rows, "names");
  e->link.side = home && !given.len ? HANSE_SIDE_HOME : HANSE_SIDE_PARTNER;
  e->link.proved = e->names;
  if (given.len) {
    names_as_given(e, given);
    for (size_t i = 0; home && i < home->peer_count; i++)
      if (link_proves(&e->link, home->peers[i].name)) e->link.side = HANSE_SIDE_HOME;
  } else if (home && home->peer_count) {
    add_name(e, home->peers[0].name);
  } else if (entry_partner(entry)) {
    names_as_dialled(e, entry_partner(entry));
  }
}

static void where_text(struct hanse_rows *rows, const char *name, struct hanse_where where) {
  char text[512];
  snprintf(text, sizeof text, "%s:%u", where.file ? where.file : "default", where.line);
  rows_text(rows, name, hanse_text(where.file ? text : "default"));
}

static void tell(struct explanation *e, bool allowed) {
  const struct message *message = e->message;
  const struct hanse_refusal *why = &message->way.why;
  const struct hanse_partner *partner = message->facts.partner;
  const struct failure *failure = failure_row(allowed ? HANSE_F_NONE : why->failure);
  struct hanse_slice type = partner ? partner->type : message->facts.federation;
  struct hanse_rows *rows = e->rows;
  rows_begin(rows);
  rows_text(rows, "direction", hanse_text(e->link.side == HANSE_SIDE_HOME ? "out" : "in"));
  rows_text(rows, "partner", partner ? partner->entry.domain : HANSE_LIT("none"));
  rows_text(rows, "type", type.len ? type : HANSE_LIT("none"));
  if (partner && partner->called.len) rows_text(rows, "called", partner->called);
  rows_text(rows, "through", message->facts.through.len ? message->facts.through : HANSE_LIT("itself"));
  where_text(rows, "rule", !allowed ? why->where : partner ? partner->entry.where : (struct hanse_where){0});
  rows_text(rows, "decided_by", hanse_text(!allowed && why->plugin ? why->plugin : "router"));
  rows_text(rows, "verdict", hanse_text(allowed ? "allow" : "deny"));
  rows_text(rows, "reason", hanse_text(failure->name));
  rows_number(rows, "number", failure->number);
  rows_number(rows, "status", failure->sip_status);
  if (!allowed) rows_text(rows, "text", why->text);
  if (!allowed) rows_say(rows, "%.*s", HANSE_FMT(why->text));
  rows_text(rows, "cure", hanse_text(allowed || !*failure->cure ? "none needed" : failure->cure));
  if (allowed && message->way.route.count) rows_text(rows, "target", target_text(message->way.route.targets[0]));
}

/* What the protocol refuses by itself never reaches the stages. */
static bool screened(struct explanation *e, const struct protocol *protocol) {
  const struct hanse_facts *facts = &e->message->facts;
  if (!protocol->slots->screen) return true;
  struct calling before = instance_enter(protocol->instance, "screen");
  enum hanse_failure failure =
      protocol->slots->screen(protocol->instance->self, (enum hanse_side)facts->side, facts->method);
  instance_leave(before);
  if (failure == HANSE_F_NONE) return true;
  stage_refuse(e->message, failure, (struct hanse_where){0}, "\"%.*s\" is not taken from that side",
               HANSE_FMT(facts->method));
  e->message->way.why.plugin = protocol->instance->name;
  return false;
}

/* What the message is for; im when nothing is said. */
static bool read_modality(struct explanation *e, struct hanse_facts *facts) {
  static const struct {
    const char *name;
    uint8_t modality, action;
  } known[] = {
      {"im", HANSE_MODALITY_IM, HANSE_ACTION_MESSAGE},
      {"presence", HANSE_MODALITY_PRESENCE, HANSE_ACTION_SUBSCRIBE},
      {"audio_video", HANSE_MODALITY_AUDIO_VIDEO, HANSE_ACTION_SESSION},
      {"sharing", HANSE_MODALITY_SHARING, HANSE_ACTION_SESSION},
      {"conference", HANSE_MODALITY_CONFERENCE, HANSE_ACTION_SESSION},
      {"file", HANSE_MODALITY_FILE, HANSE_ACTION_SESSION},
  };
  struct hanse_slice name = rows_argument(e->rows, "modality");
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    if (name.len && !hanse_same(name, hanse_text(known[i].name))) continue;
    facts->modality = known[i].modality;
    facts->modalities = HANSE_MODALITY_BIT(facts->modality);
    facts->action = known[i].action;
    return true;
  }
  rows_say(e->rows, "\"%.*s\" is no modality: im, presence, audio_video, sharing, conference or file", HANSE_FMT(name));
  return false;
}

enum hanse_outcome command_explain(struct router *router, struct hanse_rows *rows, uintptr_t *cursor) {
  (void)cursor;
  struct explanation e = {.router = router, .rows = rows};
  enum hanse_outcome outcome = HANSE_USAGE;
  const struct protocol *protocol = router->now->protocol_count ? &router->now->protocols[0] : NULL;
  if (!protocol || !protocol->instance) return HANSE_NOT_DETERMINED;
  e.link.holds = 1;
  e.link.state = LINK_OPEN;
  e.link.protocol = protocol->name;
  e.message = message_new(router, protocol->instance, &e.link, hanse_slice("", 0));
  if (!e.message) return HANSE_NOT_DETERMINED;
  struct hanse_facts *facts = &e.message->facts;
  e.message->dry = true;
  facts->method = rows_argument(rows, "method");
  if (!facts->method.len) facts->method = HANSE_LIT("MESSAGE");
  facts->hops = 70;
  if (read_modality(&e, facts) && read_address(&e, "from", &facts->from) && read_address(&e, "to", &facts->to)) {
    choose_side(&e, facts->from.domain);
    facts->side = (uint8_t)e.link.side;
    facts->proved = e.names;
    facts->proved_count = e.link.proved_count;
    bool allowed = screened(&e, protocol) && way_try(e.message);
    tell(&e, allowed);
    outcome = allowed ? HANSE_DONE : HANSE_NO;
  }
  message_free(e.message);
  return outcome;
}
