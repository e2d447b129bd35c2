/* A third protocol, complete: one line a message (line.h). It shows how a network joins Hanse: it turns octets into
   messages with facts, delivers what passed the stages, answers, and, by lift and lower, talks with all the others. */
#include <hanse/plugin.h>
#include <stdlib.h>

#include "talk.h"

struct tiny_settings {
  hanse_time patience;
};

static const struct hanse_option options[] = {
    {"patience", HANSE_DURATION, 0, offsetof(struct tiny_settings, patience), "30s", "1s", "5m", NULL, NULL, 0, NULL,
     "How long the next server may take for its answer."},
    HANSE_OPTIONS_END,
};

/* ---- what comes in ---- */

/* One text that is wrong is no reason to close a link on which others come. */
static void say(struct tiny *tiny, struct hanse_message *message, const struct line *line) {
  enum hanse_failure failure = talk_open(tiny, message, line);
  if (failure)
    talk_not_opened(tiny, message, line, failure);
  else
    hanse_submit_take(tiny->host, message); /* deliver or refuse follows, now or later */
}

static int copy_address(struct hanse_arena *arena, const struct hanse_address_fact *from,
                        struct hanse_address_fact *to) {
  int status = hanse_copy(arena, from->user, &to->user);
  return status ? status : hanse_copy(arena, from->domain, &to->domain);
}

/* Copies: while policies look at the answer the talk may end, and its message's memory with it. */
static int state_answer(const struct hanse_message *message, const struct talk *talk, enum line_verb verb) {
  const struct hanse_facts *asked = talk->message->facts;
  struct hanse_facts *facts = message->facts;
  facts->flags = HANSE_FACT_ANSWER | HANSE_FACT_FINAL;
  facts->status = verb == LINE_OK ? 200 : 480;
  facts->method = HANSE_LIT("say");
  facts->action = HANSE_ACTION_MESSAGE;
  int status = copy_address(message->arena, &asked->from, &facts->from);
  return status ? status : copy_address(message->arena, &asked->to, &facts->to);
}

/* An answer belongs to a ticket, and must come from where the text went: tickets can be guessed. One for which there is
   no memory is lost, and whoever waits for it is told when patience ends. */
static void answer_line(struct tiny *tiny, struct hanse_link *link, struct hanse_message *message,
                        const struct line *line) {
  char number[ID_MAX + 1];
  void *object = NULL;
  snprintf(number, sizeof number, "%.*s", HANSE_FMT(line->id));
  hanse_ticket ticket = strtoull(number, NULL, 16);
  int status = hanse_ticket_object(tiny->host, ticket, &object);
  const struct talk *talk = (const struct talk *)object;
  if (status == HANSE_OK && talk->out == link && state_answer(message, talk, line->verb) == HANSE_OK) {
    hanse_answer_take(tiny->host, ticket, message);
    return;
  }
  if (status == HANSE_SKIP) hanse_hand_over(tiny->host, ticket, link, message->bytes); /* before the last reload */
  hanse_message_free(tiny->host, message);
}

/* False: the link was shut, and no further line of it counts. */
static bool take_line(struct tiny *tiny, struct hanse_link *link, struct hanse_slice bytes) {
  struct hanse_message *message = hanse_message_new(tiny->host, link, bytes);
  if (!message) {
    hanse_link_shut(tiny->host, link, HANSE_F_MEMORY, "no memory for a message");
    return false;
  }
  struct line line = line_read(message->bytes); /* slices of the message's own copy */
  if (line.verb == LINE_SAY) {
    say(tiny, message, &line);
  } else if (line.verb == LINE_OK || line.verb == LINE_NO) {
    answer_line(tiny, link, message, &line);
  } else {
    hanse_message_free(tiny->host, message);
    if (line.verb == LINE_BAD) hanse_link_shut(tiny->host, link, HANSE_F_PARSE, "no line of this protocol");
  }
  return line.verb != LINE_BAD;
}

static void write_word(struct tiny *tiny, struct hanse_link *link, const char *word) {
  char *room = hanse_link_room(tiny->host, link, strlen(word));
  if (!room) return;
  memcpy(room, word, strlen(word));
  hanse_link_filled(tiny->host, link, strlen(word));
}

/* Whole lines only, as many as the budget says; how far the rest was searched stays with the link. */
static size_t input(void *self, struct hanse_link *link, struct hanse_input *in) {
  struct tiny *tiny = (struct tiny *)self;
  size_t taken = 0;
  while (in->budget && taken < in->len) {
    size_t from = taken + *in->scanned;
    const char *end = (const char *)memchr(in->bytes + from, '\n', in->len - from);
    size_t length = end ? (size_t)(end - in->bytes) - taken : in->len - taken;
    if (length >= LINE_MAX_OCTETS) {
      hanse_link_shut(tiny->host, link, HANSE_F_TOO_LARGE, "a line that is too long");
      return in->len;
    }
    *in->scanned = end ? 0 : length;
    if (!end) break;
    struct hanse_slice line = hanse_slice(in->bytes + taken, length);
    if (hanse_same(line, HANSE_LIT("ping")))
      write_word(tiny, link, "pong\n");
    else if (!take_line(tiny, link, line))
      return in->len;
    taken += length + 1;
    in->budget--;
  }
  return taken;
}

static void hand_over(void *self, struct hanse_link *link, struct hanse_slice bytes) {
  (void)take_line((struct tiny *)self, link, bytes);
}

static void keepalive(void *self, struct hanse_link *link) { write_word((struct tiny *)self, link, "ping\n"); }

/* ---- what the core says of a text ---- */

static void deliver(void *self, struct hanse_message *message, const struct hanse_route *route) {
  (void)self;
  talk_deliver((struct talk *)message->native, route);
}

static void refuse(void *self, struct hanse_message *message, const struct hanse_refusal *why) {
  (void)self;
  talk_refuse((struct talk *)message->native, why);
}

static void answer(void *self, void *object, struct hanse_message *message, const struct hanse_refusal *denied) {
  struct talk *talk = (struct talk *)object;
  if (denied)
    talk_refuse(talk, denied);
  else
    talk_answered(talk, message->facts->status == 200);
  hanse_message_free(((struct tiny *)self)->host, message);
}

static void link_ready(void *self, void *object, struct hanse_link *link, const struct hanse_refusal *why) {
  (void)self;
  talk_link_ready((struct talk *)object, link, link ? HANSE_F_NONE : why->failure);
}

static void link_lost(void *self, void *object, struct hanse_link *link) {
  (void)self, (void)link;
  talk_link_lost((struct talk *)object);
}

static int link_open(void *self, struct hanse_link *link) {
  (void)self, (void)link; /* nothing is kept on a link, so nothing is lost when a successor takes it over */
  return HANSE_OK;
}
static void link_close(void *self, struct hanse_link *link, enum hanse_close why) { (void)self, (void)link, (void)why; }
static void waiting(void *self, struct hanse_message *message) { (void)self, (void)message; }

/* ---- other networks ---- */

/* What we have in neutral form is in the facts already; only the text may have been replaced by a policy. */
static enum hanse_failure lift(void *self, struct hanse_message *message, struct hanse_lifted *lifted) {
  const struct hanse_facts *facts = message->facts;
  const struct hanse_marks *marks = message->marks;
  (void)self;
  lifted->kind = HANSE_LIFTED_IM;
  lifted->from = facts->from;
  lifted->to = facts->to;
  lifted->id = ((const struct talk *)message->native)->id;
  lifted->text = marks->set & HANSE_MARK_TEXT ? marks->text : facts->text;
  lifted->hops = facts->hops - 1;
  return facts->hops > 1 ? HANSE_F_NONE : HANSE_F_HOPS;
}

static bool has_no_space(struct hanse_slice user) {
  for (size_t i = 0; i < user.len; i++)
    if ((unsigned char)user.at[i] <= ' ' || user.at[i] == '@') return false;
  return user.len > 0;
}

/* Written as the line it would be here, and read as if it had come: one way to do a thing. A subject, for which there
   is no word, stands in brackets before the text. */
static enum hanse_failure lower(void *self, struct hanse_message *message, const struct hanse_lifted *in) {
  struct hanse_slice text, subject;
  if (in->kind != HANSE_LIFTED_IM) return HANSE_F_FOREIGN;
  if (!has_no_space(in->from.user) || !has_no_space(in->to.user)) return HANSE_F_FOREIGN_CONTENT;
  if (line_escape(message->scratch, in->text, &text) || line_escape(message->scratch, in->subject, &subject))
    return HANSE_F_MEMORY;
  size_t most = 32 + in->from.user.len + in->from.domain.len + in->to.user.len + in->to.domain.len + subject.len;
  char *room = (char *)hanse_alloc(message->arena, most + text.len);
  if (!room) return HANSE_F_MEMORY;
  int n = snprintf(room, most, "say 0 %.*s@%.*s %.*s@%.*s %s%.*s%s", HANSE_FMT(in->from.user),
                   HANSE_FMT(in->from.domain), HANSE_FMT(in->to.user), HANSE_FMT(in->to.domain), subject.len ? "[" : "",
                   HANSE_FMT(subject), subject.len ? "] " : "");
  if (text.len) memcpy(room + n, text.at, text.len);
  message->bytes = hanse_slice(room, (size_t)n + text.len);
  message->facts->hops = in->hops;
  if (message->bytes.len >= LINE_MAX_OCTETS - 64) return HANSE_F_TOO_LARGE; /* with the ticket in place of the 0 */
  struct line line = line_read(message->bytes);
  enum hanse_failure failure =
      line.verb == LINE_SAY ? talk_open((struct tiny *)self, message, &line) : HANSE_F_FOREIGN_CONTENT;
  if (!failure) ((struct talk *)message->native)->lowered = true;
  return failure;
}

static void conclude(void *self, struct hanse_message *message, uint16_t status) {
  (void)self;
  talk_conclude((struct talk *)message->native, status);
}

static const struct hanse_protocol protocol = {
    .size = sizeof(struct hanse_protocol),
    .identity = HANSE_IDENTITY_SIP,
    .link_open = link_open,
    .input = input,
    .hand_over = hand_over,
    .waiting = waiting,
    .deliver = deliver,
    .refuse = refuse,
    .answer = answer,
    .link_ready = link_ready,
    .link_lost = link_lost,
    .keepalive = keepalive,
    .link_close = link_close,
    .lift = lift,
    .lower = lower,
    .conclude = conclude,
};

static const struct hanse_offer offers[] = {
    {HANSE_PROTOCOL, "tiny", NULL, &protocol, NULL, 0},
    HANSE_OFFERS_END,
};

/* ---- its life ---- */

static int create(struct hanse_host *host, void **self) {
  struct tiny *tiny = (struct tiny *)calloc(1, sizeof *tiny);
  if (!tiny) return HANSE_NOMEM;
  tiny->host = host;
  tiny->texts = hanse_counter(host, "texts", "texts that were passed on");
  *self = tiny;
  return HANSE_OK;
}

static int configure(void *self, const void *values, struct hanse_problem *problem) {
  struct tiny *tiny = (struct tiny *)self;
  tiny->patience = hanse_timers(tiny->host, ((const struct tiny_settings *)values)->patience);
  if (tiny->patience) return HANSE_OK;
  hanse_explain(problem, "no memory for a timer");
  return HANSE_NOMEM;
}

static int start(void *self) {
  (void)self;
  return HANSE_OK;
}

/* Waiting is over. What is still with the core's stages is taken back first. */
static void stop(void *self) {
  struct tiny *tiny = (struct tiny *)self;
  const struct hanse_refusal why = {.size = sizeof why, .failure = HANSE_F_DRAINING};
  for (struct talk *talk = tiny->talks, *next; talk; talk = next) {
    next = talk->next;
    if (talk->judged || hanse_withdraw(tiny->host, talk->message) == HANSE_OK) talk_refuse(talk, &why);
  }
}

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(HANSE_ABI_MINOR),
    .name = "tiny",
    .version = "1.0.0",
    .summary = "a protocol of one line a message",
    .options = options,
    .settings_size = sizeof(struct tiny_settings),
    .offers = offers,
    .create = create,
    .configure = configure,
    .start = start,
    .stop = stop,
    .destroy = free,
};
