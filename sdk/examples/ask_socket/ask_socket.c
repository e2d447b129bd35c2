/* A policy in another language: each first message is put as one line of JSON to a helper process, over a Unix socket,
   and the line that comes back is the verdict (helper.py is such a helper). This side connects, waits with a limit,
   reads no more than it must, and connects anew when the helper was away: on a thread of its own (hanse/worker.h),
   since the loop waits for nobody. ask_helper is the same with less; read that first. */
#include <errno.h>
#include <hanse/plugin.h>
#include <hanse/utf8.h>
#include <hanse/worker.h>
#include <jansson.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#define QUESTIONS 256 /* that may be open at once */
#define TEXT 4096     /* octets of a message's text that are shown to the helper */
#define ANSWER 1024   /* octets of an answer, which is somebody else's input */

struct settings {
  struct hanse_where where;
  struct hanse_slice path;
  hanse_time timeout;
};

struct question {
  struct hanse_job job;
  hanse_token token;
  json_int_t id;
  char *line;  /* without its end */
  int verdict; /* enum hanse_verdict; -1: there was no answer */
  char reason[200];
};

struct asker {
  struct hanse_host *host;
  const struct settings *settings;
  struct hanse_worker worker;
  int helper; /* the connection, the thread's own; -1: none */
  json_int_t last_id;
  bool away; /* there was no answer last time, and the log says so */
  uint64_t *asked, *unanswered;
};

/* ---- on the thread ---- */

static int64_t now_ms(void) {
  struct timespec now; /* the host's clock belongs to the loop */
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* False: not before `due`, or we are to end. */
static bool await(struct asker *asker, short what, int64_t due) {
  struct pollfd ends[] = {{.fd = asker->helper, .events = what}, {.fd = asker->worker.stopped, .events = POLLIN}};
  int64_t left = due - now_ms();
  return left > 0 && poll(ends, 2, (int)left) > 0 && !ends[1].revents;
}

/* With a Unix socket that is done or refused at once. */
static bool connect_helper(struct asker *asker) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  memcpy(address.sun_path, asker->settings->path.at, asker->settings->path.len); /* configure saw that it fits */
  asker->helper = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  return asker->helper >= 0 && connect(asker->helper, (struct sockaddr *)&address, sizeof address) == 0;
}

static bool write_all(struct asker *asker, const char *text, int64_t due) {
  for (size_t left = strlen(text); left;) {
    ssize_t n = send(asker->helper, text, left, MSG_NOSIGNAL);
    if (n < 0 && (errno != EAGAIN || !await(asker, POLLOUT, due))) return false;
    if (n > 0) text += n, left -= (size_t)n;
  }
  return true;
}

/* False: it ended, was too slow, or its line is longer than an answer may be. */
static bool read_line(struct asker *asker, char line[ANSWER], int64_t due) {
  for (size_t have = 0; have < ANSWER - 1;) {
    if (!await(asker, POLLIN, due)) return false;
    ssize_t n = recv(asker->helper, line + have, ANSWER - 1 - have, 0);
    if (n <= 0) return false;
    have += (size_t)n;
    line[have] = '\0';
    if (line[have - 1] == '\n') return true;
  }
  return false;
}

static void read_answer(struct question *question, const char *line) {
  static const char *const words[] = {[HANSE_ABSTAIN] = "abstain", [HANSE_ALLOW] = "allow", [HANSE_DENY] = "deny"};
  json_int_t id = 0;
  const char *word = "", *reason = "the helper says no";
  json_t *answer = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
  if (json_unpack(answer, "{s:I, s:s, s?s}", "id", &id, "verdict", &word, "reason", &reason) == 0 && id == question->id)
    for (int i = 0; i < 3; i++)
      if (strcmp(word, words[i]) == 0) question->verdict = i;
  snprintf(question->reason, sizeof question->reason, "%s", reason);
  json_decref(answer);
}

/* A connection is kept as long as each question on it is answered well and in time: what comes late would be taken for
   the answer to the next one. One that was idle may have ended, as when the helper was started anew: then once more. */
static void ask(void *self, struct hanse_job *job) {
  struct asker *asker = self;
  struct question *question = (struct question *)job;
  char line[ANSWER];
  int64_t due = now_ms() + asker->settings->timeout / HANSE_MSEC;
  for (bool fresh = false; question->verdict < 0 && !fresh;) {
    fresh = asker->helper < 0;
    if ((!fresh || connect_helper(asker)) && write_all(asker, question->line, due) && write_all(asker, "\n", due) &&
        read_line(asker, line, due))
      read_answer(question, line);
    if (question->verdict >= 0) break;
    if (asker->helper >= 0) close(asker->helper);
    asker->helper = -1;
  }
}

/* ---- on the loop ---- */

/* The log says when the helper goes away and when it is back, and not the same for each message. */
static void note(struct asker *asker, bool away) {
  if (away && !asker->away)
    hanse_log(asker->host, HANSE_WARNING, "ask_socket.away", "path=%.*s what=\"no answer; `on_failure` stands in\"",
              HANSE_FMT(asker->settings->path));
  if (!away && asker->away)
    hanse_log(asker->host, HANSE_NOTICE, "ask_socket.back", "path=%.*s", HANSE_FMT(asker->settings->path));
  asker->away = away;
}

static void forget(struct question *question) {
  free(question->line);
  free(question);
}

/* No answer is a call that failed (policy.h): what the administrator set for this module, `on_failure`, stands in. */
static void answered(void *self, struct hanse_job *job) {
  struct asker *asker = self;
  struct question *question = (struct question *)job;
  bool away = question->verdict < 0;
  const struct hanse_refusal why = {
      .size = sizeof why,
      .failure = away ? HANSE_F_ERROR : HANSE_F_POLICY,
      .where = asker->settings->where,
      .text = away ? HANSE_LIT("the helper gave no answer") : hanse_text(question->reason),
  };
  note(asker, away);
  *asker->unanswered += away;
  (void)hanse_resolve_verdict(asker->host, question->token, away ? HANSE_DENY : (enum hanse_verdict)question->verdict,
                              &why);
  forget(question);
}

/* UTF-8 is not cut within a character. */
static struct hanse_slice shown(struct hanse_slice text) {
  if (text.len <= TEXT) return text;
  for (text.len = TEXT; text.len && (text.at[text.len] & 0xc0) == 0x80;) text.len--;
  return text;
}

#define ADDRESS 320

/* False: it is longer than we ask for, or JSON has no form for it. One that is cut would be another's. */
static bool write_address(char out[ADDRESS], const struct hanse_address_fact *address) {
  int n = snprintf(out, ADDRESS, "%.*s@%.*s", HANSE_FMT(address->user), HANSE_FMT(address->domain));
  return n > 0 && n < ADDRESS && hanse_is_utf8(hanse_slice(out, (size_t)n));
}

/* To be freed; NULL: no memory. json_dumps would go on where a piece finds no memory, and leave that out. */
static char *to_text(json_t *object) {
  size_t length = object ? json_dumpb(object, NULL, 0, JSON_COMPACT) : 0;
  char *text = length ? calloc(1, length + 1) : NULL;
  if (text && json_dumpb(object, text, length, JSON_COMPACT) == length) return text;
  free(text);
  return NULL;
}

/* *out is to be freed. HANSE_F_NONE; HANSE_F_POLICY: it cannot be put, which is the sender's doing; HANSE_F_MEMORY. */
static enum hanse_failure write_question(const struct hanse_facts *facts, json_int_t id, char **out) {
  struct hanse_slice text = shown(facts->text);
  char from[ADDRESS], to[ADDRESS];
  if (!write_address(from, &facts->from) || !write_address(to, &facts->to)) return HANSE_F_POLICY;
  json_t *question =
      json_pack("{s:I, s:s, s:s, s:s, s:s%}", "id", id, "direction", facts->side == HANSE_SIDE_PARTNER ? "in" : "out",
                "from", from, "to", to, "text", text.len ? text.at : "", text.len);
  *out = to_text(question);
  json_decref(question);
  return *out ? HANSE_F_NONE : HANSE_F_MEMORY;
}

static enum hanse_failure put(struct asker *asker, const struct hanse_case *c) {
  if (!c->token) return HANSE_F_DEFERRED;
  struct question *question = calloc(1, sizeof *question);
  if (!question) return HANSE_F_MEMORY;
  question->token = c->token;
  question->id = ++asker->last_id;
  question->verdict = -1;
  enum hanse_failure failure = write_question(c->facts, question->id, &question->line);
  if (!failure && hanse_worker_give(&asker->worker, &question->job) != HANSE_OK) failure = HANSE_F_ERROR;
  if (failure) forget(question);
  return failure;
}

static enum hanse_verdict decide(void *self, const struct hanse_case *c) {
  struct asker *asker = self;
  if (c->dry || c->facts->flags & HANSE_FACT_IN_DIALOG) return HANSE_ABSTAIN;
  enum hanse_failure failure = put(asker, c);
  if (!failure) {
    ++*asker->asked;
    return HANSE_DEFER;
  }
  *asker->unanswered += failure != HANSE_F_POLICY;
  hanse_refusal_say(c->why, c->arena, failure, asker->settings->where,
                    failure == HANSE_F_POLICY     ? "an address is no UTF-8, or longer than the helper is asked about"
                    : failure == HANSE_F_DEFERRED ? "too many messages wait for an answer"
                    : failure == HANSE_F_MEMORY   ? "no memory for a question"
                                                  : "too many questions are open");
  return HANSE_DENY;
}

static void withdrawn(void *self, hanse_token token) { (void)self, (void)token; } /* the answer finds nobody then */

/* ---- life ---- */

static int create(struct hanse_host *host, void **self) {
  struct asker *asker = calloc(1, sizeof *asker);
  if (!asker) return HANSE_NOMEM;
  asker->host = host;
  asker->asked = hanse_counter(host, "asked", "messages about which the helper was asked");
  asker->unanswered = hanse_counter(host, "unanswered", "messages that were judged without an answer of the helper");
  asker->helper = -1;
  *self = asker;
  return HANSE_OK;
}

/* That the helper is away now is no mistake in the settings: it may come. */
static int configure(void *self, const void *settings, struct hanse_problem *problem) {
  struct asker *asker = self;
  const size_t most = sizeof((struct sockaddr_un *)NULL)->sun_path - 1;
  asker->settings = settings;
  if (asker->settings->path.len && asker->settings->path.len <= most) return HANSE_OK;
  problem->where = asker->settings->where;
  hanse_explain(problem, "path: that of a Unix socket has 1 to %zu octets", most);
  return HANSE_INVALID;
}

static int start(void *self) {
  struct asker *asker = self;
  return hanse_worker_start(&asker->worker, asker->host, asker, QUESTIONS, ask, answered);
}

static void stop(void *self) { hanse_worker_stop(&((struct asker *)self)->worker, false); }

static void destroy(void *self) {
  struct asker *asker = self;
  if (asker->helper >= 0) close(asker->helper);
  free(asker);
}

static const struct hanse_option options[] = {
    HANSE_OPTION(struct settings, where, HANSE_ORIGIN, HANSE_HIDDEN, NULL, "Where the module stands."),
    HANSE_OPTION(struct settings, path, HANSE_STRING, HANSE_REQUIRED, NULL,
                 "The Unix socket on which the helper listens."),
    HANSE_OPTION(struct settings, timeout, HANSE_DURATION, 0, "1s", "How long one answer may take.", .min = "10ms",
                 .max = "60s"),
    HANSE_OPTIONS_END,
};
static const struct hanse_policy policy = {
    .size = sizeof policy, .stages = HANSE_STAGE_ADMIT, .decide = decide, .withdrawn = withdrawn};
static const struct hanse_offer offers[] = {{.capability = HANSE_POLICY, .slots = &policy}, HANSE_OFFERS_END};
const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),         .name = "ask_socket",
    .version = "1.0",       .summary = "asks a helper process in JSON lines about each first message",
    .options = options,     .settings_size = sizeof(struct settings),
    .offers = offers,       .create = create,
    .configure = configure, .start = start,
    .stop = stop,           .destroy = destroy,
};
