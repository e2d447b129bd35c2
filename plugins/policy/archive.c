/* The policy `archive`: no text goes on that is not written (R113). The loop makes the line, and a thread writes it,
   together with all that came while it was busy with the lines before: one write and one sync for all of them. */
#include "archive.h"

#include <stdlib.h>

struct archive {
  struct hanse_host *host;
  const struct archive_settings *settings;
  struct hanse_worker worker;
  struct archive_file file;
  struct archive_batch batches[2]; /* one is filled while the other is with the thread */
  int filled;
  bool away;
  bool failing; /* the log has said so */
  struct hanse_timers *second;
  struct hanse_timer timer; /* while a batch is away */
  uint64_t *written, *unwritten;
};

static const struct hanse_choice directions[] = {
    {"in", ARCHIVE_IN}, {"out", ARCHIVE_OUT}, {"both", ARCHIVE_BOTH}, {NULL, 0}};

static const struct hanse_option options[] = {
    HANSE_OPTION(struct archive_settings, where, HANSE_ORIGIN, HANSE_HIDDEN, NULL, NULL),
    HANSE_OPTION(
        struct archive_settings, file, HANSE_STRING, HANSE_REQUIRED, NULL,
        "The file that each text is added to as one line of JSON, before it goes on: when, who, to whom, what. "
        "Where it is moved away (logrotate) a new one is begun. The service may write below /var/lib/hanse. "
        "List the module last in `policy.routed`, so that what others refuse is not archived, and what they "
        "change is archived as it goes on. When nothing can be written, `on_failure` of the module decides: "
        "\"deny\" lets no text pass, \"abstain\" lets it pass unarchived. A text that was judged anew, over a "
        "reload, is there twice with the same `decision`."),
    HANSE_OPTION(struct archive_settings, direction, HANSE_ENUM, 0, "both",
                 "Whether what comes in is archived, what goes out, or both.", .choices = directions),
    HANSE_OPTION(struct archive_settings, refuse_unreadable, HANSE_BOOL, 0, "false",
                 "Whether a message is refused whose content is no text in UTF-8 (a picture, several parts, another "
                 "charset); else its line has no `text`."),
    HANSE_OPTION(struct archive_settings, sync, HANSE_BOOL, 0, "true",
                 "Whether a text waits until it is on the disk (fdatasync); else until the system has taken it, which "
                 "a loss of power undoes."),
    HANSE_OPTIONS_END,
};

/* ---- on the thread ---- */

static void write_batch(void *self, struct hanse_job *job) {
  struct archive *archive = (struct archive *)self;
  struct archive_batch *batch = (struct archive_batch *)job;
  batch->failed = archive_file_add(&archive->file, archive->settings->file.at, hanse_slice(batch->lines, batch->used),
                                   archive->settings->sync);
}

/* ---- on the loop ---- */

/* Told when it begins and when it ends, not for each message. NULL: it works. */
static void tell(struct archive *archive, const char *what) {
  struct hanse_slice path = archive->settings->file;
  if (what && !archive->failing)
    hanse_log(archive->host, HANSE_ERROR, "archive.failing", "file=\"%.*s\" what=\"%s\"", HANSE_FMT(path), what);
  if (!what && archive->failing)
    hanse_log(archive->host, HANSE_NOTICE, "archive.written_again", "file=\"%.*s\"", HANSE_FMT(path));
  archive->failing = what != NULL;
}

static void slow(void *self, struct hanse_timer *timer) {
  (void)timer;
  tell((struct archive *)self, "the disk takes longer than a second");
}

static void send_batch(struct archive *archive) {
  struct archive_batch *batch = &archive->batches[archive->filled];
  if (archive->away || !batch->count || hanse_worker_give(&archive->worker, &batch->job) != HANSE_OK) return;
  archive->away = true;
  archive->filled = !archive->filled;
  hanse_timer_start(archive->host, archive->second, &archive->timer, slow);
}

/* What waited goes on. Each verdict may bring the next message of its conversation, which joins the other batch. */
static void written(void *self, struct hanse_job *job) {
  struct archive *archive = (struct archive *)self;
  struct archive_batch *batch = (struct archive_batch *)job;
  const struct hanse_refusal why = {
      .size = sizeof why,
      .failure = HANSE_F_ERROR,
      .where = archive->settings->where,
      .text = HANSE_LIT("the text could not be archived: see archive.failing in the log")};
  hanse_timer_stop(archive->host, &archive->timer);
  tell(archive, batch->failed ? strerror(batch->failed) : NULL);
  *(batch->failed ? archive->unwritten : archive->written) += batch->count;
  /* HANSE_GONE: the message did not wait so long; that it was to be sent is archived all the same. */
  for (size_t i = 0; i < batch->count; i++)
    (void)hanse_resolve_verdict(archive->host, batch->tokens[i], batch->failed ? HANSE_DENY : HANSE_ABSTAIN,
                                batch->failed ? &why : NULL);
  archive_batch_end(batch);
  archive->away = false;
  send_batch(archive);
}

static enum hanse_verdict refuse(const struct archive *archive, const struct hanse_case *c, enum hanse_failure failure,
                                 const char *what) {
  hanse_refusal_say(c->why, c->arena, failure, archive->settings->where, what);
  return HANSE_DENY;
}

static enum hanse_verdict cannot(const struct archive *archive, const struct hanse_case *c, enum hanse_failure failure,
                                 const char *what) {
  ++*archive->unwritten;
  return refuse(archive, c, failure, what);
}

/* Also the first text of a session, which its invitation brings. */
static bool applies(const struct archive *archive, const struct hanse_facts *facts) {
  int direction = facts->side == HANSE_SIDE_PARTNER ? ARCHIVE_IN : ARCHIVE_OUT;
  bool text = facts->action == HANSE_ACTION_MESSAGE ||
              (facts->action == HANSE_ACTION_SESSION && (facts->text.len || facts->text_type.len));
  return text && archive->settings->direction & direction;
}

static enum hanse_verdict decide(void *self, const struct hanse_case *c) {
  struct archive *archive = (struct archive *)self;
  if (!applies(archive, c->facts)) return HANSE_ABSTAIN;
  if (archive->settings->refuse_unreadable && !c->facts->text.len)
    return refuse(archive, c, HANSE_F_FILTER, "its content is no text in UTF-8 that could be archived");
  if (c->dry) return HANSE_ABSTAIN;
  if (!c->token)
    return cannot(archive, c, HANSE_F_DEFERRED, "too many texts wait for being archived (limits.deferred_per_module)");
  int status = archive_batch_add(&archive->batches[archive->filled], archive->host, c);
  if (status == HANSE_AGAIN) return cannot(archive, c, HANSE_F_DEFERRED, "too much text waits for being archived");
  if (status != HANSE_OK) return cannot(archive, c, HANSE_F_MEMORY, "no memory for archiving the text");
  send_batch(archive);
  return HANSE_DEFER;
}

static void withdrawn(void *self, hanse_token token) { (void)self, (void)token; }

/* ---- life ---- */

static int create(struct hanse_host *host, void **self) {
  struct archive *archive = (struct archive *)calloc(1, sizeof *archive);
  if (!archive) return HANSE_NOMEM;
  archive->host = host;
  archive->file.fd = -1;
  archive->written = hanse_counter(host, "written", "texts that were archived before they went on");
  archive->unwritten =
      hanse_counter(host, "unwritten", "texts that could not be: on_failure decided what becomes of them");
  *self = archive;
  return HANSE_OK;
}

static int configure(void *self, const void *settings, struct hanse_problem *problem) {
  struct archive *archive = (struct archive *)self;
  archive->settings = (const struct archive_settings *)settings;
  archive->second = hanse_timers(archive->host, HANSE_SECOND);
  if (!archive->second) {
    hanse_explain(problem, "no memory for a timer");
    return HANSE_NOMEM;
  }
  if (archive->settings->file.len && archive->settings->file.at[0] == '/') return HANSE_OK;
  problem->where = archive->settings->where;
  hanse_explain(problem, "file: \"%.*s\" is no absolute path; write one that begins with /",
                HANSE_FMT(archive->settings->file));
  return HANSE_INVALID;
}

/* A file that cannot be opened is told now, so that a reload that names it is refused and the old settings go on. */
static int start(void *self) {
  struct archive *archive = (struct archive *)self;
  int failed = archive_file_open(&archive->file, archive->settings->file.at);
  if (failed) {
    hanse_log(archive->host, HANSE_ERROR, "archive.cannot_open", "file=\"%.*s\" what=\"%s\"",
              HANSE_FMT(archive->settings->file), strerror(failed));
    return HANSE_FAIL;
  }
  return hanse_worker_start(&archive->worker, archive->host, archive, 1, write_batch, written);
}

/* What was given is written before the end. Nobody waits any more for what was not. */
static void stop(void *self) {
  struct archive *archive = (struct archive *)self;
  hanse_worker_stop(&archive->worker, true);
  size_t left = archive->batches[archive->filled].count;
  if (!left) return;
  *archive->unwritten += left;
  hanse_log(archive->host, HANSE_WARNING, "archive.left", "texts=%zu what=\"they ended before the disk was ready\"",
            left);
}

static void destroy(void *self) {
  struct archive *archive = (struct archive *)self;
  for (int i = 0; i < 2; i++) archive_batch_clear(&archive->batches[i]);
  archive_file_close(&archive->file);
  free(archive);
}

static const struct hanse_policy policy = {
    .size = sizeof(struct hanse_policy),
    .stages = HANSE_STAGE_ROUTED,
    .decide = decide,
    .withdrawn = withdrawn,
};

static const struct hanse_offer offers[] = {
    {HANSE_POLICY, NULL, NULL, &policy, NULL, 0},
    HANSE_OFFERS_END,
};

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),         .name = "archive",
    .version = "0.1.0",     .summary = "texts are written to a file before they go on",
    .options = options,     .settings_size = sizeof(struct archive_settings),
    .offers = offers,       .create = create,
    .configure = configure, .start = start,
    .stop = stop,           .destroy = destroy,
};
