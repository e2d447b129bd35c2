/* A policy that asks somebody slow: a program that is run for each first message, with sender and recipient as its
   arguments. It shows how a verdict is put off (HANSE_DEFER) and given later (hanse_resolve_verdict), how a thread of
   our own does what takes long (hanse/worker.h), and what has to be right at a time-out, a reload and the end. */
#include <hanse/plugin.h>
#include <hanse/worker.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define QUESTIONS 64 /* that may be open at once: every queue has a bound, and what is beyond it has an answer too */
#define ADDRESS 320

struct settings {
  struct hanse_where where;
  struct hanse_slice program;
  hanse_time timeout;
};

struct question {
  struct hanse_job job; /* first: the job is its question */
  hanse_token token;    /* names the message that waits */
  char from[ADDRESS], to[ADDRESS];
  int status; /* with which the program ended; -1: it gave no answer */
};

struct asker {
  struct hanse_host *host;
  const struct settings *settings;
  struct hanse_worker worker;
  uint64_t *asked, *unanswered;
};

/* ---- on the thread ---- */

/* Runs the program to its end; it is killed when its time is over, and when the plugin stops. */
static void run(void *self, struct hanse_job *job) {
  struct asker *asker = self;
  struct question *question = (struct question *)job;
  char *const arguments[] = {(char *)asker->settings->program.at, question->from, question->to, NULL};
  char *const environment[] = {"PATH=/usr/bin:/bin", NULL};
  posix_spawnattr_t attributes;
  sigset_t all, none;
  pid_t pid;
  int status;
  sigfillset(&all);
  sigemptyset(&none);
  posix_spawnattr_init(&attributes); /* a process group of its own, and none of our signals blocked or ignored */
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  status = posix_spawn(&pid, arguments[0], NULL, &attributes, arguments, environment);
  posix_spawnattr_destroy(&attributes);
  if (status != 0) return;
  struct pollfd ends[] = {{.fd = pidfd_open(pid, 0), .events = POLLIN},
                          {.fd = asker->worker.stopped, .events = POLLIN}};
  poll(ends, 2, (int)(asker->settings->timeout / HANSE_MSEC));
  if (ends[0].fd >= 0) close(ends[0].fd);
  kill(-pid, SIGKILL); /* and what it has started; until waitpid nobody else can have that number */
  if (waitpid(pid, &status, 0) == pid && WIFEXITED(status)) question->status = WEXITSTATUS(status);
}

/* ---- on the loop ---- */

/* No answer is a call that failed (policy.h): what the administrator set for this module, `on_failure`, stands in. */
static void answered(void *self, struct hanse_job *job) {
  static const enum hanse_verdict said[] = {HANSE_ALLOW, HANSE_DENY, HANSE_ABSTAIN};
  struct asker *asker = self;
  struct question *question = (struct question *)job;
  bool silent = question->status < 0 || question->status > 2;
  const struct hanse_refusal why = {
      .size = sizeof why,
      .failure = silent ? HANSE_F_ERROR : HANSE_F_POLICY,
      .where = asker->settings->where,
      .text = silent ? HANSE_LIT("the program gave no answer") : HANSE_LIT("the program says no"),
  };
  if (silent) {
    ++*asker->unanswered;
    hanse_log(asker->host, HANSE_WARNING, "ask_helper.unanswered", "from=%s to=%s", question->from, question->to);
  }
  /* HANSE_GONE: the message did not wait so long. That is no mistake, and there is nothing to do about it. */
  (void)hanse_resolve_verdict(asker->host, question->token, silent ? HANSE_DENY : said[question->status], &why);
  free(question);
}

/* False: it is longer than we ask for. */
static bool write_address(char out[ADDRESS], const struct hanse_address_fact *address) {
  int n = snprintf(out, ADDRESS, "%.*s@%.*s", HANSE_FMT(address->user), HANSE_FMT(address->domain));
  return n > 0 && n < ADDRESS;
}

static enum hanse_verdict no(struct asker *asker, const struct hanse_case *c, enum hanse_failure failure,
                             const char *text) {
  *asker->unanswered += failure != HANSE_F_POLICY;
  hanse_refusal_say(c->why, c->arena, failure, asker->settings->where, text);
  return HANSE_DENY;
}

/* What belongs to a conversation goes the way of its first message. When dry nobody may be asked, so there is nothing
   that could be said. An address that nobody can be asked about is the sender's doing, and no failure of ours. */
static enum hanse_verdict decide(void *self, const struct hanse_case *c) {
  struct asker *asker = self;
  if (c->dry || c->facts->flags & HANSE_FACT_IN_DIALOG) return HANSE_ABSTAIN;
  if (!c->token) return no(asker, c, HANSE_F_DEFERRED, "too many messages wait for an answer");
  struct question *question = calloc(1, sizeof *question);
  if (!question) return no(asker, c, HANSE_F_MEMORY, "no memory for a question");
  question->token = c->token;
  question->status = -1;
  bool whole = write_address(question->from, &c->facts->from) && write_address(question->to, &c->facts->to);
  if (whole && hanse_worker_give(&asker->worker, &question->job) == HANSE_OK) {
    ++*asker->asked;
    return HANSE_DEFER; /* the message waits, with what follows it in its conversation; nothing else does */
  }
  free(question);
  return whole ? no(asker, c, HANSE_F_ERROR, "too many questions are open")
               : no(asker, c, HANSE_F_POLICY, "an address is longer than the program is asked about");
}

/* Nobody waits for the answer any more: the sender took the message back, or policy.deferred_timeout is over. The
   question is the thread's at present; its answer will be told to nobody. A plugin without this slot may not defer. */
static void withdrawn(void *self, hanse_token token) { (void)self, (void)token; }

/* ---- life ---- */

static int create(struct hanse_host *host, void **self) {
  struct asker *asker = calloc(1, sizeof *asker);
  if (!asker) return HANSE_NOMEM;
  asker->host = host;
  asker->asked = hanse_counter(host, "asked", "messages about which the program was asked");
  asker->unanswered = hanse_counter(host, "unanswered", "messages that were judged without an answer of the program");
  *self = asker;
  return HANSE_OK;
}

/* What is wrong is said now, so that a reload with a mistake is refused and the old settings go on. */
static int configure(void *self, const void *settings, struct hanse_problem *problem) {
  struct asker *asker = self;
  asker->settings = settings;
  if (asker->settings->program.at[0] == '/' && access(asker->settings->program.at, X_OK) == 0) return HANSE_OK;
  problem->where = asker->settings->where;
  hanse_explain(problem, "program: \"%.*s\" is no absolute path of a program that we may run",
                HANSE_FMT(asker->settings->program));
  return HANSE_INVALID;
}

/* The thread begins here and not in configure, because `stop` is called only after a start that succeeded. */
static int start(void *self) {
  struct asker *asker = self;
  return hanse_worker_start(&asker->worker, asker->host, asker, QUESTIONS, run, answered);
}

/* After a reload the router asks our successor, and keeps us until the last message that we deferred has its answer:
   there is nothing to do, so there is no `drain`. `stop` comes when nobody waits, or when waiting is over: a program
   that still runs is killed, and what was not asked goes back unanswered. */
static void stop(void *self) { hanse_worker_stop(&((struct asker *)self)->worker, false); }

static const struct hanse_option options[] = {
    HANSE_OPTION(struct settings, where, HANSE_ORIGIN, HANSE_HIDDEN, NULL, "Where the module stands."),
    HANSE_OPTION(
        struct settings, program, HANSE_STRING, HANSE_REQUIRED, NULL,
        "The program that is run with sender and recipient as its arguments. It ends with 0: allow, 1: deny, 2: "
        "no opinion."),
    HANSE_OPTION(struct settings, timeout, HANSE_DURATION, 0, "5s", "After this it is killed.", .min = "10ms",
                 .max = "60s"),
    HANSE_OPTIONS_END,
};
static const struct hanse_policy policy = {
    .size = sizeof policy, .stages = HANSE_STAGE_ADMIT, .decide = decide, .withdrawn = withdrawn};
static const struct hanse_offer offers[] = {{.capability = HANSE_POLICY, .slots = &policy}, HANSE_OFFERS_END};
const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),         .name = "ask_helper",
    .version = "1.0",       .summary = "asks a program about each first message",
    .options = options,     .settings_size = sizeof(struct settings),
    .offers = offers,       .create = create,
    .configure = configure, .start = start,
    .stop = stop,           .destroy = free,
};
