/* A thread of a plugin's own, for what takes long or may block: a file, a process, a server that is asked. Jobs are
   given to it on the loop thread, worked off one after the other, and come back on the loop thread. So a plugin has no
   lock of its own: what a job holds belongs to the loop before it is given and after it has come back, and to the
   thread in between.

   This header is no part of the ABI: its code becomes the plugin's own. It needs POSIX threads (_DEFAULT_SOURCE where
   the compiler is told -std=c11). */
#ifndef HANSE_WORKER_H
#define HANSE_WORKER_H

#include <hanse/host.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

HANSE_BEGIN

/* The first member of the plugin's own struct for one job; untouched by the plugin. */
struct hanse_job {
  struct hanse_job *next; /* the worker's */
};

/* Lies in the plugin's own object. Zeroed before hanse_worker_start, and then untouched by the plugin, which may read
   `stopped`. */
struct hanse_worker {
  /* as hanse_worker_start was told */
  struct hanse_host *host;
  void *self;
  void (*work)(void *self, struct hanse_job *job);
  void (*back)(void *self, struct hanse_job *job);
  size_t most, open; /* jobs that are not back yet: the loop's own to count */
  /* Readable (poll) as soon as the thread shall end: `work` that waits for anything waits for this as well. */
  int stopped;
  pthread_t thread;
  pthread_mutex_t mutex;
  pthread_cond_t more;
  /* guarded by the mutex */
  struct hanse_job *given, *given_last; /* the oldest one first */
  struct hanse_job *done, *done_last;
  bool posted, stop, finish;
};

/* The worker's own: behind the last one. */
static inline void hanse_job_append(struct hanse_job **first, struct hanse_job **last, struct hanse_job *job) {
  job->next = NULL;
  if (*first)
    (*last)->next = job;
  else
    *first = job;
  *last = job;
}

/* On the loop thread: all that is done goes back. No lock is held then, since `back` may lead to the next job. */
static inline void hanse_worker_collect(void *self, void *argument) {
  struct hanse_worker *worker = (struct hanse_worker *)argument;
  (void)self;
  pthread_mutex_lock(&worker->mutex);
  struct hanse_job *job = worker->done;
  worker->done = NULL;
  worker->posted = false;
  pthread_mutex_unlock(&worker->mutex);
  while (job) {
    struct hanse_job *next = job->next;
    worker->open--;
    hanse_busy(worker->host, false);
    worker->back(worker->self, job);
    job = next;
  }
}

#define HANSE_WORKER_AGAIN 50 /* ms after which a post that found no place is tried again */

/* One post brings back whatever is done by then. */
static inline void hanse_worker_post(struct hanse_worker *worker) {
  pthread_mutex_lock(&worker->mutex);
  bool post = worker->done && !worker->posted;
  worker->posted = worker->posted || post;
  pthread_mutex_unlock(&worker->mutex);
  if (!post || hanse_post(worker->host, hanse_worker_collect, worker) == HANSE_OK) return;
  pthread_mutex_lock(&worker->mutex);
  worker->posted = false;
  pthread_mutex_unlock(&worker->mutex);
}

/* Something is given, or the thread is to end, or there is something to be brought back. Under the mutex. */
static inline void hanse_worker_wait(struct hanse_worker *worker) {
  struct timespec until;
  if (!worker->done || worker->posted) {
    pthread_cond_wait(&worker->more, &worker->mutex);
    return;
  }
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_nsec += HANSE_WORKER_AGAIN * 1000000L;
  until.tv_sec += until.tv_nsec / 1000000000L;
  until.tv_nsec %= 1000000000L;
  pthread_cond_timedwait(&worker->more, &worker->mutex, &until);
  pthread_mutex_unlock(&worker->mutex);
  hanse_worker_post(worker);
  pthread_mutex_lock(&worker->mutex);
}

/* The next job, or NULL: the thread is to end. */
static inline struct hanse_job *hanse_worker_next(struct hanse_worker *worker) {
  pthread_mutex_lock(&worker->mutex);
  while (!worker->given && !worker->stop) hanse_worker_wait(worker);
  struct hanse_job *job = worker->stop && !worker->finish ? NULL : worker->given;
  if (job) worker->given = job->next;
  pthread_mutex_unlock(&worker->mutex);
  return job;
}

/* The thread. */
static inline void *hanse_worker_main(void *argument) {
  struct hanse_worker *worker = (struct hanse_worker *)argument;
  for (struct hanse_job *job; (job = hanse_worker_next(worker));) {
    worker->work(worker->self, job);
    pthread_mutex_lock(&worker->mutex);
    hanse_job_append(&worker->done, &worker->done_last, job);
    pthread_mutex_unlock(&worker->mutex);
    hanse_worker_post(worker);
  }
  return NULL;
}

/* The worker's own: its condition waits by the clock that nobody sets. */
static inline void hanse_worker_condition(pthread_cond_t *condition) {
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(condition, &attributes);
  pthread_condattr_destroy(&attributes);
}

/* The worker's own: what a start has made goes. */
static inline void hanse_worker_clear(struct hanse_worker *worker) {
  if (worker->stopped >= 0) close(worker->stopped);
  pthread_cond_destroy(&worker->more);
  pthread_mutex_destroy(&worker->mutex);
}

/* To be called in `start`. At most `most` jobs are open at once.
   work: on the thread. Calls nothing of the host but hanse_post, and touches only the job, `stopped`, settings, and
   what is the thread's alone. back: on the loop thread, in the order in which they were given. The job is the plugin's
   again. HANSE_FAIL: there is no thread or descriptor for it, which the log says; nothing is left to be stopped. */
static inline int hanse_worker_start(struct hanse_worker *worker, struct hanse_host *host, void *self, size_t most,
                                     void (*work)(void *self, struct hanse_job *job),
                                     void (*back)(void *self, struct hanse_job *job)) {
  sigset_t all, before;
  worker->host = host;
  worker->self = self;
  worker->most = most;
  worker->work = work;
  worker->back = back;
  worker->stopped = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  pthread_mutex_init(&worker->mutex, NULL);
  hanse_worker_condition(&worker->more);
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before); /* the process's signals are the loop's */
  bool good = worker->stopped >= 0 && pthread_create(&worker->thread, NULL, hanse_worker_main, worker) == 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (good) return HANSE_OK;
  hanse_worker_clear(worker);
  hanse_log(host, HANSE_ERROR, "worker.failed", "what=\"no thread, or no descriptor for it\"");
  return HANSE_FAIL;
}

/* On the loop thread. HANSE_NOMEM: `most` are open, or the worker stops; the job stays the caller's. */
static inline int hanse_worker_give(struct hanse_worker *worker, struct hanse_job *job) {
  if (worker->open >= worker->most || worker->stop) return HANSE_NOMEM;
  worker->open++;
  hanse_busy(worker->host, true);
  pthread_mutex_lock(&worker->mutex);
  hanse_job_append(&worker->given, &worker->given_last, job);
  pthread_cond_signal(&worker->more);
  pthread_mutex_unlock(&worker->mutex);
  return HANSE_OK;
}

/* To be called in `stop`, which must not return before the thread has ended: its code is unmapped soon. The job that is
   in work is waited for, with `finish` all that were given. Then every job goes back, also what was not worked on. */
static inline void hanse_worker_stop(struct hanse_worker *worker, bool finish) {
  pthread_mutex_lock(&worker->mutex);
  worker->stop = true;
  worker->finish = finish;
  pthread_cond_signal(&worker->more);
  pthread_mutex_unlock(&worker->mutex);
  if (!finish) (void)eventfd_write(worker->stopped, 1);
  pthread_join(worker->thread, NULL);
  while (worker->given) {
    struct hanse_job *job = worker->given;
    worker->given = job->next;
    hanse_job_append(&worker->done, &worker->done_last, job);
  }
  hanse_worker_collect(worker->self, worker);
  hanse_worker_clear(worker);
}

HANSE_END
#endif
