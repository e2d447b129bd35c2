#include "router/log_ring.h"

#include <errno.h>
#include <time.h>

#define NAP_NSEC 20000000

void log_ring_init(struct log_ring *ring) {
  pthread_mutex_init(&ring->lock, NULL);
  sem_init(&ring->wake, 0, 0);
}

void log_ring_wake(struct log_ring *ring) { sem_post(&ring->wake); }

static bool is_empty(struct log_ring *ring) { return atomic_load(&ring->head) == atomic_load(&ring->tail); }

bool log_ring_drained(struct log_ring *ring) { return is_empty(ring) && atomic_load(&ring->taker) != LOG_TAKER_BUSY; }

static void copy_in(struct log_ring *ring, size_t head, const char *line, size_t length) {
  size_t at = head % LOG_RING_SIZE, first = LOG_RING_SIZE - at;
  if (first > length) first = length;
  memcpy(ring->octets + at, line, first);
  memcpy(ring->octets, line + first, length - first);
}

bool log_ring_put(struct log_ring *ring, const char *line, size_t length, bool urgent) {
  pthread_mutex_lock(&ring->lock);
  size_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
  size_t used = head - atomic_load_explicit(&ring->tail, memory_order_acquire);
  bool fits = length <= LOG_RING_SIZE - used;
  if (fits) {
    copy_in(ring, head, line, length);
    atomic_store(&ring->head, head + length);
  }
  pthread_mutex_unlock(&ring->lock);
  if (!fits) atomic_fetch_add(&ring->dropped, 1);
  int taker = atomic_load(&ring->taker);
  if (taker == LOG_TAKER_ASLEEP || (taker == LOG_TAKER_NAPPING && (urgent || used > LOG_RING_SIZE / 2)))
    if (atomic_exchange(&ring->taker, LOG_TAKER_BUSY) != LOG_TAKER_BUSY) sem_post(&ring->wake);
  return fits;
}

size_t log_ring_take(struct log_ring *ring, char *out, size_t cap) {
  size_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
  size_t length = atomic_load(&ring->head) - tail;
  size_t at = tail % LOG_RING_SIZE, first = LOG_RING_SIZE - at;
  if (length > cap) length = cap;
  if (first > length) first = length;
  memcpy(out, ring->octets + at, first);
  memcpy(out + first, ring->octets, length - first);
  while (length > 0 && out[length - 1] != '\n') length--;
  atomic_store_explicit(&ring->tail, tail + length, memory_order_release);
  return length;
}

/* Whether somebody ended the nap. */
static bool nap(struct log_ring *ring) {
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_nsec += NAP_NSEC;
  if (until.tv_nsec >= 1000000000) {
    until.tv_nsec -= 1000000000;
    until.tv_sec++;
  }
  int result;
  atomic_store(&ring->taker, LOG_TAKER_NAPPING);
  do result = sem_clockwait(&ring->wake, CLOCK_MONOTONIC, &until);
  while (result != 0 && errno == EINTR);
  return result == 0;
}

void log_ring_wait(struct log_ring *ring) {
  if (!nap(ring) && is_empty(ring)) {
    atomic_store(&ring->taker, LOG_TAKER_ASLEEP);
    if (is_empty(ring)) /* who puts from now on sees a sleeper */
      while (sem_wait(&ring->wake) != 0 && errno == EINTR) continue;
  }
  atomic_store(&ring->taker, LOG_TAKER_BUSY);
}
