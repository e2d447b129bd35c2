/* The store `sqlite`: rows live in a file. */
#include "sqlite.h"

#include <stdlib.h>

#define STORE_CLEAN_UP (60 * HANSE_SECOND)
#define STORE_NAME "/store.db"

static const struct hanse_option sqlite_options[] = {
    HANSE_OPTION(struct sqlite_settings, path, HANSE_STRING, 0, NULL,
                 "The file, with its whole path; not set: store.db in `state_dir`."),
    HANSE_OPTION(struct sqlite_settings, sync_interval, HANSE_DURATION, 0, "200ms",
                 "What is written within this time is kept together; so much may be lost by kill -9.", .min = "10ms",
                 .max = "1s"),
    HANSE_OPTIONS_END,
};

/* ---- answers ---- */

static void tell_condition(struct sqlite *sqlite, const struct sqlite_shared *news) {
  if (news->moved[0])
    hanse_log(sqlite->host, HANSE_ERROR, "store.corrupt",
              "path=\"%s\" moved_to=\"%s\" text=\"it was damaged; what it held is lost, and begun anew\"", sqlite->path,
              news->moved);
  if (news->failing && !sqlite->said)
    hanse_log(sqlite->host, HANSE_ERROR, "store.failing", "path=\"%s\" why=\"%s\" text=\"%s\"", sqlite->path, news->why,
              "what is written now is lost; it goes on when that is corrected");
  if (!news->failing && sqlite->said) hanse_log(sqlite->host, HANSE_NOTICE, "store.works", "path=\"%s\"", sqlite->path);
  sqlite->said = news->failing;
  *sqlite->failed += news->failed;
  *sqlite->expired += news->expired;
}

/* A scan that has more goes back to the thread. */
static void deliver(struct sqlite *sqlite, struct job *job) {
  int status = hanse_store_answer(sqlite->host, job->inquiry, &job->answer);
  bool more = job->answer.more && status == HANSE_OK;
  if (more && !sqlite->stopping) {
    sqlite_worker_give(&sqlite->worker, job);
    return;
  }
  if (more) {
    const struct hanse_store_answer gone = {.size = sizeof gone, .status = HANSE_GONE};
    hanse_store_answer(sqlite->host, job->inquiry, &gone);
  }
  sqlite->open--;
  job_free(job);
}

static void sqlite_collect(void *self, void *argument) {
  struct sqlite *sqlite = (struct sqlite *)self;
  struct sqlite_shared news;
  struct jobs answers;
  (void)argument;
  jobs_init(&answers);
  sqlite_worker_collect(&sqlite->worker, &answers, &news);
  tell_condition(sqlite, &news);
  for (struct job *job; (job = jobs_take(&answers));) deliver(sqlite, job);
}

/* ---- requests ---- */

/* As long as something is open: also for answers of which the thread could not tell. */
static void sqlite_commit(void *self, struct hanse_timer *timer) {
  struct sqlite *sqlite = (struct sqlite *)self;
  sqlite_worker_order(&sqlite->worker, STORE_ORDER_COMMIT, hanse_wall_time(sqlite->host));
  sqlite_collect(sqlite, NULL);
  if (sqlite->open) hanse_timer_start(sqlite->host, sqlite->sync, timer, sqlite_commit);
}

static int sqlite_ask(void *self, hanse_inquiry inquiry, const struct hanse_store_request *request) {
  struct sqlite *sqlite = (struct sqlite *)self;
  struct job *job = job_new(inquiry, request);
  if (!job) return HANSE_NOMEM;
  sqlite->open++;
  sqlite_worker_give(&sqlite->worker, job);
  if (!sqlite->commit.list) hanse_timer_start(sqlite->host, sqlite->sync, &sqlite->commit, sqlite_commit);
  return HANSE_OK;
}

static void sqlite_purge(void *self, struct hanse_timer *timer) {
  struct sqlite *sqlite = (struct sqlite *)self;
  sqlite_worker_order(&sqlite->worker, STORE_ORDER_PURGE, hanse_wall_time(sqlite->host));
  hanse_timer_start(sqlite->host, sqlite->now_and_then, timer, sqlite_purge);
}

/* ---- life ---- */

static int sqlite_create(struct hanse_host *host, void **self) {
  struct sqlite *sqlite = (struct sqlite *)calloc(1, sizeof *sqlite);
  if (!sqlite) return HANSE_NOMEM;
  sqlite->host = host;
  pthread_mutex_init(&sqlite->worker.mutex, NULL);
  pthread_cond_init(&sqlite->worker.wake, NULL);
  sqlite->worker.host = host;
  sqlite->worker.collect = sqlite_collect;
  sqlite->failed = hanse_counter(host, "failed", "requests that the file did not take or give");
  sqlite->expired = hanse_counter(host, "expired", "rows that were dropped after their time");
  *self = sqlite;
  return HANSE_OK;
}

static char *path_of(const struct sqlite *sqlite, const struct sqlite_settings *settings) {
  struct hanse_slice folder = settings->path.len ? settings->path : hanse_state_dir(sqlite->host);
  const char *name = settings->path.len ? "" : STORE_NAME;
  size_t size = folder.len + sizeof STORE_NAME;
  char *path = (char *)malloc(size);
  if (path) snprintf(path, size, "%.*s%s", HANSE_FMT(folder), name);
  return path;
}

static int sqlite_prepare(struct sqlite *sqlite, const struct sqlite_settings *settings,
                          struct hanse_problem *problem) {
  if (settings->path.len && settings->path.at[0] != '/') {
    hanse_explain(problem, "path = \"%.*s\": write the whole path, which begins with \"/\"", HANSE_FMT(settings->path));
    return HANSE_INVALID;
  }
  sqlite->sync = hanse_timers(sqlite->host, settings->sync_interval);
  sqlite->now_and_then = hanse_timers(sqlite->host, STORE_CLEAN_UP);
  sqlite->worker.path = sqlite->path = path_of(sqlite, settings);
  if (sqlite->sync && sqlite->now_and_then && sqlite->path) return sqlite_worker_start(&sqlite->worker, problem);
  hanse_explain(problem, "no memory for the store");
  return HANSE_NOMEM;
}

/* In pieces: the thread looks at the file, and we look whether it has. */
static int sqlite_configure(void *self, const void *settings, struct hanse_problem *problem) {
  struct sqlite *sqlite = (struct sqlite *)self;
  int status = HANSE_OK;
  if (!sqlite->worker.runs) status = sqlite_prepare(sqlite, (const struct sqlite_settings *)settings, problem);
  return status == HANSE_OK ? sqlite_worker_examined(&sqlite->worker, problem) : status;
}

static int sqlite_start(void *self) {
  struct sqlite *sqlite = (struct sqlite *)self;
  sqlite_purge(sqlite, &sqlite->purge);
  return HANSE_OK;
}

/* A successor waits for what we still write. */
static void sqlite_drain(void *self) {
  struct sqlite *sqlite = (struct sqlite *)self;
  sqlite_worker_order(&sqlite->worker, STORE_ORDER_COMMIT, hanse_wall_time(sqlite->host));
}

static void sqlite_stop(void *self) {
  struct sqlite *sqlite = (struct sqlite *)self;
  sqlite->stopping = true;
  hanse_timer_stop(sqlite->host, &sqlite->commit);
  hanse_timer_stop(sqlite->host, &sqlite->purge);
  sqlite_worker_join(&sqlite->worker);
  sqlite_collect(sqlite, NULL);
}

static void sqlite_destroy(void *self) {
  struct sqlite *sqlite = (struct sqlite *)self;
  sqlite_worker_join(&sqlite->worker); /* it was configured, and not started */
  pthread_cond_destroy(&sqlite->worker.wake);
  pthread_mutex_destroy(&sqlite->worker.mutex);
  free(sqlite->path);
  free(sqlite);
}

static const struct hanse_store sqlite_store = {sizeof(struct hanse_store), sqlite_ask};
static const struct hanse_offer sqlite_offers[] = {
    {HANSE_STORE, NULL, NULL, &sqlite_store, NULL, 0},
    HANSE_OFFERS_END,
};

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),
    .name = "sqlite",
    .version = "0.1.0",
    .summary = "keeps the small state of other modules in a file of SQLite",
    .options = sqlite_options,
    .settings_size = sizeof(struct sqlite_settings),
    .offers = sqlite_offers,
    .create = sqlite_create,
    .configure = sqlite_configure,
    .start = sqlite_start,
    .drain = sqlite_drain,
    .stop = sqlite_stop,
    .destroy = sqlite_destroy,
};
