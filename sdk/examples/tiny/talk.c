#include "talk.h"

#include <hanse/utf8.h>

/* ---- its beginning and its end ---- */

static enum hanse_failure read_address(struct tiny *tiny, struct hanse_message *message, struct hanse_slice text,
                                       struct hanse_address_fact *out) {
  struct hanse_slice domain;
  if (!hanse_is_utf8(text) || !line_address(text, &out->user, &domain)) return HANSE_F_PARSE;
  int status = hanse_canonical(tiny->host, message->arena, domain, &out->domain);
  return status == HANSE_NOMEM ? HANSE_F_MEMORY : status ? HANSE_F_PARSE : HANSE_F_NONE;
}

/* All that policies will ever know of it. A fact that is not stated is a rule that cannot be applied. */
static enum hanse_failure state_facts(struct tiny *tiny, struct hanse_message *message, const struct line *line) {
  struct hanse_facts *facts = message->facts;
  enum hanse_failure failure = read_address(tiny, message, line->from, &facts->from);
  if (!failure) failure = read_address(tiny, message, line->to, &facts->to);
  if (failure) return failure;
  facts->method = HANSE_LIT("say");
  facts->action = HANSE_ACTION_MESSAGE;
  facts->modality = HANSE_MODALITY_IM;
  facts->modalities = HANSE_MODALITY_BIT(HANSE_MODALITY_IM);
  facts->bytes = (uint32_t)message->bytes.len;
  facts->hops = facts->hops ? facts->hops : 10;
  facts->conversation = line->from;
  facts->text_type = HANSE_LIT("text/plain");
  if (!hanse_is_utf8(line->rest)) return HANSE_F_PARSE;
  return line_unescape(message->arena, line->rest, &facts->text) ? HANSE_F_MEMORY : HANSE_F_NONE;
}

enum hanse_failure talk_open(struct tiny *tiny, struct hanse_message *message, const struct line *line) {
  enum hanse_failure failure = state_facts(tiny, message, line);
  struct talk *talk = (struct talk *)hanse_alloc_zero(message->arena, sizeof *talk);
  if (failure) return failure;
  if (!talk || hanse_ticket_open(tiny->host, talk, &talk->ticket) != HANSE_OK) return HANSE_F_MEMORY;
  talk->tiny = tiny;
  talk->message = message;
  talk->id = line->id;
  talk->next = tiny->talks;
  if (tiny->talks) tiny->talks->previous = talk;
  tiny->talks = talk;
  message->native = talk;
  message->ticket = talk->ticket;
  return HANSE_F_NONE;
}

static void end(struct talk *talk) {
  struct hanse_host *host = talk->tiny->host;
  if (talk->next) talk->next->previous = talk->previous;
  if (talk->previous)
    talk->previous->next = talk->next;
  else
    talk->tiny->talks = talk->next;
  hanse_timer_stop(host, &talk->timer);
  hanse_link_release(host, talk->out);
  hanse_ticket_close(host, talk->ticket);
  hanse_message_free(host, talk->message); /* and with it the talk */
}

/* Nobody listens any more when the link is gone, and no other one leads to the same peer. */
static void tell(struct hanse_host *host, const struct hanse_message *message, struct hanse_slice id, const char *verb,
                 const char *reason) {
  struct hanse_link *link = hanse_link_again(host, message->link);
  size_t most = id.len + strlen(reason) + 8;
  char *room = link ? hanse_link_room(host, link, most) : NULL;
  if (!room) return;
  int n = snprintf(room, most, "%s %.*s%s%s\n", verb, HANSE_FMT(id), *reason ? " " : "", reason);
  hanse_link_filled(host, link, (size_t)n);
}

static void tell_end(const struct talk *talk, const char *verb, const char *reason) {
  tell(talk->tiny->host, talk->message, talk->id, verb, reason);
}

void talk_not_opened(struct tiny *tiny, struct hanse_message *message, const struct line *line,
                     enum hanse_failure failure) {
  const struct hanse_refusal why = {.size = sizeof why, .failure = failure};
  hanse_refused(tiny->host, message, &why);
  tell(tiny->host, message, line->id, "no", hanse_failure_name(tiny->host, failure));
  hanse_message_free(tiny->host, message);
}

void talk_refuse(struct talk *talk, const struct hanse_refusal *why) {
  if (talk->lowered)
    hanse_concluded(talk->tiny->host, talk->message, 0, why);
  else
    tell_end(talk, "no", hanse_failure_name(talk->tiny->host, why->failure));
  end(talk);
}

void talk_conclude(struct talk *talk, uint16_t status) {
  if (talk->lowered)
    hanse_concluded(talk->tiny->host, talk->message, status, NULL);
  else if (status < 300)
    tell_end(talk, "ok", "");
  else
    tell_end(talk, "no", "not-delivered");
  end(talk);
}

/* It failed in our hands: told to the log and to observers as well. */
static void fail(struct talk *talk, enum hanse_failure failure) {
  const struct hanse_refusal why = {.size = sizeof why, .failure = failure};
  hanse_refused(talk->tiny->host, talk->message, &why);
  talk_refuse(talk, &why);
}

/* ---- on to the other side ---- */

static void too_late(void *self, struct hanse_timer *timer) {
  struct talk *talk = (struct talk *)(void *)((char *)timer - offsetof(struct talk, timer));
  (void)self;
  fail(talk, HANSE_F_TIMEOUT);
}

/* The ticket is our name for it: whoever answers names it, and nothing has to be searched. */
static bool write_say(struct talk *talk, struct hanse_link *link) {
  struct hanse_host *host = talk->tiny->host;
  const struct hanse_facts *facts = talk->message->facts;
  const struct hanse_marks *marks = talk->message->marks;
  struct hanse_slice text = marks->set & HANSE_MARK_TEXT ? marks->text : facts->text, line;
  if (line_escape(talk->message->scratch, text, &line) != HANSE_OK) return false;
  size_t most = line.len + facts->from.user.len + facts->from.domain.len + facts->to.user.len + facts->to.domain.len;
  char *room = hanse_link_room(host, link, most + 32);
  if (!room) return false;
  int n = snprintf(room, most + 32, "say %016llx %.*s@%.*s %.*s@%.*s ", (unsigned long long)talk->ticket,
                   HANSE_FMT(facts->from.user), HANSE_FMT(facts->from.domain), HANSE_FMT(facts->to.user),
                   HANSE_FMT(facts->to.domain));
  if (line.len) memcpy(room + n, line.at, line.len);
  room[(size_t)n + line.len] = '\n';
  hanse_link_filled(host, link, (size_t)n + line.len + 1);
  return true;
}

static bool send(struct talk *talk, struct hanse_link *link) {
  struct hanse_host *host = talk->tiny->host;
  if (!write_say(talk, link)) return false;
  talk->out = hanse_link_hold(host, link);
  hanse_ticket_ride(host, talk->ticket, link); /* link_lost will be called */
  hanse_timer_start(host, talk->tiny->patience, &talk->timer, too_late);
  hanse_message_settle(host, talk->message); /* what is left is to wait: scratch memory goes back */
  ++*talk->tiny->texts;
  return true;
}

/* The targets in their order; a link may have to be opened first. */
static void walk(struct talk *talk, enum hanse_failure failure) {
  struct hanse_host *host = talk->tiny->host;
  for (; talk->target < talk->route->count; talk->target++) {
    struct hanse_link *link;
    int status = hanse_link_want(host, talk->ticket, talk->route->targets[talk->target], &link);
    if (status == HANSE_SKIP) return; /* link_ready follows */
    if (status == HANSE_OK && send(talk, link)) return;
    failure = HANSE_F_QUEUE_FULL;
  }
  fail(talk, failure);
}

void talk_deliver(struct talk *talk, const struct hanse_route *route) {
  talk->judged = true;
  talk->route = route;
  if (talk->message->marks->set & HANSE_MARK_NOTICE)
    fail(talk, HANSE_F_MARK); /* there is no word for it here, and a mark is never left out in silence */
  else
    walk(talk, HANSE_F_NO_ROUTE);
}

void talk_link_ready(struct talk *talk, struct hanse_link *link, enum hanse_failure failure) {
  if (link && send(talk, link)) return;
  talk->target++;
  walk(talk, link ? HANSE_F_QUEUE_FULL : failure);
}

/* It was written: another server might deliver it a second time. */
void talk_link_lost(struct talk *talk) { fail(talk, HANSE_F_LINK_LOST); }

void talk_answered(struct talk *talk, bool arrived) { talk_conclude(talk, arrived ? 200 : 480); }
