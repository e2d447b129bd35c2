/* The store `sqlite`: what its parts share. All of SQLite runs in one thread of its own (sqlite_worker.c); the loop
   gives it requests and takes answers. */
#ifndef SQLITE_H
#define SQLITE_H

#include <pthread.h>

#include "job.h"
#include "sqlite_file.h"

struct sqlite_settings {
  struct hanse_slice path;
  hanse_time sync_interval;
};

/* What the two threads share; under the mutex. */
struct sqlite_shared {
  struct jobs in, out;
  bool open, commit, purge, stop; /* the thread is to do these, each once */
  int64_t now;                    /* wall clock, when it was told the last of them */
  bool posted;                    /* the loop will look */
  bool failing;                   /* the last write, or the opening, failed: why */
  char why[200];
  char moved[200]; /* where a corrupt file went; "": none did */
  uint64_t failed, expired;
};

struct sqlite_worker {
  struct hanse_host *host;
  void (*collect)(void *self, void *argument); /* posted when answers lie in `out` */
  const char *path;
  pthread_t thread;
  bool runs;
  int examined; /* eventfd: the file was looked at */
  pthread_mutex_t mutex;
  pthread_cond_t wake;
  struct sqlite_shared shared;
  struct sqlite_finding finding; /* made by the thread, under the mutex, before `examined` is readable */
  /* the thread's own */
  struct sqlite_file file;
  struct jobs unsaved, done;
  unsigned unsaved_count;
};

struct sqlite {
  struct hanse_host *host;
  char *path;
  struct hanse_timers *sync, *now_and_then;
  struct hanse_timer commit, purge;
  struct sqlite_worker worker;
  unsigned open; /* jobs that the worker has */
  bool stopping; /* scans end */
  bool said;     /* that it fails */
  uint64_t *failed, *expired;
};

/* Starts the thread, which looks at the file. HANSE_NOMEM, HANSE_FAIL (*problem). */
int sqlite_worker_start(struct sqlite_worker *worker, struct hanse_problem *problem);
/* Waits a millisecond at most. HANSE_AGAIN: not looked at yet; HANSE_INVALID: it cannot be used (*problem). */
int sqlite_worker_examined(struct sqlite_worker *worker, struct hanse_problem *problem);
/* What is asked of the thread from the loop. */
void sqlite_worker_give(struct sqlite_worker *worker, struct job *job);
enum sqlite_order { STORE_ORDER_OPEN, STORE_ORDER_COMMIT, STORE_ORDER_PURGE };
void sqlite_worker_order(struct sqlite_worker *worker, enum sqlite_order order, int64_t now);
/* Ends when all that was given is done and written. Harmless when it does not run. */
void sqlite_worker_join(struct sqlite_worker *worker);
/* What came since the last call: *answers, and the state of things in *news (its jobs excepted). */
void sqlite_worker_collect(struct sqlite_worker *worker, struct jobs *answers, struct sqlite_shared *news);

#endif
