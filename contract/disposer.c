#include "contract/disposer.h"

#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct waste {
  struct waste *next;
  void (*destroy)(void *object);
  void *object;
};

struct disposer {
  pthread_mutex_t mutex; /* guards all below but for the thread */
  pthread_cond_t more;
  struct waste *first, **end;
  bool busy, ending;
  bool started;
  pthread_t thread;
};

struct disposer *disposer_new(void) {
  struct disposer *disposer = calloc(1, sizeof *disposer);
  if (!disposer) return NULL;
  pthread_mutex_init(&disposer->mutex, NULL);
  pthread_cond_init(&disposer->more, NULL);
  disposer->end = &disposer->first;
  return disposer;
}

void disposer_free(struct disposer *disposer) {
  if (!disposer) return;
  if (disposer->started) {
    pthread_mutex_lock(&disposer->mutex);
    disposer->ending = true;
    pthread_cond_signal(&disposer->more);
    pthread_mutex_unlock(&disposer->mutex);
    pthread_join(disposer->thread, NULL);
  }
  pthread_cond_destroy(&disposer->more);
  pthread_mutex_destroy(&disposer->mutex);
  free(disposer);
}

/* The next one; NULL: there is none now, or (`wait`) never will be again. */
static struct waste *take(struct disposer *disposer, bool wait) {
  pthread_mutex_lock(&disposer->mutex);
  if (wait) disposer->busy = false;
  while (wait && !disposer->first && !disposer->ending) pthread_cond_wait(&disposer->more, &disposer->mutex);
  struct waste *waste = disposer->first;
  if (waste) {
    disposer->busy = true;
    disposer->first = waste->next;
    if (!disposer->first) disposer->end = &disposer->first;
  }
  pthread_mutex_unlock(&disposer->mutex);
  return waste;
}

/* When all is freed, malloc gives back what it kept of it. */
static void *run(void *argument) {
  struct disposer *disposer = argument;
  for (struct waste *waste; (waste = take(disposer, true));) {
    for (; waste; waste = take(disposer, false)) {
      waste->destroy(waste->object);
      free(waste);
    }
    malloc_trim(0);
  }
  return NULL;
}

/* Signals are the loop's. */
static bool start(struct disposer *disposer) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  disposer->started = pthread_create(&disposer->thread, NULL, run, disposer) == 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return disposer->started;
}

void dispose(struct disposer *disposer, void (*destroy)(void *object), void *object) {
  struct waste *waste = disposer && (disposer->started || start(disposer)) ? malloc(sizeof *waste) : NULL;
  if (!waste) {
    destroy(object);
    return;
  }
  *waste = (struct waste){NULL, destroy, object};
  pthread_mutex_lock(&disposer->mutex);
  *disposer->end = waste;
  disposer->end = &waste->next;
  pthread_cond_signal(&disposer->more);
  pthread_mutex_unlock(&disposer->mutex);
}

bool disposer_busy(struct disposer *disposer) {
  pthread_mutex_lock(&disposer->mutex);
  bool busy = disposer->busy || disposer->first;
  pthread_mutex_unlock(&disposer->mutex);
  return busy;
}
