/* The thread of the store `sqlite`. Writes are answered when their transaction is committed; that is when the loop says
   so (sync_interval), or when there are many. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "sqlite.h"
#include "sqlite_rows.h"

#define STORE_WRITES 1000 /* in one transaction */
#define STORE_TAKEN 64    /* jobs that are done between two looks at what is wanted */

/* ---- what went wrong, for the loop to log ---- */

static void note_failure(struct sqlite_worker *worker, const char *why) {
  pthread_mutex_lock(&worker->mutex);
  worker->shared.failing = true;
  snprintf(worker->shared.why, sizeof worker->shared.why, "%s", why);
  pthread_mutex_unlock(&worker->mutex);
}

static void note_works(struct sqlite_worker *worker) {
  pthread_mutex_lock(&worker->mutex);
  worker->shared.failing = false;
  pthread_mutex_unlock(&worker->mutex);
}

/* ---- transactions ---- */

static void finish_unsaved(struct sqlite_worker *worker, int status) {
  for (struct job *job = worker->unsaved.first; job; job = job->next)
    if (status != HANSE_OK) job->answer.status = status;
  jobs_join(&worker->done, &worker->unsaved);
  worker->unsaved_count = 0;
}

static void commit(struct sqlite_worker *worker) {
  sqlite3 *db = worker->file.db;
  if (!db || sqlite3_get_autocommit(db)) return;
  if (sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK) {
    finish_unsaved(worker, HANSE_OK);
    note_works(worker);
    return;
  }
  note_failure(worker, sqlite3_errmsg(db));
  if (!sqlite3_get_autocommit(db)) sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
  finish_unsaved(worker, HANSE_FAIL);
}

/* SQLite ends a transaction by itself after some failures, as when the disk is full: then nothing of it was done. */
static void after_failure(struct sqlite_worker *worker) {
  note_failure(worker, sqlite3_errmsg(worker->file.db));
  if (sqlite3_get_autocommit(worker->file.db)) finish_unsaved(worker, HANSE_FAIL);
}

static void do_job(struct sqlite_worker *worker, struct job *job) {
  bool wrote = false;
  job->answer.status = HANSE_FAIL;
  if (worker->file.db) sqlite_rows_do(&worker->file, job, &wrote);
  if (worker->file.db && (job->answer.status == HANSE_FAIL || job->answer.status == HANSE_NOMEM)) after_failure(worker);
  jobs_append(wrote ? &worker->unsaved : &worker->done, job);
  if (wrote && ++worker->unsaved_count >= STORE_WRITES) commit(worker);
}

/* Whether there is more to purge. */
static bool purge(struct sqlite_worker *worker, int64_t now) {
  sqlite3_stmt *statement = worker->file.statements[STORE_PURGE];
  if (!worker->file.db || sqlite_rows_begin(&worker->file) != SQLITE_OK) return false;
  sqlite3_bind_int64(statement, 1, now);
  bool good = sqlite3_step(statement) == SQLITE_DONE;
  sqlite3_reset(statement);
  if (!good) after_failure(worker);
  int dropped = good ? sqlite3_changes(worker->file.db) : 0;
  commit(worker);
  pthread_mutex_lock(&worker->mutex);
  worker->shared.expired += (uint64_t)dropped;
  pthread_mutex_unlock(&worker->mutex);
  return dropped > 0;
}

/* ---- the file ---- */

static void examine(struct sqlite_worker *worker) {
  const uint64_t one = 1;
  struct sqlite_finding finding;
  sqlite_file_examine(worker->path, &finding);
  pthread_mutex_lock(&worker->mutex);
  worker->finding = finding;
  pthread_mutex_unlock(&worker->mutex);
  if (write(worker->examined, &one, sizeof one) < 0) abort(); /* an eventfd of our own takes a 1 */
}

static void open_file(struct sqlite_worker *worker, int64_t now) {
  char moved[200], why[200];
  if (worker->finding.condition == STORE_FILE_CORRUPT) {
    if (!sqlite_file_move_aside(worker->path, now / HANSE_SECOND, moved, sizeof moved)) {
      note_failure(worker, strerror(errno));
      return;
    }
    worker->finding.condition = STORE_FILE_GOOD;
    pthread_mutex_lock(&worker->mutex);
    memcpy(worker->shared.moved, moved, sizeof moved);
    pthread_mutex_unlock(&worker->mutex);
  }
  if (sqlite_file_open(&worker->file, worker->path, why, sizeof why))
    note_works(worker);
  else
    note_failure(worker, why);
}

/* ---- the thread ---- */

static bool has_work(const struct sqlite_shared *shared) {
  return shared->in.first || shared->open || shared->commit || shared->purge || shared->stop;
}

/* Some jobs, and what else is to be done. An order waits until the jobs before it are done; opening does not. */
static void take(struct sqlite_worker *worker, struct jobs *jobs, struct sqlite_shared *orders) {
  struct sqlite_shared *shared = &worker->shared;
  pthread_mutex_lock(&worker->mutex);
  while (!has_work(shared)) pthread_cond_wait(&worker->wake, &worker->mutex);
  for (unsigned n = 0; n < STORE_TAKEN && shared->in.first; n++) jobs_append(jobs, jobs_take(&shared->in));
  *orders = *shared;
  shared->open = false;
  if (shared->in.first) {
    orders->commit = orders->purge = orders->stop = false;
  } else {
    shared->commit = shared->purge = false;
  }
  pthread_mutex_unlock(&worker->mutex);
}

static void publish(struct sqlite_worker *worker, bool news) {
  struct sqlite_shared *shared = &worker->shared;
  pthread_mutex_lock(&worker->mutex);
  for (const struct job *job = worker->done.first; job; job = job->next)
    shared->failed += job->answer.status == HANSE_FAIL || job->answer.status == HANSE_NOMEM;
  news |= worker->done.first != NULL;
  jobs_join(&shared->out, &worker->done);
  bool post = news && !shared->posted;
  shared->posted |= post;
  pthread_mutex_unlock(&worker->mutex);
  if (!post || hanse_post(worker->host, worker->collect, NULL) == HANSE_OK) return;
  pthread_mutex_lock(&worker->mutex); /* the queue is full: the loop looks by itself, later */
  shared->posted = false;
  pthread_mutex_unlock(&worker->mutex);
}

static void again(struct sqlite_worker *worker) {
  pthread_mutex_lock(&worker->mutex);
  worker->shared.purge = true;
  pthread_mutex_unlock(&worker->mutex);
}

static void *run(void *argument) {
  struct sqlite_worker *worker = (struct sqlite_worker *)argument;
  struct sqlite_shared orders;
  struct jobs jobs;
  jobs_init(&jobs);
  examine(worker);
  do {
    take(worker, &jobs, &orders);
    orders.open &= !worker->file.db;
    if (orders.open) open_file(worker, orders.now);
    for (struct job *job; (job = jobs_take(&jobs));) do_job(worker, job);
    if (orders.purge && purge(worker, orders.now)) again(worker);
    if (orders.commit || orders.stop) commit(worker);
    publish(worker, orders.open || orders.purge);
  } while (!orders.stop);
  sqlite_file_close(&worker->file);
  return NULL;
}

/* ---- from the loop ---- */

/* Signals are the loop's. */
static int start_thread(struct sqlite_worker *worker) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  int code = pthread_create(&worker->thread, NULL, run, worker);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return code;
}

int sqlite_worker_start(struct sqlite_worker *worker, struct hanse_problem *problem) {
  jobs_init(&worker->shared.in);
  jobs_init(&worker->shared.out);
  jobs_init(&worker->unsaved);
  jobs_init(&worker->done);
  worker->examined = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  int code = worker->examined < 0 ? errno : start_thread(worker);
  worker->runs = code == 0;
  if (worker->runs) return HANSE_OK;
  if (worker->examined >= 0) close(worker->examined);
  hanse_explain(problem, "the thread of the store cannot be made: %s", strerror(code));
  return HANSE_FAIL;
}

int sqlite_worker_examined(struct sqlite_worker *worker, struct hanse_problem *problem) {
  struct pollfd ready = {worker->examined, POLLIN, 0};
  if (poll(&ready, 1, 1) < 1) return HANSE_AGAIN;
  pthread_mutex_lock(&worker->mutex);
  struct sqlite_finding finding = worker->finding;
  pthread_mutex_unlock(&worker->mutex);
  if (finding.condition != STORE_FILE_REFUSED) return HANSE_OK;
  hanse_explain(problem, "%s", finding.text);
  return HANSE_INVALID;
}

void sqlite_worker_give(struct sqlite_worker *worker, struct job *job) {
  pthread_mutex_lock(&worker->mutex);
  jobs_append(&worker->shared.in, job);
  pthread_cond_signal(&worker->wake);
  pthread_mutex_unlock(&worker->mutex);
}

void sqlite_worker_order(struct sqlite_worker *worker, enum sqlite_order order, int64_t now) {
  pthread_mutex_lock(&worker->mutex);
  worker->shared.now = now;
  if (order == STORE_ORDER_PURGE) worker->shared.purge = true;
  if (order == STORE_ORDER_COMMIT) worker->shared.commit = true;
  worker->shared.open = true; /* should it not be open, it is tried again */
  pthread_cond_signal(&worker->wake);
  pthread_mutex_unlock(&worker->mutex);
}

void sqlite_worker_join(struct sqlite_worker *worker) {
  if (!worker->runs) return;
  pthread_mutex_lock(&worker->mutex);
  worker->shared.stop = true;
  pthread_cond_signal(&worker->wake);
  pthread_mutex_unlock(&worker->mutex);
  pthread_join(worker->thread, NULL);
  close(worker->examined);
  worker->runs = false;
}

void sqlite_worker_collect(struct sqlite_worker *worker, struct jobs *answers, struct sqlite_shared *news) {
  struct sqlite_shared *shared = &worker->shared;
  pthread_mutex_lock(&worker->mutex);
  *news = *shared;
  jobs_join(answers, &shared->out);
  shared->posted = false;
  shared->failed = shared->expired = 0;
  shared->moved[0] = '\0';
  pthread_mutex_unlock(&worker->mutex);
}
