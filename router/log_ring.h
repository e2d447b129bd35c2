/* Lines on their way to the writer: many threads put, one takes. Nobody waits for anything but a copy of one line. */
#ifndef ROUTER_LOG_RING_H
#define ROUTER_LOG_RING_H

#include <hanse/base.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#define LOG_RING_SIZE ((size_t)1 << 20)

enum log_taker { LOG_TAKER_BUSY = 0, LOG_TAKER_NAPPING = 1, LOG_TAKER_ASLEEP = 2 };

struct log_ring {
  pthread_mutex_t lock;      /* among those who put */
  _Atomic size_t head, tail; /* octets ever put, ever taken */
  _Atomic uint64_t dropped;  /* lines */
  _Atomic int taker;         /* enum log_taker */
  sem_t wake;
  char octets[LOG_RING_SIZE];
};

void log_ring_init(struct log_ring *ring);

/* One line with its line feed, of at most 4096 octets. false: no room, it was counted. An urgent line does not wait for
   the end of the taker's nap. */
bool log_ring_put(struct log_ring *ring, const char *line, size_t length, bool urgent);

/* The taker's side. Whole lines, at most cap octets (at least one line); 0: empty. */
size_t log_ring_take(struct log_ring *ring, char *out, size_t cap);
/* Waits until there may be something: a nap first, so that a burst costs one wake-up per nap, then sleep. */
void log_ring_wait(struct log_ring *ring);

/* Async-signal-safe. Ends the taker's rest, or its next one. */
void log_ring_wake(struct log_ring *ring);
bool log_ring_drained(struct log_ring *ring); /* empty, and what was taken has been dealt with */

#endif
