/* The policy `disclaimer`: tells the other side that what is said is archived (R86, R113). */
#include "disclaimer.h"

#include <stdlib.h>

#include "addition.h"

#define DISCLAIMER_MAX 500 /* octets of a notice */

struct disclaimer {
  struct hanse_host *host;
  const struct disclaimer_settings *settings;
  uint64_t *told;
};

static const struct hanse_choice disclaimer_hows[] = {
    {"header", DISCLAIMER_HEADER}, {"text", DISCLAIMER_TEXT}, {NULL, 0}};
static const struct hanse_choice disclaimer_places[] = {
    {"before", ADDITION_BEFORE}, {"after", ADDITION_AFTER}, {NULL, 0}};

static const struct hanse_option disclaimer_options[] = {
    HANSE_OPTION(struct disclaimer_settings, to_partners, HANSE_STRING, 0, "This conversation is archived.",
                 "What partners are told; empty: nothing."),
    HANSE_OPTION(struct disclaimer_settings, to_users, HANSE_STRING, 0, NULL,
                 "What our users are told of talks with partners; empty: nothing."),
    HANSE_OPTION(
        struct disclaimer_settings, how, HANSE_ENUM, 0, "header",
        "`header`: with what opens a conversation and what accepts it, beside its content, as the protocol can say it "
        "(see `notice_header` of sip); list the module in `policy.routed` and `policy.answer`. `text`: in each text "
        "(text/plain and text/html in UTF-8); what has no text is left as it is; list it in `policy.routed`.",
        .choices = disclaimer_hows),
    HANSE_OPTION(struct disclaimer_settings, place, HANSE_ENUM, 0, "after",
                 "Where the notice stands in a text: before or after it.", .choices = disclaimer_places),
    HANSE_OPTION(struct disclaimer_settings, where, HANSE_ORIGIN, HANSE_HIDDEN, NULL, NULL),
    HANSE_OPTIONS_END,
};

/* ---- the verdict: none, but marks ---- */

/* Organisations that federate, also by a clearing house; not the customers of a provider (R86). */
static bool disclaimer_is_for(unsigned wire_type) {
  return wire_type == HANSE_WIRE_DIRECT_PARTNER || wire_type == HANSE_WIRE_AUTO_FEDERATION ||
         wire_type == HANSE_WIRE_CLEARING_HOUSE;
}

static bool disclaimer_opens(const struct hanse_facts *facts) {
  if (facts->flags & HANSE_FACT_ANSWER)
    return facts->action == HANSE_ACTION_SESSION && facts->status >= 200 && facts->status < 300;
  return !(facts->flags & HANSE_FACT_IN_DIALOG) &&
         (facts->action == HANSE_ACTION_SESSION || facts->action == HANSE_ACTION_MESSAGE);
}

static int disclaimer_say(const struct hanse_case *c, struct hanse_slice notice) {
  int status = hanse_copy(c->arena, notice, &c->marks->notice);
  if (!status) c->marks->set |= HANSE_MARK_NOTICE;
  return status;
}

static int disclaimer_write(const struct hanse_case *c, struct hanse_slice notice, enum addition_place place) {
  enum addition_form form = addition_form(c->facts->text_type);
  int status = addition_make(c->arena, addition_text(c->facts, c->marks), form, notice, place, &c->marks->text);
  if (!status) c->marks->set |= HANSE_MARK_TEXT;
  return status;
}

static enum hanse_verdict disclaimer_decide(void *self, const struct hanse_case *c) {
  const struct disclaimer *disclaimer = (const struct disclaimer *)self;
  const struct disclaimer_settings *settings = disclaimer->settings;
  const struct hanse_facts *facts = c->facts;
  struct hanse_slice notice = facts->side == HANSE_SIDE_HOME ? settings->to_partners : settings->to_users;
  bool text = settings->how == DISCLAIMER_TEXT;
  bool applies = text ? c->stage != HANSE_STAGE_ANSWER && facts->text.len && addition_form(facts->text_type)
                      : disclaimer_opens(facts);
  if (!notice.len || !applies || !disclaimer_is_for(facts->wire_type)) return HANSE_ABSTAIN;
  int status = text ? disclaimer_write(c, notice, (enum addition_place)settings->place) : disclaimer_say(c, notice);
  if (status) {
    c->why->failure = HANSE_F_MEMORY;
    c->why->where = settings->where;
    return HANSE_DENY;
  }
  if (!c->dry) ++*disclaimer->told;
  return HANSE_ABSTAIN;
}

/* ---- lifecycle ---- */

static int disclaimer_create(struct hanse_host *host, void **self) {
  struct disclaimer *disclaimer = (struct disclaimer *)calloc(1, sizeof *disclaimer);
  if (!disclaimer) return HANSE_NOMEM;
  disclaimer->host = host;
  disclaimer->told = hanse_counter(host, "told", "messages that carry the notice");
  *self = disclaimer;
  return HANSE_OK;
}

/* What no header can say, on one line. */
static int disclaimer_check(const struct disclaimer_settings *settings, const char *name, struct hanse_slice notice,
                            struct hanse_problem *problem) {
  bool fits = notice.len <= DISCLAIMER_MAX;
  for (size_t i = 0; i < notice.len; i++) fits = fits && (unsigned char)notice.at[i] >= ' ' && notice.at[i] != 0x7f;
  if (fits) return HANSE_OK;
  problem->where = settings->where;
  hanse_explain(problem, "%s: write one line of at most %d octets without control characters", name, DISCLAIMER_MAX);
  return HANSE_INVALID;
}

static int disclaimer_configure(void *self, const void *values, struct hanse_problem *problem) {
  struct disclaimer *disclaimer = (struct disclaimer *)self;
  const struct disclaimer_settings *settings = (const struct disclaimer_settings *)values;
  disclaimer->settings = settings;
  int status = disclaimer_check(settings, "to_partners", settings->to_partners, problem);
  return status ? status : disclaimer_check(settings, "to_users", settings->to_users, problem);
}

static int disclaimer_start(void *self) {
  (void)self;
  return HANSE_OK;
}

static const struct hanse_policy disclaimer_policy = {
    .size = sizeof(struct hanse_policy),
    .stages = HANSE_STAGE_ROUTED | HANSE_STAGE_ANSWER,
    .decide = disclaimer_decide,
};

static const struct hanse_offer disclaimer_offers[] = {
    {HANSE_POLICY, NULL, NULL, &disclaimer_policy, NULL, 0},
    HANSE_OFFERS_END,
};

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),
    .name = "disclaimer",
    .version = "0.1.0",
    .summary = "the notice that conversations are archived",
    .options = disclaimer_options,
    .settings_size = sizeof(struct disclaimer_settings),
    .offers = disclaimer_offers,
    .create = disclaimer_create,
    .configure = disclaimer_configure,
    .start = disclaimer_start,
    .destroy = free,
};
