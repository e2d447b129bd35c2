/* Calls the host from a thread of its own, with what may not be called there and then with the one call that may. */
#include <pthread.h>

#include "bad.h"

struct threads {
  struct hanse_host *host;
  pthread_t thread;
};

static int create(struct hanse_host *host, void **self) {
  struct threads *threads = (struct threads *)calloc(1, sizeof *threads);
  if (!threads) return HANSE_NOMEM;
  threads->host = host;
  *self = threads;
  return HANSE_OK;
}

static void on_loop(void *self, void *argument) {
  struct threads *threads = (struct threads *)self;
  (void)argument;
  hanse_log(threads->host, HANSE_INFO, "bad.posted", "text=\"hanse_post from a thread works\"");
}

static void *in_thread(void *argument) {
  struct threads *threads = (struct threads *)argument;
  hanse_ticket ticket = 0;
  int status = hanse_ticket_open(threads->host, threads, &ticket);
  struct hanse_timers *list = hanse_timers(threads->host, HANSE_SECOND);
  if (status != HANSE_THREAD || ticket || list) abort(); /* it was served, and that is what must not be */
  hanse_post(threads->host, on_loop, NULL);
  return NULL;
}

static int start(void *self) {
  struct threads *threads = (struct threads *)self;
  return pthread_create(&threads->thread, NULL, in_thread, threads) ? HANSE_FAIL : HANSE_OK;
}

static void stop(void *self) { pthread_join(((struct threads *)self)->thread, NULL); }

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),         BAD_WORDS("calls_from_thread", "calls the host from a thread"),
    .create = create,       .configure = bad_configure,
    .start = start,         .stop = stop,
    .destroy = bad_destroy,
};
