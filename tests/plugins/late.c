/* A federation type that is as `direct` but answers both of its questions 50 ms later, as one that asks DNS or a
   directory would. Shows that nothing of a question may be kept but its token and, for a route, where targets go. */
#include <hanse/plugin.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

struct entry {
  struct hanse_address edge;
};

struct late {
  struct hanse_host *host;
  struct hanse_timers *timers;
  struct question *open;
};

struct question {
  struct hanse_timer timer; /* first */
  struct question *next;
  hanse_token token;
  struct hanse_found_targets *targets; /* NULL: confirm */
  bool proved;
  uint16_t port;
  char host[256];
};

static void forget(struct late *late, struct question *question) {
  LL_DELETE(late->open, question);
  hanse_timer_stop(late->host, &question->timer);
  free(question);
}

/* What is known at once, and would be enough. */
static enum hanse_found decide(struct late *late, struct question *q, struct hanse_refusal *why) {
  struct hanse_slice host = hanse_text(q->host);
  struct hanse_place place = {sizeof place, q->port, 0, host, host, true, {NULL, 0}};
  if (q->targets ? hanse_route_add(late->host, q->targets, &place) == HANSE_OK : q->proved) return HANSE_FOUND_YES;
  why->failure = q->targets ? HANSE_F_ADDRESS : HANSE_F_NAME_NOT_PROVED;
  why->text = HANSE_LIT("the edge of this entry cannot be reached, or was not proved; correct the entry");
  return HANSE_FOUND_NO;
}

static void fire(void *self, struct hanse_timer *timer) {
  struct late *late = (struct late *)self;
  struct question *q = (struct question *)timer;
  struct hanse_refusal why = {.size = sizeof why};
  enum hanse_found found = decide(late, q, &why);
  hanse_resolve_found(late->host, q->token, found, found == HANSE_FOUND_NO ? &why : NULL);
  forget(late, q);
}

/* Confirm and route: the one has a peer, the other has targets. */
static enum hanse_found find(void *self, const struct hanse_partner *partner, struct hanse_question *asked) {
  struct late *late = (struct late *)self;
  const struct entry *entry = (const struct entry *)hanse_partner_settings(late->host, partner);
  struct question q = {
      .token = asked->token, .targets = asked->targets, .port = entry->edge.port ? entry->edge.port : 5061};
  snprintf(q.host, sizeof q.host, "%.*s", HANSE_FMT(entry->edge.host));
  q.proved = asked->peer && hanse_peer_proves(asked->peer, entry->edge.host);
  if (asked->dry) return decide(late, &q, asked->why);
  struct question *open = (struct question *)malloc(sizeof *open);
  if (!open) return decide(late, &q, asked->why);
  *open = q;
  LL_PREPEND(late->open, open);
  hanse_timer_start(late->host, late->timers, &open->timer, fire);
  return HANSE_FOUND_LATER;
}
static void withdrawn(void *self, hanse_token token) {
  struct question *q;
  LL_SEARCH_SCALAR(((struct late *)self)->open, q, token, token);
  if (q) forget((struct late *)self, q);
}
static int create(struct hanse_host *host, void **self) {
  struct late *late = (struct late *)calloc(1, sizeof *late);
  if (!late) return HANSE_NOMEM;
  late->host = host;
  *self = late;
  return HANSE_OK;
}
static int configure(void *self, const void *settings, struct hanse_problem *problem) {
  (void)settings, (void)problem;
  ((struct late *)self)->timers = hanse_timers(((struct late *)self)->host, 50 * HANSE_MSEC);
  return ((struct late *)self)->timers ? HANSE_OK : HANSE_NOMEM;
}
static void stop(void *self) {
  while (((struct late *)self)->open) forget((struct late *)self, ((struct late *)self)->open);
}

static const struct hanse_option entry_table[] = {
    HANSE_OPTION(struct entry, edge, HANSE_ADDRESS, HANSE_REQUIRED | HANSE_HOST_NAME, NULL, "Its edge."),
    HANSE_OPTIONS_END,
};
static const struct hanse_federation federation = {
    sizeof(struct hanse_federation), HANSE_WIRE_DIRECT_PARTNER, false, find, find, withdrawn};
static const struct hanse_offer offers[] = {
    {HANSE_FEDERATION, "late", NULL, &federation, entry_table, sizeof(struct entry)}, HANSE_OFFERS_END};
const struct hanse_plugin hanse_plugin = {HANSE_NEEDS(9),
                                          "late",
                                          "1",
                                          "answers its questions later",
                                          .offers = offers,
                                          .create = create,
                                          .configure = configure,
                                          .stop = stop,
                                          .destroy = free};
