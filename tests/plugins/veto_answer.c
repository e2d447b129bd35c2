/* A policy that refuses some answers by their status; the requester then gets a failure instead. Shows the ANSWER
   stage and a list option. */
#include <hanse/plugin.h>
#include <stdio.h>
#include <stdlib.h>

struct settings {
  struct hanse_where where;
  struct hanse_list deny; /* int64_t */
};

struct veto {
  const struct settings *settings;
};

static enum hanse_verdict decide(void *self, const struct hanse_case *c) {
  const struct settings *settings = ((struct veto *)self)->settings;
  const int64_t *deny = (const int64_t *)settings->deny.items;
  char text[80];
  for (size_t i = 0; i < settings->deny.count; i++) {
    if (deny[i] != c->facts->status) continue;
    snprintf(text, sizeof text, "answers with status %u are not let through", c->facts->status);
    c->why->failure = HANSE_F_POLICY;
    c->why->where = settings->where;
    if (hanse_copy(c->arena, hanse_text(text), &c->why->text)) c->why->text = HANSE_LIT("");
    return HANSE_DENY;
  }
  return HANSE_ABSTAIN;
}

static int create(struct hanse_host *host, void **self) {
  (void)host;
  *self = calloc(1, sizeof(struct veto));
  return *self ? HANSE_OK : HANSE_NOMEM;
}
static int configure(void *self, const void *settings, struct hanse_problem *problem) {
  (void)problem;
  ((struct veto *)self)->settings = (const struct settings *)settings;
  return HANSE_OK;
}
static int start(void *self) {
  (void)self;
  return HANSE_OK;
}

static const struct hanse_option options[] = {
    HANSE_OPTION(struct settings, where, HANSE_ORIGIN, HANSE_HIDDEN, NULL, "Where the module stands."),
    HANSE_OPTION(struct settings, deny, HANSE_INT, HANSE_LIST, NULL, "Statuses of answers that are refused.",
                 .min = "100", .max = "699"),
    HANSE_OPTIONS_END,
};
static const struct hanse_policy policy = {sizeof(struct hanse_policy), HANSE_STAGE_ANSWER, decide, NULL, 0};
static const struct hanse_offer offers[] = {{HANSE_POLICY, NULL, NULL, &policy, NULL, 0}, HANSE_OFFERS_END};
const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),         .name = "veto_answer",
    .version = "1",         .summary = "refuses answers by status",
    .options = options,     .settings_size = sizeof(struct settings),
    .offers = offers,       .create = create,
    .configure = configure, .start = start,
    .destroy = free,
};
